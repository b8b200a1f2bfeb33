"""A watcher without a network, and the simulator that it looks at: what the state machine is held against.

The watcher decides by the real state machine and writes into plain lists, one for each life. What really happened is
the simulator's own history; beside it, no more is kept of the looks than is needed to hold the one against the other.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from service.simulator.acts import Act, Creation, create, perform
from service.simulator.course import Course
from service.simulator.document import from_short
from service.simulator.errors import SimulatorError
from service.simulator.faults import Faults
from service.simulator.lifecycle import Durations, Fate
from service.simulator.rules import State
from service.simulator.truth import Happening, Truth
from statemachine.configuration import Flattened
from statemachine.machine import by_life, decide, evolve, fold, is_late
from statemachine.model import Endpoint, LifecycleEvent, Look, Missing, Observation, Seen, Sighting, Unreadable
from statemachine.status import AnyStatus, UnknownStatus, read_status
from tests.unit.statemachine.histories import START

PLACE = ("acme", "tgi")
How = Literal["plain", "unreadable", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What the watcher is made of; a mutant replaces one."""

    decide: Callable[..., tuple[LifecycleEvent, ...]] = decide
    fold: Callable[[Sequence[LifecycleEvent]], Endpoint] = fold
    is_late: Callable[[Look, Look], bool] = is_late


@dataclass(slots=True, kw_only=True)
class Glance:
    """A look under way or answered. `happened` is how long the history was at the moment that the answer tells of."""

    asked_at: datetime
    how: How
    sighting: Sighting | None = None
    happened: int | None = None
    answered_at: datetime = START
    disturbed: bool = False  # a crash or an outage since the last good look
    blind: bool = False  # something that was there could not be read since the last good look

    @property
    def look(self) -> Look:
        asked, answered = ((at - START).total_seconds() for at in (self.asked_at, self.answered_at))
        return Look(asked_at=self.asked_at, answered_at=self.answered_at, asked=asked, answered=answered)

    @property
    def status(self) -> AnyStatus | None:
        return None if self.sighting is None else self.sighting.status

    @property
    def life(self) -> datetime | None:
        return None if self.sighting is None else self.sighting.created_at

    def observation(self) -> Observation:
        if self.sighting is None:
            return Missing(look=self.look)
        if self.how == "unreadable":
            return Unreadable(look=self.look, reason="status.state")
        return Seen(look=self.look, sighting=self.sighting)


class World:
    """The simulator with one name in it, driven by hand."""

    def __init__(self) -> None:
        self.truth = Truth()
        self.truth.advance(START)
        faults = Faults(p_fail_start=0.1, p_fail_update=0.3, p_update_restarts=0.2)
        self.course = Course(self.truth, seed=7, faults=faults, durations=Durations())

    @property
    def now(self) -> datetime:
        return self.truth.now

    @property
    def history(self) -> list[Happening]:
        return self.truth.history

    def wait(self, seconds: float) -> None:
        self.truth.advance(self.now + timedelta(seconds=seconds))

    def create(self, fate: Fate | None = None) -> None:
        document = from_short({"min_replica": 0, "max_replica": 2, "scale_to_zero_timeout": 15})
        creation = Creation(namespace=PLACE[0], name=PLACE[1], actor="ada", document=document, fate=fate)
        with suppress(SimulatorError):
            create(self.course, creation)

    def act(self, verb: str, fate: Fate | None = None) -> None:
        """Do something to what there is, or create it; what the API would refuse changes nothing."""
        if verb == "create":
            self.create(fate)
            return
        document: dict[str, Any] = from_short({"task": f"task-{len(self.history)}"}) if verb == "update" else {}
        with suppress(SimulatorError):
            perform(
                self.course,
                Act(namespace=PLACE[0], name=PLACE[1], verb=verb, actor="ada", document=document, fate=fate),
            )

    def sample(self, glance: Glance) -> None:
        """Answer a look with what is true now."""
        glance.happened = len(self.history)
        life = self.truth.find(*PLACE)
        if life is None or life.hidden:
            return
        status = UnknownStatus("hibernating") if glance.how == "unknown" else read_status(life.state.value)
        glance.sighting = Sighting(
            status=status,
            created_at=life.created_at,
            updated_at=life.updated_at,
            updated_by=life.updated_by,
            ready_replicas=life.ready_replicas(self.now),
            target_replicas=life.target_replicas,
            configuration=Flattened({"model.task": life.document["model"]["task"]}),
        )

    def told(self, begin: datetime, end: datetime) -> set[tuple[datetime | None, str]]:
        """Return each life and status that was true at any moment from `begin` to `end`."""
        true: list[tuple[datetime, datetime | None, State]] = [(START, None, State.ABSENT)]
        true += [(h.at, None if h.new is State.ABSENT else h.created_at, h.new) for h in self.history]
        ends = [at for at, _, _ in true[1:]] + [self.now]
        return {
            (life, state.value)
            for (at, life, state), until in zip(true, ends, strict=True)
            if at <= end and until >= begin
        }


@dataclass(slots=True, kw_only=True)
class Watcher:
    """What the daemon remembers of one name, and the log. `saved` and `log` outlive a crash, the rest does not."""

    pieces: Pieces
    log: dict[datetime, list[LifecycleEvent]] = field(default_factory=dict)
    life: datetime | None = None  # the last to be written to
    known: Endpoint = field(default_factory=Endpoint)
    saved_at: datetime | None = None
    looked_at: datetime | None = None
    edited_at: datetime | None = None
    last: Look | None = None
    gap: bool = False

    def take(self, observation: Observation) -> bool:
        """Decide, write and remember; return whether the look counted."""
        look = observation.look
        if self.last is not None and self.pieces.is_late(look, self.last):
            return False
        events = self.pieces.decide(
            self.known, observation, not_before=self.looked_at, gap=self.gap, edited_at=self.edited_at
        )
        for life, own in by_life(self.known, events):
            self.log.setdefault(life, []).extend(own)
            self.life = life
        for event in events:
            self.known = evolve(self.known, event)
        self.last = look
        if isinstance(observation, Seen):
            self.edited_at = observation.sighting.updated_at
        if not isinstance(observation, Unreadable):
            self.looked_at, self.gap = look.asked_at, False
        return True

    def crash(self) -> None:
        """Forget everything, and take up again what the log and the last save tell."""
        self.known = Endpoint() if self.life is None else self.pieces.fold(self.log[self.life])
        self.looked_at = self.saved_at if self.known.readable else None
        self.edited_at = self.last = None
        self.gap = True

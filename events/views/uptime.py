"""How long every endpoint was what, how often it started and failed: the clocks of each life, kept as events come.

The arithmetic and its bounds are the state machine's (`clocks`); here is only whose clocks they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from events import streams
from events.catalogue import Event
from events.record import Recorded
from statemachine.clocks import renewed
from statemachine.machine import Clocks, advance
from statemachine.model import (
    Discovered,
    EndpointName,
    LifecycleEvent,
    MessageChanged,
    Reconfigured,
    Sighting,
    UrlChanged,
    Window,
)
from statemachine.windows import earliest

_FACTS = get_args(LifecycleEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One life of an endpoint, and its clocks; `version` is how many events of its stream they hold."""

    name: EndpointName
    created_at: datetime
    clocks: Clocks
    version: int


class Uptime:
    """The clocks of every life up to `position`, by stream, the ended ones included."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.position = 0
        self.lives: dict[str, Life] = {}
        self._present: dict[EndpointName, str] = {}

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log; one that was taken in before changes nothing."""
        if recorded.position <= self.position:
            return
        self.position = recorded.position
        if isinstance(event, _FACTS):
            self._advance(recorded, event)

    def put(self, stream: str, life: Life) -> None:
        """Know a life as it is; the latest of a name is its present one."""
        self.lives[stream] = life
        self._present[life.name] = stream

    def of(self, name: EndpointName) -> Life | None:
        """Return the present life of an endpoint, or its last."""
        stream = self._present.get(name)
        return None if stream is None else self.lives[stream]

    def still(self) -> "Uptime":
        """Return what is known now; what comes later does not change it."""
        still = Uptime()
        still.position, still.lives, still._present = self.position, dict(self.lives), dict(self._present)
        return still

    def _advance(self, recorded: Recorded, event: LifecycleEvent) -> None:
        life = self.lives.get(recorded.stream)
        if life is None:
            name = streams.subject(recorded.stream).endpoint
            if name is None or not isinstance(event, Discovered):
                return
            life = Life(name=name, created_at=event.sighting.created_at, clocks=Clocks(), version=0)
        self.put(recorded.stream, replace(life, clocks=advance(life.clocks, _bare(event)), version=recorded.version))


class Period:
    """The clocks of every life, counted between two instants alone; hand in all facts from the beginning.

    A change that was seen later, within a window that begins before the end, may have happened by then: its window is
    counted up to the end, and what was not seen by then is no start and no failure yet.
    """

    def __init__(self, since: datetime | None, until: datetime | None) -> None:
        """None: from when it was first seen; up to the newest fact."""
        self._since = since
        self._until = until
        self._uptime = Uptime()
        self._begun: set[str] = set()
        self._beyond: dict[str, Clocks] = {}  # by what was seen later, up to the end

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log."""
        if not isinstance(event, _FACTS):
            return
        at = event.seen_at if isinstance(event, Discovered) else event.window.seen_at
        if self._since is not None and at > self._since:
            self._begin(recorded.stream, self._since)
        if self._until is None or at <= self._until:
            self._uptime.apply(recorded, event)
        else:
            self._look_back(recorded.stream, event, self._until)

    def counted(self) -> Uptime:
        """Return the clocks of the period."""
        for stream in list(self._uptime.lives):
            if self._since is not None:
                self._begin(stream, self._since)
        for stream, beyond in self._beyond.items():
            life = self._uptime.lives[stream]
            clocks = replace(life.clocks, statuses=beyond.statuses, service=beyond.service)
            self._uptime.put(stream, replace(life, clocks=clocks))
        return self._uptime

    def _begin(self, stream: str, since: datetime) -> None:
        life = self._uptime.lives.get(stream)
        if life is not None and stream not in self._begun:
            self._uptime.put(stream, replace(life, clocks=renewed(life.clocks, since)))
        self._begun.add(stream)

    def _look_back(self, stream: str, event: LifecycleEvent, until: datetime) -> None:
        life = self._uptime.lives.get(stream)
        if life is None or isinstance(event, Discovered) or earliest(event.window) >= until:
            return
        window = Window(not_before=earliest(event.window), seen_at=until, gap=event.window.gap)
        clocks = self._beyond.get(stream, life.clocks)
        self._beyond[stream] = advance(clocks, _bare(replace(event, window=window)))


def lives(uptime: Uptime) -> Iterator[tuple[str, Life]]:
    """Yield every life with its stream, by name, the oldest of a name first."""
    yield from sorted(uptime.lives.items(), key=lambda item: (item[1].name, item[1].created_at))


def _bare(event: LifecycleEvent) -> LifecycleEvent:
    """Return an event without what no clock reads: an endpoint's documents are kept once, in the fleet."""
    match event:
        case Discovered(sighting=sighting):
            bare = Sighting(
                status=sighting.status,
                created_at=sighting.created_at,
                ready_replicas=sighting.ready_replicas,
                target_replicas=sighting.target_replicas,
            )
            return replace(event, sighting=bare)
        case Reconfigured():
            return replace(event, changes=(), changed_secrets=(), updated_at=None, updated_by=None)
        case UrlChanged():
            return replace(event, new=None)
        case MessageChanged():
            return replace(event, message=None)
        case _:
            return event

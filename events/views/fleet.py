"""Every endpoint as the log tells it: its life, what was meant and done to it, and what holds protect it.

A fold, in memory, over the facts and the acts. It knows nothing of freshness: that is the board's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, assert_never

from events import streams
from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.keepers import HoldLifted, HoldPlaced, LeaseExpired, LeaseReleased, LeaseTaken
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable, SuspicionEnded
from events.record import Recorded
from statemachine.machine import Trigger, evolve
from statemachine.model import (
    BecameReadable,
    BecameUnreadable,
    Deleted,
    Discovered,
    Endpoint,
    EndpointName,
    LifecycleEvent,
    MessageChanged,
    Ours,
    Reconfigured,
    ReplicasChanged,
    StatusChanged,
    UrlChanged,
)
from statemachine.status import Status

E = TypeVar("E", bound=Event)
SET_BACK = timedelta(days=1)  # by so much a clock may be set back, and a hold that was over by it is in force again
KEPT = 20  # acts remembered of one endpoint: the log holds them all
Fact = LifecycleEvent
Note = Warned | Intended | Confirmed | Failed | Abandoned | HoldPlaced | HoldLifted
Leasing = LeaseTaken | LeaseReleased | LeaseExpired
Ailment = NamespaceUnreachable | NamespaceRecovered | DisappearanceSuspected | SuspicionEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold with its author; it ends by itself at `until`, or was lifted then. `position`: where it was placed."""

    id: str
    position: int
    author: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease that was taken at `position` and has not ended; until when it lasts stands on the board."""

    taken: LeaseTaken
    since: datetime
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An intent, where it stands in the log, and how, when and where that ended: None while it is open."""

    intended: Intended
    actor: str
    position: int
    outcome: Confirmed | Failed | Abandoned | None = None
    ended_at: datetime | None = None
    ended: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the log tells of one endpoint.

    `version` is that of the stream of its present (or last) life; `cause` is the position of the fact by which its
    status began; `changed` that of its newest fact. `returned_at` is when it was last seen to come back from a pause
    without a policy's intent, or may have: somebody wanted it, and `returned_by` is its last editor then. `closed` are
    the acts that ended since `cause`, oldest first, and before them the last one that ended before it. `leases` are
    those that have not ended, and `let_go` tells when and where the last one ended. `holds` are also those that
    are over, until a status begins a day later.
    """

    name: EndpointName
    endpoint: Endpoint = field(default_factory=Endpoint)
    life: datetime | None = None
    version: int = 0
    cause: int = 0
    changed: int = 0
    returned_at: datetime | None = None
    returned_by: str | None = None
    acts_version: int = 0
    warnings: tuple[tuple[int, Warned], ...] = ()
    holds: Mapping[str, Hold] = field(default_factory=dict)
    open: Mapping[str, Act] = field(default_factory=dict)
    closed: tuple[Act, ...] = ()
    leases: Mapping[str, Lease] = field(default_factory=dict)
    leases_version: int = 0
    let_go: tuple[datetime, int] | None = None

    @property
    def tags(self) -> frozenset[str]:
        """Return the endpoint's own tags."""
        tags = self.endpoint.sighting.configuration.get("tags") if self.endpoint.sighting else None
        return frozenset(str(tags).split(", ")) if tags else frozenset()

    def held(self, now: datetime) -> Hold | None:
        """Return the hold that lasts longest, of those in force now."""
        current = [hold for hold in self.holds.values() if hold.until > now]
        return max(current, key=lambda hold: hold.until, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the log tells of a namespace: unreachable since when, and whether its endpoints vanished in a crowd."""

    unreachable: NamespaceUnreachable | None = None
    suspected: DisappearanceSuspected | None = None
    version: int = 0


class Fleet:
    """All that is known, up to `position`. `apply` is the only way in."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.position = 0
        self.endpoints: dict[EndpointName, Known] = {}
        self.namespaces: dict[str, Health] = {}
        self.all_holds: dict[str, Hold] = {}
        self.all_version = 0  # of the stream of acts on everything

    def known(self, name: EndpointName) -> Known:
        """Return what is known of an endpoint; of one never heard of, that."""
        return self.endpoints.get(name) or Known(name=name)

    def ours(self, name: EndpointName) -> list[Ours]:
        """Return the acts that are under way for an endpoint, for those who ask what a change follows."""
        known = self.endpoints.get(name)
        acts = known.open.values() if known else ()
        return [Ours(act.intended.intent, Trigger(act.intended.command)) for act in acts]

    def held(self, known: Known, now: datetime) -> Hold | None:
        """Return the hold that protects an endpoint now: its own, or one on everything."""
        own = known.held(now)
        general = (hold for hold in self.all_holds.values() if hold.until > now)
        return max((own, *general) if own else general, key=lambda hold: hold.until, default=None)

    def still(self) -> "Fleet":
        """Return what is known now; what comes later does not change it."""
        still = Fleet()
        still.position, still.all_holds, still.all_version = self.position, self.all_holds, self.all_version
        still.endpoints, still.namespaces = dict(self.endpoints), dict(self.namespaces)
        return still

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log; one that was taken in before changes nothing."""
        if recorded.position <= self.position:
            return
        self.position = recorded.position
        match event:
            case HoldPlaced() | HoldLifted() if recorded.stream == streams.EVERYTHING:
                self.all_holds = _held(self.all_holds, recorded, event)
                self.all_version = recorded.version
            case (
                Discovered()
                | StatusChanged()
                | ReplicasChanged()
                | UrlChanged()
                | MessageChanged()
                | Reconfigured()
                | BecameUnreadable()
                | BecameReadable()
                | Deleted()
            ):
                self._update(recorded, event, _learn)
            case Warned() | Intended() | Confirmed() | Failed() | Abandoned() | HoldPlaced() | HoldLifted():
                self._update(recorded, event, _note)
            case LeaseTaken() | LeaseReleased() | LeaseExpired():
                self._update(recorded, event, _lease)
            case NamespaceUnreachable() | NamespaceRecovered() | DisappearanceSuspected() | SuspicionEnded():
                self._ail(recorded, event)
            case _:
                pass  # incidents, deliveries and the daemon's own events say nothing about endpoints

    def _update(self, recorded: Recorded, event: E, change: Callable[[Known, Recorded, E], Known]) -> None:
        name = streams.subject(recorded.stream).endpoint
        if name is not None:
            self.endpoints[name] = change(self.known(name), recorded, event)

    def _ail(self, recorded: Recorded, event: Ailment) -> None:
        namespace = streams.subject(recorded.stream).namespace or ""
        health = replace(self.namespaces.get(namespace, Health()), version=recorded.version)
        match event:
            case NamespaceUnreachable():
                health = replace(health, unreachable=event)
            case NamespaceRecovered():
                health = replace(health, unreachable=None)
            case DisappearanceSuspected():
                health = replace(health, suspected=event)
            case SuspicionEnded():
                health = replace(health, suspected=None)
        self.namespaces[namespace] = health


def _learn(known: Known, recorded: Recorded, event: Fact) -> Known:
    told: dict[str, Any] = {
        "endpoint": evolve(known.endpoint, event),
        "version": recorded.version,
        "changed": recorded.position,
    }
    match event:
        case Discovered(sighting=sighting):
            told |= _began(known, recorded) | {"life": sighting.created_at, "returned_at": None}
        case StatusChanged():
            told |= _began(known, recorded) | {"closed": known.closed[-1:]}
            if event.old is Status.PAUSED and not any(map(_resumes, known.open.values())):
                told |= {"returned_at": event.window.seen_at, "returned_by": event.updated_by}
        case Deleted():
            told |= _began(known, recorded) | {"closed": known.closed[-1:]}
        case _:
            pass
    return replace(known, **told)


def _began(known: Known, recorded: Recorded) -> dict[str, Any]:
    """Return what is different since a status began by this fact."""
    long_over = recorded.time - SET_BACK
    holds = {key: hold for key, hold in known.holds.items() if hold.until > long_over}
    return {"cause": recorded.position, "warnings": (), "holds": holds}


def _resumes(act: Act) -> bool:
    return act.intended.policy is not None and act.intended.command == "resume"


def _note(known: Known, recorded: Recorded, event: Note) -> Known:
    known = replace(known, acts_version=recorded.version)
    match event:
        case Warned():
            return replace(known, warnings=(*known.warnings, (recorded.position, event)))
        case Intended():
            act = Act(intended=event, actor=recorded.actor, position=recorded.position)
            return replace(known, open={**known.open, event.intent: act})
        case Confirmed() | Failed() | Abandoned():
            rest = {intent: act for intent, act in known.open.items() if intent != event.intent}
            ended = tuple(
                replace(act, outcome=event, ended_at=recorded.time, ended=recorded.position)
                for intent, act in known.open.items()
                if intent == event.intent
            )
            if isinstance(event, Abandoned) and event.touched:
                known = replace(known, returned_at=recorded.time, returned_by=None)
            return replace(known, open=rest, closed=(*known.closed, *ended)[-KEPT:])
        case HoldPlaced() | HoldLifted():
            return replace(known, holds=_held(known.holds, recorded, event))
        case _:
            assert_never(event)


def _lease(known: Known, recorded: Recorded, event: Leasing) -> Known:
    rest = {id_: lease for id_, lease in known.leases.items() if id_ != event.lease}
    known = replace(known, leases_version=recorded.version)
    match event:
        case LeaseTaken():
            lease = Lease(taken=event, since=recorded.time, position=recorded.position)
            return replace(known, leases={**rest, event.lease: lease})
        case LeaseReleased() | LeaseExpired():
            return replace(known, leases=rest, let_go=(recorded.time, recorded.position))
        case _:
            assert_never(event)


def _held(holds: Mapping[str, Hold], recorded: Recorded, event: HoldPlaced | HoldLifted) -> dict[str, Hold]:
    """Return the holds after one more was placed or lifted; those that ended stay: policies begin anew after them."""
    match event:
        case HoldPlaced():
            hold = Hold(
                id=event.hold,
                position=recorded.position,
                author=event.author,
                reason=event.reason,
                until=event.until,
            )
            return {**holds, event.hold: hold}
        case HoldLifted() if event.hold in holds:
            hold = holds[event.hold]
            return {**holds, event.hold: replace(hold, until=min(hold.until, recorded.time))}
        case HoldLifted():
            return dict(holds)
        case _:
            assert_never(event)

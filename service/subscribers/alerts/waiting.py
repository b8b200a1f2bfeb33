"""Conditions that become incidents by lasting: an endpoint in motion, a namespace that cannot be read.

What lasts is told by the log; how long, by monotonic time, so that a stepped wall clock calls nobody. An endpoint's
time in motion is counted over pending, initializing and updating together: one that goes round between them is stuck,
too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from events import streams
from events.catalogue import Event
from events.catalogue.incidents import Severity
from events.catalogue.namespaces import NamespaceRecovered, NamespaceUnreachable
from events.record import Recorded
from events.streams import Subject
from events.views.fleet import Fleet
from service.config import Incidents as Limits
from service.durations import humanize
from service.subscribers.alerts.rules import STUCK, UNREACHABLE, Onset, is_moving
from statemachine.model import Deleted, Discovered, EndpointName, StatusChanged

STALE = timedelta(minutes=2)  # a namespace that was not seen for longer says nothing of its endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """The same instant by the wall and in monotonic seconds of this process."""

    now: datetime
    monotonic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A condition that holds since `since`, by the event at `cause`; `begun` is the same in monotonic seconds."""

    rule: str
    subject: Subject
    since: datetime
    cause: int
    begun: float

    @property
    def stream(self) -> str:
        """Return the stream of the incident that it may become."""
        return streams.incident(self.rule, self.subject)


class Waiting:
    """Every condition that lasts, by its incident's stream."""

    def __init__(self) -> None:
        """Know of none."""
        self.all: dict[str, Wait] = {}

    def apply(self, fleet: Fleet, recorded: Recorded, event: Event, at: Instant) -> bool:
        """Take in an event that the fleet has taken in, at the instant of doing so; return whether it began a wait."""
        subject = streams.subject(recorded.stream)
        known = len(self.all)
        match event:
            case Discovered() | StatusChanged() if subject.endpoint and is_moving(fleet.known(subject.endpoint)):
                since = event.seen_at if isinstance(event, Discovered) else event.window.seen_at
                self._begin(STUCK, subject, since, recorded.position, at)
            case Discovered() | StatusChanged() | Deleted():
                self.all.pop(streams.incident(STUCK, subject), None)
            case NamespaceUnreachable(since=since):
                self._begin(UNREACHABLE, subject, since, recorded.position, at)
            case NamespaceRecovered():
                self.all.pop(streams.incident(UNREACHABLE, subject), None)
            case _:
                pass
        return len(self.all) > known

    def reckon(self, at: Instant) -> None:
        """Count every wait from when it began, by the clocks of this process."""
        self.all = {key: replace(wait, begun=_begun(wait.since, at)) for key, wait in self.all.items()}

    def still(self) -> "Waiting":
        """Return what lasts now; what comes later does not change it."""
        still = Waiting()
        still.all = dict(self.all)
        return still

    def restart(self, rule: str, at: Instant) -> None:
        """Count a rule's waits from now on: what went before was not seen by this process."""
        self.all.update({key: replace(wait, begun=at.monotonic) for key, wait in self.all.items() if wait.rule == rule})

    def _begin(self, rule: str, subject: Subject, since: datetime, cause: int, at: Instant) -> None:
        key = streams.incident(rule, subject)
        if key not in self.all:
            self.all[key] = Wait(rule=rule, subject=subject, since=since, cause=cause, begun=_begun(since, at))


def _begun(since: datetime, at: Instant) -> float:
    return at.monotonic - max(0.0, (at.now - since).total_seconds())


def seconds_left(wait: Wait, limits: Limits, monotonic: float) -> float:
    """Return the seconds until this condition is an incident; not positive when it is."""
    return wait.begun + limit(wait, limits).total_seconds() - monotonic


def limit(wait: Wait, limits: Limits) -> timedelta:
    """Return how long this condition may last."""
    return limits.stuck_for if wait.rule == STUCK else limits.unreachable_for


def can_tell(wait: Wait, fleet: Fleet, looked_at: datetime | None, now: datetime) -> bool:
    """Say whether an endpoint is seen well enough to call it stuck: an outage of ours is not its own."""
    name = wait.subject.endpoint
    if name is None:
        return True
    health = fleet.namespaces.get(name.namespace)
    if (health and (health.unreachable or health.suspected)) or not fleet.known(name).endpoint.readable:
        return False
    return looked_at is not None and now - looked_at <= STALE


def onset(wait: Wait, limits: Limits, fleet: Fleet) -> Onset:
    """Return what becomes of a condition that has lasted for too long; the same whenever it is asked."""
    stuck = wait.rule == STUCK
    lasted = f"for longer than {humanize(limit(wait, limits))}"
    return Onset(
        rule=wait.rule,
        severity=Severity.WARNING if stuck else Severity.CRITICAL,
        subject=wait.subject,
        reason=f"{_state(wait, fleet)} {lasted}" if stuck else f"not readable {lasted}: {_state(wait, fleet)}",
        cause=wait.cause,
        at=wait.since,
    )


def evidence(wait: Wait, fleet: Fleet) -> Iterator[tuple[str, int]]:
    """Yield the stream and the version that an incident of this condition rests on: a newer event refutes it."""
    namespace, name = wait.subject.namespace or "", wait.subject.endpoint
    if name is None:
        health = fleet.namespaces.get(namespace)
        yield streams.namespace(namespace), health.version if health else 0
        return
    known = fleet.known(name)
    if known.life is not None:
        yield streams.life(name, known.life), known.version


def _state(wait: Wait, fleet: Fleet) -> str:
    name: EndpointName | None = wait.subject.endpoint
    if name is not None:
        return f"its status is {fleet.known(name).endpoint.status}, not settled"
    health = fleet.namespaces.get(wait.subject.namespace or "")
    return health.unreachable.detail if health and health.unreachable else "no reason known"

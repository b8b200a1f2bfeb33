"""The rules: what an event says of each condition. Pure; whether an incident is open already is not asked here.

| rule          | about       | holds while                                                                       |
|---------------|-------------|-----------------------------------------------------------------------------------|
| failed        | an endpoint | its status is failed or updateFailed                                              |
| stuck         | an endpoint | it has been in motion for longer than `incidents.stuck_for` (see `waiting`)       |
| unexpected    | an endpoint | its last change of status was on no path of the table, or its status is not known |
| act_failed    | an endpoint | an act came to nothing, and neither another one nor a change of status followed   |
| unreachable   | a namespace | it cannot be read for longer than `incidents.unreachable_for` (see `waiting`)     |
| suspected     | a namespace | so many of its endpoints vanished at once that a token's trouble is likelier      |
| configuration | the daemon  | the configuration file cannot be used, and the one before stays in force          |
| log           | the daemon  | the log's chain does not hold, or what is shown is not what the log says          |
| parked        | the daemon  | something is set aside that a subscriber could not take                           |
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from events import streams
from events.catalogue import Event
from events.catalogue.acts import Confirmed, Failed
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted
from events.catalogue.incidents import Severity
from events.catalogue.log import LogFoundBroken, LogFoundSound
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, SuspicionEnded
from events.catalogue.parked import EventParked, EventReplayed, EventSkipped
from events.record import Recorded
from events.streams import Subject
from events.views.fleet import Fleet, Known
from statemachine.model import Deleted, Discovered, End, Kind, StatusChanged
from statemachine.status import Status, UnknownStatus

FAILED, STUCK, UNEXPECTED, ACT_FAILED = "failed", "stuck", "unexpected", "act_failed"
UNREACHABLE, SUSPECTED, CONFIGURATION, LOG = "unreachable", "suspected", "configuration", "log"
PARKED = "parked"
OF_ENDPOINTS = (FAILED, STUCK, UNEXPECTED, ACT_FAILED)

# What a message says of the subject: "acme/tgi: failed", "acme/tgi: over: failed for 12 min".
PHRASES: Mapping[str, str] = MappingProxyType(
    {
        FAILED: "failed",
        STUCK: "stuck",
        UNEXPECTED: "unexpected change",
        ACT_FAILED: "act without effect",
        UNREACHABLE: "unreachable",
        SUSPECTED: "endpoints vanished together",
        CONFIGURATION: "configuration refused",
        LOG: "log broken",
        PARKED: "events set aside",
    }
)

BROKEN = frozenset({Status.FAILED, Status.UPDATE_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """A rule's condition holds since `at`, because of the event at position `cause`."""

    rule: str
    severity: Severity
    subject: Subject
    reason: str
    cause: int
    at: datetime
    arrival: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A rule's condition does not hold at `at`, because of the event at position `cause`."""

    rule: str
    subject: Subject
    reason: str
    cause: int
    at: datetime


Verdict = Onset | Over


def judge(fleet: Fleet, recorded: Recorded, event: Event, *, parked: bool) -> Iterator[Verdict]:
    """Say which conditions hold and which do not, by this event; the fleet has taken it in already.

    `parked`: something is set aside still, where the event says that something is no more.
    """
    subject, cause = streams.subject(recorded.stream), recorded.position

    def over(rule: str, reason: str, at: datetime) -> Over:
        return Over(rule=rule, subject=subject, reason=reason, cause=cause, at=at)

    match event:
        case Discovered() | StatusChanged() | Deleted() if subject.endpoint is not None:
            yield from _endpoint(fleet.known(subject.endpoint), subject, cause, event)
        case Failed() if subject.endpoint is not None:
            yield from _act_failed(fleet.known(subject.endpoint), subject, recorded, event)
        case Confirmed(status=status, seen_at=at):
            yield over(ACT_FAILED, f"a later act took effect: {status}", at)
        case NamespaceRecovered(seen_at=at):
            yield over(UNREACHABLE, "it can be read again", at)
        case DisappearanceSuspected():
            yield _suspected(subject, cause, event)
        case SuspicionEnded(seen_at=at, confirmed=confirmed):
            yield over(SUSPECTED, "they are really gone" if confirmed else "they were seen again", at)
        case ConfigurationRefused() | ConfigurationApplied() | DaemonStarted() | LogFoundBroken() | LogFoundSound():
            yield _daemon(subject, recorded, event)
        case EventParked() | EventReplayed() | EventSkipped():
            yield from _parked(subject, recorded, event, still=parked)
        case _:
            pass


def _endpoint(
    known: Known, subject: Subject, cause: int, event: Discovered | StatusChanged | Deleted
) -> Iterator[Verdict]:
    status = known.endpoint.status
    at = event.seen_at if isinstance(event, Discovered) else event.window.seen_at
    now = _ended(event) if isinstance(event, Deleted) else f"its status is {status}"
    holding: dict[str, tuple[Severity, str]] = {}
    if status in BROKEN:
        message = known.endpoint.sighting.message if known.endpoint.sighting else None
        holding[FAILED] = (Severity.CRITICAL, f"{now}: {message}" if message else now)
    if surprise := _surprise(event):
        holding[UNEXPECTED] = (Severity.WARNING, surprise)
    for rule, (severity, reason) in holding.items():
        arrival = isinstance(event, Discovered) and event.absent_at is None
        yield Onset(rule=rule, severity=severity, subject=subject, reason=reason, cause=cause, at=at, arrival=arrival)
    for rule in OF_ENDPOINTS:
        if rule not in holding and not (rule == STUCK and is_moving(known)):
            yield Over(rule=rule, subject=subject, reason=now, cause=cause, at=at)


def is_moving(known: Known) -> bool:
    """Return whether an endpoint is on its way from one settled status to another."""
    return known.endpoint.status in {Status.PENDING, Status.INITIALIZING, Status.UPDATING}


def _ended(event: Deleted) -> str:
    return "it was deleted" if event.end is End.NOT_FOUND else "it was deleted and created again"


def _surprise(event: Discovered | StatusChanged | Deleted) -> str | None:
    """Return what is strange about a change, or None."""
    match event:
        case Discovered(sighting=sighting) if isinstance(sighting.status, UnknownStatus):
            return f"its status is {sighting.status.raw!r}, which Lamplighter does not know"
        case StatusChanged(old=old, new=UnknownStatus(raw=raw)):
            return f"from {old} to {raw!r}, a status that Lamplighter does not know"
        case StatusChanged(old=old, new=new, kind=Kind.UNEXPECTED):
            return f"from {old} to {new}, which no known step leads to"
        case _:
            return None


def _act_failed(known: Known, subject: Subject, recorded: Recorded, event: Failed) -> Iterator[Onset]:
    """Judge an act that came to nothing. A person was told by the answer; of a policy's, this is the only word.

    What could not be created is nothing that could be wrong, and nothing would ever end it.
    """
    intended = next((act.intended for act in known.closed if act.intended.intent == event.intent), None)
    if intended is not None and intended.command == "create":
        return
    command = intended.command.replace("_", " ") if intended else "an act"
    policy = intended.policy if intended else None
    yield Onset(
        rule=ACT_FAILED,
        severity=Severity.CRITICAL if policy else Severity.WARNING,
        subject=subject,
        reason=f"{command} by {f'policy {policy}' if policy else recorded.actor}: {event.error}",
        cause=recorded.position,
        at=recorded.time,
    )


def _suspected(subject: Subject, cause: int, event: DisappearanceSuspected) -> Onset:
    return Onset(
        rule=SUSPECTED,
        severity=Severity.CRITICAL,
        subject=subject,
        reason=f"{len(event.missing)} of {event.known} are missing from one sweep; nothing counts as deleted yet",
        cause=cause,
        at=event.seen_at,
    )


def _daemon(
    subject: Subject,
    recorded: Recorded,
    event: ConfigurationRefused | ConfigurationApplied | DaemonStarted | LogFoundBroken | LogFoundSound,
) -> Verdict:
    """Judge what the daemon tells of itself and of its log."""

    def onset(rule: str, severity: Severity, reason: str, at: datetime) -> Onset:
        return Onset(rule=rule, severity=severity, subject=subject, reason=reason, cause=recorded.position, at=at)

    def over(rule: str, reason: str, at: datetime) -> Over:
        return Over(rule=rule, subject=subject, reason=reason, cause=recorded.position, at=at)

    match event:
        case ConfigurationRefused(reason=reason):
            return onset(CONFIGURATION, Severity.WARNING, f"the one before stays in force: {reason}", recorded.time)
        case ConfigurationApplied() | DaemonStarted():
            return over(CONFIGURATION, "a configuration that can be used is in force", recorded.time)
        case LogFoundBroken(why=why, at=at):
            return onset(LOG, Severity.CRITICAL, why, at)
        case LogFoundSound(at=at, position=position):
            return over(LOG, f"it was found sound up to position {position}", at)


def _parked(
    subject: Subject, recorded: Recorded, event: EventParked | EventReplayed | EventSkipped, *, still: bool
) -> Iterator[Verdict]:
    """Judge what becomes of events that a subscriber could not take: over when none is set aside any more."""
    cause, at = recorded.position, recorded.time
    if isinstance(event, EventParked):
        reason = f"{event.subscriber} could not take position {event.position}: {event.error}"
        yield Onset(rule=PARKED, severity=Severity.WARNING, subject=subject, reason=reason, cause=cause, at=at)
    elif not still:
        reason = "all that was set aside is replayed or skipped"
        yield Over(rule=PARKED, subject=subject, reason=reason, cause=cause, at=at)

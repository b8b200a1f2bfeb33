"""Why an endpoint is as it is and what comes next, in sentences; pure. Nothing is claimed that was not seen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from events.catalogue import Confirmed, Event
from events.views.fleet import Health, Known
from service.config import Settings
from service.durations import humanize
from service.leases import Lease
from service.subscribers.plan import Line, Verdict
from service.web import shapes
from statemachine.machine import Classification, Reading, explain
from statemachine.model import Discovered, EndpointName, StatusChanged
from statemachine.status import Status

SERVING = frozenset({Status.RUNNING, Status.UPDATING, Status.UPDATE_FAILED, Status.ABSENT})
DEEDS = {"pause": "pause it", "scale_to_zero": "scale it to zero", "resume": "resume it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that the sentences are made of; `cause` is the event by which the present status began."""

    shown: shapes.Endpoint
    known: Known
    discovered: Discovered | None
    cause: Event | None
    health: Health
    lines: tuple[Line, ...]
    settings: Settings
    now: datetime
    starts: Reading | None = None
    leases: tuple[Lease, ...] = ()


def sentences(told: Told) -> Iterator[str]:
    """Say it, the most important first."""
    yield _state(told)
    yield from _doubts(told)
    yield from _beginning(told)
    yield from _why(told)
    yield from _starts(told)
    yield _protection(told)
    yield from _awake(told)
    if told.known.endpoint.sighting is None:
        return
    yield from _next(told)
    if any(line.verdict in {Verdict.WARN, Verdict.ACT, Verdict.LATER} for line in told.lines):
        yield f"Keep it: {keep(told.known.name)}"


def keep(name: EndpointName) -> str:
    """Return the command that keeps policies away."""
    return f"lamplighter hold {name} --for 2h --reason …"


def _state(told: Told) -> str:
    shown = told.shown
    words = [shown.status]
    if shown.target_replicas is not None:
        ready = "?" if shown.ready_replicas is None else shown.ready_replicas
        words.append(f"{ready} of {shown.target_replicas} replicas")
    if shown.seconds_since_seen is not None:
        words.append(f"seen {_span(shown.seconds_since_seen)} ago")
    elif shown.watched:
        words.append("not looked at since the daemon started")
    else:
        words.append(f"not looked at: {shown.namespace} is not under [namespaces]")
    return f"{', '.join(words)}."


def _doubts(told: Told) -> Iterator[str]:
    if not told.shown.readable:
        yield "Its document cannot be read: what stands here is the last that could be."
    if trouble := told.health.unreachable:
        yield (
            f"{told.shown.namespace} cannot be read since {_instant(trouble.since)} ({trouble.detail}): "
            "what stands here is from before."
        )
    if told.health.suspected:
        yield f"Many endpoints of {told.shown.namespace} vanished at once: nothing counts as deleted yet."


def _beginning(told: Told) -> Iterator[str]:
    found, shown = told.discovered, told.shown
    if found is None:
        return
    sighting = found.sighting
    first = f"First seen {_ago(found.seen_at, told.now)}"
    created = f"created {_by(sighting.created_by, shown.people)}{_instant(sighting.created_at)}"
    if found.absent_at is None:
        edited = f", edited {_by(sighting.updated_by, shown.people)}{_ago(sighting.updated_at, told.now)}"
        yield f"{first}; before that I know only: {created}{edited if sighting.updated_at else ''}."
    else:
        yield f"{first}, not there at {_instant(found.absent_at)}; {created}."
    if shown.updated_at is not None and shown.updated_at != sighting.updated_at:
        yield f"Last edited {_by(shown.updated_by, shown.people)}{_ago(shown.updated_at, told.now)}."


def _why(told: Told) -> Iterator[str]:
    match told.cause:
        case Discovered():
            yield f"It was {told.shown.status} when it was first seen."
        case StatusChanged(window=window, cause=cause) as change:
            gap = "; nobody could look in between" if window.gap else ""
            first, last = _instant(window.not_before), _instant(window.seen_at)
            when = f"at {last}" if first == last else f"between {first} and {last}"
            yield f"It went from {change.old} to {change.new} {when}{gap}."
            editor = told.shown.people.get(cause.editor, cause.editor) if cause.editor else None
            classified = Classification(change.kind, change.via)
            yield explain(change.old, change.new, classified, replace(cause, editor=editor))
        case _:
            pass
    if told.known.closed:
        done = told.known.closed[-1]
        if isinstance(done.outcome, Confirmed) and done.outcome.status == told.shown.status:
            command = done.intended.command.replace("_", " ")
            yield f"{done.actor} asked to {command} (position {done.position}): {done.intended.reason}."
    if told.shown.message:
        yield f"Hugging Face says: {told.shown.message}"


def _starts(told: Told) -> Iterator[str]:
    """Say how long a start takes, where one is under way or would have to come first."""
    read = told.starts
    if read is None or read.p50 is None or read.p90 is None or told.known.endpoint.status in SERVING:
        return
    count = len(read.cold_starts)
    seen = f"Of its last {count} starts half were up" if count > 1 else "The one start that was seen whole was up"
    most = f", nine in ten within {_span(read.p90.upper.total_seconds())}" if count >= 10 else ""
    yield f"{seen} within {_span(read.p50.upper.total_seconds())}{most}."


def _protection(told: Told) -> str:
    words = []
    if hold := told.shown.hold:
        where = " (a hold on everything)" if hold.everywhere else ""
        words.append(f"Held by {hold.author} until {_instant(hold.until)}{where}: {hold.reason}.")
    else:
        words.append("No hold.")
    groups = [group for group in told.shown.groups if told.settings.groups[group].protected]
    words.append(f"Protected by group {', '.join(groups)}." if groups else "Not protected.")
    words += [
        f"Under way: {act.command.replace('_', ' ')}, asked by {act.actor} (position {act.position}): {act.reason}."
        for act in told.shown.open_acts
    ]
    return " ".join(words)


def _awake(told: Told) -> Iterator[str]:
    """Say who needs it awake, since when and until when."""
    for lease in told.leases:
        why = f" ({lease.reason})" if lease.reason else ""
        after = "; if that is the last, what a lease resumed is put back to rest" if lease.pause_after else ""
        yield (
            f"Held awake by {lease.holder}{why} since {_instant(lease.since)} until {_instant(lease.until)}, "
            f"unless renewed{after}."
        )


def _next(told: Told) -> Iterator[str]:
    if not told.lines:
        groups = ", ".join(told.shown.groups) or "none"
        yield f"No policy reaches it (its groups: {groups})."
    for line in told.lines:
        policy, deed = line.policy.name, DEEDS.get(line.command.value, line.command.value)
        match line.verdict:
            case Verdict.PROTECTED:
                yield f"{policy} leaves it alone: {line.reason}."
            case Verdict.NOT_DUE:
                yield f"{policy} does nothing: {line.reason}."
            case Verdict.WARN | Verdict.ACT | Verdict.LATER:
                left = (line.due_at - told.now).total_seconds() if line.due_at else 0.0
                when = f"in {_span(left)}" if left > 0 else "now"
                if line.observe:
                    yield f"Next: {policy} would {deed} {when}: {line.reason} (observe: it will not)."
                else:
                    yield f"Next: {policy} will {deed} {when}: {line.reason}."


def _span(seconds: float) -> str:
    return humanize(timedelta(seconds=seconds))


def _ago(at: datetime | None, now: datetime) -> str:
    return "at an unknown time" if at is None else f"{humanize(now - at)} ago"


def _by(who: str | None, people: Mapping[str, str]) -> str:
    return f"by {people.get(who, who)} " if who else "by somebody unknown "


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

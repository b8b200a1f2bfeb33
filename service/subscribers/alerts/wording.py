"""What the messages say: what happened, why it is told, where the evidence stands, and what to do. Pure.

Without `public_url` a message carries commands only, never a link that works nowhere else. Documents and answers are
masked before they enter the log, so nothing here can hold a secret.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote

from events.catalogue.acts import Warned
from events.catalogue.incidents import Fired, Resolved
from events.streams import Subject
from events.views.fleet import Fleet
from events.views.incidents import Incident
from service.durations import humanize
from service.subscribers.alerts.rules import FAILED, LOG, PARKED, PHRASES, is_moving

LISTED = 20  # lines of an arrival message
# What to do first about what is wrong with the daemon itself; a subject has its own advice.
ADVICE: Mapping[str, str] = MappingProxyType({LOG: "lamplighter log verify", PARKED: "lamplighter parked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The title of a message and its text, to which `footed` adds what every message ends with.

    `advice` is what to do, if the subject does not tell.
    """

    title: str
    text: str
    advice: str | None = None


def firing(subject: Subject, fired: Fired) -> Words:
    """Say that a condition holds."""
    about = _name(subject)
    return Words(
        title=f"{about}: {PHRASES[fired.rule]}",
        text=f"{about}: {PHRASES[fired.rule]}: {fired.reason}.\nSeen so since {_at(fired.at)}; {fired.severity}.",
        advice=ADVICE.get(fired.rule),
    )


def resolved(subject: Subject, over: Resolved) -> Words:
    """Say that a condition is over, and how long it held."""
    about, lasted = _name(subject), humanize(over.at - over.fired_at)
    return Words(
        title=f"{about}: over: {PHRASES[over.rule]} for {lasted}",
        text=f"{about}: {PHRASES[over.rule]} for {lasted}. Over since {_at(over.at)}: {over.reason}.",
        advice=ADVICE.get(over.rule),
    )


def warning(subject: Subject, warned: Warned, now: datetime) -> Words:
    """Say what a policy will do, when and why, and how to keep it from doing so."""
    act = warned.command.replace("_", " ")
    return Words(
        title=f"{subject}: policy {warned.policy} will {act} it at {_at(warned.due_at)}",
        text=(
            f"Policy {warned.policy} will {act} {subject} at {_at(warned.due_at)}, "
            f"in {humanize(warned.due_at - now)}: {warned.reason}.\n"
            f"Keep it: lamplighter hold {subject} --for 2h --reason …"
        ),
    )


def arrival(incidents: Sequence[Incident], fleet: Fleet, now: datetime) -> Words:
    """Say what was wrong already, in one message."""
    when = "already so when I arrived" if all(item.fired.arrival for item in incidents) else "already so"
    counts = Counter(_counted(incident, fleet) for incident in incidents)
    counts.update(_moving(incidents, fleet))
    parts = [f"{count} {what}" for what, count in counts.items()]
    edits = [at for incident in incidents if (at := _edited_at(incident, fleet)) is not None]
    if edits:
        parts.append(f"oldest edit {_ago(now - min(edits))}")
    title = f"{when}: {', '.join(parts)}"
    lines = [_line(incident, fleet, now) for incident in incidents[:LISTED]]
    if len(incidents) > LISTED:
        lines.append(f"… and {len(incidents) - LISTED} more")
    return Words(title=title, text="\n".join([f"{title}. Nobody was paged for it.", *lines]))


def footed(words: Words, *, subject: Subject, why: str, evidence: int, public_url: str | None) -> Words:
    """Add why it was sent, where the evidence stands, and what to do."""
    lines = [
        words.text,
        f"Why you get this: {why}.",
        f"Evidence: lamplighter events --after {evidence - 1}",
        f"What to do: {words.advice or _advice(subject)}",
    ]
    if public_url:
        lines.append(f"{public_url.rstrip('/')}{_page(subject)}")
    return replace(words, text="\n".join(lines))


def _name(subject: Subject) -> str:
    return str(subject) or "lamplighter"


def _advice(subject: Subject) -> str:
    if subject.endpoint is not None:
        return f"lamplighter explain {subject}"
    return f"lamplighter events --namespace {subject}" if str(subject) else "lamplighter check-config"


def _page(subject: Subject) -> str:
    return f"/api/endpoints/{quote(str(subject))}/explain" if subject.endpoint else "/api/status"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _ago(span: timedelta) -> str:
    return f"{span.days} d ago" if span.days else f"{humanize(span)} ago"


def _counted(incident: Incident, fleet: Fleet) -> str:
    name = incident.subject.endpoint
    if incident.fired.rule == FAILED and name is not None:
        return str(fleet.known(name).endpoint.status)
    return PHRASES[incident.fired.rule]


def _moving(incidents: Sequence[Incident], fleet: Fleet) -> Iterator[str]:
    """Yield the status of each endpoint in motion beside those that are wrong: it may yet be stuck."""
    namespaces = {incident.subject.namespace for incident in incidents}
    for known in fleet.endpoints.values():
        if known.name.namespace in namespaces and is_moving(known):
            yield str(known.endpoint.status)


def _edited_at(incident: Incident, fleet: Fleet) -> datetime | None:
    name = incident.subject.endpoint
    sighting = fleet.known(name).endpoint.sighting if name else None
    return sighting.updated_at if sighting else None


def _line(incident: Incident, fleet: Fleet, now: datetime) -> str:
    edited_at = _edited_at(incident, fleet)
    edited = f" (edited {_ago(now - edited_at)})" if edited_at else ""
    return f"- {_name(incident.subject)}: {incident.fired.reason}{edited}"

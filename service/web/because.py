"""Why an endpoint is as it is: what was seen, in which window, by which way, and who brought it about; pure.

Nothing is claimed that was not seen.
"""

from collections.abc import Iterator
from dataclasses import replace

from events.catalogue.acts import Abandoned, Confirmed, Failed
from events.views.fleet import Act
from service.web import render, shapes
from service.web.spoken import ago, between, by, command, instant
from service.web.told import Told
from statemachine.machine import By, Classification, explain
from statemachine.model import Cause, Deleted, Discovered, End, StatusChanged

MOST_CHANGES = 3  # paths of a configuration that are named; more are counted
MOST_ACTS = 3


def why(told: Told) -> shapes.Why | None:
    """Return the event by which its status began, and who brought it about."""
    position, cause = told.known.cause, told.cause
    match cause:
        case Discovered(seen_at=at, absent_at=absent_at, gap=gap, sighting=sighting):
            return shapes.Why(
                position=position,
                type="endpoint.discovered",
                new=str(sighting.status),
                not_before=absent_at,
                seen_at=at,
                gap=gap,
            )
        case StatusChanged(window=window, old=old, new=new, kind=kind, via=via):
            return shapes.Why(
                position=position,
                type="endpoint.status_changed",
                old=str(old),
                new=str(new),
                not_before=window.not_before,
                seen_at=window.seen_at,
                gap=window.gap,
                kind=kind.value,
                via=tuple(map(str, via)),
                who=_who(told, cause.cause),
            )
        case Deleted(window=window, old=old):
            return shapes.Why(
                position=position,
                type="endpoint.deleted",
                old=str(old),
                new="absent",
                not_before=window.not_before,
                seen_at=window.seen_at,
                gap=window.gap,
                who=_who(told, cause.cause),
            )
        case _:
            return None


def sentences(told: Told) -> Iterator[str]:
    """Say it, from its beginning on."""
    yield from _beginning(told)
    yield from _status(told)
    yield from _acts(told)
    yield from _changed(told)
    if told.shown.message:
        yield f"Hugging Face says: {told.shown.message}"
    for incident in told.incidents:
        fired = incident.fired
        called = f"; told to {', '.join(sorted(incident.told))}" if incident.told else "; nobody was told"
        yield (
            f"Incident {fired.rule} ({fired.severity}), open since {instant(fired.at)} "
            f"(position {incident.position}): {fired.reason}{called}."
        )


def _who(told: Told, cause: Cause) -> shapes.Who:
    act = told.act(cause.intent) if cause.intent else None
    return shapes.Who(
        by=cause.by.value if cause.by else None,
        trigger=cause.trigger.value if cause.trigger else None,
        editor=cause.editor,
        intent=cause.intent,
        act=render.act(act) if act else None,
    )


def _beginning(told: Told) -> Iterator[str]:
    found, shown = told.discovered, told.shown
    if found is None:
        return
    sighting = found.sighting
    first = f"First seen {ago(found.seen_at, told.now)}"
    created = f"created {by(sighting.created_by, shown.people)}{instant(sighting.created_at)}"
    if found.absent_at is None:
        edited = f", edited {by(sighting.updated_by, shown.people)}{ago(sighting.updated_at, told.now)}"
        yield f"{first}; before that I know only: {created}{edited if sighting.updated_at else ''}."
    else:
        yield f"{first}, not there at {instant(found.absent_at)}; {created}."
    if shown.updated_at is not None and shown.updated_at != sighting.updated_at:
        yield f"Last edited {by(shown.updated_by, shown.people)}{ago(shown.updated_at, told.now)}."


def _status(told: Told) -> Iterator[str]:
    place = f"(position {told.known.cause})"
    match told.cause:
        case Discovered():
            yield f"It was {told.shown.status} when it was first seen {place}."
        case StatusChanged(window=window, cause=cause) as change:
            gap = "; nobody could look in between" if window.gap else ""
            when = between(window.not_before, window.seen_at)
            yield f"It went from {change.old} to {change.new} {when}{gap} {place}."
            named = replace(cause, editor=told.shown.people.get(cause.editor, cause.editor) if cause.editor else None)
            yield explain(change.old, change.new, Classification(change.kind, change.via), named)
            yield from _asked_for(told, cause)
        case Deleted(window=window, old=old, end=end, cause=cause):
            gap = "; nobody could look in between" if window.gap else ""
            yield f"It was {old} until it was gone, {between(window.not_before, window.seen_at)}{gap} {place}."
            if end is End.NOT_FOUND:
                yield "Every page came without it, a look at it found nothing, and the token still named its namespace."
            yield from _asked_for(told, cause)
        case _:
            pass


def _asked_for(told: Told, cause: Cause) -> Iterator[str]:
    """Say by whose decision of ours it came about, or that there was none."""
    if cause.intent is not None:
        act = told.act(cause.intent)
        yield f"{_asked(act)}." if act else f"The whole of it: lamplighter events --intent {cause.intent}"
    elif cause.by is By.PERSON:
        yield "Nobody asked Lamplighter for that: it was done at Hugging Face itself."


def _acts(told: Told) -> Iterator[str]:
    """Say what else was asked for since, and what came of it."""
    cause = told.cause.cause.intent if isinstance(told.cause, StatusChanged | Deleted) else None
    others = [act for act in told.known.closed if act.intended.intent != cause]
    for act in others[-MOST_ACTS:]:
        match act.outcome:
            case Confirmed(status=status) if status == told.shown.status:
                yield f"{_asked(act)}."
            case Failed(error=error):
                yield f"{_asked(act)}. It came to nothing: {error.rstrip('.')}."
            case Abandoned(reason=reason):
                yield f"{_asked(act)}. It was given up: {reason.rstrip('.')}."
            case _:
                pass


def _asked(act: Act) -> str:
    rested = ", ".join(map(str, dict.fromkeys(act.intended.evidence)))
    rests = f" It rested on position{'s' if len(act.intended.evidence) > 1 else ''} {rested}" if rested else ""
    said = f"{act.actor} asked to {command(act.intended.command)} (position {act.position})"
    reason = act.intended.reason.rstrip(".")
    return f"{said}{f': {reason}' if reason else ''}{'.' if rests else ''}{rests}"


def _changed(told: Told) -> Iterator[str]:
    if told.changed is None or told.gone:
        return
    recorded, change = told.changed
    named = [f"{one.path} {_value(one.old)} → {_value(one.new)}" for one in change.changes[:MOST_CHANGES]]
    named += [f"{path} (a secret)" for path in change.changed_secrets[: MOST_CHANGES - len(named)]]
    more = len(change.changes) + len(change.changed_secrets) - len(named)
    others = f" and {more} more" if more > 0 else ""
    when = between(change.window.not_before, change.window.seen_at)
    who = _editor(told, change.cause)
    place = f"(position {recorded.position})"
    yield f"Its configuration was last changed {when}, {who} {place}: {', '.join(named)}{others}."


def _editor(told: Told, cause: Cause) -> str:
    """Say who brought a change about: whoever asked us for it, else who is known at Hugging Face to have edited it."""
    act = told.act(cause.intent) if cause.intent else None
    if act is not None:
        return f"by {act.actor}, as asked at position {act.position}"
    return by(cause.editor, told.shown.people).rstrip() if cause.editor else "by whom is not known"


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)

"""How instants, spans, money and what is unknown are spelt, and how they are read. What is unknown stays unknown."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from service.cli.exits import Exit, Stop
from service.cli.zones import shown
from service.durations import humanize, parse_duration
from service.when import spell_shortly

UNKNOWN = "unknown"
OLD_SECONDS = 15 * 60.0  # since a look: what it found may be otherwise by now, and its age is said with it
LEASE_LETTERS = 8  # of a lease's id: enough to tell it from others
_IN_UTC = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?) UTC\b", re.ASCII)
_ENDPOINT = re.compile(r"[^/\s]+/[^/\s]+")
COMMANDS = {"pause": "pause", "resume": "resume", "scaleToZero": "scale to zero", "scale_to_zero": "scale to zero"}

VERBS = {"admin": "administer"}  # where a role is no word for what its bearer may do


def parse_span(text: str) -> timedelta:
    """Read `90s`, `20m`, `1h30m` or `2d`."""
    try:
        return parse_duration(text)
    except ValueError:
        raise Stop(f"{text!r} is not a span of time: write it like 90s, 20m, 1h30m or 2d", Exit.USAGE) from None


def is_span(text: str) -> bool:
    """Return whether a text is a span of time."""
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def parse_endpoint(text: str) -> str:
    """Read `namespace/name`."""
    if _ENDPOINT.fullmatch(text) is None:
        raise Stop(f"{text!r} names no endpoint: write it like namespace/name", Exit.USAGE)
    return text


def instant(text: str | None) -> datetime | None:
    """Return the instant that the daemon gave, in UTC, or None."""
    return None if text is None else told_at(text)


def told_at(text: str) -> datetime:
    """Return the instant that the daemon gave, where it always gives one, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def moment(text: str | None) -> str:
    """Return `2026-07-02 12:03:11 UTC`, or the same instant as the clocks of the zone show it that this command has."""
    at = instant(text)
    return UNKNOWN if at is None else spell_shortly(at, shown())


def cell(text: str) -> str:
    """Return `2026-07-02T12:03:11Z` as it came, or the same by the clocks of the zone; one word, and as exact."""
    place = shown()
    return text if place is UTC else told_at(text).astimezone(place).isoformat()


def clock(at: datetime) -> str:
    """Return `12:03:11 UTC`, or the same instant by the clocks of the zone that this command has."""
    return spell_shortly(at, shown()).partition(" ")[2]


def offset(there: datetime) -> str:
    """Return what the clocks of a zone differ by from UTC, and its name: `+02:00 Europe/Berlin`."""
    return "UTC" if there.tzinfo is UTC else f"{there.isoformat()[-6:]} {there.tzinfo}"


def prose(text: str) -> str:
    """Return a sentence of the daemon, which knows only UTC, with its instants by the clocks of this command's zone."""
    place = shown()
    if place is UTC:
        return text
    return _IN_UTC.sub(lambda found: _moved(found, place), text)


def _moved(found: re.Match[str], place: tzinfo) -> str:
    try:
        there = datetime.fromisoformat(f"{found[1]}+00:00").astimezone(place)
    except (ValueError, OverflowError):
        return found[0]
    return there.isoformat(" ", "seconds" if found[2] else "minutes")


def window(data: Mapping[str, Any] | None) -> str:
    """Return `12:02:59-12:03:11` with a dash between, with dates where the days differ; the offset stands beside."""
    told = (None, None) if data is None else (instant(data.get("not_before")), instant(data.get("seen_at")))
    begin, end = (None if at is None else at.astimezone(shown()) for at in told)
    if end is None:
        return UNKNOWN
    if begin is None:
        return f"by {end:%H:%M:%S}"
    gap = ", nobody could look in between" if data and data.get("gap") else ""
    day = "" if begin.date() == end.date() else "%Y-%m-%d "
    return f"{begin:{day}%H:%M:%S}\N{EN DASH}{end:{day}%H:%M:%S}{gap}"


def ago(seconds: float | None) -> str:
    """Return `4 s ago`."""
    return "never" if seconds is None else f"{humanize(timedelta(seconds=seconds))} ago"


def roughly(span: timedelta) -> str:
    """Return the largest unit alone: `41 d`, `3 h`."""
    return " ".join(humanize(span).split()[:2])


def away(at: datetime | None, now: datetime) -> str:
    """Return `+15 min` for what is to come, `now` for what is due, nothing for what has no time."""
    if at is None:
        return ""
    return f"+{humanize(at - now)}" if at - now >= timedelta(seconds=1) else "now"


def dollars(usd_per_hour: float | None) -> str:
    """Return `$61.30/h`."""
    return UNKNOWN if usd_per_hour is None else f"${usd_per_hour:,.2f}/h"


def status(value: Any) -> str:
    """Return a status as it stands in an event: one that is unknown to Lamplighter is kept as it came."""
    return f"{value.get('raw')} (not a known status)" if isinstance(value, Mapping) else str(value)


def doer(cause: Mapping[str, Any]) -> str | None:
    """Return who brought a change about, if that is known: an editor by the id, for the log holds no names of those.

    Who `asked` us for it is said, where whoever tells it knows.
    """
    if cause.get("intent"):
        return str(cause.get("asked") or "our own decision")
    by, editor = cause.get("by"), cause.get("editor")
    if by == "person" and editor:
        return str(editor)
    return f"{'the' if by == 'platform' else 'a'} {by}" if by else None


def ready_of(ready: int | None, target: int | None) -> str:
    """Return `1 of 2`, of replicas; or that neither is known."""
    if ready is None and target is None:
        return UNKNOWN
    return f"{UNKNOWN if ready is None else ready} of {UNKNOWN if target is None else target}"


def replicas(ready: int | None, target: int | None) -> str:
    """Return `1 of 2 replicas ready`."""
    told = ready_of(ready, target)
    return f"replicas {told}" if told == UNKNOWN else f"{told} replicas ready"


def grants(granted: Iterable[Mapping[str, Any]]) -> str:
    """Return `operate in acme, lab-* and read everywhere`."""
    told = ((one["role"], one["namespaces"]) for one in granted)
    return " and ".join(
        f"{VERBS.get(role, role)} {'everywhere' if '*' in namespaces else 'in ' + ', '.join(namespaces)}"
        for role, namespaces in told
    )


def counted(number: int, noun: str) -> str:
    """Return `1 endpoint` or `2 endpoints`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

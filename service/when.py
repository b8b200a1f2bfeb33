"""Instants as people write them: `2h ago`, `yesterday 14:00`, `2026-11-20`, or an instant with its zone.

One reading for the command line and for HTTP. Pure: the present and the zone are arguments. A time that the clocks of a
zone showed twice, or never, is refused with what to write instead: a guess would answer another question by an hour.
(Libraries that read dates guess, there and elsewhere: one took `may` for a day of May.)
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

UNDERSTOOD = (
    "2h, 3 days ago, now, today 9:00, yesterday 14:00, 2026-11-20, 2026-11-20 14:00, 2026-11-20 14:00 Europe/Berlin "
    "or 2026-11-20T14:00:00Z"
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_WORDS = "s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?"
_SPAN = re.compile(rf"(?:\d{{1,9}}\s*(?:{_WORDS})\s*)+(?:ago)?", re.ASCII)
_EACH = re.compile(r"(\d+)\s*([smhdw])", re.ASCII)
_PLAIN = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2}|today|yesterday)"
    r"(?:(?:\s+|t)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?:\s*(?P<offset>z|[+-]\d{2}:\d{2})|\s+(?P<zone>[A-Za-z][\w+/-]*))?",
    re.ASCII | re.IGNORECASE,
)


class NotUnderstood(ValueError):
    """A text that names no instant, or several; the message says what to write."""


def parse_when(text: str, *, now: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, that a text means; what names no zone itself is in `zone`. Raises NotUnderstood.

    A span is a time before now; a day of it has 24 hours. A day without a time is its first instant.
    """
    said = text.strip()
    try:
        span = parse_ago(said)
        if span is not None:
            return (now - span).astimezone(UTC)
        if (match := _PLAIN.fullmatch(said)) is not None:
            return _instant(match, now=now, zone=zone)
    except OverflowError:
        raise NotUnderstood(f"{_quoted(text)} lies beyond all calendars: write {UNDERSTOOD}") from None
    raise NotUnderstood(f"{_quoted(text)} is no instant: write {UNDERSTOOD}")


def names_no_zone(text: str, *, now: datetime) -> bool:
    """Return whether what a text means depends on where its reader is. Raises NotUnderstood."""
    west, east = (parse_when(text, now=now, zone=timezone(timedelta(hours=hours))) for hours in (0, 1))
    return west != east


def parse_ago(text: str) -> timedelta | None:
    """Return how long ago `now`, `2h`, `1h30m` or `3 days ago` is; None for what is said otherwise."""
    said = text.strip().lower()
    if said == "now":
        return timedelta()
    if _SPAN.fullmatch(said) is None:
        return None
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in _EACH.findall(said)))


def parse_zone(name: str) -> tzinfo:
    """Return the zone of a name, like `Europe/Berlin`. Raises NotUnderstood."""
    if name.upper() in {"UTC", "Z"}:
        return UTC  # known also where no table of zones is installed
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        pass
    raise NotUnderstood(f"{_quoted(name)} is no zone that this machine knows: write one like Europe/Berlin, or UTC")


def spell(at: datetime, zone: tzinfo) -> str:
    """Return `2026-11-20 14:00:00+01:00 (Europe/Berlin)`."""
    return spell_shortly(at, zone) if zone is UTC else f"{spell_shortly(at, zone)} ({zone})"


def spell_shortly(at: datetime, zone: tzinfo) -> str:
    """Return `2026-11-20 14:00:00+01:00`, or `2026-11-20 13:00:00 UTC`; that, too, of what lies beyond its calendar."""
    try:
        there = at.astimezone(zone)
    except OverflowError:  # what knows no instant may say 0001-01-01
        there = at.astimezone(UTC)
    text = there.isoformat(" ", "seconds")
    return f"{text.removesuffix('+00:00')} UTC" if there.tzinfo is UTC else text


def rfc3339(at: datetime) -> str:
    """Return `2026-11-20T13:00:00.000000Z`, as `statemachine.model.instant` does, which takes long to import."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _instant(match: re.Match[str], *, now: datetime, zone: tzinfo) -> datetime:
    if match["zone"] is not None:
        zone = parse_zone(match["zone"])
    if match["offset"] is not None:
        zone = _offset(match["offset"])
    try:
        day = _day(match["day"], now.astimezone(zone).date())
        if match["hour"] is None:
            return datetime.combine(day, time(), zone).astimezone(UTC)
        micro = int((match["fraction"] or "0")[:6].ljust(6, "0"))
        at = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0), micro)
    except ValueError as error:
        raise NotUnderstood(f"{_quoted(match[0])} is no instant ({error}): write {UNDERSTOOD}") from None
    return _only(datetime.combine(day, at), zone)


def _day(text: str, today: date) -> date:
    match text.lower():
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
        case _:
            return date.fromisoformat(text)


def _offset(text: str) -> tzinfo:
    if text in {"z", "Z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise NotUnderstood(f"there is no zone {text}: write an offset like +02:00")
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))


def _only(local: datetime, zone: tzinfo) -> datetime:
    """Return the one instant at which the clocks of a zone show this."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    shown = f"the clocks of {zone} showed {local:%Y-%m-%d %H:%M}"
    if first.astimezone(zone).replace(tzinfo=None) == local:
        one, other = (at.astimezone(zone).isoformat() for at in (first, second))
        raise NotUnderstood(f"{shown} twice: write {one} or {other}")
    after = first.astimezone(zone).isoformat()
    raise NotUnderstood(f"{shown} never, they were put forward then: write {after}")


def _quoted(text: str) -> str:
    return repr(text[:60])

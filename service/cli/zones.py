"""The zone in which times are meant that name none, and shown: as given, as configured, or as this machine's clock is.

One command reads and shows all its times by the clocks of one zone. JSON and all that is for machines is in UTC.
"""

import os
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from service import wall
from service.cli.exits import Exit, Stop
from service.cli.finding import Found, find
from service.when import NotUnderstood, names_no_zone, parse_when, parse_zone, rfc3339, spell

LOCALTIME = Path("/etc/localtime")
_TABLES = "/zoneinfo/"
_shown: ContextVar[tzinfo | None] = ContextVar("shown", default=None)


def zone(given: str | None, found: Found) -> tzinfo:
    """Return --zone, else the configuration's or LAMPLIGHTER_ZONE, else TZ, else the machine's own, else UTC."""
    name = given or found.text("zone", "") or os.environ.get("TZ", "").removeprefix(":") or _of_machine()
    try:
        return parse_zone(name)
    except NotUnderstood as error:
        raise Stop(f"{error} (the zone comes from --zone, the configuration or TZ)", Exit.USAGE) from None


def show_by(zone: tzinfo | None) -> None:
    """Show instants from here on by the clocks of this zone; None: of the one that is configured."""
    _shown.set(zone)


def shown() -> tzinfo:
    """Return the zone by whose clocks instants are shown."""
    place = _shown.get()
    if place is None:
        place = _configured()
        _shown.set(place)
    return place


def _configured() -> tzinfo:
    """Return the zone as `zone` does; UTC where it cannot be told: each instant has its offset, and none is wrong."""
    try:
        return zone(None, find())
    except Stop:
        return UTC


def moment(text: str, *, now: datetime, zone: tzinfo) -> datetime:
    """Return the instant that a person wrote; raise Stop for what is none."""
    try:
        return parse_when(text, now=now, zone=zone)
    except NotUnderstood as error:
        raise Stop(str(error), Exit.USAGE) from None


def meant(word: str, text: str, *, now: datetime, zone: tzinfo) -> datetime:
    """Return the instant that a person wrote, and name the zone on standard error where one was needed."""
    from service.cli.printing import warn

    at = moment(text, now=now, zone=zone)
    if names_no_zone(text, now=now):
        warn(f"{word} {spell(at, zone)}")
    return at


def asked_at(text: str | None, zone: tzinfo) -> str | None:
    """Return the instant that a person wrote as the daemon is asked for it; a time ago counts from now, here."""
    return None if text is None else rfc3339(moment(text, now=wall.now(), zone=zone))


def _of_machine() -> str:
    try:
        target = str(LOCALTIME.resolve(strict=True))
    except OSError:
        return "UTC"
    _, there, name = target.partition(_TABLES)
    return name if there else "UTC"

"""Spans of time as people write them."""

import re
from datetime import timedelta

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def humanize(span: timedelta) -> str:
    """Return the two largest units that say something: `2 d 3 h`, `15 min`, `40 s`."""
    rest = max(0, round(span.total_seconds()))
    parts: list[str] = []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def parse_duration(value: object) -> timedelta:
    """Read `15m`, `1h30m`, `2d` or `90s`."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(f"{value!r} is not a duration: write it like 90s, 15m, 1h30m or 2d")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"{value!r} is longer than any time: write it like 90s, 15m, 1h30m or 2d") from None

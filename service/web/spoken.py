"""How instants, spans and people are said in an explanation."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from service.durations import humanize


def span(seconds: float) -> str:
    """Return `2 min 3 s`."""
    return humanize(timedelta(seconds=seconds))


def ago(at: datetime | None, now: datetime) -> str:
    """Return `3 min ago`."""
    return "at an unknown time" if at is None else f"{humanize(now - at)} ago"


def by(who: str | None, people: Mapping[str, str]) -> str:
    """Return `by audio-bot `, with the space behind it."""
    return f"by {people.get(who, who)} " if who else "by somebody unknown "


def instant(at: datetime) -> str:
    """Return `2026-03-02 08:00:00 UTC`."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def between(first: datetime, last: datetime) -> str:
    """Return `at ...` or `between ... and ...`: an instant, or a window of which nobody saw more."""
    begin, end = instant(first), instant(last)
    return f"at {end}" if begin == end else f"between {begin} and {end}"


def coming(at: datetime, now: datetime) -> str:
    """Return `In 43 min, at 2026-03-02 08:45:00 UTC`, or `Now`."""
    return f"In {humanize(at - now)}, at {instant(at)}" if at - now >= timedelta(seconds=1) else "Now"


def command(name: str) -> str:
    """Return a command as people say it."""
    return name.replace("_", " ")

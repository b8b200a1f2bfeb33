"""What is told of the past: what an endpoint was and when, and how well it served."""

import msgspec

from service.web.shapes.cells import Instant
from service.web.shapes.log import Event


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """From `begin` to `end` it was one of `statuses`: surely, where that is one; else nobody saw when it changed.

    `gap`: nobody could look, and it may have been anything. `position` is where the event stands by which it began.
    """

    begin: Instant
    end: Instant
    seconds: float
    statuses: tuple[str, ...]
    gap: bool
    position: int


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint was, and when; what was done to it meanwhile stands in `events`.

    It ends at `until`, or at the last good look: later is not known. `events` are the newest, at most a thousand.
    """

    endpoint: str
    since: Instant | None
    until: Instant | None
    stretches: tuple[Stretch, ...]
    events: "tuple[Event, ...]"


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is known within bounds; times are in seconds, shares from 0 to 1."""

    lower: float
    upper: float


class TimeIn(msgspec.Struct, frozen=True, kw_only=True):
    """How long it had a status: `certain` seconds, and up to so many more in windows and in gaps."""

    status: str
    certain: float
    in_windows: float
    in_gaps: float


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """How one life of an endpoint spent its time, from `since` to `until`, the last good look.

    `availability` is the share of time in which it could serve while it was wanted up; null if it never was. `starts`
    counts how often it left rest; `cold_starts` those that were seen whole: half of them were up within `p50`.
    """

    namespace: str
    name: str
    endpoint: str
    created_at: Instant
    gone: bool
    since: Instant
    until: Instant
    times: tuple[TimeIn, ...]
    availability: Bounds | None
    starts: int
    failures: int
    cold_starts: int
    p50: Bounds | None
    p90: Bounds | None


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """A page of lives, by name and by age; `next` is what to give as `after` for the next one."""

    items: tuple[Life, ...]
    next: str | None

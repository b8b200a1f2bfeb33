"""How long it was what, when changes are seen only within windows: the arithmetic under the clocks.

Time falls into three parts, which add up to all that has passed, to the microsecond:

- *certain*: between two windows it was one thing alone;
- *in windows*: something changed, and nobody saw when; it was one of the things that the change went through;
- *in gaps*: nobody could look, and it may have been anything.

So a tally never says too much: it was something at least for the certain time, and at most for that and for all of the
uncertain time in which it could have been. Windows may overlap, whether their blur says so or not: time in which two
changes may have happened is counted once, and is possible for what either went through.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from statemachine.model import Window
from statemachine.windows import earliest

T = TypeVar("T")
NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A time that is known within bounds: no shorter than `lower`, and no longer than `upper`."""

    lower: timedelta
    upper: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """How long it was one thing: `certain`, up to `in_windows` more, and up to `in_gaps` more if it was so unseen."""

    certain: timedelta
    in_windows: timedelta
    in_gaps: timedelta

    @property
    def lower(self) -> timedelta:
        """Return the least time that it can have been so."""
        return self.certain

    @property
    def upper(self) -> timedelta:
        """Return the longest time that it can have been so."""
        return self.certain + self.in_windows + self.in_gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Generic[T]):
    """What it is `now`, and how long it was what up to the end of `edge`, the latest uncertain time.

    `among`: what it can have been at any instant of the edge. `possible`: how much of `in_windows` each can have had.
    `hidden`: nothing can be seen at present, and time goes into the gaps.
    """

    now: T
    edge: Window
    among: frozenset[T] = frozenset()
    hidden: bool = False
    certain: Mapping[T, timedelta] = field(default_factory=dict)
    possible: Mapping[T, timedelta] = field(default_factory=dict)
    in_windows: timedelta = NO_TIME
    in_gaps: timedelta = NO_TIME


def started(now: T, at: datetime) -> Tally[T]:
    """Return the tally of what was first seen at an instant; of the time before, nothing is claimed."""
    return Tally(now=now, edge=Window(not_before=at, seen_at=at))


def moved(tally: Tally[T], window: Window, *, among: frozenset[T], now: T, hidden: bool) -> Tally[T]:
    """Count up to the end of a window within which it became what it is `now`, and was one of `among` meanwhile.

    Where it is or was `hidden`, the window has a gap, and in a gap it may have been anything.
    Total: a window that begins before the latest one did, or ends before that ended, is cut to what can be.
    """
    if among == {tally.now}:
        return tally
    gap, counted, end = window.gap, tally.edge.seen_at, max(window.seen_at, tally.edge.seen_at)
    begin = counted if tally.hidden else min(max(earliest(window), tally.edge.not_before), end)
    fresh = end - max(begin, counted)
    in_windows = tally.in_windows if gap else tally.in_windows + fresh
    possible = _plus(tally.possible, among - tally.among, max(counted - begin, NO_TIME), most=in_windows)
    return Tally(
        now=now,
        edge=Window(not_before=begin, seen_at=end, gap=gap),
        among=among,
        hidden=hidden,
        certain=_plus(tally.certain, {tally.now}, max(begin - counted, NO_TIME)),
        possible=possible if gap else _plus(possible, among, fresh, most=in_windows),
        in_windows=in_windows,
        in_gaps=tally.in_gaps + fresh if gap else tally.in_gaps,
    )


def counted_until(tally: Tally[T], now: datetime) -> Tally[T]:
    """Return the tally with the time up to an instant counted as what it is; an earlier instant adds nothing."""
    passed = max(now - tally.edge.seen_at, NO_TIME)
    if tally.hidden:
        return replace(tally, in_gaps=tally.in_gaps + passed)
    return replace(tally, certain=_plus(tally.certain, {tally.now}, passed))


def stretch(tally: Tally[T], key: T) -> Stretch:
    """Return how long it was one thing."""
    return Stretch(
        certain=tally.certain.get(key, NO_TIME),
        in_windows=tally.possible.get(key, NO_TIME),
        in_gaps=tally.in_gaps,
    )


def _plus(
    times: Mapping[T, timedelta], keys: Iterable[T], more: timedelta, *, most: timedelta = timedelta.max
) -> Mapping[T, timedelta]:
    """Return the times with more for some keys, but none of these above what there is in all."""
    return {**times, **{key: min(times.get(key, NO_TIME) + more, most) for key in keys}}

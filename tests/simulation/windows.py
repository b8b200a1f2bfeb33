"""The windows of events in true time: what the daemon's wall clock showed, less its jumps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from statemachine.model import Window
from tests.simulation.clocks import ROUNDING, START
from tests.simulation.record import LOOK, Entry, Record
from tests.simulation.told import Span

PATIENCE = timedelta(seconds=120)  # the longest that one page of a sweep waits for the others


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueWindow:
    """A window in true time; the look that ended it was no longer ago than `looked_for`. `exact` without a jump."""

    since: datetime
    seen: datetime
    looked_for: timedelta
    exact: bool

    def holds(self, span: Span) -> bool:
        """Return whether a span began in the window, and held until the look at its end."""
        return self.since - ROUNDING < span.since <= self.seen + ROUNDING and self.ends_in(span)

    def ends_in(self, span: Span) -> bool:
        """Return whether the look at the window's end may have been taken in a span."""
        return span.meets(self.seen - self.looked_for, self.seen + ROUNDING)


def true_window(record: Record, window: Window, entry: Entry) -> TrueWindow:
    """Return a window in true time; as wide as must be where a jump of the clock took the meaning from it."""
    seen = record.walls.true(window.seen_at, since=entry.at - PATIENCE, before=entry.at)
    if seen is None:
        return TrueWindow(since=START, seen=entry.at, looked_for=PATIENCE, exact=False)
    since = record.walls.true(window.not_before - timedelta(seconds=window.blur_seconds), since=START, before=seen)
    if since is None:
        return TrueWindow(since=START, seen=seen, looked_for=LOOK, exact=False)
    return TrueWindow(since=since, seen=seen, looked_for=LOOK, exact=True)

"""What is read of an endpoint's activity. No data is never zero: what is not known has no point, or no value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One labelled series of a metric, by time. A value of None: the API says that there is none."""

    labels: Mapping[str, str]
    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of an endpoint's OpenMetrics, now."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounts:
    """How many requests an endpoint got in each step that is known, by time; empty when nothing is known.

    A point's time names its step; whether the step's begin or its end is not established, so that every instant here
    is right to one step, and not better.
    """

    since: datetime
    until: datetime
    step: timedelta
    counts: tuple[tuple[datetime, int], ...]

    @property
    def known_from(self) -> datetime | None:
        """Return the first step that is known, or None when none is."""
        return self.counts[0][0] if self.counts else None

    @property
    def known_until(self) -> datetime | None:
        """Return the last step that is known, or None when none is."""
        return self.counts[-1][0] if self.counts else None

    @property
    def covered(self) -> bool:
        """Return whether all of [since, until] is known, to one step: only then does a total of 0 mean no request."""
        times = [self.since, *(at for at, _ in self.counts), self.until]
        return bool(self.counts) and all(later - earlier <= self.step for earlier, later in pairwise(times))

    @property
    def total(self) -> int | None:
        """Return the requests in all that is known, at least so many there were; None when nothing is known."""
        return sum(count for _, count in self.counts) if self.counts else None

    @property
    def last_request_at(self) -> datetime | None:
        """Return the last step with a request, or None: none is known of."""
        return next((at for at, count in reversed(self.counts) if count), None)

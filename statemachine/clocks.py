"""The clocks of one life: what its events tell of time. How long it was what, how often it started and failed.

`advance` takes in one event, `until` reads the clocks at an instant. Both are pure and total, and reading changes
nothing: whoever follows a log keeps the clocks, and reads them when asked.

The bounds are true as far as events can tell. Two things are taken as they were seen:

- what two looks in a row saw alike did not change in between; an outage after which all is as before makes no event,
  and so is none to the clocks. Where an event does say that nobody could look, anything may have been in that gap;
- a change that the table explains went the way that its event names: the old status, those passed unseen, the new one.
  One that it does not explain may have gone anywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import TypeVar

from statemachine.availability import Service, Share, availability, service_along, service_of
from statemachine.course import (
    Failures,
    Move,
    Starts,
    failed_along,
    flapping,
    is_settled,
    move_of,
    percentile,
    started_along,
)
from statemachine.evolving import evolve
from statemachine.model import Endpoint, LifecycleEvent, Window
from statemachine.status import AnyStatus, Status
from statemachine.tally import NO_TIME, Bounds, Stretch, Tally, counted_until, moved, started, stretch
from statemachine.windows import earliest

T = TypeVar("T")
EVERY_STATUS: frozenset[AnyStatus] = frozenset(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What the events so far add up to. Both tallies begin when the endpoint is first seen.

    `unsettled` is the window in which it left the last settled status, widened over every time in which it may have
    been settled unseen; None while it is settled.
    """

    endpoint: Endpoint = field(default_factory=Endpoint)
    statuses: Tally[AnyStatus] | None = None
    service: Tally[Service] | None = None
    unsettled: Window | None = None
    starts: Starts = field(default_factory=Starts)
    failures: Failures = field(default_factory=Failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The clocks at an instant.

    `time_in`: how long it had each status, every known one included. The certain times of all, `in_windows` and
    `in_gaps` add up to the time since it was first seen. `unsettled`: how long ago it left its last settled status;
    nothing while it is settled. `starts`, `cold_starts`: how often it left rest, and how long those took that were seen
    whole (see `Starts`), the oldest first; `p50` and `p90` of these. `failures`: how often it came to be failed or
    updateFailed. `flapping`: failures and recoveries seen within the last hour. `availability`: the share of time in
    which it could serve while it was wanted up.
    """

    time_in: Mapping[AnyStatus, Stretch]
    in_windows: timedelta
    in_gaps: timedelta
    unsettled: Bounds
    starts: int
    cold_starts: tuple[Bounds, ...]
    p50: Bounds | None
    p90: Bounds | None
    failures: int
    flapping: int
    availability: Share | None


def advance(clocks: Clocks, event: LifecycleEvent) -> Clocks:
    """Take in one event. Total: any event may follow any other; where there is no life, only a discovery counts."""
    after = evolve(clocks.endpoint, event)
    move = move_of(event, clocks.endpoint, after)
    if move is None:
        return clocks
    return Clocks(
        endpoint=after,
        statuses=_told(clocks.statuses, move, now=after.status, among=_statuses_along(move), after=after),
        service=_told(
            clocks.service, move, now=service_of(after), among=service_along(move, clocks.endpoint, after), after=after
        ),
        unsettled=_unsettled(clocks.unsettled, move, after),
        starts=started_along(clocks.starts, move),
        failures=failed_along(clocks.failures, move),
    )


def clocks_of(events: Iterable[LifecycleEvent]) -> Clocks:
    """Return the clocks of one life, from nothing."""
    return reduce(advance, events, Clocks())


def renewed(clocks: Clocks, at: datetime) -> Clocks:
    """Return the clocks as they go on from an instant: what was counted before it is left out, what goes on stays.

    Hand in clocks of all events that were seen by then. A window that began before the instant counts from it on: the
    change may have happened earlier, and then all of the rest was already as it became. A start that was under way may
    still be seen to end; it is not counted again.
    """
    if clocks.statuses is None or clocks.service is None:
        return clocks
    begin = max(at, clocks.statuses.edge.seen_at)
    return replace(
        clocks,
        statuses=replace(started(clocks.statuses.now, begin), hidden=clocks.statuses.hidden),
        service=replace(started(clocks.service.now, begin), hidden=clocks.service.hidden),
        starts=replace(clocks.starts, count=0, took=()),
        failures=replace(clocks.failures, count=0),
    )


def until(clocks: Clocks, now: datetime) -> Reading:
    """Read the clocks at an instant. They do not run back: what events told counts, also at an instant before them.

    The bounds hold as far as the endpoint was looked at: hand in the instant at which the last good look was asked for.
    """
    statuses = None if clocks.statuses is None else counted_until(clocks.statuses, now)
    known: set[AnyStatus] = set(Status) if statuses is None else {*Status, *statuses.certain}
    took = clocks.starts.took
    return Reading(
        time_in={} if statuses is None else {status: _time_in(statuses, status) for status in known},
        in_windows=NO_TIME if statuses is None else statuses.in_windows,
        in_gaps=NO_TIME if statuses is None else statuses.in_gaps,
        unsettled=_since(clocks, now),
        starts=clocks.starts.count,
        cold_starts=took,
        p50=percentile(took, 50),
        p90=percentile(took, 90),
        failures=clocks.failures.count,
        flapping=flapping(clocks.failures, now),
        availability=None if clocks.service is None else availability(counted_until(clocks.service, now)),
    )


def _told(tally: Tally[T] | None, move: Move, *, now: T, among: frozenset[T], after: Endpoint) -> Tally[T]:
    if tally is None:
        return started(now, move.window.seen_at)
    return moved(tally, move.window, among=among, now=now, hidden=not after.readable)


def _statuses_along(move: Move) -> frozenset[AnyStatus]:
    return frozenset(move.way) if move.sure else EVERY_STATUS


def _time_in(statuses: Tally[AnyStatus], status: AnyStatus) -> Stretch:
    """Return how long it had a status; one that nobody knows is on no way, and it may have had it in any window."""
    told = stretch(statuses, status)
    return told if isinstance(status, Status) else replace(told, in_windows=statuses.in_windows)


def _unsettled(since: Window | None, move: Move, after: Endpoint) -> Window | None:
    """Return the window in which it left the last settled status. One in which nothing is sure widens it to its end."""
    if after.readable and is_settled(after.status):
        return None
    if since is None or (move.sure and any(is_settled(status) for status in move.way[:-1])):
        return move.window
    return since if move.sure else replace(since, seen_at=move.window.seen_at)


def _since(clocks: Clocks, now: datetime) -> Bounds:
    """Return how long ago it left its last settled status; while it cannot be read, it may be settled again."""
    left = clocks.unsettled
    if left is None:
        return Bounds(lower=NO_TIME, upper=NO_TIME)
    lower = max(now - left.seen_at, NO_TIME) if clocks.endpoint.readable else NO_TIME
    return Bounds(lower=lower, upper=max(now - earliest(left), lower))

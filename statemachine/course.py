"""The course of a life: which way each event says the status went, and what is counted along it.

Counted are starts, how long they took, and failures; also those on a way that was passed unseen, since the status must
have gone there. What cannot be told counts for nothing: an unknown status is neither rest nor failure.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from statemachine.legality import classify
from statemachine.model import Deleted, Discovered, Endpoint, Kind, LifecycleEvent, StatusChanged, Window
from statemachine.status import FACTS, AnyStatus, Status
from statemachine.tally import NO_TIME, Bounds
from statemachine.windows import earliest

AT_REST: frozenset[AnyStatus] = frozenset({Status.ABSENT, Status.SCALED_TO_ZERO, Status.PAUSED})  # not wanted up
BROKEN: frozenset[AnyStatus] = frozenset({Status.FAILED, Status.UPDATE_FAILED})
EXPLAINED = frozenset({Kind.DIRECT, Kind.SKIPPED})  # changes that went a way which the table knows
REMEMBERED_STARTS = 1000
FLAPPING_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What an event says of the status: within `window` it went this `way`; where the way is one status, it stayed.

    `sure` unless nobody could look meanwhile, or the table knows no such way: then there may have been others.
    """

    window: Window
    way: tuple[AnyStatus, ...]
    sure: bool


def move_of(event: LifecycleEvent, before: Endpoint, after: Endpoint) -> Move | None:
    """Return what an event says, given the endpoint before and after it; None where it does not apply."""
    window = after.latest
    if after is before or window is None:
        return None
    way: tuple[AnyStatus, ...] = (after.status,)
    explained = True
    match event:
        case StatusChanged():
            way, explained = (before.status, *event.via, after.status), event.kind in EXPLAINED
        case Discovered(absent_at=None) if before.latest is None:
            pass  # of the time before, nothing is claimed
        case Discovered() | Deleted():
            classified = classify(before.status, after.status)
            way, explained = (before.status, *classified.via, after.status), classified.kind in EXPLAINED
        case _:
            pass
    gap = window.gap or not before.readable or not after.readable
    return Move(window=replace(window, gap=gap), way=way, sure=explained and not gap)


def is_settled(status: AnyStatus) -> bool:
    """Say whether a status is known to stay until somebody or something acts."""
    return isinstance(status, Status) and FACTS[status].settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """How often it left rest, and how long the latest thousand starts took that were seen whole.

    A start leaves `absent`, `paused` or `scaledToZero`. It is whole if it came to `running` by way of unsettled
    statuses alone, each known, and if no gap lies between its leaving and its being up, or in the windows of these.
    One window may hold both: then it took between nothing and that window's length. `under_way` is the window in
    which one left that is whole so far.
    """

    count: int = 0
    under_way: Window | None = None
    took: tuple[Bounds, ...] = ()


def started_along(starts: Starts, move: Move) -> Starts:
    """Count what a move tells of starts."""
    window = move.window if move.sure else None
    if window is None:
        starts = replace(starts, under_way=None)
    for old, new in pairwise(move.way):
        starts = _started_at(starts, old, new, window)
    return starts


def _started_at(starts: Starts, old: AnyStatus, new: AnyStatus, window: Window | None) -> Starts:
    if old in AT_REST and isinstance(new, Status) and new not in AT_REST:
        starts = replace(starts, count=starts.count + 1, under_way=window)
    if starts.under_way is None or window is None or (isinstance(new, Status) and not is_settled(new)):
        return starts
    if new is not Status.RUNNING:
        return replace(starts, under_way=None)
    took = (*starts.took, _between(starts.under_way, window))
    return replace(starts, under_way=None, took=took[-REMEMBERED_STARTS:])


def _between(first: Window, last: Window) -> Bounds:
    """Bound the time from a change within the first window to a later one within the last."""
    lower = max(earliest(last) - first.seen_at, NO_TIME)
    return Bounds(lower=lower, upper=max(last.seen_at - earliest(first), lower))


def percentile(took: tuple[Bounds, ...], percent: int) -> Bounds | None:
    """Return the time within which so many of a hundred starts, from 1, came up (nearest rank); None without a start.

    True bounds: whatever each of the starts really took, their percentile lies within.
    """
    if not took:
        return None
    rank = -(-len(took) * percent // 100) - 1
    return Bounds(lower=sorted(each.lower for each in took)[rank], upper=sorted(each.upper for each in took)[rank])


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """How often it came to `failed` or `updateFailed`, and when it lately failed or recovered.

    It recovers when it is `running` for the first time since. An edge stands at the instant at which it was seen.
    """

    count: int = 0
    broken: bool = False
    edges: tuple[datetime, ...] = ()


def failed_along(failures: Failures, move: Move) -> Failures:
    """Count what a move tells of failures and recoveries; edges that no later score will count are forgotten."""
    count, broken, edges, at = failures.count, failures.broken or move.way[0] in BROKEN, 0, move.window.seen_at
    for _, new in pairwise(move.way):
        failed, recovered = new in BROKEN, broken and new is Status.RUNNING
        count, edges, broken = count + failed, edges + (failed or recovered), failed or (broken and not recovered)
    return Failures(count=count, broken=broken, edges=(*_lately(failures.edges, at), *[at] * edges))


def flapping(failures: Failures, now: datetime) -> int:
    """Return how many failures and recoveries were seen within the last hour: one failure that was mended scores 2."""
    return len(_lately(failures.edges, now))


def _lately(edges: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in edges if now - at < FLAPPING_WITHIN)

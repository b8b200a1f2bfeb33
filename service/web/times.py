"""How times are shown: stretches of a timeline, and the clocks of a life. Pure."""

from datetime import datetime, timedelta

from events.views.timeline import Stretch
from events.views.uptime import Life
from service.web import shapes
from statemachine.machine import Bounds, Share, until
from statemachine.status import Status


def stretch(known: Stretch) -> shapes.Stretch:
    """Show a stretch of a timeline."""
    return shapes.Stretch(
        begin=known.begin,
        end=known.end,
        seconds=seconds(known.end - known.begin),
        statuses=names(known),
        gap=known.gap,
        position=known.position,
    )


def names(known: Stretch) -> tuple[str, ...]:
    """Return what it can have been; in a gap that is anything, and not told."""
    return () if known.gap else tuple(sorted(map(str, known.among)))


def then(position: int, at: datetime, known: Stretch | None) -> shapes.Then:
    """Show what an answer about the past is of, and what the status can really have been."""
    return shapes.Then(
        position=position,
        at=at,
        was=names(known) if known else (),
        gap=known is not None and known.gap,
        window=_window(known) if known and (known.gap or len(known.among) > 1) else None,
    )


def _window(known: Stretch) -> shapes.Since:
    return shapes.Since(not_before=known.begin, seen_at=known.end, gap=known.gap)


def life(known: Life, now: datetime) -> shapes.Life | None:
    """Show how a life spent its time up to an instant; None for one that had not begun, or was over before."""
    clocks = known.clocks
    if clocks.statuses is None:
        return None
    end = max(now, clocks.statuses.edge.seen_at)
    read = until(clocks, end)
    counted = sum((each.certain for each in read.time_in.values()), read.in_windows + read.in_gaps)
    if not counted:
        return None
    times = [
        shapes.TimeIn(
            status=str(status),
            certain=seconds(each.certain),
            in_windows=seconds(each.in_windows),
            in_gaps=seconds(each.in_gaps),
        )
        for status, each in read.time_in.items()
        if each.certain or each.in_windows
    ]
    return shapes.Life(
        namespace=known.name.namespace,
        name=known.name.name,
        endpoint=str(known.name),
        created_at=known.created_at,
        gone=clocks.endpoint.status is Status.ABSENT,
        since=end - counted,
        until=end,
        times=tuple(sorted(times, key=lambda each: (-each.certain, each.status))),
        availability=share(read.availability),
        starts=read.starts,
        failures=read.failures,
        cold_starts=len(read.cold_starts),
        p50=bounds(read.p50),
        p90=bounds(read.p90),
    )


def bounds(known: Bounds | None) -> shapes.Bounds | None:
    """Show a time within bounds, in seconds."""
    return None if known is None else shapes.Bounds(lower=seconds(known.lower), upper=seconds(known.upper))


def share(known: Share | None) -> shapes.Bounds | None:
    """Show a share within bounds."""
    return None if known is None else shapes.Bounds(lower=known.lower, upper=known.upper)


def seconds(span: timedelta) -> float:
    """Return a span in seconds."""
    return span.total_seconds()

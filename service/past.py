"""What the log tells of an earlier time: read from it anew, since the views stand at its head.

A position says exactly what was known; an instant means the last position that was written by then. What happened at
an instant may have been seen later: that is told apart, from the events that followed.

What lies in archives is read there: half a history would be shown as the whole. Where a file of these is not where it
was, all of this raises LogError.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import get_args

from events import codec, streams
from events.facets import Facets
from events.log import LogReader
from events.matching import matcher
from events.paging import matching
from events.query import Query
from events.record import Recorded
from events.views.fleet import Fleet
from events.views.timeline import Timeline
from events.views.uptime import Period, Uptime
from service.beginning import archived, pieces
from statemachine.model import EndpointName, LifecycleEvent

PAGE = 200  # events, so that nobody waits long
FACTS = tuple(codec.type_of(cls) for cls in get_args(LifecycleEvent))


async def position_at(log: LogReader, instant: datetime) -> int:
    """Return the position of the newest event that was recorded by an instant; 0 if there was none.

    Found by halves: the log is in order. Where a clock was set back it is one such place, and the next event is later.
    """
    low, high = 0, await log.head()
    while low < high:
        middle = (low + high + 1) // 2
        page = await log.read(Query(after=middle - 1, limit=1))
        if page.events and page.events[0].time <= instant:
            low = page.events[0].position
        else:
            high = middle - 1
    if low == 0:
        async for recorded in archived(log, after=0):
            if recorded.time > instant:
                break
            low = recorded.position
    return low


async def time_of(log: LogReader, position: int) -> datetime | None:
    """Return when the event at a position was recorded; None if there is none."""
    page = await log.read(Query(after=position - 1, limit=1))
    found = page.events[0] if page.events else None
    if found is None or found.position != position:
        found = await anext(archived(log, after=position - 1), None)
    return found.time if found is not None and found.position == position else None


async def fleet_at(log: LogReader, name: EndpointName, position: int) -> Fleet:
    """Return what was known of an endpoint, its namespace, and what held everywhere, at a position."""
    about = (
        Query(namespace=name.namespace, name=name.name, before=position + 1),
        Query(stream=streams.namespace(name.namespace), before=position + 1),
        Query(stream=streams.EVERYTHING, before=position + 1),
    )
    fleet = Fleet()
    async for recorded in _beginning(log, *about):
        fleet.apply(recorded, codec.decode(recorded))
    for recorded in merge(
        *[[each async for each in matching(log, query)] for query in about], key=attrgetter("position")
    ):
        fleet.apply(recorded, codec.decode(recorded))
    return fleet


async def timeline_of(log: LogReader, name: EndpointName) -> Timeline:
    """Return all stretches of an endpoint."""
    timeline = Timeline()
    async for recorded in everything(log, Query(namespace=name.namespace, name=name.name, types=FACTS, limit=PAGE)):
        timeline.apply(recorded, codec.decode(recorded))
    return timeline


async def newest(log: LogReader, query: Query, *, most: int) -> tuple[Recorded, ...]:
    """Return the newest events that match, so many at most, the oldest of them first."""
    page = await log.read(replace(query, newest_first=True, limit=most))
    older = deque[Recorded](maxlen=most - len(page.events))
    if older.maxlen:
        async for recorded in _beginning(log, query):
            older.append(recorded)
    return (*older, *reversed(page.events))


async def uptime_between(
    log: LogReader, since: datetime | None, until: datetime | None, *, wanted: Callable[[EndpointName], bool]
) -> Uptime:
    """Return the clocks of the wanted endpoints between two instants; all of the log is read for it, in a thread."""
    period, loop = Period(since, until), asyncio.get_running_loop()
    async for piece in pieces(log, after=0):
        facts = [recorded for recorded in piece if recorded.type in FACTS]
        await loop.run_in_executor(None, _fold, period, facts, wanted)
    query = Query(types=FACTS, limit=PAGE)
    while True:
        page = await log.read(query)
        await loop.run_in_executor(None, _fold, period, page.events, wanted)
        if not page.more:
            return period.counted()
        query = replace(query, after=page.events[-1].position)


def _fold(period: Period, events: Sequence[Recorded], wanted: Callable[[EndpointName], bool]) -> None:
    for recorded in events:
        name = streams.subject(recorded.stream).endpoint
        if name is not None and wanted(name):
            period.apply(recorded, codec.decode(recorded))


async def everything(log: LogReader, query: Query) -> AsyncIterator[Recorded]:
    """Yield all events that match."""
    async for recorded in _beginning(log, query):
        yield recorded
    async for recorded in matching(log, query):
        yield recorded


async def _beginning(log: LogReader, *queries: Query) -> AsyncIterator[Recorded]:
    """Yield what lies in archives and matches one of some queries, each of streams, types, times and positions."""
    matches = [matcher(query) for query in queries]
    async for recorded in archived(log, after=0):
        if any(match(recorded, Facets()) for match in matches):
            yield recorded

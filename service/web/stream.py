"""The log as server-sent events: from a position on, each event once and in order, for as long as the caller listens.

Each listener draws its own pages from the log, and only as fast as it takes them: a slow one holds up nobody, and
what it has not taken is in the log, not in memory.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from events import cloudevents
from events.chains import with_evidence
from events.errors import LogUnusable
from events.log import EventLog
from events.query import Query
from events.record import Recorded
from service.masking import scrub
from service.web import render
from service.web.access import caller_of, holds_at
from service.web.answers import Problem, encode
from service.web.context import lasting_of, parts_of
from service.web.filters import FILTERS, asked
from service.web.lasting import Ended
from service.web.parameters import Parameter, named, query_of, whole_number

PAGE = 200
PING_SECONDS = 15.0  # of real time: proxies close what is silent for long
STALLED_SECONDS = 60.0  # after which a listener that takes nothing is let go
FAREWELL_SECONDS = 0.2  # for the last bytes, when the daemon stops
HELLO = b"retry: 2000\n\n"
PING = b": ping\n\n"
FORMATS = ("json", "cloudevents")
STREAM = (
    *FILTERS,
    Parameter(
        name="format",
        text="How to write each event.",
        schema={"type": "string", "enum": list(FORMATS), "default": FORMATS[0]},
    ),
)
Message = Callable[[Recorded], bytes]
MaySee = Callable[[int], Awaitable[bool]]  # by all that stands in the log up to a position
_logger: Any = structlog.get_logger()


async def stream(request: web.Request) -> web.StreamResponse:
    """Send events as they come into the log; resume behind `Last-Event-ID` or `after`, else begin with what is new.

    Who says `since` begins there.
    """
    parts, said = parts_of(request), query_of(request, STREAM)
    after = await _start(request, said, parts.log)
    query = replace(asked(said, parts, parts.clock.now(), caller_of(request)), after=after, limit=PAGE)
    message = _cloudevent(parts.log.log_id) if named(said, "format", FORMATS) == FORMATS[1] else _shown
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    try:
        async with lasting_of(request).open(request):
            await _write(response, HELLO)
            may_see = partial(holds_at, request)
            await _follow(parts.log, await with_evidence(parts.log, query), response, message, may_see)
    except Ended:
        pass
    except LogUnusable as error:
        _logger.error("log_unusable", path=request.path, error=scrub(str(error)))
    except ConnectionError:
        return response  # the caller has left
    except TimeoutError:
        _logger.warning("listener_stalled", seconds=STALLED_SECONDS)
        _cut(request)
        return response
    await _end(request, response)
    return response


async def _follow(log: EventLog, query: Query, response: web.StreamResponse, message: Message, may_see: MaySee) -> None:
    """Send what matches, for as long as it may be seen; and how far the rest was read, to be resumed behind that.

    Nothing is sent that came into the log after the token was revoked.
    """
    told = query.after
    while True:
        page = await log.read(query)
        if not await may_see(page.head):
            return
        for recorded in page.events:
            await _write(response, _event(recorded, message(recorded)))
            told = recorded.position
        query = replace(query, after=page.events[-1].position if page.more else page.head)
        if not page.more:
            while not await _grown(log, query.after):
                await _write(response, PING if told == query.after else b"id: %d\n%b" % (query.after, PING))
                told = query.after


async def _grown(log: EventLog, position: int) -> bool:
    """Wait for the log to grow; return False when it is time for a ping."""
    try:
        async with asyncio.timeout(PING_SECONDS):
            await log.beyond(position)
            return True
    except TimeoutError:
        return False


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(STALLED_SECONDS):
        await response.write(data)


async def _end(request: web.Request, response: web.StreamResponse) -> None:
    """End the body in good order; who does not take even that is cut off."""
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            await response.write_eof()
    except (TimeoutError, ConnectionError):
        _cut(request)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _event(recorded: Recorded, data: bytes) -> bytes:
    lines = data.replace(b"\n", b"\ndata: ")
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (recorded.position, recorded.type.encode(), lines)


def _shown(recorded: Recorded) -> bytes:
    return encode(render.event(recorded))


def _cloudevent(log_id: str) -> Message:
    return partial(cloudevents.render, log_id=log_id)


async def _start(request: web.Request, said: dict[str, str], log: EventLog) -> int:
    """Return the position behind which to begin. A browser that comes back repeats the address: the header wins."""
    head = await log.head()
    last = request.headers.get("Last-Event-ID")
    after = whole_number({"Last-Event-ID": last}, "Last-Event-ID", default=0) if last else None
    after = whole_number(said, "after", default=0 if "since" in said else head) if after is None else after
    if after > head:
        raise Problem(
            409,
            f"the log ends at {head}, and {after} was asked for: it is another log, or an older copy of it. "
            "Begin anew, without Last-Event-ID and after",
        )
    return after

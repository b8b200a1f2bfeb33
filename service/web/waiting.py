"""Wait for an endpoint: any number of callers, at the cost of one watcher.

By long-poll, or, for who accepts `text/event-stream`, with word on the way: `progress` events, and at last one `end`.
"""

import asyncio
from contextlib import aclosing
from functools import lru_cache

from aiohttp import web

from service.subscribers.ready import FUTILE, READY, Answer, Goal
from service.web import render
from service.web.answers import Problem, encode
from service.web.context import lasting_of, parts_of
from service.web.lasting import Ended
from service.web.parameters import Parameter, endpoint_of, printable, query_of, seconds_of, statuses_of

MOST_SECONDS = 300
DEFAULT_SECONDS = 60
STALLED_SECONDS = 60.0  # after which a listener that takes nothing is let go
EVENT_STREAM = "text/event-stream"
READY_ALONE = frozenset({READY})
WAIT = (
    Parameter(
        name="for",
        text=f"What to wait for: {READY} or a status; several are parted by commas, and any of them will do.",
        schema={"type": "string", "default": READY},
    ),
    Parameter(
        name="unless",
        text="The statuses with which waiting longer is no use, parted by commas.",
        schema={"type": "string", "default": ",".join(sorted(FUTILE))},
    ),
    Parameter(name="revision", text="Ready only with this revision of the model."),
    Parameter(
        name="timeout",
        text="After how many seconds to give up; ask again to wait longer.",
        schema={"type": "number", "minimum": 0, "maximum": MOST_SECONDS, "default": DEFAULT_SECONDS},
    ),
)


async def wait(request: web.Request) -> web.StreamResponse:
    """Answer when the endpoint is as it is wanted, when waiting is no use, or when the time is over."""
    goal, seconds = _wanted(request)
    name, parts = endpoint_of(request), parts_of(request)
    parts.watch.of(name.namespace)
    if EVENT_STREAM in request.headers.get("Accept", ""):
        return await _followed(request, goal, seconds)
    try:
        async with lasting_of(request).open(request):
            found = await parts.readiness.wait(name, goal=goal, seconds=seconds)
    except Ended:
        sentence = "the daemon is stopping: wait again when it is back"
        raise Problem(503, sentence, headers={"Retry-After": "2"}) from None
    return web.Response(body=_spelt(found), content_type="application/json")


def _wanted(request: web.Request) -> tuple[Goal, float]:
    """Return what is waited for, and for how long at most."""
    said = query_of(request, WAIT)
    goal = Goal(
        reached=frozenset(statuses_of(said, "for", beside=(READY,))) or READY_ALONE,
        futile=frozenset(statuses_of(said, "unless")) if "unless" in said else FUTILE,
        revision=printable(said, "revision"),
    )
    return goal, seconds_of(said, "timeout", default=DEFAULT_SECONDS, most=MOST_SECONDS)


async def _followed(request: web.Request, goal: Goal, seconds: float) -> web.StreamResponse:
    """Tell how it stands whenever that changes; without an `end` at the end, the daemon stopped: ask again."""
    response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "X-Accel-Buffering": "no"})
    await response.prepare(request)
    told = parts_of(request).readiness.follow(endpoint_of(request), goal=goal, seconds=seconds)
    try:
        async with lasting_of(request).open(request), aclosing(told):
            async for answer in told:
                word = b"progress" if answer.end is None else b"end"
                async with asyncio.timeout(STALLED_SECONDS):
                    await response.write(b"event: %b\ndata: %b\n\n" % (word, _spelt(answer)))
            await response.write_eof()
    except (Ended, ConnectionError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()
    return response


@lru_cache(maxsize=64)
def _spelt(found: Answer) -> bytes:
    """Return an answer as it is sent; a crowd is given the same one."""
    return encode(render.waited(found))

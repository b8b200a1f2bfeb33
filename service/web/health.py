"""Whether the daemon lives, and whether what it shows is of now: for whoever keeps it running."""

import asyncio

from aiohttp import web

from service.access import Role
from service.web.access import caller_of
from service.web.answers import answer, error, problem
from service.web.context import parts_of
from service.web.shapes import Health, NotReady

LOG_SECONDS = 2.0  # of real time, for the log to say where it ends


async def healthz(request: web.Request) -> web.Response:
    """Answer 200 while the loop turns and the log answers."""
    try:
        async with asyncio.timeout(LOG_SECONDS):
            await parts_of(request).log.head()
    except TimeoutError:
        return error(503, f"the event log did not answer within {LOG_SECONDS:g} s: look at its disk")
    return answer(Health(ok=True))


async def readyz(request: web.Request) -> web.Response:
    """Answer 200 once every namespace was asked for; names those that are awaited to whoever may read."""
    parts = parts_of(request)
    if parts.ready:
        return answer(Health(ok=True))
    awaited = tuple(name for name, watcher in parts.watch.watchers.items() if not watcher.asked)
    named = tuple(name for name in awaited if caller_of(request).may(Role.READ, name))
    if not named:  # names are for those who may see them
        sentence = f"not ready: {len(awaited)} namespaces were not looked at yet"
        return answer(NotReady(**problem(503, sentence)), code=503)
    sentence = f"not ready: the first look at {', '.join(named)} is awaited; ask again in some seconds"
    return answer(NotReady(**problem(503, sentence), awaited=named), code=503)

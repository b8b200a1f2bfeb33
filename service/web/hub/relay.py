"""What the watcher does not know is handed on with the caller's own token, and its answer comes back as it came."""

import asyncio
from contextlib import AbstractAsyncContextManager

import aiohttp
from aiohttp import web

from service.callers import Caller
from service.web.context import lasting_of, parts_of
from service.web.hub.speech import endpoint_of, namespace_of
from service.web.lasting import Ended

HANDED_ON = ("Content-Type", "Cache-Control", "Retry-After", "Link", "X-Request-Id", "X-Error-Message", "X-Error-Code")


async def of_namespace(request: web.Request, caller: Caller) -> web.StreamResponse:
    """Hand on what is asked about a namespace that the caller's token names."""
    namespace_of(request, caller)
    return await _hand_on(request, caller, hub=False)


async def of_hub(request: web.Request, caller: Caller) -> web.StreamResponse:
    """Hand on what is asked of the hub."""
    return await _hand_on(request, caller, hub=True)


async def of_metric(request: web.Request, caller: Caller) -> web.StreamResponse:
    """Hand on a question about a metric: a POST that changes nothing."""
    name, metric = endpoint_of(request, caller), request.match_info["metric"]
    text, query = await request.read(), request.rel_url.raw_query_string
    async with (
        _room(request, caller),
        await caller.connection.hub.relay_question(name, metric, text, query) as upstream,
    ):
        return await _hand_back(request, upstream)


async def _hand_on(request: web.Request, caller: Caller, *, hub: bool) -> web.StreamResponse:
    url = request.rel_url
    async with (
        _room(request, caller),
        await caller.connection.hub.relay(url.raw_path, url.raw_query_string, hub=hub) as upstream,
    ):
        return await _hand_back(request, upstream)


def _room(request: web.Request, caller: Caller) -> AbstractAsyncContextManager[None]:
    """Return what bounds how many answers are handed on at once, each to its end."""
    return parts_of(request).callers.relays.through(caller.known.name)


async def _hand_back(request: web.Request, upstream: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {name: upstream.headers[name] for name in HANDED_ON if name in upstream.headers}
    response = web.StreamResponse(status=upstream.status, headers=headers)
    await response.prepare(request)
    try:
        async with lasting_of(request).open(request):
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
    except (Ended, aiohttp.ClientError, OSError, TimeoutError):
        _cut(request)
    except asyncio.CancelledError:  # a new configuration ends the call
        _cut(request)
        raise
    return response


def _cut(request: web.Request) -> None:
    """Close the connection: what was begun cannot be answered otherwise now, and must not look as if it were whole."""
    if request.transport is not None:
        request.transport.close()

"""What the watcher knows, told from its masked documents: every list is whole, on one page.

A namespace that nobody watches here is looked at upstream with the caller's own token, and told in the same form: who
lists all that a token names must get all of it, and not an error, or a list that lacks some without a word. So is one
of which whoami tells that the caller may not see all of it: the watcher sees more.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from service.callers import Caller
from service.parts import Parts
from service.ports import Unauthorized
from service.web.context import parts_of
from service.web.hub import upstream
from service.web.hub.speech import Said, endpoint_of, namespace_of
from statemachine.model import EndpointName, Missing, instant

LOOKED_AT = "X-Lamplighter-Looked-At"  # when the daemon last saw what it tells


class _Sought(msgspec.Struct):
    name: str = ""
    tags: list[str] = []


_sought = msgspec.json.Decoder(_Sought)


async def endpoints(request: web.Request, caller: Caller) -> web.Response:
    """List the endpoints of a namespace, all of them, whatever page is asked for."""
    namespace, parts = namespace_of(request, caller), parts_of(request)
    watcher = parts.watch.watchers.get(namespace)
    if watcher is None or caller.is_limited(namespace):
        sweep = await upstream.sweep(parts.callers, caller, namespace)
        if sweep.nameless:
            raise Said(502, f"Bad Gateway: documents without a readable name are in the list of {namespace}")
        found = {name: item.document for name, item in sweep.items.items()}
        return _list(request, found.items(), sweep.look.asked_at)
    if (_fresh(request) or watcher.swept_at is None) and not await parts.watch.sweep_for_all(namespace):
        raise Said(503, f"Service Unavailable: {namespace} could not be looked at now", **{"Retry-After": "5"})
    return _list(request, watcher.documents.items(), parts.watch.looked_at(namespace) or watcher.swept_at)


def _list(
    request: web.Request, found: Iterable[tuple[EndpointName, bytes]], looked_at: datetime | None
) -> web.Response:
    """Answer with the documents that are sought."""
    tags, search = set(request.query.getall("tags", [])), request.query.get("search", "")
    documents = [document for _, document in sorted(found) if _is_sought(document, tags, search)]
    body = b'{"items":[' + b",".join(documents) + b'],"nextCursor":null,"prevCursor":null}'
    return answered(body, looked_at)


async def endpoint(request: web.Request, caller: Caller) -> web.Response:
    """Tell one endpoint; one that the watcher does not know may have been made a moment ago, and is looked for."""
    name, parts = endpoint_of(request, caller), parts_of(request)
    if name.namespace not in parts.watch.watchers or caller.is_limited(name.namespace):
        item = await upstream.look(parts.callers, caller, name)
        if isinstance(item, Missing):
            raise Said(404, f"Endpoint not found: {name}")
        return answered(item.document, item.observation.look.asked_at)
    if _fresh(request) or parts.watch.document(name) is None:
        await _look(parts, name)
    return document_of(parts, name)


async def _look(parts: Parts, name: EndpointName) -> None:
    """Look now. That the daemon's own token is refused must not be taken for the caller's trouble."""
    try:
        found = await parts.watch.look_for_all(name)
    except Unauthorized:
        sentence = f"Bad Gateway: the token by which this Lamplighter watches {name.namespace} is not accepted"
        raise Said(502, sentence) from None
    if isinstance(found, Missing):
        raise Said(404, f"Endpoint not found: {name}")


def document_of(parts: Parts, name: EndpointName) -> web.Response:
    """Return the last masked document of an endpoint."""
    document = parts.watch.document(name)
    if document is None:
        raise Said(404, f"Endpoint not found: {name}")
    return answered(document, parts.watch.track(name).looked_at)


def answered(body: bytes, looked_at: datetime | None = None) -> web.Response:
    """Return a document, and when it was seen, if that is known."""
    headers = {} if looked_at is None else {LOOKED_AT: instant(looked_at)}
    return web.Response(body=body, content_type="application/json", headers=headers)


async def whoami(_request: web.Request, caller: Caller) -> web.Response:
    """Tell whose token it is."""
    known = caller.known
    orgs: list[dict[str, Any]] = [{"type": "org", "name": name} for name in known.organisations]
    return web.json_response({"type": "user", "name": known.name, "orgs": orgs})


def _fresh(request: web.Request) -> bool:
    return request.query.get("fresh", "") in {"1", "true"}


def _is_sought(document: bytes, tags: Collection[str], search: str) -> bool:
    if not tags and not search:
        return True
    try:
        told = _sought.decode(document)
    except msgspec.MsgspecError:
        return False
    return set(tags) <= set(told.tags) and search in told.name

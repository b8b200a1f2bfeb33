"""Hugging Face's own API, served from the log: its clients run unchanged, and what they ask costs nothing upstream.

What the watcher knows is answered from its masked documents; every list is whole, on one page. What it does not know
(logs, replicas, prices, members) is handed on with the caller's own token, as it came. A write is a command of the
caller, signed by the caller's token, and its answer is that of Hugging Face.
"""

import re
import uuid
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from service.callers import Caller, TooManyRefused
from service.commands import (
    CannotApply,
    Done,
    GivenUp,
    KeyTaken,
    NotAllowed,
    NothingToDo,
    Outcome,
    Rejected,
    Unfit,
)
from service.masking import NAME
from service.parts import Parts
from service.ports import HubError, Refused, Unauthorized, Writer
from service.web.access import showed_token
from service.web.context import lasting_of, parts_of
from service.web.lasting import Ended
from statemachine.machine import Command
from statemachine.model import EndpointName, Missing, instant

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOKED_AT = "X-Lamplighter-Looked-At"  # when the daemon last saw what it tells
HANDED_ON = ("Content-Type", "Cache-Control", "Retry-After", "Link", "X-Request-Id", "X-Error-Message", "X-Error-Code")


class Said(Exception):
    """The answer, as Hugging Face would give it."""

    def __init__(self, code: int, sentence: str, **headers: str) -> None:
        """Keep code and sentence."""
        super().__init__(sentence)
        self.code = code
        self.headers = headers


class _Sought(msgspec.Struct):
    name: str = ""
    tags: list[str] = []


_TOKEN = re.compile(r"(?!ll_)[\x21-\x7e]{1,1024}")
_document = msgspec.json.Decoder(dict[str, Any])
_sought = msgspec.json.Decoder(_Sought)


def spoken(handler: Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]) -> Handler:
    """Return a handler that knows who calls, and answers errors as Hugging Face does."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            async with parts_of(request).callers.calling(_token(request)) as caller:
                return await handler(request, caller)
        except TooManyRefused:
            return _error(429, "too many wrong tokens came of late: try again in a minute", {"Retry-After": "60"})
        except TimeoutError:
            return _error(503, "the configuration was read anew meanwhile: ask again", {"Retry-After": "1"})
        except Said as said:
            return _error(said.code, str(said), said.headers)
        except Refused as refused:
            return _error(refused.code, str(refused))
        except Unauthorized as error:
            return _as_it_came(error.code or 401, error.body) if error.body else _error(error.code or 401, str(error))
        except HubError as error:
            return _error(502, str(error))

    return handle


def _token(request: web.Request) -> str:
    """Return the token that is shown, if it can be one of Hugging Face: our own are told to nobody else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or _TOKEN.fullmatch(token.strip()) is None or showed_token(request):
        raise Said(401, "Unauthorized: send your Hugging Face token as `Authorization: Bearer hf_…`")
    return token.strip()


def _as_it_came(code: int, body: str) -> web.Response:
    is_json = body.lstrip().startswith(("{", "["))
    return web.Response(status=code, text=body, content_type="application/json" if is_json else "text/plain")


def _error(code: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": sentence}, status=code, headers=headers)


def _namespace(request: web.Request, caller: Caller) -> str:
    """Return the namespace that the address names; one that the token does not name is told to nobody."""
    namespace = request.match_info["namespace"]
    if NAME.fullmatch(namespace) is None or not caller.may(namespace):
        raise Said(403, f"Forbidden: {caller.known.name} has no access to {namespace[:96]!r}")
    if namespace not in parts_of(request).watch.watchers:
        raise Said(
            404,
            f"Not Found: this Lamplighter does not watch {namespace}: add it under [namespaces], "
            "or ask Hugging Face itself",
        )
    return namespace


def _name(request: web.Request, caller: Caller) -> EndpointName:
    namespace, name = _namespace(request, caller), request.match_info["name"]
    if NAME.fullmatch(name) is None:
        raise Said(404, f"Endpoint not found: {namespace}/{name[:96]}")
    return EndpointName(namespace, name)


def _fresh(request: web.Request) -> bool:
    return request.query.get("fresh", "") in {"1", "true"}


async def endpoints(request: web.Request, caller: Caller) -> web.Response:
    """List the endpoints of a namespace, all of them, whatever page is asked for."""
    namespace, parts = _namespace(request, caller), parts_of(request)
    watcher = parts.watch.of(namespace)
    if (_fresh(request) or watcher.swept_at is None) and not await watcher.sweep():
        raise Said(503, f"Service Unavailable: {namespace} could not be looked at now", **{"Retry-After": "5"})
    tags, search = set(request.query.getall("tags", [])), request.query.get("search", "")
    documents = [document for _, document in sorted(watcher.documents.items()) if _is_sought(document, tags, search)]
    body = b'{"items":[' + b",".join(documents) + b'],"nextCursor":null,"prevCursor":null}'
    return _told(body, parts.watch.looked_at(namespace) or watcher.swept_at)


def _is_sought(document: bytes, tags: Collection[str], search: str) -> bool:
    if not tags and not search:
        return True
    try:
        told = _sought.decode(document)
    except msgspec.MsgspecError:
        return False
    return set(tags) <= set(told.tags) and search in told.name


async def endpoint(request: web.Request, caller: Caller) -> web.Response:
    """Tell one endpoint; one that the watcher does not know may have been made a moment ago, and is looked for."""
    name, parts = _name(request, caller), parts_of(request)
    if (_fresh(request) or parts.watch.document(name) is None) and isinstance(await parts.watch.look(name), Missing):
        raise Said(404, f"Endpoint not found: {name}")
    return told_of(parts, name)


def told_of(parts: Parts, name: EndpointName) -> web.Response:
    """Return the last masked document of an endpoint."""
    document = parts.watch.document(name)
    if document is None:
        raise Said(404, f"Endpoint not found: {name}")
    track = parts.watch.track(name)
    return _told(document, track.looked_at)


def _told(body: bytes, looked_at: datetime | None) -> web.Response:
    headers = {} if looked_at is None else {LOOKED_AT: instant(looked_at)}
    return web.Response(body=body, content_type="application/json", headers=headers)


async def create(request: web.Request, caller: Caller) -> web.Response:
    """Create an endpoint, as the caller."""
    namespace, document = _namespace(request, caller), await _body(request)
    outcome = await parts_of(request).commander.create(
        namespace, document, actor=caller.actor, key=_key(request), writer=_writer(request, caller, namespace)
    )
    return _answered(request, caller, EndpointName(namespace, str(document.get("name"))), outcome)


async def update(request: web.Request, caller: Caller) -> web.Response:
    """Change what a partial document names, as the caller."""
    name, document = _name(request, caller), await _body(request)
    writer = _writer(request, caller, name.namespace)
    outcome = await parts_of(request).commander.update(
        name, document, actor=caller.actor, key=_key(request), writer=writer
    )
    return _answered(request, caller, name, outcome)


def command(which: Command) -> Handler:
    """Return the handler of a command without a body."""

    async def handle(request: web.Request, caller: Caller) -> web.Response:
        name = _name(request, caller)
        writer = _writer(request, caller, name.namespace)
        outcome = await parts_of(request).commander.ask(
            name, which, actor=caller.actor, key=_key(request), writer=writer
        )
        if which is Command.RESUME and isinstance(outcome, Done | NothingToDo):
            await parts_of(request).leases.run_on(name)
        if isinstance(outcome, NothingToDo) and which is Command.RESUME:  # how its clients know that it runs
            raise Said(400, f"Bad Request: endpoint {name.name!r} is already running")
        if isinstance(outcome, Done) and which is Command.DELETE:
            return web.Response()
        return _answered(request, caller, name, outcome)

    return spoken(handle)


def _writer(request: web.Request, caller: Caller, namespace: str) -> Writer | None:
    """Return what signs with the caller's token; None where nothing may be written: never is it ours instead."""
    writer = caller.connection.writers.get(namespace)
    if writer is None and namespace in parts_of(request).commander.writers:
        raise Said(503, "the configuration was read anew meanwhile: ask again", **{"Retry-After": "1"})
    return writer


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        return _document.decode(await request.read())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Said(400, f"Bad Request: the body is no JSON object ({error})") from None


def _key(request: web.Request) -> str:
    return request.headers.get("Idempotency-Key") or str(uuid.uuid4())


def _answered(request: web.Request, caller: Caller, name: EndpointName, outcome: Outcome) -> web.Response:
    """Answer a write as Hugging Face did, or, where nothing was sent, as it would."""
    heard = caller.connection.heard(name)  # whatever came of it: it is kept no longer
    match outcome:
        case Done() if heard is not None:
            return _told(heard, None)
        case Done() | NothingToDo():
            return told_of(parts_of(request), name)
        case Rejected(code=code, body=body) if code is not None and body:
            return _as_it_came(code, body)
        case _:
            raise _refusal(name, outcome)


def _refusal(name: EndpointName, outcome: Outcome) -> Said:
    match outcome:
        case Rejected(code=code, reason=reason):
            return Said(code or 502, reason)
        case NotAllowed(reason=reason):
            return Said(403, f"Forbidden: {reason}")
        case CannotApply(gone=True):
            return Said(404, f"Endpoint not found: {name}")
        case CannotApply(reason=reason):
            return Said(400, f"Bad Request: {reason}")
        case Unfit(fields=("name",)):
            return Said(
                400, f"Bad Request: invalid name {name.name!r}: it must be 1 to 32 characters of a-z, 0-9 and -"
            )
        case Unfit(reason=reason) | KeyTaken(reason=reason):
            return Said(422, reason)
        case GivenUp(reason=reason):
            return Said(409, f"Conflict: {reason}")
        case _:
            return Said(500, "this outcome is none that can be told: please report it")


async def whoami(_request: web.Request, caller: Caller) -> web.Response:
    """Tell whose token it is."""
    known = caller.known
    orgs: list[dict[str, Any]] = [{"type": "org", "name": name} for name in known.organisations]
    return web.json_response({"type": "user", "name": known.name, "orgs": orgs})


async def of_namespace(request: web.Request, caller: Caller) -> web.StreamResponse:
    """Hand on what is asked about a namespace that the caller's token names."""
    _namespace(request, caller)
    return await _hand_on(request, caller, hub=False)


async def of_hub(request: web.Request, caller: Caller) -> web.StreamResponse:
    """Hand on what is asked of the hub."""
    return await _hand_on(request, caller, hub=True)


async def _hand_on(request: web.Request, caller: Caller, *, hub: bool) -> web.StreamResponse:
    url = request.rel_url
    async with await caller.connection.hub.relay(url.raw_path, url.raw_query_string, hub=hub) as upstream:
        headers = {name: upstream.headers[name] for name in HANDED_ON if name in upstream.headers}
        response = web.StreamResponse(status=upstream.status, headers=headers)
        await response.prepare(request)
        try:
            async with lasting_of(request).open(request):
                async for chunk in upstream.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
        except (Ended, aiohttp.ClientError, OSError, TimeoutError):  # what was begun cannot be answered otherwise now
            if request.transport is not None:
                request.transport.close()
        return response


NAMESPACE = "/v2/endpoint/{namespace}"
ENDPOINT = f"{NAMESPACE}/{{name}}"
CATALOGUE = "create it with its hardware named: what the catalogue would create cannot be told before"


async def from_catalogue(_request: web.Request, _caller: Caller) -> web.Response:
    """Refuse what would be done without a trace in the log."""
    raise Said(501, f"Not Implemented: an endpoint of the catalogue is not created through here: {CATALOGUE}")


HUB_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", NAMESPACE, spoken(endpoints)),
    ("GET", ENDPOINT, spoken(endpoint)),
    ("POST", NAMESPACE, spoken(create)),
    ("PUT", ENDPOINT, spoken(update)),
    ("DELETE", ENDPOINT, command(Command.DELETE)),
    ("POST", f"{ENDPOINT}/pause", command(Command.PAUSE)),
    ("POST", f"{ENDPOINT}/resume", command(Command.RESUME)),
    ("POST", f"{ENDPOINT}/scale-to-zero", command(Command.SCALE_TO_ZERO)),
    ("GET", f"{ENDPOINT}/{{rest:.+}}", spoken(of_namespace)),
    ("GET", "/v2/provider/{namespace}", spoken(of_namespace)),
    ("GET", "/v2/audit-logs/{namespace}", spoken(of_namespace)),
    ("GET", "/v3/endpoint/{namespace}/{rest:.+}", spoken(of_namespace)),
    ("GET", "/api/whoami-v2", spoken(whoami)),
    ("GET", "/api/organizations/{organisation}/members", spoken(of_hub)),
    ("GET", "/api/catalog/{rest:.+}", spoken(of_hub)),
    ("GET", "/api/v1/catalog/{rest:.+}", spoken(of_hub)),
    ("POST", "/api/catalog/{rest:.+}", spoken(from_catalogue)),
    ("POST", "/api/v1/catalog/{rest:.+}", spoken(from_catalogue)),
)

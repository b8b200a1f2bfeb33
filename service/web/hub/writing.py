"""A write is a command of the caller, signed by the caller's token; its answer is that of Hugging Face."""

from aiohttp import web

from service.callers import Caller
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
from service.ports import Writer
from service.web.context import parts_of
from service.web.hub import reading, upstream
from service.web.hub.speech import Handler, Said, as_it_came, endpoint_of, namespace_of, spoken
from service.web.parameters import document_of, key_of
from statemachine.machine import Command
from statemachine.model import EndpointName, Missing

CATALOGUE = "create it with its hardware named: what the catalogue would create cannot be told before"


async def create(request: web.Request, caller: Caller) -> web.Response:
    """Create an endpoint, as the caller."""
    namespace, document = namespace_of(request, caller, writes=True), await document_of(request)
    outcome = await parts_of(request).desk.create(
        namespace, document, actor=caller.actor, key=key_of(request), writer=_writer(request, caller, namespace)
    )
    return _answered(request, caller, EndpointName(namespace, str(document.get("name"))), outcome)


async def update(request: web.Request, caller: Caller) -> web.Response:
    """Change what a partial document names, as the caller."""
    name, document = await _written(request, caller), await document_of(request)
    writer = _writer(request, caller, name.namespace)
    outcome = await parts_of(request).desk.update(
        name, document, actor=caller.actor, key=key_of(request), writer=writer
    )
    return _answered(request, caller, name, outcome)


def command(which: Command) -> Handler:
    """Return the handler of a command without a body."""

    async def handle(request: web.Request, caller: Caller) -> web.Response:
        name = await _written(request, caller)
        writer = _writer(request, caller, name.namespace)
        outcome = await parts_of(request).desk.ask(name, which, actor=caller.actor, key=key_of(request), writer=writer)
        if which is Command.RESUME and isinstance(outcome, Done | NothingToDo):
            await parts_of(request).leases.run_on(name)
        if isinstance(outcome, NothingToDo) and which is Command.RESUME:  # how its clients know that it runs
            raise Said(400, f"Bad Request: endpoint {name.name!r} is already running")
        if isinstance(outcome, Done) and which is Command.DELETE:
            return web.Response()
        return _answered(request, caller, name, outcome)

    return spoken(handle)


async def from_catalogue(_request: web.Request, _caller: Caller) -> web.Response:
    """Refuse what would be done without a trace in the log."""
    raise Said(501, f"Not Implemented: an endpoint of the catalogue is not created through here: {CATALOGUE}")


async def _written(request: web.Request, caller: Caller) -> EndpointName:
    """Return the endpoint that is written to; where whoami tells of bounds, only one that the caller's token sees.

    What we answer of our own knowledge ("it is already running") is else told to who may not know that it is there.
    """
    name = endpoint_of(request, caller, writes=True)
    if caller.is_limited(name.namespace) and isinstance(
        await upstream.look(parts_of(request).callers, caller, name), Missing
    ):
        raise Said(404, f"Endpoint not found: {name}")
    return name


def _writer(request: web.Request, caller: Caller, namespace: str) -> Writer | None:
    """Return what signs with the caller's token; None where nothing may be written: never is it ours instead."""
    writer = caller.connection.writers.get(namespace)
    if writer is None and namespace in parts_of(request).commander.writers:
        raise Said(503, "the configuration was read anew meanwhile: ask again", **{"Retry-After": "1"})
    return writer


def _answered(request: web.Request, caller: Caller, name: EndpointName, outcome: Outcome) -> web.Response:
    """Answer a write as Hugging Face did, or, where nothing was sent, as it would."""
    heard = caller.connection.heard(name)  # whatever came of it: it is kept no longer
    match outcome:
        case Done() if heard is not None:
            return reading.answered(heard)
        case Done() | NothingToDo():
            return reading.document_of(parts_of(request), name)
        case Rejected(code=code, body=body) if code is not None and body:
            return as_it_came(code, body)
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
        case CannotApply(unseen=True):
            return Said(502, f"Bad Gateway: this Lamplighter could not look at {name}, and nothing was sent: ask again")
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

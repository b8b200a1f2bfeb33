"""What people ask to be done: commands, documents that are written, and holds against the policies. All need the token.

A command goes upstream only where the configuration lets this process act; a hold is written to our own log alone, so
it is taken in observe mode, too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web
from msgspec import UNSET, UnsetType

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
from service.config import parse_duration
from service.parts import Parts
from service.web import render, shapes
from service.web.access import actor_of
from service.web.answers import Problem, answer, instance_of, problem
from service.web.context import lasting_of, parts_of
from service.web.keys import once_a_key, own_key
from service.web.lasting import Ended
from service.web.parameters import (
    Parameter,
    body_of,
    document_of,
    endpoint_of,
    key_of,
    known_endpoint_of,
    namespace_of,
    query_of,
    reason_of,
)
from statemachine.machine import Command
from statemachine.model import EndpointName

GRACE_SECONDS = 0.5  # for a command to come to its end when the daemon stops
SHOWN_SECONDS = 2.0  # for what was written to be seen by whoever reads next
LONGEST_HOLD = timedelta(days=366)


WHY = (Parameter(name="reason", text="Why it is asked, for the log."),)


def command(which: Command) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of one command."""

    async def handle(request: web.Request) -> web.Response:
        name, parts, key = endpoint_of(request), parts_of(request), key_of(request)
        body = await body_of(request, shapes.CommandBody)
        reason, actor = reason_of(body.reason), actor_of(request)

        async def ask() -> Outcome:
            outcome = await parts.desk.ask(name, which, actor=actor, key=key, reason=reason)
            if which is Command.RESUME and isinstance(outcome, Done | NothingToDo):
                await parts.leases.run_on(name)
            return outcome

        return await _carried_out(request, ask(), about=str(name))

    return handle


async def create(request: web.Request) -> web.Response:
    """Create an endpoint by its document."""
    namespace, parts, key, reason = namespace_of(request), parts_of(request), key_of(request), _why(request)
    document = await document_of(request)
    asked = parts.desk.create(namespace, document, actor=actor_of(request), key=key, reason=reason)
    place = f"/api/endpoints/{namespace}/{document.get('name')}"
    return await _carried_out(request, asked, about=f"a new endpoint of {namespace}", made=place)


async def update(request: web.Request) -> web.Response:
    """Change what a partial document names."""
    name, parts, key, reason = endpoint_of(request), parts_of(request), key_of(request), _why(request)
    changes = await document_of(request)
    asked = parts.desk.update(name, changes, actor=actor_of(request), key=key, reason=reason)
    return await _carried_out(request, asked, about=str(name))


async def delete(request: web.Request) -> web.Response:
    """Delete an endpoint; answer when it is gone."""
    name, parts, key, reason = endpoint_of(request), parts_of(request), key_of(request), _why(request)
    asked = parts.desk.delete(name, actor=actor_of(request), key=key, reason=reason)
    return await _carried_out(request, asked, about=str(name))


def _why(request: web.Request) -> str:
    return reason_of(query_of(request, WHY).get("reason", ""))


async def _carried_out(
    request: web.Request, asked: Awaitable[Outcome], *, about: str, made: str | None = None
) -> web.Response:
    """Answer how it ended; `made` is the address of what it makes."""
    try:
        async with lasting_of(request).open(request, grace_seconds=GRACE_SECONDS, needs_caller=False):
            outcome = await asked
    except Ended:
        raise Problem(
            503,
            f"the daemon is stopping before the end of this is known: what was intended for {about} stands in its "
            "log, and is taken up when it is back",
            headers={"Retry-After": "2"},
        ) from None
    await _seen(parts_of(request))
    code, shape = told(outcome, instance=instance_of(request))
    if made is not None and code == 200:
        return answer(shape, code=201, headers={"Location": made})
    return answer(shape, code=code)


def told(outcome: Outcome, *, instance: str | None = None) -> tuple[int, shapes.Outcome | shapes.Refusal]:
    """Return how an outcome is answered."""
    match outcome:
        case Done(status=status, intent=intent):
            return 200, shapes.Outcome(outcome="done", status=status, intent=intent)
        case NothingToDo(status=status):
            return 200, shapes.Outcome(outcome="nothingToDo", status=status)
        case NotAllowed(reason=reason):
            return _refusal(403, reason, "notAllowed", instance)
        case CannotApply(reason=reason, gone=gone):
            return _refusal(404 if gone else 409, reason, "cannotApply", instance)
        case Unfit(reason=reason, fields=fields):
            return _refusal(422, reason, "unfit", instance, fields=fields or UNSET)
        case KeyTaken(reason=reason):
            return _refusal(422, reason, "keyTaken", instance)
        case Rejected(reason=reason, intent=intent, code=code, body=body):
            upstream = code if code is not None and 400 <= code <= 599 else 502
            more = {"code": UNSET if code is None else code, "body": UNSET if body is None else body}
            return _refusal(upstream, reason, "rejected", instance, intent=intent, **more)
        case GivenUp(reason=reason, intent=intent):
            return _refusal(409, reason, "givenUp", instance, intent=intent or UNSET)


def _refusal(http: int, reason: str, outcome: str, instance: str | None, **more: Any) -> tuple[int, shapes.Refusal]:
    kind = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in outcome)
    where = UNSET if instance is None else instance
    return http, shapes.Refusal(**problem(http, reason, kind), outcome=outcome, instance=where, **more)


async def hold(request: web.Request) -> web.Response:
    """Place a hold on one endpoint."""
    return await _hold(request, known_endpoint_of(request))


async def hold_everything(request: web.Request) -> web.Response:
    """Place a hold on all endpoints."""
    return await _hold(request, None)


async def unhold(request: web.Request) -> web.Response:
    """Lift every hold on one endpoint."""
    return await _unhold(request, known_endpoint_of(request))


async def unhold_everything(request: web.Request) -> web.Response:
    """Lift every hold on all endpoints at once; those on single ones stay."""
    return await _unhold(request, None)


async def _hold(request: web.Request, name: EndpointName | None) -> web.Response:
    parts, key = parts_of(request), key_of(request)
    body = await body_of(request, shapes.HoldBody)
    placed = await parts.holds.place(
        name,
        author=actor_of(request),
        reason=_reason(body.reason),
        until=parts.clock.now() + _span(body.for_),
        key=key,
    )
    await _seen(parts)
    fleet = parts.live.fleet
    stored = (fleet.all_holds if name is None else fleet.known(name).holds).get(placed.hold)
    if stored is None or stored.until <= parts.clock.now():
        raise Problem(409, "this hold was placed before, and has been lifted since: send another Idempotency-Key")
    return answer(render.hold(stored, everywhere=name is None), code=201)


async def _unhold(request: web.Request, name: EndpointName | None) -> web.Response:
    parts = parts_of(request)

    async def lift() -> web.Response:
        await _seen(parts)
        lifted = await parts.holds.lift(name, author=actor_of(request), key=own_key(request))
        await _seen(parts)
        return answer(shapes.Lifted(lifted=lifted))

    return await once_a_key(request, lift)


def _reason(said: str | UnsetType) -> str:
    if said is UNSET:
        return "no reason given"
    reason = reason_of(said)
    if not reason:
        raise Problem(422, "the reason is blank: say why, for whoever wonders reads it")
    return reason


def _span(text: str) -> timedelta:
    try:
        span = parse_duration(text)
    except (ValueError, OverflowError):
        span = timedelta()
    if not timedelta() < span <= LONGEST_HOLD:
        raise Problem(400, f"for={text[:60]!r} is not understood: say 90s, 15m, 1h30m or 2d, at most 366d")
    return span


async def _seen(parts: Parts) -> None:
    """Return when the views show all that is in the log, or after a moment: whoever writes, then reads, sees it."""
    try:
        async with asyncio.timeout(SHOWN_SECONDS):
            await parts.live.reach(await parts.log.head())
    except TimeoutError:
        pass  # it is in the log all the same

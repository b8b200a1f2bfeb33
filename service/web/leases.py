"""Who needs an endpoint awake: take, renew and release a lease; and see to it that an endpoint runs.

A lease is written to our own log and board alone, so it is taken in observe mode, too; what it then cannot do, wake an
endpoint or put it back to rest, the answers say.
"""

import asyncio
from datetime import timedelta

from aiohttp import web

from service.access import Role
from service.config import parse_duration
from service.leases import Over
from service.leases.lease import LONGEST, SHORTEST
from service.web import render, shapes
from service.web.access import actor_of, caller_of
from service.web.acting import GRACE_SECONDS, SHOWN_SECONDS, told
from service.web.answers import Problem, answer
from service.web.context import lasting_of, parts_of
from service.web.lasting import Ended
from service.web.parameters import Parameter, body_of, endpoint_of, key_of, known_endpoint_of, query_of, reason_of

LEASES = (Parameter(name="namespace", text="Only leases on endpoints of this namespace."),)


async def leases(request: web.Request) -> web.Response:
    """Answer with every lease."""
    wanted = query_of(request, LEASES).get("namespace")
    found = parts_of(request).leases.all()
    caller = caller_of(request)
    items = tuple(
        render.lease(name, lease)
        for name, lease in found
        if wanted in {None, name.namespace} and caller.may(Role.READ, name.namespace)
    )
    return answer(shapes.Leases(items=items))


async def take(request: web.Request) -> web.Response:
    """Keep an endpoint awake for a while."""
    name, parts, key = known_endpoint_of(request), parts_of(request), key_of(request)
    parts.watch.of(name.namespace)
    body = await body_of(request, shapes.LeaseBody)
    try:
        lease = await parts.leases.take(
            name,
            holder=actor_of(request),
            key=key,
            reason=reason_of(body.reason),
            span=_span(body.for_),
            pause_after=body.pause_after,
        )
    except Over:
        raise Problem(409, "this lease was taken before, and has ended: send another Idempotency-Key") from None
    return answer(render.lease(name, lease), code=201)


async def renew(request: web.Request) -> web.Response:
    """Let a lease last for longer."""
    name, id_ = endpoint_of(request), request.match_info["lease"]
    body = await body_of(request, shapes.RenewBody)
    span = None if body.for_ is None else _span(body.for_)
    lease = await parts_of(request).leases.renew(name, id_, span=span)
    if lease is None:
        raise _missing(request)
    return answer(render.lease(name, lease))


async def release(request: web.Request) -> web.Response:
    """Give a lease back."""
    parts = parts_of(request)
    released = await parts.leases.release(
        endpoint_of(request), request.match_info["lease"], actor=actor_of(request), commander=parts.commander
    )
    if released is None:
        raise _missing(request)
    return answer(render.released(released))


async def ensure(request: web.Request) -> web.Response:
    """See to it that an endpoint runs or starts; `wait` tells when it is ready."""
    name, parts, key = endpoint_of(request), parts_of(request), key_of(request)
    parts.watch.of(name.namespace)
    body = await body_of(request, shapes.EnsureBody)
    try:
        async with lasting_of(request).open(request, grace_seconds=GRACE_SECONDS, needs_caller=False):
            outcome = await parts.leases.ensure(
                name,
                lease=body.lease,
                actor=actor_of(request),
                key=key,
                reason=reason_of(body.reason),
                desk=parts.desk,
            )
    except Ended:
        sentence = f"the daemon is stopping before it is known whether {name} is resumed: ask again when it is back"
        raise Problem(503, sentence, headers={"Retry-After": "2"}) from None
    try:
        async with asyncio.timeout(SHOWN_SECONDS):
            await parts.live.reach(await parts.log.head())  # whoever waits next must not see it as it was
    except TimeoutError:
        pass
    code, shape = told(outcome)
    return answer(shape, code=code)


def _missing(request: web.Request) -> Problem:
    return Problem(
        404,
        f"there is no such lease on {endpoint_of(request)}, or no longer: GET /api/leases lists those that there are",
    )


def _span(text: str) -> timedelta:
    try:
        span = parse_duration(text)
    except (ValueError, OverflowError):
        span = timedelta()
    if not SHORTEST <= span <= LONGEST:
        raise Problem(400, f"for={text[:60]!r} is not understood: say 90s, 5m or 1h30m, from 5s to 1d")
    return span

"""The guard before every handler, and what a handler may ask of who calls.

Whoever may not see a namespace is told of it just what he would be told if there were none of that name.
"""

from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from events.streams import Subject
from service.access import ANYBODY, NOBODY, Caller, Role, Tokens
from service.masking import NAME
from service.parts import Parts
from service.watch.watch import NotWatched
from service.web.admission import SAFE, Call, Rules, WrongToken, challenge, who_calls, why_elsewhere, why_refused
from service.web.answers import Problem, never_seen
from service.web.context import failures_of, parts_of
from service.web.permissions import NEEDS, Need, Where

# What Hugging Face's own clients ask, by a token of Hugging Face: `hub` looks at it.
OF_HUB = ("/v2/", "/v3/", "/api/whoami-v2", "/api/organizations/", "/api/catalog/", "/api/v1/catalog/")
CALLER = web.RequestKey("caller", Caller)
_logger: Any = structlog.get_logger()


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through who may call, and let the handler know who it is.

    Which namespaces are watched is told to those alone who may see all of them.
    """
    call, rules = _call(request), _rules(request)
    refused = why_elsewhere(call, rules)
    if refused is not None:
        raise refused
    if request.method not in SAFE:
        await request.read()  # who may is judged when all is said: a token may be revoked while a body is on its way
    asks = _admit(request, call, rules)
    del call, rules  # or thousands who wait would each keep theirs
    try:
        response = await handler(request)
    except (NotWatched, Problem) as told:
        if asks and not still_may(request):
            raise _over() from None
        if isinstance(told, NotWatched) and not caller_of(request).everywhere(Role.READ):
            raise never_seen(_subject(request)) from None
        raise
    if asks and not response.prepared and not still_may(request):
        raise _over()
    return response


def _admit(request: web.Request, call: Call, rules: Rules) -> bool:
    """Note who calls; return whether this only asks what not everybody may. Raises Problem for who may not call."""
    need = _need(request)
    try:
        request[CALLER] = caller = who_calls(call, rules)
    except WrongToken as wrong:
        if need is not None:
            raise _counted(request, wrong) from None
        request[CALLER] = caller = NOBODY  # what is open does not ask for it: it may be another's token
    if need is None:
        return False
    refused = why_refused(caller, need, _subject(request), method=request.method)
    if refused is not None:
        raise refused
    return request.method in SAFE


def _over() -> Problem:
    """Return how somebody is answered whose token was in force when he asked, and is not when the answer is there."""
    return Problem(401, "this token was revoked meanwhile, or has expired", headers=challenge("invalid_token"))


def caller_of(request: web.Request) -> Caller:
    """Return who asks, as the guard found."""
    caller: Caller = request.get(CALLER, NOBODY)
    return caller


def actor_of(request: web.Request) -> str:
    """Return who asks, as the log names it."""
    return caller_of(request).actor


def showed_token(request: web.Request) -> bool:
    """Return whether the request came with a token, and a right one."""
    return caller_of(request) not in {NOBODY, ANYBODY}


def still_may(request: web.Request) -> bool:
    """Return whether the caller could ask again: the token is still in force. What lasts must ask this anew."""
    if caller_of(request) is ANYBODY:
        return True  # whoever showed none has none to lose, and thousands of such answers may end at once
    try:
        return who_calls(_call(request), _rules(request)).grants == caller_of(request).grants
    except WrongToken:
        return False


async def holds_at(request: web.Request, position: int) -> bool:
    """Return whether the caller could ask again, by all that stands in the log up to a position."""
    if caller_of(request) is not ANYBODY:
        await parts_of(request).live.reach(position)
    return still_may(request)


def _need(request: web.Request) -> Need | None:
    """Return what the address takes; at an address that is none, a reader is told so, and nobody else."""
    resource = request.match_info.route.resource
    if request.path.startswith(OF_HUB):
        return None
    if resource is None:
        role = Role.READ if request.method in SAFE else Role.OPERATE
        return Need(role=role, where=Where.SOMEWHERE)
    method = "GET" if request.method == "HEAD" else request.method
    try:
        return NEEDS[method, resource.canonical]
    except KeyError:
        _logger.error("no_role_declared", method=method, path=resource.canonical)
        raise Problem(403, "nobody may do this: no role is declared for it in this version of Lamplighter") from None


def _subject(request: web.Request) -> Subject:
    """Return what the address names: an endpoint, or a namespace, or neither, where it can be no name of one."""
    namespace, name = (request.match_info.get(part, "") for part in ("namespace", "name"))
    if NAME.fullmatch(namespace) is None:
        return Subject()
    return Subject(namespace, None if NAME.fullmatch(name) is None else name)


def _counted(request: web.Request, wrong: WrongToken) -> Problem:
    """Count a wrong token, and return how it is answered."""
    seconds = failures_of(request).add(request.remote or "", parts_of(request).clock.monotonic())
    if seconds is None:
        return wrong
    return Problem(
        429,
        f"too many wrong tokens came from your address, or in all: show a right one, or try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )


def _rules(request: web.Request) -> Rules:
    parts = parts_of(request)
    settings = parts.configuration.settings
    return Rules(
        listen=parts.listen,
        token=parts.token,
        bearer_of=tokens_of(parts).bearer_of,
        public_url=settings.public_url,
        allowed_hosts=settings.allowed_hosts,
    )


def tokens_of(parts: Parts) -> Tokens:
    """Return the tokens of a daemon."""
    return Tokens(parts.log, parts.live, parts.clock)


def _call(request: web.Request) -> Call:
    headers = request.headers
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return Call(
        method=request.method,
        hosts=tuple(headers.getall("Host", ())),
        arrived_at=str(name[0]) if isinstance(name, tuple) else "",
        origin=headers.get("Origin"),
        fetch_site=headers.get("Sec-Fetch-Site"),
        authorization=headers.get("Authorization"),
        forwarded="Forwarded" in headers or "X-Forwarded-For" in headers,
        speaks_for=headers.get("X-Lamplighter-Actor", ""),
    )

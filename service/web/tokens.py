"""The tokens over HTTP: listed, made and revoked, each by an admin. A secret stands in one answer, and nowhere else."""

import re
from datetime import datetime, timedelta

import msgspec
from aiohttp import web

from events.views.tokens import Token
from service.access import MOST, AlreadyNamed, Grant, Role, TooMany, Unnamed
from service.config import parse_duration
from service.masking import scrub, token_shaped
from service.web import shapes
from service.web.access import actor_of, still_may, tokens_of
from service.web.answers import Problem, answer
from service.web.context import lasting_of, parts_of
from service.web.parameters import body_of, query_of

LONGEST = timedelta(days=3660)
MOST_GRANTS = 10
MOST_PATTERNS = 100  # of one
SHOWN = 3  # patterns that a refusal repeats
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PATTERN = re.compile(r"[A-Za-z0-9._*?\[\]!-]{1,100}")


async def tokens(request: web.Request) -> web.Response:
    """Answer with every token that was not revoked."""
    query_of(request, ())
    parts = parts_of(request)
    now = parts.clock.now()
    return answer(shapes.Tokens(items=tuple(_shown(token, now) for token in tokens_of(parts).known())))


async def create(request: web.Request) -> web.Response:
    """Make a token, and tell its secret. A name is taken once, so that a repeated request makes no second one."""
    parts, body = parts_of(request), await body_of(request, shapes.TokenBody)
    now = parts.clock.now()
    name, grants, span = _named(body.name), _grants(body.grants), _span(body.for_)
    try:
        made = await tokens_of(parts).create(
            name,
            *grants,
            expires_at=None if span is None else now + span,
            actor=actor_of(request),
        )
    except AlreadyNamed:
        raise Problem(
            409, f"there is a token {name} already, and its secret cannot be told again: revoke it, or choose a name"
        ) from None
    except TooMany:
        raise Problem(409, f"{MOST} tokens are in force, and there can be no more: revoke one") from None
    return answer(shapes.TokenMade(token=_shown(made.token, now), secret=made.secret), code=201)


async def revoke(request: web.Request) -> web.Response:
    """Take a token back: from the next request on it opens nothing, and what lasts by it ends."""
    parts, name = parts_of(request), request.match_info["token"]
    try:
        revoked = await tokens_of(parts).revoke(name, actor=actor_of(request))
    except Unnamed:
        raise Problem(
            404, f"there is no token {scrub(name[:64])!r}: GET /api/tokens lists those that there are"
        ) from None
    lasting_of(request).let_go(lambda other: not still_may(other))
    return answer(shapes.TokenRevoked(revoked=_shown(revoked, parts.clock.now())))


def _shown(token: Token, now: datetime) -> shapes.Token:
    made = token.made
    return shapes.Token(
        id=made.token,
        name=made.name,
        grants=msgspec.convert(made.grants, tuple[shapes.Grant, ...], from_attributes=True),
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=made.expires_at,
        expired=token.has_expired(now),
    )


def _named(name: str) -> str:
    if token_shaped(name) or scrub(name) != name:
        raise Problem(
            400, "the name looks like a secret, and would stand in the log: choose one that people know it by"
        )
    if _NAME.fullmatch(name) is None:
        raise Problem(
            400, f"name={name[:64]!r} is not understood: give 1 to 64 letters, digits, and . _ - behind the first"
        )
    return name


def _grants(grants: tuple[shapes.Grant, ...]) -> tuple[Grant, ...]:
    if not 1 <= len(grants) <= MOST_GRANTS:
        raise Problem(400, f"grants: give 1 to {MOST_GRANTS}, each a role and the namespaces in which it holds")
    return tuple(map(_grant, grants))


def _grant(asked: shapes.Grant) -> Grant:
    grant = Grant(role=_role(asked.role), namespaces=_patterns(asked.namespaces))
    if grant.role is Role.ADMIN and not grant.everywhere:
        raise Problem(
            422,
            "grants: what an admin may beyond operate is of the whole daemon, so it takes the namespaces *: grant "
            f"admin everywhere, or operate in {', '.join(grant.namespaces[:SHOWN])}",
        )
    return grant


def _role(word: str) -> Role:
    role = Role.of(word)
    if role is None:
        raise Problem(400, f"there is no role {word[:60]!r}: use {', '.join(role.word for role in Role)}")
    return role


def _patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(patterns) <= MOST_PATTERNS:
        raise Problem(400, f"namespaces: give 1 to {MOST_PATTERNS} patterns, like acme-* (or * for every namespace)")
    for pattern in patterns:
        if _PATTERN.fullmatch(pattern) is None or token_shaped(pattern) or scrub(pattern) != pattern:
            raise Problem(400, f"namespaces: {scrub(pattern[:60])!r} is no pattern for the name of a namespace")
    return tuple(dict.fromkeys(patterns))


def _span(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        span = parse_duration(text)
    except (ValueError, OverflowError):
        span = timedelta()
    if not timedelta() < span <= LONGEST:
        raise Problem(400, f"for={text[:60]!r} is not understood: say 12h or 90d, at most {LONGEST.days}d")
    return span

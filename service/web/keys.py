"""Idempotency keys: a key stands for one request, and for no other.

What became of it the log tells, for as long as there is a log. What was sent, secrets and all, is remembered only as a
keyed hash, in this process: a key that comes again with another body is refused, instead of being answered with the
outcome of something else.
"""

from collections.abc import Awaitable, Callable
from functools import wraps

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from service.masking import Masker
from service.recent import Recent
from service.turns import Turns
from service.web.access import actor_of
from service.web.answers import Problem
from service.web.parameters import key_of

HEADER = "Idempotency-Key"
KEPT = 10_000  # requests remembered
_canonical = msgspec.json.Encoder(order="deterministic")


class Keys:
    """Which request each of the last keys came with: of one caller, one address, one key."""

    def __init__(self, kept: int = KEPT) -> None:
        """No key was used yet."""
        self._masker = Masker()
        self._seals = Recent[tuple[str, ...], bytes](kept)
        self._told = Recent[tuple[str, ...], web.Response | Problem](kept)
        self._turns = Turns[tuple[str, ...]]()

    async def once(self, place: tuple[str, ...], act: Callable[[], Awaitable[web.Response]]) -> web.Response:
        """Act when a key comes for the first time, and answer as then whenever it comes again.

        A request waits for the end of one with its key. What came to nothing may be tried again: only what was done,
        or was tried in vain (409), is an answer.
        """
        async with self._turns.of(place):
            if place not in self._told:
                self._told.keep(place, await _told(act))
            told = self._told[place]
        if isinstance(told, Problem):
            raise told
        return web.Response(status=told.status, body=told.body, content_type=told.content_type)

    def forget(self, place: tuple[str, ...]) -> None:
        """Let a key go whose request came to nothing, unless that is what the key is answered with from now on."""
        if place not in self._told:
            self._seals.pop(place, None)

    def is_other(self, place: tuple[str, ...], body: bytes) -> bool:
        """Return whether this key came with another body before; the first one is remembered."""
        seal = self._masker.seal(_plain(body))
        known = self._seals.get(place, seal)
        self._seals.keep(place, known)
        return known != seal


KEYS = web.AppKey("keys", Keys)


def one_body_a_key(handler: Handler) -> Handler:
    """Return the handler of a write so that it refuses what brings a key that belongs to another body."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        if HEADER not in request.headers:
            return await handler(request)
        keys, place = request.app[KEYS], _place(request)
        if keys.is_other(place, await request.read()):
            sentence = f"this {HEADER} came before with another body: send the same one again, or another key"
            raise Problem(422, sentence, kind="key-taken")
        try:
            response = await handler(request)
        except Problem:
            keys.forget(place)
            raise
        if response.status == 422:
            keys.forget(place)
        return response

    return handle


async def once_a_key(request: web.Request, act: Callable[[], Awaitable[web.Response]]) -> web.Response:
    """Act once for all requests with one key, and for each that comes without."""
    if HEADER not in request.headers:
        return await act()
    return await request.app[KEYS].once(_place(request), act)


def own_key(request: web.Request) -> str | None:
    """Return the key that the caller says, if it says one."""
    return key_of(request) if HEADER in request.headers else None


async def _told(act: Callable[[], Awaitable[web.Response]]) -> web.Response | Problem:
    try:
        return await act()
    except Problem as problem:
        if problem.code != 409:
            raise
        return problem


def _place(request: web.Request) -> tuple[str, ...]:
    return actor_of(request), request.method, request.raw_path, key_of(request)


def _plain(body: bytes) -> bytes:
    """Return a body so that two which say the same are the same."""
    try:
        return _canonical.encode(msgspec.json.decode(body or b"{}"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body

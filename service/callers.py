"""Who calls with a token of Hugging Face: whoami tells, and is believed for a minute.

A token lives only in the client that signs with it, for as long as its owner calls; it is found again by a hash with a
key of this process. It is written nowhere.
"""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from service.clock import Clock
from service.ports import HubError, Identity, Unauthorized, Writer
from statemachine.model import EndpointName

BELIEVED_SECONDS = 60.0
MOST = 256  # callers whose clients are kept
MOST_REFUSED = 30  # tokens within a minute: each costs a request to whoami


class TooManyRefused(Exception):
    """So many wrong tokens came of late that no new one is asked about now."""


class OwnHub(Protocol):
    """What a caller's own token can ask."""

    async def whoami(self, namespace: str) -> Identity:
        """Return whose token it is."""
        ...

    async def relay(self, path: str, query: str, *, hub: bool = False) -> aiohttp.ClientResponse:
        """GET what is at a path of the API (or of the hub), and return the answer as it came: close it."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A client that signs with a caller's token.

    `writers` holds the namespaces that may be written to, if any. `heard` gives, once, the document that Hugging Face
    answered the caller's last write to an endpoint with: it is the caller's own, and not masked.
    """

    hub: OwnHub
    writers: Mapping[str, Writer]
    heard: Callable[[EndpointName], bytes | None]


@dataclass(slots=True, kw_only=True)
class Caller:
    """A person, or a program of one; `calls` are under way, each with a limit that ends it when its client must end."""

    connection: Connection
    identity: Identity | None = None
    asked: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    refusal: Unauthorized | None = None
    calls: set[asyncio.Timeout] = field(default_factory=set)
    left: bool = False

    @property
    def known(self) -> Identity:
        """Return who it is."""
        if self.identity is None:
            raise RuntimeError("whoami was not asked yet")
        return self.identity

    @property
    def actor(self) -> str:
        """Return who writes, for the log."""
        return f"person:{self.known.name}"

    def may(self, namespace: str) -> bool:
        """Return whether the token names a namespace."""
        return namespace in self.known.namespaces


class Callers:
    """Those who called of late."""

    def __init__(self, connect: Callable[[str], Connection], clock: Clock) -> None:
        """Make a client for a token by `connect`."""
        self._connect = connect
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, Caller] = {}
        self._new: dict[bytes, Caller] = {}  # of whom nobody knows yet who they are
        self._refused: deque[float] = deque(maxlen=MOST_REFUSED)

    @asynccontextmanager
    async def calling(self, secret: str) -> AsyncIterator[Caller]:
        """Give the block whose token this is. Raises HubError if nobody's or if nobody can tell, and TooManyRefused.

        A client is not closed under a call; when its configuration ends, TimeoutError ends the calls that go on.
        """
        caller = await self._of(secret)
        limit = asyncio.timeout(None)
        caller.calls.add(limit)
        try:
            async with limit:
                yield caller
        finally:
            caller.calls.discard(limit)
            if caller.left and not caller.calls:
                await caller.connection.hub.close()

    async def aclose(self) -> None:
        """End every call, and close every client."""
        for callers in (self._known, self._new):
            while callers:
                _, caller = callers.popitem()
                for limit in caller.calls:
                    limit.reschedule(0)
                await self._leave(caller)

    async def _of(self, secret: str) -> Caller:
        at = hashlib.blake2b(secret.encode("utf-8", "surrogateescape"), key=self._key).digest()
        caller = self._known.get(at) or self._new.get(at)
        if caller is None:
            self._require_patience()
            caller = self._new[at] = Caller(connection=self._connect(secret))
        elif at in self._known:
            self._known[at] = self._known.pop(at)  # the one that called last is at the end
        async with caller.lock:
            if caller.refusal is not None:
                raise caller.refusal
            if self._clock.monotonic() - caller.asked >= BELIEVED_SECONDS:
                await self._ask(at, caller)
        return caller

    async def _ask(self, at: bytes, caller: Caller) -> None:
        """Ask who it is; until that is known, nobody who is known makes room for a new one."""
        try:
            caller.identity = await caller.connection.hub.whoami("")
        except HubError as error:
            if isinstance(error, Unauthorized):
                self._refused.append(self._clock.monotonic())
                caller.refusal = error
            if caller.refusal is not None or caller.identity is None:
                self._known.pop(at, None)
                self._new.pop(at, None)
                await self._leave(caller)
            raise
        caller.asked = self._clock.monotonic()
        if self._new.pop(at, None) is not None:
            self._known[at] = caller
        while len(self._known) > MOST:
            await self._leave(self._known.pop(next(iter(self._known))))

    async def _leave(self, caller: Caller) -> None:
        caller.left = True
        if not caller.calls:
            await caller.connection.hub.close()

    def _require_patience(self) -> None:
        recent = [at for at in self._refused if self._clock.monotonic() - at < BELIEVED_SECONDS]
        if len(recent) >= MOST_REFUSED or len(self._new) >= MOST_REFUSED:
            raise TooManyRefused

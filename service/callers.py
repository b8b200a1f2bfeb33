"""Who calls with a token of Hugging Face: whoami tells, and is believed for a minute.

A token lives only in the client that signs with it, for as long as its owner calls; it is found again by a hash with a
key of this process. It is written nowhere.
"""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from service.clock import Clock
from service.ports import Identity, Unauthorized, Writer
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
    """A person, or a program of one."""

    connection: Connection
    identity: Identity | None = None
    asked: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

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
        self._refused: deque[float] = deque(maxlen=MOST_REFUSED)

    async def of(self, secret: str) -> Caller:
        """Return whose token this is. Raises HubError if nobody's or if nobody can tell, and TooManyRefused."""
        at = hashlib.blake2b(secret.encode("utf-8", "surrogateescape"), key=self._key).digest()
        caller = self._known.pop(at, None)
        if caller is None:
            self._require_patience()
            caller = Caller(connection=self._connect(secret))
        self._known[at] = caller  # the one that called last is at the end
        await self._leave_out()
        async with caller.lock:
            if self._clock.monotonic() - caller.asked >= BELIEVED_SECONDS:
                await self._ask(at, caller)
        return caller

    async def aclose(self) -> None:
        """Close every client."""
        while self._known:
            _, caller = self._known.popitem()
            await caller.connection.hub.close()

    async def _ask(self, at: bytes, caller: Caller) -> None:
        try:
            caller.identity = await caller.connection.hub.whoami("")
        except Unauthorized:
            self._refused.append(self._clock.monotonic())
            self._known.pop(at, None)
            await caller.connection.hub.close()
            raise
        caller.asked = self._clock.monotonic()

    def _require_patience(self) -> None:
        full = len(self._refused) == MOST_REFUSED
        if full and self._clock.monotonic() - self._refused[0] < BELIEVED_SECONDS:
            raise TooManyRefused

    async def _leave_out(self) -> None:
        while len(self._known) > MOST:
            oldest = next(iter(self._known))
            await self._known.pop(oldest).connection.hub.close()

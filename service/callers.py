"""Who calls with a token of Hugging Face: whoami tells, and is believed for a minute.

A token lives only in the client that signs with it, and both go when the minute is over, or the last call that began
in it; it is found again by a hash with a key of this process. It is written nowhere. Of a token that was wrong a moment
ago, or right before, that hash alone is kept: so that one stale script locks nobody else out of its address.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from service.access import Failures, party
from service.clock import Clock
from service.gate import Gate
from service.ports import HubError, Identity, Item, Sweep, Unauthorized, Writer
from service.recent import Recent
from service.watch.shared import Shared
from statemachine.model import EndpointName, Missing

BELIEVED_SECONDS = 60.0
MOST = 256  # callers whose clients are kept
MOST_NEW = 100  # tokens of which nobody knows yet whose they are: each is a request to whoami under way
MOST_WAITING = 100  # new ones of addresses of which as many are asked about as may yet be wrong
REFUSED_SECONDS = 60.0  # for which a token that was wrong is not asked about again
MOST_HASHES = 1000  # of tokens that were wrong, and of those that were right
READS_OF_ONE, READS_OF_ALL = 4, 32  # that go upstream at once with callers' tokens, each a list or an endpoint
RELAYS_OF_ONE, RELAYS_OF_ALL = 24, 128  # answers that are handed on at once; a log that is followed has no end


class TooManyRefused(Exception):
    """So many wrong tokens came from this address of late, or so many new ones at once, that none is asked about."""

    def __init__(self, why: str, seconds: int) -> None:
        """Keep after how many seconds one is."""
        super().__init__(f"{why}: try again in {seconds} s")
        self.seconds = seconds


class OwnHub(Protocol):
    """What a caller's own token can ask."""

    async def whoami(self, namespace: str) -> Identity:
        """Return whose token it is."""
        ...

    async def sweep(self, namespace: str) -> Sweep:
        """Return every endpoint of a namespace, every page, masked."""
        ...

    async def look(self, name: EndpointName) -> Item | Missing:
        """Return one endpoint as it is now, masked, or Missing."""
        ...

    async def relay(self, path: str, query: str, *, hub: bool = False) -> aiohttp.ClientResponse:
        """GET what is at a path of the API (or of the hub), and return the answer as it came: close it."""
        ...

    async def relay_question(
        self, name: EndpointName, metric: str, text: bytes, query: str = ""
    ) -> aiohttp.ClientResponse:
        """POST a question about a metric, which changes nothing, and return the answer as it came: close it."""
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
    """A person, or a program of one; `calls` are under way, each with a limit that ends it when its client must end.

    `came_from` is whoever showed the token first. `reads` are those that go upstream, shared by equal ones: they are of
    this token, for another one may see other things. `failure` is why nobody knows who it is; `left`: its client is
    closed, or is when its last call ends.
    """

    connection: Connection
    came_from: str = ""
    identity: Identity | None = None
    asked: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    reads: Shared[Any] = field(default_factory=Shared)
    failure: HubError | None = None
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
        """Return whether the token names a namespace, and lacks no right in it that is told."""
        return self.known.may_manage(namespace)

    def may_write(self, namespace: str) -> bool:
        """Return whether it lacks no right to write there that is told."""
        return self.known.may_write(namespace)

    def is_limited(self, namespace: str) -> bool:
        """Return whether only Hugging Face knows what of a namespace this token may see."""
        return namespace in self.known.limited

    @property
    def busy(self) -> bool:
        """Return whether it calls, or is asked about."""
        return bool(self.calls) or self.lock.locked()

    def ends_at(self) -> float:
        """Return when it is to be asked anew who this is."""
        return self.asked + BELIEVED_SECONDS


class Callers:
    """Those who called within the last minute; and what they may have under way upstream at once, by who they are."""

    def __init__(self, connect: Callable[[str], Connection], clock: Clock) -> None:
        """Make a client for a token by `connect`."""
        self._connect = connect
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, Caller] = {}
        self._new: dict[bytes, Caller] = {}  # of whom nobody knows yet who they are
        self._limits: set[asyncio.Timeout] = set()  # of every call, also of who is known no longer
        self._refused = Recent[bytes, tuple[float, Unauthorized]](MOST_HASHES)
        self._again = Failures()  # of those: what is answered without being asked about costs us a line each
        self._right = Recent[bytes, None](MOST_HASHES)
        self.reads = Gate("reads", of_one=READS_OF_ONE, of_all=READS_OF_ALL)
        self.relays = Gate("requests", of_one=RELAYS_OF_ONE, of_all=RELAYS_OF_ALL)
        self._waiting = 0
        self._somebody = asyncio.Event()
        self._over = False

    def __len__(self) -> int:
        """Return how many tokens are held."""
        return len(self._known) + len(self._new)

    @asynccontextmanager
    async def calling(self, secret: str, *, address: str, failures: Failures) -> AsyncIterator[Caller]:
        """Give the block whose token this is. Raises HubError if nobody's or if nobody can tell, and TooManyRefused.

        A wrong token is counted in `failures`, for the address that showed it, once a minute. A client is not closed
        under a call; when its configuration ends, TimeoutError ends the calls that go on, and every later one.
        """
        caller = await self._of(secret, address, failures)
        limit = asyncio.timeout(None)
        caller.calls.add(limit)
        self._limits.add(limit)
        try:
            async with limit:
                yield caller
        finally:
            caller.calls.discard(limit)
            self._limits.discard(limit)
            if caller.left and not caller.calls:
                await caller.connection.hub.close()
            if self._clock.monotonic() >= caller.ends_at():
                await self._forget()

    async def run(self) -> None:
        """Forget everybody whose minute is over, for ever."""
        while True:
            await self._somebody.wait()
            while self._known:
                now = self._clock.monotonic()
                idle = (caller.ends_at() for caller in self._known.values() if not caller.busy)
                await self._clock.sleep(max(0.0, min(idle, default=now + BELIEVED_SECONDS) - now))
                await self._forget()
            self._somebody.clear()

    async def aclose(self) -> None:
        """End every call, and close every client; nobody calls here any more."""
        self._over = True
        while self._limits:
            self._limits.pop().reschedule(0)
        for callers in (self._known, self._new):
            while callers:
                _, caller = callers.popitem()
                await self._leave(caller)

    async def _of(self, secret: str, address: str, failures: Failures) -> Caller:
        at = hashlib.blake2b(secret.encode("utf-8", "surrogateescape"), key=self._key).digest()
        while True:
            if self._over:
                raise TimeoutError
            caller = self._known.get(at) or self._new.get(at)
            if caller is None:
                self._require_not_refused(at, address)
                if at not in self._right and await self._waited(address, failures):
                    continue
                caller = self._new[at] = Caller(connection=self._connect(secret), came_from=party(address))
            elif at in self._known:
                self._known[at] = self._known.pop(at)  # the one that called last is at the end
            async with caller.lock:
                if caller.failure is not None:
                    raise caller.failure
                if not caller.left and self._clock.monotonic() >= caller.ends_at():
                    await self._ask(at, caller, address, failures)
                if not caller.left:  # else its client was closed while this call waited: begin anew
                    return caller

    async def _ask(self, at: bytes, caller: Caller, address: str, failures: Failures) -> None:
        """Ask who it is; until that is known, nobody who is known makes room for a new one."""
        try:
            caller.identity = await caller.connection.hub.whoami("")
        except HubError as error:
            if self._over:
                raise TimeoutError from None
            # A 403 may be a proxy's: it says no more of a token.
            if isinstance(error, Unauthorized) and error.code != 403:
                failures.add(address, self._clock.monotonic())
                self._refuse(at, error)
            if isinstance(error, Unauthorized) or caller.identity is None:
                caller.failure = error
                self._known.pop(at, None)
                self._new.pop(at, None)
                await self._leave(caller)
            raise
        finally:
            if caller.identity is None and self._new.get(at) is caller:  # whoever asked has gone
                del self._new[at]
                await self._leave(caller)
        caller.asked = self._clock.monotonic()
        self._right.keep(at, None)
        if self._new.pop(at, None) is not None:
            self._known[at] = caller
            self._somebody.set()
        while len(self._known) > MOST:
            idle = next((other for other, known in self._known.items() if not known.busy), None)
            if idle is None:
                break  # a call that goes on is not cut short for a new one; the minute's end brings it down
            await self._leave(self._known.pop(idle))

    async def _forget(self) -> None:
        """Let go of everybody whose minute is over, and who neither calls nor is asked about."""
        now = self._clock.monotonic()
        for at, caller in list(self._known.items()):
            if self._known.get(at) is caller and now >= caller.ends_at() and not caller.busy:
                del self._known[at]
                await self._leave(caller)

    async def _leave(self, caller: Caller) -> None:
        caller.left = True
        if not caller.calls:
            await caller.connection.hub.close()

    def _refuse(self, at: bytes, error: Unauthorized) -> None:
        """Remember that a token is wrong, by words alone: a traceback holds whoever asked, and with him the token."""
        self._right.pop(at, None)
        words = Unauthorized(str(error), code=error.code, body=error.body)
        self._refused.keep(at, (self._clock.monotonic() + REFUSED_SECONDS, words))

    def _require_not_refused(self, at: bytes, address: str) -> None:
        """Answer a token that was wrong a moment ago as then: it is asked about, and counted, once a minute.

        Raises TooManyRefused where such come again and again: each answer is a line in the log of the process.
        """
        until, error = self._refused.get(at, (float("-inf"), None))
        if error is None or self._clock.monotonic() >= until:
            self._refused.pop(at, None)
            return
        if seconds := self._again.add(address, self._clock.monotonic()):
            raise TooManyRefused("a wrong token came again and again from your address", seconds)
        raise Unauthorized(str(error), code=error.code, body=error.body)

    async def _waited(self, address: str, failures: Failures) -> bool:
        """Return whether a new token had to wait for another one of its address, and is to be looked at anew.

        Those that are asked about may yet turn out wrong: no more are at once than would be too many then. Raises
        TooManyRefused when too many were wrong.
        """
        now, whose = self._clock.monotonic(), party(address)
        pending = [new for new in self._new.values() if new.came_from == whose]
        if seconds := failures.until(address, now):
            raise TooManyRefused("too many wrong tokens came from your address of late", seconds)
        waits = bool(pending) and failures.until(address, now, pending=len(pending)) is not None
        if len(self._new) >= MOST_NEW or (waits and self._waiting >= MOST_WAITING):
            raise TooManyRefused("too many new tokens come at once", 1)
        if not waits:
            return False
        self._waiting += 1
        try:
            async with pending[0].lock:  # until it is known whose it is, or that it is nobody's
                return True
        finally:
            self._waiting -= 1

"""One call: the right token, as many tries as are harmless, and an end in any case.

A `Transport` can only GET, and POST the one question that changes nothing: a `MetricQuestion` makes its own address, so
that no other can be posted to. What can write is `Sender`, which only the acting client builds.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Literal, TypeVar

import aiohttp
from yarl import URL

from service.clock import Clock
from service.huggingface.answers import FAILURES, Again, Answer, Call, Malformed, Trouble, failed, judge, timed_out
from service.huggingface.limits import Limits
from service.huggingface.metrics import MetricQuestion
from service.huggingface.session import Proxies, open_session
from service.huggingface.tokens import Token, Tokens
from service.ports import HubError
from statemachine.model import Look

T = TypeVar("T")
Read = Callable[[Answer], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a call is sent, and whether it surely changes nothing, so that it may be sent again."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    body: bytes | None = None
    harmless: bool = False


GET = Manner(method="GET", harmless=True)


class Transport:
    """Send requests that change nothing."""

    reuse = True

    def __init__(
        self,
        session: aiohttp.ClientSession | None = None,
        *,
        tokens: Tokens,
        clock: Clock,
        dice: Random,
        limits: Limits,
        ca_file: Path | None = None,
    ) -> None:
        self._given = session
        self._opened: aiohttp.ClientSession | None = None
        self._closed = False
        self._tokens = tokens
        self._clock = clock
        self._dice = dice
        self._ca_file = ca_file
        self._proxy_for = Proxies()
        self.limits = limits

    def open(self) -> aiohttp.ClientSession:
        """Return the session, opened on first use; raise HubError once it was closed: nothing is sent any more."""
        if self._given is not None:
            return self._given
        if self._closed:
            raise HubError("this client was closed: a newer one took its place; ask again")
        if self._opened is None:
            self._opened = open_session(self.limits, self._ca_file, reuse=self.reuse)
        return self._opened

    async def close(self) -> None:
        """Close the session, unless it was given to us, for good."""
        self._closed = True
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await opened.close()

    def call(self, doing: str, url: URL, namespace: str, *, most_bytes: int | None = None) -> Call:
        """Describe a request."""
        return Call(
            doing=doing,
            url=url,
            namespace=namespace,
            token_source=self._tokens.source(namespace),
            most_bytes=self.limits.body_bytes if most_bytes is None else most_bytes,
        )

    async def get(self, call: Call, read: Read[T], *, accept: Collection[int] = ()) -> tuple[T, Look]:
        """GET, and return what `read` makes of the answer; retried within the limits, since it changes nothing.

        `read` gets answers of 2xx and of the codes in `accept`, and raises Malformed for what it cannot use.
        """
        return await self._persist(GET, call, read, accept=accept)

    async def ask(self, question: MetricQuestion, api: URL, read: Read[T]) -> T:
        """POST a question, and return what `read` makes of the answer; retried as a GET is."""
        call = self.call(question.doing, question.url(api), question.endpoint.namespace)
        manner = Manner(method="POST", body=question.body(), harmless=True)
        return (await self._persist(manner, call, read))[0]

    async def stream(self, call: Call) -> AsyncGenerator[bytes, None]:
        """GET once, and yield the body as it comes, for as long as it comes; only its begin has a time limit."""
        try:
            async with await self._begin(call) as response:
                async for chunk in response.content.iter_any():
                    yield chunk
        except FAILURES as error:
            raise failed(call, error, seconds=self.limits.try_seconds).error from None

    async def probe(self, url: URL, *, namespace: str | None) -> int | None:
        """GET once, signed only if a namespace is named; return the code, or None if no answer came in time."""
        headers = {} if namespace is None else {"Authorization": self._tokens.of(namespace).header}
        try:
            async with (
                asyncio.timeout(self.limits.health_seconds),
                self.open().get(url, headers=headers, allow_redirects=False, proxy=self._proxy_for(url)) as response,
            ):
                return response.status
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
            return None

    async def _persist(
        self, manner: Manner, call: Call, read: Read[T], *, accept: Collection[int] = ()
    ) -> tuple[T, Look]:
        """Try until an answer, a final refusal, or a limit. The last trouble is what is raised."""
        trouble = timed_out(call, self.limits.call_seconds)
        try:
            async with asyncio.timeout(self.limits.call_seconds):
                tried = 0
                renewed = False
                token = self._tokens.of(call.namespace)
                while True:
                    outcome = await self._try(manner, call, token, read, accept)
                    if not isinstance(outcome, Trouble):
                        return outcome
                    trouble = outcome
                    if trouble.again is Again.IF_RENEWED and not renewed:
                        renewed = True
                        other = self._tokens.renewed(call.namespace, token)
                        if other is not None:
                            token = other
                            continue
                    tried += 1
                    pause = self._pause(manner, trouble, tried)
                    if pause is None:
                        break
                    await self._clock.sleep(pause)
        except TimeoutError:
            pass
        raise trouble.error

    def _pause(self, manner: Manner, trouble: Trouble, tried: int) -> float | None:
        """Return how long to wait before the next try, or None when there is none."""
        if tried >= (self.limits.tries if manner.harmless else self.limits.write_tries):
            return None
        if trouble.again is not Again.ALWAYS and not (manner.harmless and trouble.again is Again.IF_HARMLESS):
            return None
        wait = trouble.wait_seconds or 0.0
        if wait > self.limits.longest_wait_seconds:
            return None
        upper = min(self.limits.longest_pause_seconds, self.limits.first_pause_seconds * 2 ** (tried - 1))
        return wait + self._dice.uniform(0, upper)

    async def _try(
        self, manner: Manner, call: Call, token: Token, read: Read[T], accept: Collection[int]
    ) -> tuple[T, Look] | Trouble:
        """Send the request once; return what was read, and when, or what went wrong."""
        seconds = self.limits.try_seconds
        try:
            async with asyncio.timeout(seconds):
                answer = await self._ask(manner, call, token)
            if 200 <= answer.code < 300 or answer.code in accept:
                return read(answer), answer.look
        except FAILURES as error:
            return failed(call, error, seconds=seconds)
        return judge(call, answer, secret=token.secret, now=answer.look.answered_at)

    async def _begin(self, call: Call) -> aiohttp.ClientResponse:
        """GET; return a good answer, of which only the head was read, or raise what another one means."""
        token, asked_at, asked = self._tokens.of(call.namespace), self._clock.now(), self._clock.monotonic()
        async with asyncio.timeout(self.limits.try_seconds):
            response = await self._send(GET, call.url, token)
            if 200 <= response.status < 300:
                return response
            async with response:
                answer = await self._whole(response, call, asked_at, asked)
        raise judge(call, answer, secret=token.secret, now=answer.look.answered_at).error

    async def _ask(self, manner: Manner, call: Call, token: Token) -> Answer:
        asked_at, asked = self._clock.now(), self._clock.monotonic()
        async with await self._send(manner, call.url, token) as response:
            return await self._whole(response, call, asked_at, asked)

    async def _send(self, manner: Manner, url: URL, token: Token) -> aiohttp.ClientResponse:
        headers = {"Authorization": token.header}
        if manner.body is not None:
            headers["Content-Type"] = "application/json"
        return await self.open().request(
            manner.method,
            url,
            data=manner.body,
            headers=headers,
            allow_redirects=False,
            proxy=self._proxy_for(url),
        )

    async def _whole(self, response: aiohttp.ClientResponse, call: Call, asked_at: datetime, asked: float) -> Answer:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > call.most_bytes:
                raise Malformed(f"the answer is longer than {call.most_bytes} bytes")
        look = Look(asked_at=asked_at, answered_at=self._clock.now(), asked=asked, answered=self._clock.monotonic())
        return Answer(code=response.status, headers=response.headers, body=bytes(body), look=look)


class Sender(Transport):
    """Send requests that change something.

    Each has a connection of its own: one that was kept open may just have been closed by the other side, and then
    nobody could tell whether the write was carried out.
    """

    reuse = False

    async def post(self, call: Call, read: Read[T]) -> tuple[T, Look]:
        """POST without a body. Sent again only when the first try was surely not carried out.

        That is: no connection came about, or the answer was 429. After anything else (a time-out, a broken
        connection, a 5xx) nobody knows, and the caller must look.
        """
        return await self._persist(Manner(method="POST"), call, read)

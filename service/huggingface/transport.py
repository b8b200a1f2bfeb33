"""One call: the right token, as many tries as are harmless, and an end in any case.

A `Transport` can only GET, and POST the one question that changes nothing: a `MetricQuestion` makes its own address,
and so does a `HandedQuestion`, so that no other can be posted to. What can write is `Sender`, which only the acting
client builds.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Generic, Literal, TypeVar

import aiohttp
from yarl import URL

from service.clock import Clock
from service.huggingface.answers import Again, Answer, Call, Malformed, Trouble, is_page
from service.huggingface.known import Known
from service.huggingface.limits import Limits
from service.huggingface.manner import Manner
from service.huggingface.metrics import HandedQuestion, MetricQuestion
from service.huggingface.session import Proxies, open_session
from service.huggingface.tokens import Token, Tokens
from service.huggingface.verdicts import FAILURES, failed, judge, timed_out
from service.ports import HubError
from statemachine.model import Look

T = TypeVar("T")
Read = Callable[[Answer], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Generic[T]):
    """Which answers are good besides those of 2xx, what is made of one, and what is known from before."""

    read: Read[T]
    accept: Collection[int] = ()
    known: Known = field(default_factory=lambda: Known(0))


class Transport:
    """Send requests that change nothing."""

    reuse = True
    middlewares: tuple[aiohttp.ClientMiddlewareType, ...] = ()

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

    async def get(
        self, call: Call, read: Read[T], *, accept: Collection[int] = (), known: Known | None = None
    ) -> tuple[T, Look]:
        """GET, and return what `read` makes of the answer; retried within the limits, since it changes nothing.

        `read` gets answers of 2xx and of the codes in `accept`, and raises Malformed for what it cannot use. What it
        made of an answer goes into `known`, and is the answer again when the server or the bytes say that nothing
        changed.
        """
        wanted = Wanted(read=read, accept=accept, known=known or Known(0))
        return await self._persist(self._harmless("GET"), call, wanted)

    async def ask(self, question: MetricQuestion, api: URL, read: Read[T]) -> T:
        """POST a question, and return what `read` makes of the answer; retried as a GET is."""
        call = self.call(question.doing, question.url(api), question.endpoint.namespace)
        return (await self._persist(self._harmless("POST", question.body()), call, Wanted(read=read)))[0]

    async def stream(self, call: Call) -> AsyncGenerator[bytes, None]:
        """GET once, and yield the body as it comes, for as long as it comes; only its begin has a time limit."""
        try:
            async with await self._begin(call) as response:
                if is_page(response.headers):
                    raise Malformed("a web page, which is not what was asked for")
                async for chunk in response.content.iter_any():
                    yield chunk
        except FAILURES as error:
            raise failed(call, error, seconds=self.limits.try_seconds).error from None

    async def relay(self, url: URL, *, namespace: str) -> aiohttp.ClientResponse:
        """GET once, and return whatever answer comes, its body unread: close it. Only its head has a time limit."""
        return await self._relayed(self.call(f"hand on what is asked of {url.path}", url, namespace), "GET")

    async def relay_question(self, question: HandedQuestion, api: URL) -> aiohttp.ClientResponse:
        """POST a question once, and return whatever answer comes, as `relay` does."""
        call = self.call(question.doing, question.url(api), question.endpoint.namespace)
        return await self._relayed(call, "POST", question.text)

    async def _relayed(
        self, call: Call, method: Literal["GET", "POST"], body: bytes | None = None
    ) -> aiohttp.ClientResponse:
        try:
            async with asyncio.timeout(self.limits.try_seconds):
                return await self._send(self._harmless(method, body), call.url, self._tokens.of(call.namespace))
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

    def _harmless(self, method: Literal["GET", "POST"], body: bytes | None = None) -> Manner:
        again = frozenset({Again.ALWAYS, Again.IF_HARMLESS})
        return Manner(method=method, body=body, tries=self.limits.tries, again=again)

    async def _persist(self, manner: Manner, call: Call, wanted: Wanted[T]) -> tuple[T, Look]:
        """Try until an answer, a final refusal, or a limit. The last trouble is what is raised."""
        trouble = timed_out(call, self.limits.call_seconds)
        try:
            async with asyncio.timeout(self.limits.call_seconds):
                tried = 0
                renewed = False
                token = self._tokens.of(call.namespace)
                while True:
                    outcome = await self._try(manner, call, token, wanted)
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
                    pause = manner.pause(trouble, tried, self.limits, self._dice)
                    if pause is None:
                        break
                    await self._clock.sleep(pause)
        except TimeoutError:
            pass
        raise trouble.error

    async def _try(self, manner: Manner, call: Call, token: Token, wanted: Wanted[T]) -> tuple[T, Look] | Trouble:
        """Send the request once; return what was read, and when, or what went wrong."""
        seconds = self.limits.try_seconds
        before = wanted.known.get(call.url, token)
        try:
            async with asyncio.timeout(seconds):
                answer = await self._ask(manner, call, token, etag=None if before is None else before.etag)
            if answer.code == 304 and before is not None:
                return before.value, answer.look
            if 200 <= answer.code < 300 or answer.code in wanted.accept:
                return wanted.known.read(call.url, token, answer, wanted.read), answer.look
        except FAILURES as error:
            return failed(call, error, seconds=seconds)
        return judge(call, answer, secret=token.secret, now=answer.look.answered_at)

    async def _begin(self, call: Call) -> aiohttp.ClientResponse:
        """GET; return a good answer, of which only the head was read, or raise what another one means."""
        token, asked_at, asked = self._tokens.of(call.namespace), self._clock.now(), self._clock.monotonic()
        async with asyncio.timeout(self.limits.try_seconds):
            response = await self._send(self._harmless("GET"), call.url, token)
            if 200 <= response.status < 300:
                return response
            async with response:
                answer = await self._whole(response, call, asked_at, asked)
        raise judge(call, answer, secret=token.secret, now=answer.look.answered_at).error

    async def _ask(self, manner: Manner, call: Call, token: Token, *, etag: str | None) -> Answer:
        asked_at, asked = self._clock.now(), self._clock.monotonic()
        async with await self._send(manner, call.url, token, etag=etag) as response:
            return await self._whole(response, call, asked_at, asked)

    async def _send(self, manner: Manner, url: URL, token: Token, *, etag: str | None = None) -> aiohttp.ClientResponse:
        headers = {"Authorization": token.header}
        if manner.body is not None:
            headers["Content-Type"] = "application/json"
        if etag is not None:
            headers["If-None-Match"] = etag
        return await self.open().request(
            manner.method,
            url,
            data=manner.body,
            headers=headers,
            allow_redirects=False,
            proxy=self._proxy_for(url),
            middlewares=self.middlewares,
        )

    async def _whole(self, response: aiohttp.ClientResponse, call: Call, asked_at: datetime, asked: float) -> Answer:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > call.most_bytes:
                raise Malformed(f"the answer is longer than {call.most_bytes} bytes")
        look = Look(asked_at=asked_at, answered_at=self._clock.now(), asked=asked, answered=self._clock.monotonic())
        return Answer(code=response.status, headers=response.headers, body=bytes(body), look=look)

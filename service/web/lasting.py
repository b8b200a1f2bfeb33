"""Answers that take their time, and how they end early: the daemon stops, the caller has left, or may ask no more.

No task is made for that: each such answer stands in a time limit without a time, which is pulled when it must end.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from aiohttp import web

LOOK_SECONDS = 1.0  # between two looks whether the callers are still there


class Ended(Exception):
    """This answer must end now: the daemon stops, or nobody is there to take it who may have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    request: web.Request
    transport: asyncio.Transport | None  # the request looks for it each time: too long for thousands every second
    grace_seconds: float
    needs_caller: bool

    def has_left(self) -> bool:
        """Return whether the caller's connection is gone."""
        return self.transport is None or self.transport.is_closing()


class Lasting:
    """All the answers being given that may take long."""

    def __init__(self) -> None:
        """None yet."""
        self._open: dict[asyncio.Timeout, _Answer] = {}
        self._looking = False
        self._ending = False

    def __len__(self) -> int:
        """Return how many are being given."""
        return len(self._open)

    def open(self, request: web.Request, *, grace_seconds: float = 0.0, needs_caller: bool = True) -> "_Open":
        """Run the block until it ends by itself, or raise Ended out of it.

        `grace_seconds` is how long it may go on when the daemon stops; with `needs_caller` it ends when the caller
        hangs up.
        """
        return _Open(
            self,
            _Answer(
                request=request,
                transport=request.transport,
                grace_seconds=grace_seconds,
                needs_caller=needs_caller,
            ),
        )

    def _begin(self, limit: asyncio.Timeout, answer: _Answer) -> None:
        self._open[limit] = answer
        self._watch_callers()
        if self._ending:
            _pull(limit, answer.grace_seconds)

    def _over(self, limit: asyncio.Timeout) -> None:
        del self._open[limit]

    async def end(self, _app: web.Application | None = None) -> None:
        """End them all, each after its grace, and every one that begins from now on; the app's shutdown calls it."""
        self._ending = True
        for limit, answer in self._open.items():
            _pull(limit, answer.grace_seconds)

    def let_go(self, refused: Callable[[web.Request], bool]) -> None:
        """End those that are for callers who may have them no more; what goes on without its caller goes on."""
        for limit, answer in self._open.items():
            if answer.needs_caller and refused(answer.request):
                _pull(limit, 0.0)

    def _watch_callers(self) -> None:
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = False
        for limit, answer in self._open.items():
            if answer.needs_caller and answer.has_left():
                _pull(limit, 0.0)
        if self._open:
            self._watch_callers()


class _Open:
    """One answer being given, as a block. A class, and no generator: thousands of them end at the same instant."""

    __slots__ = ("_answer", "_lasting", "_limit")

    def __init__(self, lasting: Lasting, answer: _Answer) -> None:
        self._lasting = lasting
        self._answer = answer
        self._limit = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._lasting._begin(self._limit, self._answer)  # noqa: SLF001  # it is a part of it

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lasting._over(self._limit)  # noqa: SLF001
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            raise Ended from None


def _pull(limit: asyncio.Timeout, seconds: float) -> None:
    if not limit.expired():
        at = asyncio.get_running_loop().time() + seconds
        limit.reschedule(at if limit.when() is None else min(at, limit.when() or at))

"""How many may be at something at once: so many of one, and so many of all. Who finds no room waits, but not for ever.

One who asks for very much can thereby neither use up what all share, nor fill the memory with those who wait.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

WAIT_SECONDS = 10.0
MOST_WAITING = 100  # of one
AGAIN_SECONDS = 5  # what whoever found no room is told to wait


class NoRoom(Exception):
    """There was none in time; `own`: it is one's own that fill it, and not those of all."""

    def __init__(self, what: str, *, own: bool) -> None:
        """Keep whose they are."""
        whose = "of yours " if own else ""
        super().__init__(f"too many {what} {whose}are under way: try again in {AGAIN_SECONDS} s")
        self.own = own
        self.seconds = AGAIN_SECONDS


class Gate:
    """Lets through so many of one, and of all, at a time. `what` names them, for who is told that there is no room."""

    def __init__(self, what: str, *, of_one: int, of_all: int) -> None:
        """Nobody is there."""
        self._what = what
        self._of_one = of_one
        self._all = asyncio.Semaphore(of_all)
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._waiting = Counter[str]()

    @asynccontextmanager
    async def through(self, who: str) -> AsyncIterator[None]:
        """Give the block room, or raise NoRoom: at once where too many of one wait, else after WAIT_SECONDS."""
        own = self._own.setdefault(who, asyncio.Semaphore(self._of_one))
        await self._enter(own, who, own=True)
        try:
            await self._enter(self._all, who, own=False)
            try:
                yield
            finally:
                self._all.release()
        finally:
            own.release()

    async def _enter(self, room: asyncio.Semaphore, who: str, *, own: bool) -> None:
        if self._waiting[who] >= MOST_WAITING:
            raise NoRoom(self._what, own=True)
        self._waiting[who] += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await room.acquire()
        except TimeoutError:
            raise NoRoom(self._what, own=own) from None
        finally:
            self._waiting[who] -= 1
            if not self._waiting[who]:
                del self._waiting[who]

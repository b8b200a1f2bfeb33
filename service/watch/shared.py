"""One look for all who ask at once, and never one that began before somebody asked who is answered by it.

Whoever asks while a look is under way waits for the next one: what that one under way will tell may be from before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Look(Generic[T]):
    """A look that has not begun, or its end. `error`: it ended so."""

    over: bool = False
    found: T | None = None
    error: Exception | None = None


@dataclass(slots=True, eq=False)
class _Queue(Generic[T]):
    """The looks of one kind, one at a time. `next` is joined by all who ask before it begins."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    next: _Look[T] | None = None
    askers: int = 0


class Shared(Generic[T]):
    """Looks by key; however many ask, one is under way and at most one is to come."""

    def __init__(self) -> None:
        """Nobody looks."""
        self._queues: dict[Hashable, _Queue[T]] = {}

    def __len__(self) -> int:
        """Return for how many keys somebody waits."""
        return len(self._queues)

    async def look(self, key: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """Return what a look tells that began after this call, or raise as it does.

        Who is first in turn looks; should that one be cancelled, the next one does, for all who are left.
        """
        queue = self._queues.setdefault(key, _Queue())
        if queue.next is None:
            queue.next = _Look()
        mine = queue.next
        queue.askers += 1
        try:
            async with queue.turn:
                if not mine.over:
                    if queue.next is mine:
                        queue.next = None  # whoever asks from here on asks for another one
                    await _carry_out(mine, look)
        finally:
            queue.askers -= 1
            if not queue.askers:
                del self._queues[key]
        if mine.error is not None:
            raise mine.error
        return mine.found  # type: ignore[return-value]  # it is over, and well


async def _carry_out(shared: _Look[T], look: Callable[[], Awaitable[T]]) -> None:
    try:
        shared.found = await look()
    except Exception as error:  # noqa: BLE001  # it is raised by everybody who waits for it
        shared.error = error
    shared.over = True

"""Sessions of the official library for those who wait, shared by as many as have room in one.

A session costs some thirty milliseconds, in which the loop stands still: the certificates are read. And it has a
hundred connections, of which each who waits holds one. So neither one for each nor one for all will do.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from huggingface_hub import get_async_session

MOST_SHARING = 80


@dataclass(eq=False, slots=True)
class _Shared:
    """A session, the loop that its connections belong to, and how many share it."""

    session: Any
    loop: asyncio.AbstractEventLoop
    users: int = 0


class Sessions:
    """Hand out seats. What nobody uses any more is closed."""

    def __init__(self) -> None:
        self._shared: list[_Shared] = []

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[Any]:
        """Yield a session in which there is a connection for whoever sends one request at a time."""
        shared = self._with_room()
        shared.users += 1
        try:
            yield shared.session
        finally:
            shared.users -= 1
            if not shared.users:
                self._shared.remove(shared)
                await shared.session.aclose()

    def _with_room(self) -> _Shared:
        loop = asyncio.get_running_loop()
        for shared in self._shared:
            if shared.loop is loop and shared.users < MOST_SHARING:
                return shared
        opened = _Shared(get_async_session(), loop)
        self._shared.append(opened)
        return opened

"""The board of the log in memory."""

import asyncio
from collections.abc import Callable, Mapping

from events.memory.store import MemoryStore


class MemoryBoard:
    """The board in memory."""

    def __init__(self, store: MemoryStore, require_open: Callable[[], None]) -> None:
        """Lie in a store, as long as its log is open."""
        self._store = store
        self._require_open = require_open

    async def put(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        self._require_open()
        stored = self._store.board[kind]
        for key, value in rows.items():
            if value is None:
                stored.pop(key, None)
            else:
                stored[key] = value
        await asyncio.sleep(0)

    async def get(self, kind: str, key: str) -> bytes | None:
        self._require_open()
        return self._store.board.get(kind, {}).get(key)

    async def scan(self, kind: str) -> dict[str, bytes]:
        self._require_open()
        return dict(self._store.board.get(kind, {}))

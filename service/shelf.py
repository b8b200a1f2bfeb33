"""Where snapshots of views lie: on the board, one a name. One spares a fold from the beginning, and is never the truth.

It is trusted only if it can be read, was made by the same folds, and the log's chain has the hash at its position that
it had then: so a snapshot of another log, or of another past, is not. What is not trusted is told and left; the log is
folded anew, and the next snapshot replaces it.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog

from events.log import LogReader
from events.views.fleet import Fleet
from events.views.saved import NotTrusted, Shape, Snapshot, read, written

BOARD = "snapshot"
VIEWS = "views"  # the name under which the daemon's own views lie
FEWEST = 2000  # events between two snapshots: to fold them anew takes a tenth of a second
_logger: Any = structlog.get_logger()


class Shelf:
    """The snapshots of one log."""

    def __init__(self, log: LogReader) -> None:
        """Lie on the board of a log."""
        self._log = log

    async def load(self, name: str, shapes: Sequence[Shape[Any]], *, up_to: int) -> Snapshot | None:
        """Return a snapshot with the views of these shapes, if there is one that is good and not beyond `up_to`."""
        row = await self._log.board.get(BOARD, name)
        if row is None:
            return None
        try:
            snapshot = await asyncio.get_running_loop().run_in_executor(None, read, row, shapes)
            await self._check(snapshot, up_to)
        except NotTrusted as reason:
            _logger.warning("snapshot_not_trusted", snapshot=name, reason=str(reason))
            return None
        return snapshot

    async def save(self, name: str, position: int, views: Sequence[tuple[Shape[Any], Any]]) -> None:
        """Write a snapshot of views as of a position; nobody may change them any more. The loop goes on meanwhile."""
        anchor = await self._log.anchor(position)
        if anchor is None:
            return
        row = await asyncio.get_running_loop().run_in_executor(None, partial(written, position, anchor.hash, views))
        await self._log.board.put(BOARD, {name: row})
        _logger.debug("snapshot_written", snapshot=name, position=position, size=len(row))

    async def drop(self, name: str) -> None:
        """Take a snapshot away: the next start folds the log anew."""
        await self._log.board.put(BOARD, {name: None})

    async def _check(self, snapshot: Snapshot, up_to: int) -> None:
        if snapshot.position > up_to:
            raise NotTrusted(f"it is of position {snapshot.position}, beyond {up_to}")
        anchor = await self._log.anchor(snapshot.position)
        if anchor is None or anchor.hash != snapshot.hash:
            raise NotTrusted(f"the log has another hash at position {snapshot.position}: its past was changed")


def fewest(fleet: Fleet) -> int:
    """Return how many events lie between two snapshots: the larger these are, the more seldom they are written."""
    return max(FEWEST, len(fleet.endpoints))

"""The beginning of a log where that lies in archives: for folds that no snapshot spares.

Views go on from a snapshot, and need no archive. But one that was dropped by a redaction, or is of another fold, leaves
nothing else to begin with; and whoever asks of an earlier time asks for what no snapshot holds.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice

from events.log import LogReader
from events.record import Recorded, Sealed
from events.transfer import copies

PIECE = 500


async def archived(log: LogReader, *, after: int) -> AsyncIterator[Recorded]:
    """Yield the events behind a position that lie in archives. Raises LogError, if a file is not where it was."""
    async for piece in pieces(log, after=after):
        for recorded in piece:
            yield recorded


async def pieces(log: LogReader, *, after: int) -> AsyncIterator[list[Recorded]]:
    """Yield the same in pieces, each small enough to be taken in at once. Raises LogError."""
    for segment in (await log.standing()).segments:
        if segment.last <= after:
            continue
        found = copies.archived(segment)
        while piece := await asyncio.get_running_loop().run_in_executor(None, _next, found):
            yield [sealed.recorded for sealed in piece if sealed.recorded.position > after]


def _next(found: Iterator[Sealed]) -> list[Sealed]:
    return list(islice(found, PIECE))

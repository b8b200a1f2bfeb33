"""What the log tells of its own last inspection, asked of its events: their index may be what was found to be wrong.

The board remembers how far they were read for it and where the newest stood, so that a day later only the events of
that day are read. Without that row, or with one that tells too little, more is read; never less than there is.
"""

from contextlib import suppress

import msgspec

from events import codec
from events.catalogue.log import LogFoundBroken, LogFoundSound
from events.errors import LogError
from events.log import EventLog
from events.query import Page, Query
from service.clock import Clock

BOARD, KEY = "finding", "newest"
PAGE = 500  # events read in one go
PAUSE_SECONDS = 0.02  # after each, for all the others
FOUND = (codec.type_of(LogFoundBroken), codec.type_of(LogFoundSound))


class Read(msgspec.Struct, frozen=True):
    """The newest finding up to a position stands at `newest`; 0 if there is none."""

    newest: int = 0
    upto: int = 0


async def newest(log: EventLog, clock: Clock) -> LogFoundBroken | LogFoundSound | None:
    """Return the newest finding that the log tells of; None if there is none, or if it lies in an archive.

    An event that cannot be read is what shall be told, and must not hinder it: then the index is asked after all, and
    where the finding itself cannot be read, or be understood, it is none.
    """
    for page_of in (_by_events, _by_index):
        with suppress(LogError):
            page = await page_of(log, clock)
            event = codec.decode(page.events[0]) if page.events else None
            return event if isinstance(event, LogFoundBroken | LogFoundSound) else None
    return None


async def _by_events(log: EventLog, clock: Clock) -> Page:
    read = await _read(log)
    head = await log.head()
    position = await _newest(log, clock, after=read.upto, last=head) or read.newest
    await log.board.put(BOARD, {KEY: msgspec.json.encode(Read(newest=position, upto=head))})
    return await log.read(Query(after=position - 1, before=position + 1))


async def _by_index(log: EventLog, _clock: Clock) -> Page:
    return await log.read(Query(types=FOUND, newest_first=True, limit=1))


async def _read(log: EventLog) -> Read:
    row = await log.board.get(BOARD, KEY)
    try:
        return Read() if row is None else msgspec.json.decode(row, type=Read)
    except msgspec.MsgspecError:
        return Read()


async def _newest(log: EventLog, clock: Clock, *, after: int, last: int) -> int:
    """Return where the newest finding between two positions stands; 0 if there is none.

    What asks for every event, whatever its type, is answered from the events, and not from an index.
    """
    while last > after:
        page = await log.read(Query(after=after, before=last + 1, newest_first=True, limit=PAGE))
        for recorded in page.events:
            if recorded.type in FOUND:
                return recorded.position
        if not page.more:
            break
        last = page.events[-1].position - 1
        await clock.sleep(PAUSE_SECONDS)
    return 0

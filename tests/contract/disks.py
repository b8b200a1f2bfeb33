"""The stores that the contract of the log is asked of, each with a way to crash."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from events import codec
from events.catalogue.daemon import DaemonStopped
from events.log import EventLog, KeptLog
from events.memory import MemoryLog, MemoryStore
from events.query import Query
from events.record import Draft, Recorded
from events.sqlite import SqliteLog
from events.unit import Appended, CursorMove, Result, Unit, Write

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Disk(Protocol):
    """What outlives a log."""

    async def open(self) -> KeptLog: ...

    async def crash(self, log: EventLog) -> None:
        """Drop a log as the end of its process would: nothing is finished, nothing is said."""
        ...


class MemoryDisk:
    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()

    async def open(self) -> KeptLog:
        return MemoryLog(self.store)

    async def crash(self, log: EventLog) -> None:
        await log.close()


class SqliteDisk:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "log.db"

    async def open(self) -> SqliteLog:
        return await SqliteLog.open(self.path, holder="a test")

    async def crash(self, log: EventLog) -> None:
        assert isinstance(log, SqliteLog)
        if log._closed:
            return
        log._closing = log._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(log._reading, log._drop)
        await loop.run_in_executor(log._writing, log._writer.abandon)
        log._reading.shutdown()
        log._writing.shutdown()


DISKS: dict[str, type[MemoryDisk] | type[SqliteDisk]] = {"memory": MemoryDisk, "sqlite": SqliteDisk}


def said(reason: str) -> DaemonStopped:
    """Return an event; this type has the fewest fields."""
    return DaemonStopped(reason=reason)


def draft(reason: str, *, id_: str | None = None, once: bool = False, actor: str = "test", minutes: int = 0) -> Draft:
    """Return a draft whose id is its text, unless told otherwise."""
    time = NOON + timedelta(minutes=minutes)
    return Draft(id=id_ or reason, event=said(reason), time=time, actor=actor, once=once)


def unit(stream: str, expected: int, *drafts: Draft, cursor: CursorMove | None = None) -> Unit:
    return Unit(streams={stream: Write(expected=expected, drafts=drafts)}, cursor=cursor)


async def append(log: EventLog, *units: Unit) -> Sequence[Result]:
    return await log.append(units)


async def added(log: EventLog, *units: Unit) -> list[Recorded]:
    """Append and insist."""
    results = await log.append(units)
    recorded: list[Recorded] = []
    for result in results:
        assert isinstance(result, Appended), result
        recorded.extend(result.events)
    return recorded


async def everything(log: EventLog) -> list[Recorded]:
    return list((await log.read(Query(limit=1_000_000))).events)


def reasons(events: Sequence[Recorded]) -> list[str]:
    decoded = [codec.decode(recorded) for recorded in events]
    return [event.reason for event in decoded if isinstance(event, DaemonStopped)]

"""Stores of events on SQLite, asked the same: append one by one or in batches, by one or many callers, and read all.

Each has a write-ahead log and `synchronous = FULL`: what is acknowledged is on disk, on all sides. What a store takes
is made ready before it is measured, and payloads are read without being decoded.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteFactory
from eventsourcing.utils import Environment

from events import codec
from events.delivery import subscribe
from events.query import Query
from events.record import Recorded
from events.sqlite import SqliteLog
from events.unit import Appended, Unit, Write
from tests.bench.facts import Fact

PAGE = Query().limit
Item = TypeVar("Item")
Deal = Sequence[Sequence[Fact]]  # one row a caller
Appending = Callable[[], list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How many seconds an event took to a subscriber. It may be there before its caller has its acknowledgement."""

    from_call: float
    from_acknowledgement: float


class Store(Protocol):
    """A contender."""

    def appending(self, deal: Deal, batch: int = 1) -> Appending:
        """Return a call that stores all, each caller's in order, and returns the seconds that each append took."""
        ...

    def read(self) -> int:
        """Read everything, page by page; return how many events it were."""
        ...

    def close(self) -> None: ...


def batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


class Raw:
    """SQLite itself: one table, no index beside the row id, no question asked. It has one caller."""

    def __init__(self, path: Path) -> None:
        self._con = sqlite3.connect(path, isolation_level=None)
        self._con.execute("PRAGMA journal_mode = WAL")
        self._con.execute("PRAGMA synchronous = FULL")
        self._con.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, stream, version, type, data)")

    def appending(self, deal: Deal, batch: int = 1) -> Appending:
        rows = [(fact.stream, fact.version, fact.type, fact.data) for facts in deal for fact in facts]
        return lambda: [self._insert(part) for part in batches(rows, batch)]

    def _insert(self, rows: Sequence[tuple[str, int, str, bytes]]) -> float:
        began = time.perf_counter()
        self._con.execute("BEGIN IMMEDIATE")
        self._con.executemany("INSERT INTO events VALUES (NULL, ?, ?, ?, ?)", rows)
        self._con.execute("COMMIT")
        return time.perf_counter() - began

    def read(self) -> int:
        seen = 0
        while page := self._con.execute("SELECT * FROM events WHERE position > ? LIMIT ?", (seen, PAGE)).fetchall():
            seen = int(page[-1][0])
        return seen

    def close(self) -> None:
        self._con.close()


class EventSourcing:
    """The recorder of `eventsourcing` by itself: no application above it encodes or decodes anything.

    It is made as its manual says. Its streams are named by texts, as ours, which spares it UUIDs. It sets WAL itself
    and leaves `synchronous` as SQLite has it, which is looked at here; many callers are threads, and its pool of
    connections lets them write one at a time and in turn, so that they do not wait for SQLite's lock.
    """

    def __init__(self, path: Path) -> None:
        self._factory = SQLiteFactory(Environment(env={"SQLITE_DBNAME": str(path), "ORIGINATOR_ID_TYPE": "text"}))
        self._recorder = self._factory.application_recorder()
        self._require_durable()

    def _require_durable(self) -> None:
        with self._factory.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT synchronous, journal_mode FROM pragma_synchronous, pragma_journal_mode")
            told = tuple(cursor.fetchone())
        if told != (2, "wal"):
            raise RuntimeError(f"eventsourcing does not write as durably as the others here, but with {told}")

    def appending(self, deal: Deal, batch: int = 1) -> Appending:
        stored = [[StoredEvent(fact.stream, fact.version, fact.type, fact.data) for fact in facts] for facts in deal]
        if len(stored) == 1:
            return lambda: self._call(stored[0], batch)

        def run() -> list[float]:
            with ThreadPoolExecutor(len(stored)) as threads:
                calls = [threads.submit(self._call, events, batch) for events in stored]
                return [took for call in calls for took in call.result()]

        return run

    def _call(self, events: Sequence[StoredEvent], batch: int) -> list[float]:
        return [self._insert(part) for part in batches(events, batch)]

    def _insert(self, events: Sequence[StoredEvent]) -> float:
        began = time.perf_counter()
        self._recorder.insert_events(events)
        return time.perf_counter() - began

    def read(self) -> int:
        seen = 0
        while page := self._recorder.select_notifications(seen, PAGE, inclusive_of_start=False):
            seen = page[-1].id
        return seen

    def close(self) -> None:
        self._factory.close()


class Ours:
    """The event log as the daemon has it: events are encoded, chained, found by id and version, and indexed."""

    def __init__(self, path: Path) -> None:
        self._runner = asyncio.Runner()
        self._log = self._runner.run(SqliteLog.open(path, holder="a benchmark"))

    def appending(self, deal: Deal, batch: int = 1) -> Appending:
        units = [[unit(fact) for fact in facts] for facts in deal]
        return lambda: self._runner.run(self._append(units, batch))

    async def _append(self, units: Sequence[Sequence[Unit]], batch: int) -> list[float]:
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(self._call(own, batch)) for own in units]
        return [took for call in calls for took in call.result()]

    async def _call(self, units: Sequence[Unit], batch: int) -> list[float]:
        return [await self._insert(part) for part in batches(units, batch)]

    async def _insert(self, units: Sequence[Unit]) -> float:
        began = time.perf_counter()
        results = await self._log.append(units)
        took = time.perf_counter() - began
        if not all(isinstance(result, Appended) for result in results):
            raise RuntimeError(f"not everything was appended: {results}")
        return took

    def read(self) -> int:
        return self._runner.run(self._read())

    async def _read(self) -> int:
        seen, more = 0, True
        while more:
            page = await self._log.read(Query(after=seen, limit=PAGE))
            seen, more = page.events[-1].position, page.more
        return seen

    def deliveries(self, deal: Deal) -> list[Delivered]:
        """Append beside a subscriber; each caller goes on when its event has arrived there."""
        return self._runner.run(self._deliver([[(fact, unit(fact)) for fact in facts] for facts in deal]))

    async def _deliver(self, deal: Sequence[Sequence[tuple[Fact, Unit]]]) -> list[Delivered]:
        loop = asyncio.get_running_loop()
        arrivals = {(fact.stream, fact.version): loop.create_future() for own in deal for fact, _ in own}

        async def subscriber(after: int) -> None:
            async for told in subscribe(self._log, after=after):
                if isinstance(told, Recorded):
                    arrivals[told.stream, told.version].set_result(time.perf_counter())

        async def caller(own: Sequence[tuple[Fact, Unit]]) -> list[Delivered]:
            took = []
            for fact, one in own:
                called = time.perf_counter()
                await self._insert([one])
                acknowledged = time.perf_counter()
                arrived = await arrivals[fact.stream, fact.version]
                took.append(Delivered(from_call=arrived - called, from_acknowledgement=arrived - acknowledged))
            return took

        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(subscriber(await self._log.head()))
            async with asyncio.TaskGroup() as calling:
                calls = [calling.create_task(caller(own)) for own in deal]
            following.cancel()
        return [took for call in calls for took in call.result()]

    def close(self) -> None:
        self._runner.run(self._log.close())
        self._runner.close()


def unit(fact: Fact) -> Unit:
    draft = codec.fact(fact.stream, fact.version, fact.event, time=fact.time, actor="watcher")
    return Unit(streams={fact.stream: Write(expected=fact.version - 1, drafts=(draft,))})

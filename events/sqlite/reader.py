"""The reading side of a SQLite log: one connection that cannot write, in a thread of its own.

Each question is one short transaction, and none is ever open across an await: a reader that stays open would keep the
write-ahead log from being cut back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import TypeVar

from events.anchor import BEGINNING, Anchor, Broken, Misindexed, Standing
from events.board import Board
from events.errors import LogUnusable
from events.query import Page, Query
from events.record import Recorded, Sealed
from events.sqlite import rows
from events.sqlite.driver import Connection
from events.sqlite.file import explained, open_for_reading
from events.sqlite.merging import fetch, tally
from events.sqlite.plans import plans
from events.sqlite.proving import prove
from events.sqlite.spans import Extent
from events.sqlite.verifying import Verification
from events.unit import Parked

SLICE = 200_000  # positions that are counted at once
Answer = TypeVar("Answer")
Write = Callable[[str, Mapping[str, bytes | None]], Awaitable[None]]


class SqliteReader:
    """A log that is open for reading only; another process may be writing to it."""

    def __init__(self, path: Path) -> None:
        """Name a log that is there; it is opened by the first question."""
        self.path = path
        self._con: Connection | None = None
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="lamplighter-log-reader")
        self._log_id = ""
        self._closed = False

    async def identify(self) -> None:
        """Read the id of the log."""
        self._log_id = await self.ask(lambda con: str(con.execute("SELECT log_id FROM head").fetchone()[0]))

    @property
    def log_id(self) -> str:
        return self._log_id

    @property
    def board(self) -> Board:
        return SqliteBoard(self, self._refuse)

    async def read(self, query: Query) -> Page:
        return await self.ask(lambda con: _page(con, query))

    async def count(self, query: Query) -> int:
        """Count slice by slice: others are answered in between, and no question is open for long."""
        head, found = await self.head(), 0
        last = head if query.before is None else min(query.before - 1, head)
        for after in range(max(query.after, 0), last, SLICE):
            part = replace(query, after=after, before=min(after + SLICE, last) + 1)
            found += await self.ask(partial(_count, query=part))
        return found

    async def head(self) -> int:
        return await self.ask(lambda con: _number(con, "SELECT position FROM head"))

    async def version(self, stream: str) -> int:
        return await self.ask(lambda con: rows.version(con, stream))

    async def holds(self, id_: str) -> bool:
        return await self.ask(lambda con: rows.holds(con, id_))

    async def cursor(self, name: str) -> int:
        return await self.ask(lambda con: rows.cursor(con, name))

    async def parked(self, name: str | None = None) -> list[Parked]:
        return await self.ask(lambda con: rows.parked(con, name))

    async def standing(self) -> Standing:
        return await self.ask(_standing)

    async def sealed(self, after: int, limit: int) -> list[Sealed]:
        sql = f"SELECT {rows.SEALED} FROM events WHERE position > ? ORDER BY position LIMIT ?"  # noqa: S608 - a constant
        return await self.ask(lambda con: [rows.sealed(row) for row in con.execute(sql, (after, limit))])

    async def anchor(self, position: int) -> Anchor | None:
        return BEGINNING if position == 0 else await self.ask(lambda con: _anchor(con, position))

    async def verify(self, *, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> Anchor | Broken:
        verification = Verification(self.path, since, anchors)
        return await self._repeated(verification.go_on, close=verification.close)

    async def verify_index(self) -> Misindexed | None:
        slices = prove(self.path)
        (found,) = await self._repeated(partial(_next, slices), close=slices.close)
        return found

    async def _repeated(self, step: Callable[[], Answer | None], *, close: Callable[[], None]) -> Answer:
        """Go on step by step, in a thread of its own, until there is an answer."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="lamplighter-log-verifier")
        try:
            while True:
                self._require_open()
                found = await asyncio.get_running_loop().run_in_executor(thread, self._explained, step)
                if found is not None:
                    return found
        finally:
            thread.submit(close)
            thread.shutdown(wait=False)

    async def close(self) -> None:
        """Let go of the file."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._reading, self._drop)
        self._reading.shutdown(wait=False)

    async def ask(self, question: Callable[[Connection], Answer]) -> Answer:
        """Put a question to the file, in the thread that reads."""
        self._require_open()
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._answer, question)

    def _require_open(self) -> None:
        if self._closed:
            raise LogUnusable(f"the log {self.path} is closed: open it again")

    def _explained(self, step: Callable[[], Answer]) -> Answer:
        with explained(self.path):
            return step()

    async def _refuse(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        raise LogUnusable(f"the log {self.path} is open for reading only: ask the daemon to write")

    def _answer(self, question: Callable[[Connection], Answer]) -> Answer:
        with explained(self.path):
            try:
                if self._con is None:
                    self._con = open_for_reading(self.path)
                return question(self._con)
            except BaseException:
                self._drop()  # whatever it had begun ends with it
                raise

    def _drop(self) -> None:
        if self._con is not None:
            self._con.close()
            self._con = None


class SqliteBoard:
    """The board of a log on SQLite."""

    def __init__(self, reader: SqliteReader, write: Write) -> None:
        """Lie in the file that a reader reads, and is written by `write`."""
        self._reader = reader
        self._write = write

    async def put(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        await self._write(kind, rows)

    async def get(self, kind: str, key: str) -> bytes | None:
        sql = "SELECT value FROM board WHERE kind = ? AND key = ?"
        row = await self._reader.ask(lambda con: con.execute(sql, (kind, key)).fetchone())
        return None if row is None else row[0]

    async def scan(self, kind: str) -> dict[str, bytes]:
        sql = "SELECT key, value FROM board WHERE kind = ?"
        return dict(await self._reader.ask(lambda con: con.execute(sql, (kind,)).fetchall()))


def _next(slices: Iterator[Misindexed | None]) -> tuple[Misindexed | None] | None:
    """Prove another slice; return what came of the whole, in a tuple of its own, or None: there is more."""
    try:
        found = next(slices)
    except StopIteration:
        return (None,)
    return None if found is None else (found,)


def _number(con: Connection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def _anchor(con: Connection, position: int) -> Anchor | None:
    sql = "SELECT hash FROM events WHERE position = ?1 UNION ALL SELECT hash_after FROM segments WHERE last = ?1"
    row = con.execute(sql, (position,)).fetchone()
    return None if row is None else Anchor(position=position, hash=row[0])


def _page(con: Connection, query: Query) -> Page:
    con.execute("BEGIN")  # the events and the head, as of one instant
    extent = Extent.of(con)
    found = fetch(con, plans(con, query, extent), query.limit + 1)  # one more tells whether others follow
    con.execute("COMMIT")
    events = tuple(starmap(Recorded, found[: query.limit]))
    return Page(events=events, head=extent.head, more=len(found) > query.limit, archived=extent.archived)


def _standing(con: Connection) -> Standing:
    con.execute("BEGIN")
    told = rows.standing(con)
    con.execute("COMMIT")
    return told


def _count(con: Connection, query: Query) -> int:
    con.execute("BEGIN")
    found = sum(tally(con, part) for part in plans(con, query, Extent.of(con)))
    con.execute("COMMIT")
    return found

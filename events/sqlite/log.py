"""The log on SQLite: the default, one daemon on one machine.

The event loop collects what waits and hands over one group at a time to the thread that writes: while one group is
being made durable, the next one gathers. Reads go to another thread. The write-ahead log is brought into the file as
it grows, by the writing connection, and cut back.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Self, cast

from msgspec import Struct

from events.anchor import NotRedacted, Redaction, Segment, StillNeeded
from events.archive import archive
from events.board import Board
from events.errors import LogError, LogUnusable
from events.horizon import Horizon
from events.record import Recorded, Sealed
from events.redaction import redact
from events.restore import restore
from events.settling import prepare, settle
from events.sqlite.reader import SqliteBoard, SqliteReader
from events.sqlite.writer import Job, Writer
from events.unit import Result, Unit

GROUP = 512  # jobs in one commit; the next call waits for the next commit


class _Call(Struct, frozen=True):
    """Jobs that were handed in together, the ids that they are about, and the future of who waits for them."""

    jobs: Sequence[Job]
    ids: Sequence[str]
    done: asyncio.Future[list[object]]


class SqliteLog(SqliteReader):
    """The event log on SQLite. It has one holder, and so one epoch for ever (G6). Make it with `open`."""

    def __init__(self, writer: Writer, writing: ThreadPoolExecutor) -> None:
        """Use `open`."""
        super().__init__(writer.path)
        self._writer = writer
        self._writing = writing
        self._horizon = Horizon(writer.position)
        self._waiting: deque[_Call] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    @classmethod
    async def open(cls, path: Path, *, holder: str) -> Self:
        """Open a log for writing; make it if it is not there. Raises LogHeld, LogUnusable.

        `holder` tells a second daemon, beside process and host, who holds the log: since when, listening where.
        """
        writing = ThreadPoolExecutor(1, thread_name_prefix="lamplighter-log-writer")
        opened: list[Writer] = []
        try:
            await asyncio.get_running_loop().run_in_executor(writing, lambda: opened.append(Writer.open(path, holder)))
            log = cls(opened[0], writing)
            await log.identify()
        except BaseException:
            writing.submit(_abandon, opened)  # in its turn: also one that is still being opened
            writing.shutdown(wait=False)
            raise
        return log

    @property
    def board(self) -> Board:
        return SqliteBoard(self, self._put)

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        orders = [prepare(unit) for unit in units]
        ids = [entry.id for order in orders for entry in order.entries]
        return cast("list[Result]", await self._hand_in([partial(settle, order) for order in orders], ids))

    async def beyond(self, position: int) -> None:
        await self._horizon.beyond(position)

    async def redact(self, redaction: Redaction) -> Recorded | NotRedacted:
        [outcome] = await self._hand_in([partial(redact, redaction)])
        # Also after a refusal: what was redacted before may not have been scrubbed then, for want of room.
        await self.scrub()
        return cast("Recorded | NotRedacted", outcome)

    async def scrub(self) -> None:
        """Write the whole file anew, without what was taken out and without free room. Nobody can write meanwhile.

        Raises LogUnusable if the disk has no room for that, or if somebody who reads keeps the old pages.
        """
        await asyncio.get_running_loop().run_in_executor(self._writing, self._writer.scrub)

    async def restore(self, events: Sequence[Sealed], log_id: str) -> None:
        ids = [event.recorded.id for event in events]
        await self._hand_in([lambda ledger: restore(events, log_id, ledger)], ids)
        await self.identify()

    async def archive(self, segment: Segment, told: Unit) -> Result | StillNeeded:
        order = prepare(told)
        [outcome] = await self._hand_in([lambda ledger: archive(segment, order, ledger)])
        return cast("Result | StillNeeded", outcome)

    async def close(self) -> None:
        """Finish what was accepted, bring the write-ahead log into the file, and let go of both."""
        if self._closing:
            return
        self._closing = True
        await self._idle.wait()
        try:
            await super().close()
            await asyncio.get_running_loop().run_in_executor(self._writing, self._writer.close)
        finally:
            self._writing.shutdown(wait=False)

    async def _put(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        copied = dict(rows)
        await self._hand_in([lambda ledger: ledger.put(kind, copied)])

    async def _hand_in(self, jobs: Sequence[Job], ids: Sequence[str] = ()) -> list[object]:
        """Return what the jobs returned, once they are on disk; a caller that gives up early takes its jobs along."""
        if self._closing:
            raise LogUnusable(f"the log {self.path} is closed: open it again")
        if not jobs:
            return []
        loop = asyncio.get_running_loop()
        call = _Call(jobs, ids, loop.create_future())
        self._waiting.append(call)
        if self._idle.is_set():
            self._idle.clear()
            loop.call_soon(self._begin_group)  # not at once: whoever is ready in this turn of the loop comes along
        outcomes = await call.done
        for outcome in outcomes:
            if isinstance(outcome, LogError):
                raise outcome
        return outcomes

    def _begin_group(self) -> None:
        calls = list(self._next_calls())
        if not calls:
            self._idle.set()
            return
        jobs = [job for call in calls for job in call.jobs]
        ids = [id_ for call in calls for id_ in call.ids]
        group = asyncio.get_running_loop().run_in_executor(self._writing, self._writer.commit, jobs, ids)
        group.add_done_callback(partial(self._end_group, calls))

    def _next_calls(self) -> Iterator[_Call]:
        size = 0
        while self._waiting and size < GROUP:
            call = self._waiting.popleft()
            if not call.done.cancelled():
                size += len(call.jobs)
                yield call

    def _end_group(self, calls: Sequence[_Call], group: asyncio.Future[list[object]]) -> None:
        self._horizon.advance(self._writer.position)
        failure = group.exception()
        outcomes = iter([] if failure is not None else group.result())
        for call in calls:
            own = list(islice(outcomes, len(call.jobs)))
            if call.done.cancelled():
                continue
            if failure is None:
                call.done.set_result(own)
            else:
                call.done.set_exception(_for_one(failure))
        self._begin_group()


def _abandon(writers: Sequence[Writer]) -> None:
    for writer in writers:
        writer.abandon()


def _for_one(failure: BaseException) -> BaseException:
    """Return an error of its own for each of those whom one failure met: they are raised in different tasks."""
    error = LogUnusable(str(failure))
    error.__cause__ = failure
    return error


async def open_readonly(path: Path) -> SqliteReader:
    """Open a log that is there, also while a daemon holds it. Raises LogUnusable."""
    reader = SqliteReader(path)
    try:
        await reader.identify()
    except BaseException:
        await reader.close()
        raise
    return reader

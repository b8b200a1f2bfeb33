"""The death of a daemon, between any two awaits, and what is left of it: what stood in the store by then."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TypeVar

from events.anchor import BEGINNING, Anchor, Broken, Misindexed, NotRedacted, Redaction, Standing
from events.board import Board
from events.log import EventLog
from events.query import Page, Query
from events.record import Recorded
from events.unit import Appended, Parked, Result, Unit
from service.clock import LoopClock
from tests.simulation.pipes import Network

T = TypeVar("T")
SLOWEST_SECONDS = 0.05  # of one commit
SLOW = 0.3  # of all commits


@dataclass(slots=True)
class Ledger:
    """When each event was truly committed, whoever lived to hear of it; and who wants to know at once."""

    true: LoopClock
    committed_at: dict[int, datetime] = field(default_factory=dict)
    when_committed: Callable[[Recorded], None] = lambda _: None

    def note(self, results: Sequence[Result]) -> None:
        """Note what an append brought into the log."""
        for result in results:
            for recorded in result.events if isinstance(result, Appended) else ():
                if recorded.position not in self.committed_at:
                    self.committed_at[recorded.position] = self.true.now()
                    self.when_committed(recorded)


class Mortal:
    """One life of a daemon. After `die` nothing of it reaches the store or any of its networks any more."""

    def __init__(self, true: LoopClock, *networks: Network) -> None:
        self.died_at: datetime | None = None
        self.died = asyncio.Event()
        self.networks = list(networks)
        self._true = true

    @property
    def dead(self) -> bool:
        """Return whether it is over."""
        return self.died_at is not None

    def die(self) -> None:
        """Stop, at this very await."""
        if not self.dead:
            self.died_at = self._true.now()
            for network in self.networks:
                network.cut()
            self.died.set()

    async def breathe(self) -> None:
        """Go on if alive; the dead wait for ever."""
        if self.dead:
            await asyncio.Event().wait()


class CrashingLog:
    """A log under a daemon that may die: before the n-th commit, or after it and before its acknowledgement."""

    def __init__(self, log: EventLog, mortal: Mortal, ledger: Ledger, chance: Random) -> None:
        self._log = log
        self._mortal = mortal
        self._ledger = ledger
        self._chance = chance
        self._left: int | None = None
        self._committed = False

    def doom(self, commits: int, *, committed: bool) -> None:
        """Let the daemon die at the n-th commit from now; `committed`: that one is on disk."""
        self._left, self._committed = commits, committed

    @property
    def log_id(self) -> str:
        return self._log.log_id

    @property
    def board(self) -> Board:
        return CrashingBoard(self._log.board, self)

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        async def appended() -> list[Result]:
            results = await self._log.append(units)
            self._ledger.note(results)
            return results

        return await self.commit(appended)

    async def read(self, query: Query) -> Page:
        return await self.ask(lambda: self._log.read(query))

    async def count(self, query: Query) -> int:
        return await self.ask(lambda: self._log.count(query))

    async def head(self) -> int:
        return await self.ask(self._log.head)

    async def version(self, stream: str) -> int:
        return await self.ask(lambda: self._log.version(stream))

    async def holds(self, id_: str) -> bool:
        return await self.ask(lambda: self._log.holds(id_))

    async def cursor(self, name: str) -> int:
        return await self.ask(lambda: self._log.cursor(name))

    async def parked(self, name: str | None = None) -> list[Parked]:
        return await self.ask(lambda: self._log.parked(name))

    async def standing(self) -> Standing:
        return await self.ask(self._log.standing)

    async def anchor(self, position: int) -> Anchor | None:
        return await self.ask(lambda: self._log.anchor(position))

    async def verify_index(self) -> Misindexed | None:
        return await self.ask(self._log.verify_index)

    async def verify(self, *, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> Anchor | Broken:
        return await self.ask(lambda: self._log.verify(since=since, anchors=anchors))

    async def redact(self, redaction: Redaction) -> Recorded | NotRedacted:
        return await self.commit(lambda: self._log.redact(redaction))

    async def beyond(self, position: int) -> None:
        await self.ask(lambda: self._log.beyond(position))

    async def close(self) -> None:
        """Leave the store open: it is the machine's, and outlives the daemon."""

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Read, if alive."""
        await self._mortal.breathe()
        answer = await question()
        await self._mortal.breathe()
        return answer

    async def commit(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write, as slowly as a disk; or die at it."""
        await self._wait()
        last = self._is_last()
        if last and not self._committed:
            self._mortal.die()
        await self._mortal.breathe()
        answer = await write()
        if last:
            self._mortal.die()
        await self._wait()
        await self._mortal.breathe()
        return answer

    async def _wait(self) -> None:
        if self._chance.random() < SLOW:
            await self._ledger.true.sleep(self._chance.uniform(0, SLOWEST_SECONDS))

    def _is_last(self) -> bool:
        if self._left is None:
            return False
        self._left -= 1
        return self._left == 0


class CrashingBoard:
    """The board of such a log."""

    def __init__(self, board: Board, log: CrashingLog) -> None:
        self._board = board
        self._log = log

    async def put(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        await self._log.commit(lambda: self._board.put(kind, rows))

    async def get(self, kind: str, key: str) -> bytes | None:
        return await self._log.ask(lambda: self._board.get(kind, key))

    async def scan(self, kind: str) -> dict[str, bytes]:
        return await self._log.ask(lambda: self._board.scan(kind))

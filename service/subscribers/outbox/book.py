"""The outbox as the log tells it, with the tries of each letter as the board counts them; and the only pen for both."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from events import codec, streams
from events.catalogue import Event
from events.catalogue.incidents import Fired, Resolved
from events.catalogue.notifications import Delivered, DeliveryFailing, Notified, Superseded, Undeliverable
from events.errors import LogError, LogUnusable
from events.log import EventLog
from events.query import Query
from events.record import Recorded, decision_id
from events.unit import StaleVersion, Unit, Write
from events.views.outbox import Letter, Outbox
from events.views.saved import OUTBOX
from service.beginning import archived
from service.clock import Clock
from service.shelf import VIEWS, Shelf
from service.subscribers.outbox.letters import LONGEST

ACTOR = "outbox"
BOARD = "delivery"
STORE_RETRY_SECONDS = 5.0

_READ: tuple[type[Event], ...] = (
    Fired,
    Resolved,
    Notified,
    DeliveryFailing,
    Delivered,
    Undeliverable,
    Superseded,
)
READ = tuple(codec.type_of(cls) for cls in _READ)

_logger: Any = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often a letter was tried, and when it is due again; as it lies on the board."""

    attempts: int
    due_at: datetime
    error: str


class Book:
    """What is to be sent and when. Whatever is written is written until the store takes it.

    A letter that was sent must not be sent again only because its record was refused; where nobody will wait (`patient`
    is False), LogUnusable is raised instead.
    """

    def __init__(self, *, log: EventLog, clock: Clock) -> None:
        """Know nothing until `open`."""
        self.outbox = Outbox()
        self.patient = True
        self.news = asyncio.Event()
        self._log = log
        self._clock = clock
        self._read = 0
        self._attempts: dict[str, int] = {}
        self._due: dict[str, float] = {}

    async def open(self) -> None:
        """Take up what log and board know, once. A due time that a stepped clock put far away is brought near."""
        snapshot = await Shelf(self._log).load(VIEWS, (OUTBOX,), up_to=await self._log.head())
        if snapshot is not None:
            self.outbox, self._read = snapshot.of(OUTBOX), snapshot.position
        async for recorded in archived(self._log, after=self._read):
            if recorded.type in READ:
                self._take(recorded)
        await self.catch_up()
        now, monotonic = self._clock.now(), self._clock.monotonic()
        over: dict[str, bytes | None] = {}
        for key, row in (await self._log.board.scan(BOARD)).items():
            id_ = key.rpartition("/")[2]
            if id_ not in self.outbox.pending:
                over[key] = None
                continue
            tries = msgspec.json.decode(row, type=Tries)
            self._attempts[id_] = tries.attempts
            self._due[id_] = monotonic + max(timedelta(), min(tries.due_at - now, LONGEST)).total_seconds()
        if over:
            await self._log.board.put(BOARD, over)

    async def catch_up(self) -> None:
        """Take in what the log holds, and set `news` if any of it concerns the outbox."""
        more = True
        while more:
            page = await self._log.read(Query(types=READ, after=self._read))
            for recorded in page.events:
                self._take(recorded)
            more = page.more
            self._read = max(self._read, page.events[-1].position if more else page.head)

    async def follow(self) -> None:
        """Take in what the log will hold, for ever."""
        while True:
            try:
                await self._log.beyond(self._read)
                await self.catch_up()
            except LogUnusable as error:
                await self._wait_for_store(error)

    def attempts(self, letter: Letter) -> int:
        """Return how often a letter was tried."""
        return self._attempts.get(letter.id, 0)

    def seconds_left(self, letter: Letter) -> float:
        """Return the seconds until a letter is due; not positive when it is."""
        return self._due.get(letter.id, float("-inf")) - self._clock.monotonic()

    async def put_off(self, letter: Letter, seconds: float, error: str) -> None:
        """Count a failed try, and say when the next one is due."""
        self._attempts[letter.id] = attempts = self.attempts(letter) + 1
        self._due[letter.id] = self._clock.monotonic() + seconds
        due_at = self._clock.now() + timedelta(seconds=seconds)
        row = msgspec.json.encode(Tries(attempts=attempts, due_at=due_at, error=error))
        await self._put(letter, row)

    async def end(self, letter: Letter, event: Delivered | Undeliverable | Superseded) -> None:
        """Record how a letter ended; nothing is counted for it any more."""
        await self.record(letter, event)
        if letter.id in self.outbox.pending:
            raise LogError(f"the end of notification {letter.id!r} is not in the log: it would be sent for ever")
        self._due.pop(letter.id, None)
        if self._attempts.pop(letter.id, None) is not None:
            await self._put(letter, None)

    async def record(self, letter: Letter, event: DeliveryFailing | Delivered | Undeliverable | Superseded) -> None:
        """Append an event to the channel's stream, once, whoever else writes there."""
        stream, type_name = streams.delivery(letter.channel), codec.type_of(type(event))
        draft = codec.decision(decision_id(type_name, letter.id), event, time=self._clock.now(), actor=ACTOR)
        while True:
            try:
                write = Write(expected=await self._log.version(stream), drafts=(draft,))
                (result,) = await self._log.append([Unit(streams={stream: write})])
                if not isinstance(result, StaleVersion):
                    break
            except LogUnusable as error:
                await self._wait_for_store(error)
        await self.catch_up()

    def _take(self, recorded: Recorded) -> None:
        self.news.set()
        try:
            self.outbox.apply(recorded, codec.decode(recorded))
        except codec.Undecodable as error:
            _logger.warning("event_left_out", subscriber=ACTOR, position=recorded.position, error=str(error))

    async def _put(self, letter: Letter, row: bytes | None) -> None:
        while True:
            try:
                return await self._log.board.put(BOARD, {f"{letter.channel}/{letter.id}": row})
            except LogUnusable as error:
                await self._wait_for_store(error)

    async def _wait_for_store(self, error: LogUnusable) -> None:
        if not self.patient:
            raise error
        _logger.warning("log_unusable", subscriber=ACTOR, error=str(error))
        await self._clock.sleep(STORE_RETRY_SECONDS)

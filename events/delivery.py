"""Subscriptions: from any position, everything, in order; and the cursors of those that have a name.

A named subscriber's cursor moves in the very unit that holds the effect of an event, so a crash between the two is
not possible. Over events without effect it is saved now and then: a crash repeats some of them and loses none.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from events.catalogue import Event
from events.codec import Undecodable, decode
from events.log import (
    AlreadyDecided,
    Appended,
    CursorMove,
    CursorMoved,
    EventLog,
    FencedOff,
    IdReused,
    LogError,
    LogUnusable,
    Page,
    Parked,
    Query,
    Recorded,
    StaleVersion,
    Unit,
)

PAGE = 500
SAVE_EVENTS = 500
SAVE_SECONDS = 2.0
STORE_RETRY_SECONDS = 5.0
RETRIES = (1.0, 5.0, 30.0)  # seconds before each further try of a handler that failed
DECISIONS = 10  # tries of one event that come to nothing because another writer was first

Sleep = Callable[[float], Awaitable[None]]
logger = structlog.get_logger(__name__)


class CursorTaken(LogError):
    """Somebody else moved this subscriber's cursor, or may alone do so: two of one name are at work."""


class HeadBehind(LogError):
    """The log ends before a place that was already seen: it was replaced by an older copy."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Nothing is left up to `position`: what follows happened later."""

    position: int


Subscription = AsyncGenerator[Recorded | CaughtUp, None]


class Subscriber(Protocol):
    """Takes events, one at a time and in order; gets each at least once."""

    @property
    def name(self) -> str:
        """Return the name of its cursor."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """Return the types that it wants; none means all."""
        ...

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        """Return what to append because of this event, or None; the cursor's move is added to it.

        A unit should be one decision: when it was made before, nothing of the unit is written. It is asked again when
        the unit's versions are stale, when it raised, and after a crash.
        """
        ...


async def subscribe(log: EventLog, *, types: tuple[str, ...] = (), after: int) -> Subscription:
    """Yield every event of the types after a position, for ever; raises HeadBehind, LogUnusable.

    CaughtUp comes whenever nothing is left: once at the end of catching up, and again each time that the log has
    grown, be it by events of other types. So a reader that resumes from its position misses nothing.
    """
    position = after
    while True:
        page = await _page(log, types, position)
        for recorded in page.events:
            yield recorded
        if page.more:
            position = page.events[-1].position
            continue
        position = page.head
        yield CaughtUp(position)
        await log.beyond(position)


async def run(
    log: EventLog,
    subscriber: Subscriber,
    *,
    sleep: Sleep,
    monotonic: Callable[[], float],
    retries: Sequence[float] = RETRIES,
) -> None:
    """Hand every event to a subscriber, for ever. Raises CursorTaken, HeadBehind.

    A handler that fails is tried again after each of `retries`, then the event is parked and the next one comes. A
    log that cannot be used is waited for.
    """
    follower = Follower(log, subscriber, sleep=sleep, monotonic=monotonic, retries=retries)
    while True:
        try:
            await follower.locate()
            while True:
                await follower.catch_up()
                await follower.wait()
        except LogUnusable as error:
            logger.warning("log_unusable", subscriber=subscriber.name, error=str(error))
            await sleep(STORE_RETRY_SECONDS)


async def drain(
    log: EventLog,
    subscriber: Subscriber,
    *,
    sleep: Sleep,
    monotonic: Callable[[], float],
    retries: Sequence[float] = RETRIES,
) -> int:
    """Hand over what is there, also what comes of it, and return how many it were. Raises also LogUnusable."""
    follower = Follower(log, subscriber, sleep=sleep, monotonic=monotonic, retries=retries)
    await follower.locate()
    handled = await follower.catch_up()
    while await log.head() > follower.seen:
        handled += await follower.catch_up()
    await follower.save()
    return handled


class Follower:
    """Where one named subscriber stands, and what moves it on.

    `seen` is the last position that it is done with, `saved` the one that its cursor has in the log.
    """

    def __init__(
        self,
        log: EventLog,
        subscriber: Subscriber,
        *,
        sleep: Sleep,
        monotonic: Callable[[], float],
        retries: Sequence[float],
    ) -> None:
        """Call `locate` first."""
        self._log = log
        self._subscriber = subscriber
        self._sleep = sleep
        self._monotonic = monotonic
        self._retries = retries
        self._saved: int | None = None
        self._asked: int | None = None
        self._lags_since: float | None = None
        self.seen = 0

    async def locate(self) -> None:
        """Ask the log where the cursor is: after a failed write, only the log knows whether it was committed."""
        found = await self._log.cursor(self._subscriber.name)
        if self._saved is not None and found not in {self._saved, self._asked}:
            raise self._taken(found)
        self._stands(found)

    async def catch_up(self) -> int:
        """Hand over everything that is there; return how many it were."""
        handled = 0
        while True:
            page = await _page(self._log, self._subscriber.types, self.seen)
            for recorded in page.events:
                await self._take(recorded)
            handled += len(page.events)
            if not page.more:
                await self._pass(page.head)
                return handled

    async def wait(self) -> None:
        """Wait for news; when the cursor has lagged for long enough meanwhile, save it."""
        try:
            async with asyncio.timeout(None if self.seen == self._saved else SAVE_SECONDS):
                await self._log.beyond(self.seen)
        except TimeoutError:
            await self.save()

    async def save(self) -> None:
        """Bring the cursor to where the subscriber is."""
        if self.seen != self._saved:
            move = self._move(self.seen)
            [result] = await self._log.append([Unit(cursor=move)])
            if isinstance(result, CursorMoved):
                raise self._taken(result.actual)
            self._stands(move.new)

    async def _take(self, recorded: Recorded) -> None:
        """Hand one event over; when it fails for too long, set it aside."""
        try:
            event = decode(recorded)
        except Undecodable as error:
            await self._park(recorded, error)
            return
        for delay in (*self._retries, None):
            try:
                await self._hand_over(recorded, event)
                return
            except (LogUnusable, CursorTaken):
                raise
            except Exception as error:  # noqa: BLE001 - one event must not hold up those behind it
                if delay is None:
                    await self._park(recorded, error)
                    return
                self._tell("handler_failed", recorded, error)
                await self._sleep(delay)

    async def _hand_over(self, recorded: Recorded, event: Event) -> None:
        refused: object = None
        for _ in range(DECISIONS):
            unit = await self._subscriber.handle(recorded, event)
            if unit is None:
                return await self._pass(recorded.position)
            move = self._move(recorded.position)
            [result] = await self._log.append([replace(unit, cursor=move)])
            match result:
                case Appended():
                    return self._stands(move.new)
                case AlreadyDecided():
                    return await self._pass(recorded.position)
                case CursorMoved(actual=actual):
                    raise self._taken(actual)
                case FencedOff():
                    raise CursorTaken(str(result))
                case IdReused() | StaleVersion():
                    refused = result
        raise LogError(f"{self._subscriber.name!r} cannot append what comes of position {recorded.position}: {refused}")

    async def _park(self, recorded: Recorded, error: Exception) -> None:
        """Set an event aside, visibly, and go on behind it."""
        self._tell("event_parked", recorded, error)
        move = self._move(recorded.position)
        parked = Parked(name=self._subscriber.name, position=recorded.position, error=_text(error))
        refused = await self._log.park(parked, move)
        if refused is not None:
            raise self._taken(refused.actual)
        self._stands(move.new)

    async def _pass(self, position: int) -> None:
        """Go past what had no effect; save the cursor every 500 events or 2 seconds."""
        self.seen = max(self.seen, position)
        if self.seen == self._saved:
            return
        now = self._monotonic()
        if self._lags_since is None:
            self._lags_since = now
        if self.seen - (self._saved or 0) >= SAVE_EVENTS or now - self._lags_since >= SAVE_SECONDS:
            await self.save()

    def _move(self, position: int) -> CursorMove:
        self._asked = position
        return CursorMove(name=self._subscriber.name, old=self._saved or 0, new=position)

    def _stands(self, position: int) -> None:
        self._saved = position
        self.seen = max(self.seen, position)
        self._lags_since = None

    def _taken(self, actual: int) -> CursorTaken:
        return CursorTaken(
            f"the cursor of {self._subscriber.name!r} stands at {actual}, not at {self._saved}: "
            "another subscriber of that name is at work. Stop one of them"
        )

    def _tell(self, event: str, recorded: Recorded, error: Exception) -> None:
        logger.warning(event, subscriber=self._subscriber.name, position=recorded.position, error=_text(error))


async def _page(log: EventLog, types: tuple[str, ...], position: int) -> Page:
    page = await log.read(Query(types=types, after=position, limit=PAGE))
    if page.head < position:
        raise HeadBehind(
            f"the log ends at {page.head}, and {position} was already seen: it was replaced by an older copy. "
            "Bring back the newer one, or start with a new log"
        )
    return page


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"

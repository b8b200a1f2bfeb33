"""Subscriptions: from any position, everything, in order; and the cursors of those that have a name.

A named subscriber's cursor moves in the very unit that holds the effect of an event, so a crash between the two is
not possible. Over events without effect it is saved now and then: a crash repeats some of them and loses none.

An event that its subscriber cannot take is set aside, see `parking`. A subscriber that can take nothing is waited for.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from events import parking, streams
from events.codec import Undecodable, decode
from events.errors import LogError, LogUnusable
from events.log import EventLog
from events.logger import LateLogger
from events.parking import Subscriber, Time
from events.query import Page, Query
from events.record import Recorded
from events.unit import Appended, CursorMove, CursorMoved, FencedOff, Unit

PAGE = 500
SAVE_EVENTS = 500
SAVE_SECONDS = 2.0
STORE_RETRY_SECONDS = 5.0
RETRIES = (1.0, 5.0, 30.0)  # seconds before each further try of a handler that failed

logger = LateLogger(__name__)


class CursorTaken(LogError):
    """Somebody else moved this subscriber's cursor, or may alone do so: two of one name are at work."""


class HeadBehind(LogError):
    """The log ends before a place that was already seen: it was replaced by an older copy."""


class Unavailable(Exception):
    """A subscriber can take nothing now, whatever the event: it is waited for, at least so many seconds."""

    def __init__(self, reason: str, *, seconds: float = 0.0) -> None:
        """Say why, and when it is no use to try earlier."""
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a subscriber is waited for.

    `retries` are the seconds before each further try of an event that it cannot take; after the last, the event is
    parked. `longest` is how many seconds may lie between two tries while it is Unavailable; with None it is not waited
    for, and Unavailable is raised. When `in_a_row` were parked and it took none in between, then it is the subscriber
    and not the events, and no more are parked: that one is tried until it is taken. With None there is no such number.
    """

    retries: tuple[float, ...] = RETRIES
    longest: float | None = 300.0
    in_a_row: int | None = None


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Nothing is left up to `position`: what follows happened later."""

    position: int


Subscription = AsyncGenerator[Recorded | CaughtUp, None]


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


async def run(log: EventLog, subscriber: Subscriber, time: Time, patience: Patience | None = None) -> None:
    """Hand every event to a subscriber, for ever. Raises CursorTaken, HeadBehind; Unavailable if it is not waited for.

    A handler that fails is tried again, then the event is parked and the next one comes (see Patience). A log that
    cannot be used is waited for.
    """
    follower = Follower(log, subscriber, time, patience or Patience())
    while True:
        try:
            await follower.locate()
            while True:
                await follower.catch_up()
                await follower.wait()
        except LogUnusable as error:
            logger.warning("log_unusable", subscriber=subscriber.name, error=str(error))
            await time.sleep(STORE_RETRY_SECONDS)


async def drain(log: EventLog, subscriber: Subscriber, time: Time, patience: Patience | None = None) -> int:
    """Hand over what is there, also what comes of it, and return how many it were. Raises also LogUnusable."""
    follower = Follower(log, subscriber, time, patience or Patience())
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

    def __init__(self, log: EventLog, subscriber: Subscriber, time: Time, patience: Patience) -> None:
        """Call `locate` first."""
        self._log = log
        self._subscriber = subscriber
        self._own_stream = streams.subscriber(subscriber.name)
        self._time = time
        self._patience = patience
        self._parked_in_a_row = 0
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
        if recorded.stream == self._own_stream:
            await self._take_own(recorded)
            return
        retries, unavailable = iter(self._patience.retries), 0
        while True:
            try:
                await self._hand_over(recorded)
                return
            except (LogUnusable, CursorTaken):
                raise
            except Undecodable as error:
                await self._park(recorded, error)
                return
            except Unavailable as error:
                unavailable += 1
                seconds = self._nap(unavailable, error)
                self._tell("subscriber_unavailable", recorded, error)
            except Exception as error:  # noqa: BLE001 - one event must not hold up those behind it
                left = next(retries, None)
                if left is None and self._may_park():
                    await self._park(recorded, error)
                    return
                seconds = (self._patience.longest or 0.0) if left is None else left
                self._tell("handler_failed", recorded, error)
            await self._time.sleep(seconds)

    async def _take_own(self, recorded: Recorded) -> None:
        """Hand over what is told of the subscriber's own parked events, if it named the type, as soon as it is there.

        What it fails at is not tried again, and never set aside: what is told of that would be set aside again, for
        ever.
        """
        if recorded.type not in self._subscriber.types:
            return await self._pass(recorded.position)
        unavailable = 0
        while True:
            try:
                return await self._hand_over(recorded)
            except (LogUnusable, CursorTaken):
                raise
            except Unavailable as error:
                unavailable += 1
                seconds = self._nap(unavailable, error)
                self._tell("subscriber_unavailable", recorded, error)
            except Exception as error:  # noqa: BLE001 - one event must not hold up those behind it
                self._tell("handler_failed", recorded, error)
                return await self._pass(recorded.position)
            await self._time.sleep(seconds)

    def _nap(self, unavailable: int, error: Unavailable) -> float:
        """Return how many seconds to wait after so many tries. Raises the error where nobody waits."""
        if self._patience.longest is None:
            raise error
        return max(error.seconds, min(2.0**unavailable, self._patience.longest))

    def _may_park(self) -> bool:
        most = self._patience.in_a_row
        return most is None or self._parked_in_a_row < most

    async def _hand_over(self, recorded: Recorded) -> None:
        async def and_move(unit: Unit) -> Unit:
            return replace(unit, cursor=self._move(recorded.position))

        result = await parking.hand_over(self._log, self._subscriber, recorded, decode(recorded), and_move)
        if result is None:
            return await self._pass(recorded.position)
        self._parked_in_a_row = 0
        if isinstance(result, CursorMoved):
            raise self._taken(result.actual)
        if isinstance(result, FencedOff):
            raise CursorTaken(str(result))
        if isinstance(result, Appended):
            return self._stands(recorded.position)
        return await self._pass(recorded.position)  # it was decided before

    async def _park(self, recorded: Recorded, error: Exception) -> None:
        """Set an event aside, visibly, and go on behind it."""
        self._tell("event_parked", recorded, error)
        move = self._move(recorded.position)
        name, now = self._subscriber.name, self._time.now()
        moved = await parking.set_aside(self._log, name, recorded, error, now=now, move=move)
        if moved is not None:
            raise self._taken(moved.actual)
        self._parked_in_a_row += 1
        self._stands(move.new)

    async def _pass(self, position: int) -> None:
        """Go past what had no effect; save the cursor every 500 events or 2 seconds."""
        self.seen = max(self.seen, position)
        if self.seen == self._saved:
            return
        now = self._time.monotonic()
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
        logger.warning(
            event, subscriber=self._subscriber.name, position=recorded.position, error=parking.text_of(error)
        )


async def _page(log: EventLog, types: tuple[str, ...], position: int) -> Page:
    page = await log.read(Query(types=types, after=position, limit=PAGE))
    if page.head < position:
        raise HeadBehind(
            f"the log ends at {page.head}, and {position} was already seen: it was replaced by an older copy. "
            "Bring back the newer one, or start with a new log"
        )
    return page

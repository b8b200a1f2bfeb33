"""The views of the log, kept up to date in this process, and a way to wait for them to move."""

import asyncio
from typing import Any

import structlog

from events import codec
from events.anchor import BEGINNING, Anchor
from events.delivery import CaughtUp, subscribe
from events.errors import LogUnusable
from events.log import EventLog
from events.record import Recorded
from events.views.fleet import Fleet
from events.views.incidents import Incidents
from events.views.outbox import Outbox
from events.views.saved import SHAPES, parts, whole
from events.views.uptime import Uptime
from events.views.views import Views
from service.beginning import archived
from service.clock import Clock
from service.shelf import VIEWS, Shelf, fewest

RETRY_SECONDS = 5.0  # before a log that cannot be read is tried again
NEVER = 2**63  # a position that is never reached
_logger: Any = structlog.get_logger()


class Live:
    """Follows the whole log; whoever reads `fleet` reads memory.

    It begins with the newest snapshot that can be trusted, or from nothing; what it knows is the same.
    """

    def __init__(self, log: EventLog, clock: Clock) -> None:
        """Know nothing until `catch_up`, or `run`."""
        self.views = Views()
        self._log = log
        self._clock = clock
        self._shelf = Shelf(log)
        self._kept = 0
        self._keeping = asyncio.Lock()  # what is written while it is to be forgotten would come back
        self._moved = asyncio.Condition()

    @property
    def fleet(self) -> Fleet:
        """Return every endpoint as the log tells it."""
        return self.views.fleet

    @property
    def incidents(self) -> Incidents:
        """Return what is wrong now."""
        return self.views.incidents

    @property
    def outbox(self) -> Outbox:
        """Return what the channels were given to send."""
        return self.views.outbox

    @property
    def uptime(self) -> Uptime:
        """Return the clocks of every life."""
        return self.views.uptime

    async def run(self) -> None:
        """Take in every event, for ever; a log that cannot be read is waited for."""
        while True:
            try:
                async for item in subscribe(self._log, types=(), after=self.views.position):
                    if not isinstance(item, CaughtUp):
                        self._apply(item)
                        await self._notify()
            except LogUnusable as error:
                _logger.error("log_unusable", error=str(error))
                await self._clock.sleep(RETRY_SECONDS)

    async def recall(self) -> Anchor:
        """Begin with the newest snapshot that is good, and return up to where it vouches for the log.

        Before anything else is started, and before anybody holds the views.
        """
        snapshot = await self._shelf.load(VIEWS, SHAPES, up_to=await self._log.head())
        if snapshot is None:
            return BEGINNING
        self.views, self._kept = whole(snapshot), snapshot.position
        return Anchor(position=snapshot.position, hash=snapshot.hash)

    async def catch_up(self) -> None:
        """Take in what stands in the log now, where nobody runs the views. Raises LogError."""
        async for recorded in archived(self._log, after=self.views.position):
            self._apply(recorded)
        async for item in subscribe(self._log, types=(), after=self.views.position):
            if isinstance(item, CaughtUp):
                return
            self._apply(item)

    async def keep(self) -> None:
        """Write a snapshot whenever enough has happened since the last one, for ever."""
        while True:
            await self.reach(self._kept + fewest(self.fleet))
            try:
                await self.save()
            except LogUnusable as error:
                _logger.warning("log_unusable", error=str(error))
                await self._clock.sleep(RETRY_SECONDS)

    async def save(self) -> None:
        """Write a snapshot of now, if anything has happened since the last one."""
        async with self._keeping:
            still = self.views.still()
            if still.position > self._kept:
                await self._shelf.save(VIEWS, still.position, parts(still))
                self._kept = still.position

    async def forget(self) -> None:
        """Take the snapshot away, and write no other: the next start folds everything anew."""
        async with self._keeping:
            self._kept = NEVER
            await self._shelf.drop(VIEWS)

    def _apply(self, recorded: Recorded) -> None:
        self.views.apply(recorded, codec.decode(recorded))

    async def reach(self, position: int) -> None:
        """Return when the fleet has taken in this position."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.fleet.position >= position)

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def beyond(self, position: int, *, seconds: float) -> bool:
        """Return when the fleet is beyond this position, or after so many seconds; tell which."""
        try:
            async with self._clock.timeout(seconds), self._moved:
                return await self._moved.wait_for(lambda: self.fleet.position > position)
        except TimeoutError:
            return False

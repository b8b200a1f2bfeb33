"""The subscriber: takes every event once, in order, and puts into the log what follows from it.

It alone writes incidents and notifications, and each goes into the very unit that moves its cursor (or, for what
becomes due by time, into a unit that is refused when the evidence has changed). So what it decided is known from the
log's incidents up to the head, and what it has seen from the facts up to its cursor.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from events import codec, delivery
from events.catalogue import Event
from events.catalogue.acts import Warned
from events.catalogue.incidents import Fired
from events.catalogue.parked import EventReplayed, EventSkipped
from events.errors import LogUnusable
from events.log import EventLog
from events.record import Draft, Recorded
from events.unit import AlreadyDecided, Appended, Unit, Write
from events.views.fleet import Fleet
from events.views.incidents import Incidents
from events.views.saved import FLEET, OUTBOX
from service.clock import Clock, wait
from service.config import Settings
from service.shelf import VIEWS, Shelf, fewest
from service.subscribers.alerts import reading, saved
from service.subscribers.alerts.desk import Desk, Entry, incident_id
from service.subscribers.alerts.rules import UNREACHABLE, Onset, Verdict, judge
from service.subscribers.alerts.waiting import Instant, Wait, Waiting, can_tell, evidence, onset, seconds_left

ACTOR = "alerts"
REMEMBERED = 8  # decisions, for events that are handed over again
GROUP_SECONDS = 10.0  # without a further arrival, before the message that tells them all
SHORTEST_NAP = 1.0
BLIND_NAP = 30.0  # while something waits that cannot be told now
KEEP_SECONDS = 60.0  # between two looks at whether a snapshot is due
LONGEST_NAP = 3600.0  # while nothing does: an event ends it
STORE_RETRY_SECONDS = 5.0

_logger: Any = structlog.get_logger()


class Alerts:
    """Fires and resolves incidents, and hands each to the channels that its routes name."""

    name = "alerts"
    types = reading.READ

    def __init__(
        self,
        *,
        log: EventLog,
        clock: Clock,
        settings: Settings,
        looked_at: Callable[[str], datetime | None],
    ) -> None:
        """`looked_at` tells when this process last saw a namespace well; None: not yet."""
        self._log = log
        self._clock = clock
        self._settings = settings
        self._looked_at = looked_at
        self._fleet = Fleet()
        self._incidents = Incidents()
        self._waiting = Waiting()
        self._shelf = Shelf(log)
        self._kept = 0
        self._decided: dict[int, tuple[Entry, ...]] = {}  # of the last few positions
        self._latest_arrival = float("-inf")
        self._turn = asyncio.Lock()  # one decision at a time: by an event, or by time
        self._changed = asyncio.Event()

    def configure(self, settings: Settings) -> None:
        """Let other settings rule from now on; what a new route or channel was not told yet, it is told together."""
        self._settings = settings
        self._latest_arrival = self._clock.monotonic()
        self._changed.set()

    async def run(self) -> None:
        """Follow the log, and the time, for ever."""
        await self.restore()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(delivery.run(self._log, self, self._clock), name="alerts by event")
            tasks.create_task(self._watch_time(), name="alerts by time")
            tasks.create_task(self._keep(), name="alerts' snapshots")

    async def once(self) -> None:
        """Take what is in the log, and tell what is due now without waiting for more: a sweep was just made."""
        await self.restore(swept=True)
        await delivery.drain(self._log, self, self._clock)
        await self.tick(hurry=True)
        await self._save()

    async def restore(self, *, swept: bool = False) -> None:
        """Know what was known and decided before, without deciding anything: the world is left alone.

        `swept`: the namespaces were looked at since the process started. If not, one that could not be read before
        may be readable now, and its time begins anew.
        """
        cursor, at = await self._log.cursor(self.name), self._instant()
        await self._recall(cursor)
        self._waiting.reckon(at)
        async for recorded, event in reading.up_to(self._log, reading.READ, cursor, after=self._fleet.position):
            self._fleet.apply(recorded, event)
            self._waiting.apply(self._fleet, recorded, event, at)
        if not swept:
            self._waiting.restart(UNREACHABLE, at)
        async for recorded, event in reading.up_to(self._log, reading.DECIDED, None, after=self._incidents.position):
            self._incidents.apply(recorded, event)
        self._latest_arrival = at.monotonic

    async def _recall(self, cursor: int) -> None:
        """Begin with the newest good snapshots: of the world up to the cursor, of the incidents up to the head."""
        seen = await self._shelf.load(saved.SNAPSHOT, (FLEET, saved.WAITING), up_to=cursor)
        if seen is not None:
            self._fleet, self._waiting, self._kept = seen.of(FLEET), seen.of(saved.WAITING), seen.position
        known = await self._shelf.load(VIEWS, (OUTBOX,), up_to=await self._log.head())
        if known is not None:
            self._incidents = known.of(OUTBOX).incidents

    async def _keep(self) -> None:
        """Write a snapshot of the world whenever enough has happened since the last one, for ever."""
        while True:
            await self._clock.sleep(KEEP_SECONDS)
            try:
                await self._save()
            except LogUnusable as error:
                _logger.warning("log_unusable", subscriber=self.name, error=str(error))

    async def _save(self) -> None:
        """Write it as of a position that the cursor has passed: what was seen beyond it may have to be decided anew."""
        if self._fleet.position < self._kept + fewest(self._fleet):
            return
        async with self._turn:
            fleet, waiting = self._fleet.still(), self._waiting.still()
        while await self._log.cursor(self.name) < fleet.position:
            await self._clock.sleep(delivery.SAVE_SECONDS)
        await self._shelf.save(saved.SNAPSHOT, fleet.position, ((FLEET, fleet), (saved.WAITING, waiting)))
        self._kept = fleet.position

    async def keep(self) -> int:
        """Write a snapshot of now, without deciding anything; return the position up to which it needs no more events.

        For whoever archives: all that was read lies before the cursor.
        """
        await self.restore(swept=True)
        cursor = await self._log.cursor(self.name)
        if cursor:
            await self._shelf.save(saved.SNAPSHOT, cursor, ((FLEET, self._fleet), (saved.WAITING, self._waiting)))
        return cursor

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        """Return what follows from an event; asked again for the same one, the same, on the streams as they are now."""
        async with self._turn:
            if recorded.position not in self._decided:
                self._decided[recorded.position] = await self._decide(recorded, event)
                if len(self._decided) > REMEMBERED:
                    del self._decided[next(iter(self._decided))]
            entries = self._decided[recorded.position]
            return await self._unit(entries, ()) if entries else None

    async def tick(self, *, hurry: bool = False) -> float:
        """Decide what time has made due, and return the seconds until more may be.

        `hurry`: nobody will ask again soon, so further arrivals are not waited for.
        """
        async with self._turn:
            for overdue in list(self._overdue()):
                entries = await self._entries([onset(overdue, self._settings.incidents, self._fleet)])
                await self._append(entries, evidence(overdue, self._fleet))
            if hurry or self._arrival_seconds() <= 0:
                for entry in self._desk().tell_arrivals():
                    await self._append((entry,), ())
            return self._seconds()

    async def _watch_time(self) -> None:
        while True:
            self._changed.clear()
            try:
                seconds = await self.tick()
            except LogUnusable as error:
                _logger.warning("log_unusable", subscriber=self.name, error=str(error))
                seconds = STORE_RETRY_SECONDS
            await self._clock.sleep(SHORTEST_NAP)
            await wait(self._clock, self._changed, max(0.0, seconds - SHORTEST_NAP))

    async def _decide(self, recorded: Recorded, event: Event) -> tuple[Entry, ...]:
        self._fleet.apply(recorded, event)
        newest = recorded.position == self._fleet.position  # else it was set aside, and comes again
        if newest and self._waiting.apply(self._fleet, recorded, event, self._instant()):
            self._changed.set()
        if isinstance(event, Warned):
            return self._desk().warn(recorded, event)
        parked = isinstance(event, EventReplayed | EventSkipped) and bool(await self._log.parked())
        entries = await self._entries(judge(self._fleet, recorded, event, parked=parked))
        self._take(entries)
        return entries

    async def _entries(self, verdicts: Iterable[Verdict]) -> tuple[Entry, ...]:
        """Decide, knowing which of the incidents stand in the log: what ended long ago is known to nobody else."""
        verdicts = tuple(verdicts)
        ids = [incident_id(verdict) for verdict in verdicts if isinstance(verdict, Onset)]
        desk = replace(self._desk(), decided=frozenset([id_ for id_ in ids if await self._log.holds(id_)]))
        return tuple(entry for verdict in verdicts for entry in desk.decide(verdict))

    def _take(self, entries: Iterable[Entry]) -> None:
        """Know what is decided before the log says so: the next event must not decide it again."""
        for entry in entries:
            self._incidents.take(entry.stream, entry.event)
            if isinstance(entry.event, Fired) and entry.event.arrival:
                self._latest_arrival = self._clock.monotonic()
                self._changed.set()

    async def _append(self, entries: tuple[Entry, ...], conditions: Iterable[tuple[str, int]]) -> None:
        """Append what time made due; if the evidence has changed meanwhile, leave it to the event that changed it."""
        if not entries:
            return
        (result,) = await self._log.append([await self._unit(entries, conditions)])
        if isinstance(result, Appended | AlreadyDecided):
            self._take(entries)
        else:
            _logger.info("alert_deferred", subscriber=self.name, reason=str(result))

    async def _unit(self, entries: Iterable[Entry], conditions: Iterable[tuple[str, int]]) -> Unit:
        """Build a unit on the present versions: a channel's courier writes into its stream, too."""
        now, drafts = self._clock.now(), dict[str, list[Draft]]()
        for entry in entries:
            draft = codec.decision(entry.id, entry.event, time=now, actor=ACTOR)
            drafts.setdefault(entry.stream, []).append(draft)
        writes = {stream: Write(expected=version) for stream, version in conditions}
        for stream, own in drafts.items():
            writes[stream] = Write(expected=await self._log.version(stream), drafts=tuple(own))
        return Unit(streams=writes)

    def _overdue(self) -> Iterator[Wait]:
        return (wait_ for wait_, seconds in self._left() if seconds <= 0)

    def _left(self) -> Iterator[tuple[Wait, float]]:
        """Yield what lasts and is no incident yet, where the view can be trusted, and the seconds until it is one."""
        at = self._instant()
        for stream, wait_ in self._waiting.all.items():
            namespace = wait_.subject.namespace or ""
            if stream not in self._incidents.open and can_tell(wait_, self._fleet, self._looked_at(namespace), at.now):
                yield wait_, seconds_left(wait_, self._settings.incidents, at.monotonic)

    def _arrival_seconds(self) -> float:
        return self._latest_arrival + GROUP_SECONDS - self._clock.monotonic()

    def _seconds(self) -> float:
        due = [seconds for _, seconds in self._left()]
        if len(due) < len(self._waiting.all.keys() - self._incidents.open.keys()):
            due.append(BLIND_NAP)
        if self._desk().untold():
            due.append(self._arrival_seconds())
        return min([LONGEST_NAP, *due])

    def _desk(self) -> Desk:
        return Desk(fleet=self._fleet, incidents=self._incidents, settings=self._settings, now=self._clock.now())

    def _instant(self) -> Instant:
        return Instant(now=self._clock.now(), monotonic=self._clock.monotonic())

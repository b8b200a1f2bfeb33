"""Prove the log while the daemon runs: its whole chain, its index, and that the views are what a fold of all makes.

A start trusts a snapshot and proves only what stands behind it. So the rest is proved some time later, and then now and
then: page by page, in a thread, with pauses, so that nobody waits for it. What is found goes into the log as an event,
once: the alerts call people, and a later inspection that finds nothing ends the incident.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import structlog

from events import codec, streams
from events.anchor import Broken
from events.catalogue.log import LogFoundBroken, LogFoundSound
from events.errors import LogError
from events.log import EventLog
from events.query import Query
from events.record import Recorded
from events.transfer.copies import NotThere
from events.views.saved import differing
from events.views.views import Views
from service import findings
from service.beginning import archived
from service.clock import Clock
from service.live import Live
from service.telling import tell

FIRST_SECONDS = 60.0  # after a start: those who wait come first
AGAIN_SECONDS = 86_400.0
PAGE = 200  # events folded in one go, about ten milliseconds
PAUSE_SECONDS = 0.02  # after each, for all the others
RULE = "log"  # the incidents that it makes
T = TypeVar("T")
_logger: Any = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the last inspection found, proved up to a position; `broken` is what is wrong, None if nothing is."""

    at: datetime
    position: int
    broken: str | None


class Inspection:
    """Proves the log now and then; `finding` is None until the first inspection is through."""

    def __init__(self, *, log: EventLog, live: Live, clock: Clock) -> None:
        """Nothing is proved yet."""
        self.finding: Finding | None = None
        self._log = log
        self._live = live
        self._clock = clock

    async def run(self) -> None:
        """Inspect some time after the start, and then once a day, for ever."""
        await self._clock.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.inspect()
            except LogError as error:
                _logger.warning("not_inspected", error=str(error))
            await self._clock.sleep(AGAIN_SECONDS)

    async def inspect(self) -> Finding:
        """Prove the chain, the index and the views, and tell what is news."""
        still = self._live.views.still()
        # Of events that are not what was written, no index can be right.
        kept = await self._chain() or await self._index()
        wrong = [sentence for sentence in (kept, await self._views(still)) if sentence]
        finding = Finding(at=self._clock.now(), position=still.position, broken="; ".join(wrong) or None)
        if finding.broken is None:
            _logger.info("log_is_sound", position=finding.position)
        else:
            _logger.error("log_is_broken", position=finding.position, reason=finding.broken)
        self.finding = finding
        await self._tell(finding)
        return finding

    async def _chain(self) -> str | None:
        """Say what is wrong with the chain."""
        proved = await self._log.verify()
        return f"{proved}. Run `lamplighter log verify`" if isinstance(proved, Broken) else None

    async def _index(self) -> str | None:
        """Say what is wrong with what events are found by."""
        found = await self._log.verify_index()
        return None if found is None else str(found)

    async def _views(self, still: Views) -> str | None:
        """Say what is wrong with the views."""
        try:
            folded = await self._folded(still.position)
        except NotThere as error:  # it may lie where nobody reaches it every day
            _logger.warning("views_not_inspected", reason=str(error))
            return None
        except LogError as error:
            return str(error)
        different = await _in_thread(lambda: ", ".join(differing(still, folded)))
        if not different:
            return None
        await self._live.forget()
        return (
            f"what is shown of {different} is not what the log says up to position {still.position}: restart the "
            "daemon, which then reads all of it anew, and report this as a defect"
        )

    async def _folded(self, position: int) -> Views:
        """Return the views of everything up to a position, from the beginning."""
        views = Views()
        async for recorded in archived(self._log, after=0):
            views.apply(recorded, codec.decode(recorded))
        while True:
            page = await self._log.read(Query(after=views.position, before=position + 1, limit=PAGE))
            await _in_thread(partial(_fold, views, page.events))
            if not page.more:
                return views
            await self._clock.sleep(PAUSE_SECONDS)

    async def _tell(self, finding: Finding) -> None:
        """Put into the log what is news: that it is broken, and in what way, or that it is so no longer."""
        before = await findings.newest(self._log, self._clock)
        why = before.why if isinstance(before, LogFoundBroken) else None
        if before is None and any(incident.fired.rule == RULE for incident in self._live.incidents.open.values()):
            why = "told in what is archived by now"
        if finding.broken == why:
            return
        event = (
            LogFoundSound(at=finding.at, position=finding.position)
            if finding.broken is None
            else LogFoundBroken(at=finding.at, position=finding.position, why=finding.broken)
        )
        await tell(self._log, streams.LOG, event, at=finding.at)


def _fold(views: Views, events: tuple[Recorded, ...]) -> None:
    for recorded in events:
        views.apply(recorded, codec.decode(recorded))


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, work)

"""What the daemon tells of itself: started, stopped, and which configuration is in force."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from events import codec, streams
from events.catalogue import ConfigurationApplied, ConfigurationRefused, DaemonStarted, DaemonStopped, Event
from events.log import Appended, EventLog, Query, Unit, Write
from service.clock import Clock
from service.config import Configuration

ACTOR = "daemon"
APPLIED, REFUSED = codec.type_of(ConfigurationApplied), codec.type_of(ConfigurationRefused)
_logger: Any = structlog.get_logger()


class Journal:
    """Writes the stream of the daemon itself."""

    def __init__(self, log: EventLog, clock: Clock) -> None:
        """Nothing is written yet."""
        self._log = log
        self._clock = clock

    async def settled_at(self, settle: timedelta) -> datetime:
        """Return before when one round alone must not act: `settle` after the configuration came into force."""
        applied = await self._log.read(Query(types=(APPLIED,), newest_first=True, limit=1))
        return max((event.time for event in applied.events), default=self._clock.now()) + settle

    async def started(self, version: str, configuration: Configuration) -> datetime | None:
        """Tell that a daemon opened the log; return its predecessor's last sign of life, if there was one."""
        rows = await self._log.board.scan("sweep")
        down_since = max((msgspec.json.decode(row, type=datetime) for row in rows.values()), default=None)
        settings = configuration.settings
        event = DaemonStarted(
            version=version, mode=settings.mode.value, configuration=settings.digest(), down_since=down_since
        )
        await self._tell(event)
        return down_since

    async def stopped(self, reason: str) -> None:
        """Tell that the daemon ends in good order."""
        await self._tell(DaemonStopped(reason=reason))

    async def applied(self, configuration: Configuration) -> bool:
        """Tell which configuration is in force, if that is news; return whether it is another than the last one."""
        digest, flat = configuration.settings.digest(), configuration.settings.flat()
        newest = await self._log.read(Query(types=(APPLIED, REFUSED), newest_first=True, limit=1))
        before = await self._log.read(Query(types=(APPLIED,), newest_first=True, limit=1))
        last = codec.decode(before.events[0]) if before.events else None
        changed = not isinstance(last, ConfigurationApplied) or last.digest != digest
        if changed or newest.events[0].type == REFUSED:  # also to tell that a bad file was put right
            known = await self._last_known()
            gone = dict.fromkeys(sorted(known.keys() - flat.keys()))
            changes = {path: value for path, value in flat.items() if path not in known or known[path] != value}
            await self._tell(ConfigurationApplied(digest=digest, changes={**changes, **gone}))
        return changed

    async def refused(self, reason: str) -> None:
        """Tell, in one line, that a configuration could not be used; the one before stays in force."""
        await self._tell(ConfigurationRefused(reason="; ".join(line.strip() for line in reason.splitlines())))

    async def _last_known(self) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        page = await self._log.read(Query(types=(APPLIED,), limit=1_000_000))
        for recorded in page.events:
            event = codec.decode(recorded)
            if isinstance(event, ConfigurationApplied):
                flat.update(event.changes)
        return flat

    async def _tell(self, event: Event) -> None:
        at = self._clock.now()
        version = await self._log.version(streams.DAEMON)
        draft = codec.fact(streams.DAEMON, version + 1, event, time=at, actor=ACTOR)
        (result,) = await self._log.append([Unit(streams={streams.DAEMON: Write(expected=version, drafts=(draft,))})])
        if not isinstance(result, Appended):
            _logger.error("fact_refused", stream=streams.DAEMON, result=type(result).__name__)

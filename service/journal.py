"""What the daemon tells of itself: started, stopped, and which configuration is in force."""

from datetime import datetime, timedelta

import msgspec

from events import codec, streams
from events.catalogue import Event
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted, DaemonStopped
from events.log import EventLog
from events.query import Query
from events.views.configured import Configured
from service.clock import Clock
from service.config import Configuration
from service.telling import tell

APPLIED, REFUSED = codec.type_of(ConfigurationApplied), codec.type_of(ConfigurationRefused)


class Journal:
    """Writes the stream of the daemon itself."""

    def __init__(self, log: EventLog, clock: Clock, configured: Configured) -> None:
        """Know the configuration as of some position, in a view that is nobody else's."""
        self._log = log
        self._clock = clock
        self._configured = configured

    async def settled_at(self, settle: timedelta) -> datetime:
        """Return before when one round alone must not act: `settle` after the configuration came into force.

        Where what tells of that lies in an archive, it came before all that does not.
        """
        applied = await self._log.read(Query(types=(APPLIED,), newest_first=True, limit=1))
        oldest = await self._log.read(Query(limit=1))
        return next((page.events[0].time for page in (applied, oldest) if page.events), self._clock.now()) + settle

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
        await self._look()
        changed = self._configured.digest != digest
        if changed or self._configured.refused:  # also to tell that a bad file was put right
            known = self._configured.flat
            gone = dict.fromkeys(sorted(path for path in known.keys() - flat.keys() if known[path] is not None))
            changes = {path: value for path, value in flat.items() if path not in known or known[path] != value}
            await self._tell(ConfigurationApplied(digest=digest, changes={**changes, **gone}))
        return changed

    async def refused(self, reason: str) -> None:
        """Tell, in one line, that a configuration could not be used; the one before stays in force."""
        await self._tell(ConfigurationRefused(reason="; ".join(line.strip() for line in reason.splitlines())))

    async def _look(self) -> None:
        """Know which configuration the log tells of."""
        while True:
            page = await self._log.read(Query(types=(APPLIED, REFUSED), after=self._configured.position))
            for recorded in page.events:
                self._configured.apply(recorded, codec.decode(recorded))
            if not page.more:
                return

    async def _tell(self, event: Event) -> None:
        await tell(self._log, streams.DAEMON, event, at=self._clock.now())

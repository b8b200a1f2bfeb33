"""What a running daemon is made of, for those who show it to people; `app` alone puts it together."""

from dataclasses import dataclass
from datetime import datetime

from events.log import EventLog
from events.parking import Subscriber
from service.callers import Callers
from service.clock import Clock
from service.commands import Commander, Desk, Holds
from service.config import Configuration
from service.inspection import Inspection
from service.leases import Leases
from service.live import Live
from service.prices import Prices
from service.subscribers.autopause import Autopause
from service.subscribers.readiness import Readiness
from service.watch import Watch


@dataclass(slots=True, kw_only=True)
class Parts:
    """The parts.

    A configuration that is read anew replaces itself, `commander`, `desk`, `callers`, `autopause` and `subscribers`,
    which are those of the log that have a cursor. `listen` is HOST:PORT as it really is. `token` is what a caller must
    show to write (and, beyond loopback, to read).
    """

    version: str
    started_at: datetime
    listen: str
    token: str
    clock: Clock
    log: EventLog
    live: Live
    watch: Watch
    inspection: Inspection
    readiness: Readiness
    leases: Leases
    prices: Prices
    holds: Holds
    configuration: Configuration
    commander: Commander
    desk: Desk
    callers: Callers
    autopause: Autopause
    subscribers: tuple[Subscriber, ...]

    @property
    def ready(self) -> bool:
        """Return whether every namespace was asked for at least once: what is shown is then of now."""
        return all(watcher.asked for watcher in self.watch.watchers.values())

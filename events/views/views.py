"""All that is kept of the log, as of one position: what a daemon follows it with."""

from collections.abc import Callable

from events.catalogue import Event
from events.record import Recorded
from events.views.configured import Configured
from events.views.fleet import Fleet
from events.views.incidents import Incidents
from events.views.outbox import Outbox
from events.views.tokens import Tokens
from events.views.uptime import Uptime


class Views:
    """The folds side by side; `apply` is the only way in, so they are always of the same position."""

    def __init__(
        self,
        *,
        fleet: Fleet | None = None,
        outbox: Outbox | None = None,
        uptime: Uptime | None = None,
        configured: Configured | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        """Know nothing yet, or what is handed in."""
        self.fleet = fleet or Fleet()
        self.outbox = outbox or Outbox()
        self.uptime = uptime or Uptime()
        self.configured = configured or Configured()
        self.tokens = tokens or Tokens()

    @property
    def position(self) -> int:
        """Return the position up to which all is taken in."""
        return self.fleet.position

    @property
    def incidents(self) -> Incidents:
        """Return the incidents, which the outbox tells of."""
        return self.outbox.incidents

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log; one that was taken in before changes nothing."""
        takers: tuple[Callable[[Recorded, Event], None], ...] = (
            self.outbox.apply,
            self.uptime.apply,
            self.configured.apply,
            self.tokens.apply,
            self.fleet.apply,
        )
        for take in takers:
            take(recorded, event)

    def still(self) -> "Views":
        """Return what is known now; what comes later does not change it."""
        return Views(
            fleet=self.fleet.still(),
            outbox=self.outbox.still(),
            uptime=self.uptime.still(),
            configured=self.configured.still(),
            tokens=self.tokens.still(),
        )

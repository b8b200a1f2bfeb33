"""All that an explanation of an endpoint is made of."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from events.catalogue import Event
from events.record import Recorded
from events.views.fleet import Act, Health, Known
from events.views.incidents import Incident
from service.config import Settings
from service.leases import Lease
from service.leases.lease import Woken
from service.subscribers.plan import Case, Line, line
from service.web import shapes
from statemachine.machine import Clocks, Reading, until
from statemachine.model import Discovered, Reconfigured


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known of an endpoint now.

    `cause` is the event by which the present status began, `changed` the newest change of its configuration and where
    that stands. `cases`: one for each policy that reaches it. `clocks`: those of its present life. `woken`: the resume
    by which a lease woke it. `observe` says why nothing is written to its namespace, where that is so; else no policy
    acts before `settled_at`.
    """

    shown: shapes.Endpoint
    known: Known
    discovered: Discovered | None
    cause: Event | None
    health: Health
    settings: Settings
    now: datetime
    settled_at: datetime
    observe: str | None = None
    cases: tuple[Case, ...] = ()
    holds: tuple[shapes.Hold, ...] = ()
    leases: tuple[Lease, ...] = ()
    woken: Woken | None = None
    clocks: Clocks | None = None
    changed: tuple[Recorded, Reconfigured] | None = None
    incidents: tuple[Incident, ...] = ()

    @property
    def gone(self) -> bool:
        """Return whether its life is over."""
        return self.known.endpoint.sighting is None

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return what the policies come to now."""
        return tuple(map(line, self.cases))

    @cached_property
    def reading(self) -> Reading | None:
        """Return what its clocks say now."""
        return None if self.clocks is None else until(self.clocks, self.now)

    @property
    def settles(self) -> bool:
        """Return whether it is too early for any act."""
        return self.observe is None and self.settled_at > self.now

    def act(self, intent: str) -> Act | None:
        """Return the act of an intent, if it is still at hand."""
        acts = (*self.known.closed, *self.known.open.values())
        return next((act for act in acts if act.intended.intent == intent), None)

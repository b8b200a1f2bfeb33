"""Put an endpoint back to rest that a lease woke, after the last one: looked at afresh, decided again, then meant.

It is bound to what it was decided on. A lease or a hold that comes in between makes it stale, and nothing is sent.
"""

from datetime import datetime

from events import codec, streams
from events.catalogue.acts import Confirmed, Intended
from events.log import EventLog
from events.query import Query
from service.clock import Clock
from service.commands import Commander, GivenUp, Outcome
from service.leases.lease import TOUCHED, Chain, Lease, Parting, Woken, touched, why_kept
from service.live import Live
from service.watch import Watch
from statemachine.machine import NotPermitted, permits
from statemachine.model import Deleted, Discovered, EndpointName, Reconfigured, StatusChanged

POLICY = "pause-after"  # by this name such an act stands in the log, where the others have that of their policy
FACTS = tuple(map(codec.type_of, (Discovered, StatusChanged, Reconfigured, Deleted)))
MEANT = codec.type_of(Intended)
RESUMED = (MEANT, codec.type_of(Confirmed))
MOST_FACTS = 1000  # more than that since the resume are not gone through: so much was not our doing alone
TRIES = 5


class Rest:
    """Decides and carries out; it keeps nothing."""

    def __init__(self, *, log: EventLog, live: Live, watch: Watch, clock: Clock) -> None:
        """Take what it looks at."""
        self._log = log
        self._live = live
        self._watch = watch
        self._clock = clock

    async def woken(self, intent: str, was: str) -> Woken | None:
        """Return what is remembered of a resume that was meant for a lease; None where it may be another's.

        Of an effect that was found, and not answered to us, nobody can tell whose it was: it may run for somebody else.
        """
        page = await self._log.read(Query(types=RESUMED, intent=intent, limit=2))
        if not page.events or any(
            isinstance(event, Confirmed) and event.late for event in map(codec.decode, page.events)
        ):
            return None
        return Woken(intent=intent, position=page.events[0].position, was=was)

    async def why_kept(self, name: EndpointName, woken: Woken | None, commander: Commander) -> str | None:
        """Return why an endpoint would not be put back to rest, by what is known now; None: it would be."""
        known, configuration = self._live.fleet.known(name), commander.configuration
        settings, status = configuration.settings, known.endpoint.status
        groups = settings.groups_of(name, known.tags)
        kept = why_kept(
            Parting(
                status=status,
                woken=woken,
                touched=woken is not None and await self._touched(name, woken),
                hold=self._live.fleet.held(known, self._clock.now()),
                protected_by=next((group for group in groups if settings.groups[group].protected), None),
                observe=None if name.namespace in commander.writers else configuration.why_observe(name.namespace),
            )
        )
        if kept is not None or woken is None:
            return kept
        permit = permits(status, woken.back)
        return permit.reason if isinstance(permit, NotPermitted) else None

    async def put_back(self, name: EndpointName, chain: Chain, last: Lease, commander: Commander) -> Outcome | str:
        """Return the outcome, or why the endpoint was left as it is. Raises HubError, NotWatched and LogUnusable."""
        outcome: Outcome = GivenUp(reason="", intent="")
        edited_at: datetime | None = None
        for attempt in range(TRIES):
            await self._watch.look(name)
            await self._live.reach(await self._log.head())
            known, woken = self._live.fleet.known(name), chain.woken
            if known.leases:
                return "somebody needs it awake again"
            if woken is None or known.life is None:
                return await self.why_kept(name, woken, commander) or "nothing is known of it"
            # Meant before it is weighed: what is seen meanwhile makes the intent stale.
            intended = commander.intend(
                name,
                woken.back,
                life=known.life,
                policy=POLICY,
                revision=f"{last.id}/{attempt}",
                cause=woken.position,
                reason=f"the last lease on it ended ({last.holder}), and a lease had resumed it",
                evidence=(woken.position,),
            )
            kept = await self.why_kept(name, woken, commander)
            if kept is not None:
                return kept
            if not attempt:
                edited_at = await self._meant_before(intended.intent)
            if edited_at is not None and intended.updated_at != edited_at:
                return TOUCHED  # be it by what was sent before: whoever undid that wants it awake
            edited_at = intended.updated_at
            seen = {
                streams.acts(name): known.acts_version,
                streams.lease(name): known.leases_version,
                streams.EVERYTHING: self._live.fleet.all_version,
            }
            outcome = await commander.carry_out(name, intended, actor=last.holder, seen=seen)
            if not isinstance(outcome, GivenUp):
                break
        return outcome

    async def _meant_before(self, intent: str) -> datetime | None:
        """Return when the endpoint had been edited last when this was meant, if it was: a look failed since, or we."""
        page = await self._log.read(Query(types=(MEANT,), intent=intent, limit=1))
        event = codec.decode(page.events[0]) if page.events else None
        return event.updated_at if isinstance(event, Intended) else None

    async def _touched(self, name: EndpointName, woken: Woken) -> bool:
        life = self._live.fleet.known(name).life
        if life is None:
            return True
        query = Query(stream=streams.life(name, life), after=woken.position, types=FACTS, limit=MOST_FACTS)
        page = await self._log.read(query)
        return page.more or touched(map(codec.decode, page.events), woken.intent)

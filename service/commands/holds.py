"""Holds, which people place against the policies and lift; they stand in our own log alone, so in observe mode too.

By which request a hold was lifted stands in the event, so that the log remembers it. It is no part of the event's id:
whoever else lifts the same hold at the same time must find it lifted.
"""

from datetime import datetime

from events import codec, streams
from events.catalogue.keepers import HoldLifted, HoldPlaced
from events.log import EventLog
from events.paging import matching
from events.query import Query
from events.record import decision_id
from events.unit import AlreadyDecided, Appended
from service.clock import Clock
from service.commands.acts import tell
from service.live import Live
from statemachine.model import EndpointName

LIFTED = (codec.type_of(HoldLifted),)


class Holds:
    """Places and lifts them, on one endpoint or (None) on all."""

    def __init__(self, *, log: EventLog, live: Live, clock: Clock) -> None:
        """Take where they are written, and what tells which there are."""
        self._log = log
        self._live = live
        self._clock = clock

    async def place(
        self, name: EndpointName | None, *, author: str, reason: str, until: datetime, key: str
    ) -> HoldPlaced:
        """Place a hold; return what is placed, the first one if the key was used."""
        placed = HoldPlaced(hold=decision_id("hold", author, key, name), author=author, reason=reason, until=until)
        result = await tell(self._log, self._clock, name, placed, id_=placed.hold, actor=author)
        stored = codec.decode(result.stored) if isinstance(result, AlreadyDecided) else placed
        return stored if isinstance(stored, HoldPlaced) else placed

    async def lift(self, name: EndpointName | None, *, author: str, key: str | None = None) -> int:
        """Lift every hold that is in force on one endpoint, or (None) those on all; return how many.

        With a key it is done once: asked again, it lifts what was placed before and is left (a process may have died in
        the middle), nothing that was placed since, and returns how many it lifted in all.
        """
        fleet = self._live.fleet
        holds = fleet.all_holds if name is None else fleet.known(name).holds
        request = None if key is None else decision_id("request to lift", author, key)
        lifted = {} if request is None else await self._lifted_before(name, author=author, request=request)
        since = min(lifted.values(), default=None)
        count = len(lifted)
        for hold in list(holds.values()):
            if hold.id in lifted or hold.until <= self._clock.now() or (since is not None and hold.position > since):
                continue
            told = HoldLifted(hold=hold.id, author=author, request=request)
            id_ = decision_id("lift", hold.id)  # whoever does it: it is lifted once
            result = await tell(self._log, self._clock, name, told, id_=id_, actor=author)
            count += isinstance(result, Appended)  # else another request lifted it first
        return count

    async def _lifted_before(self, name: EndpointName | None, *, author: str, request: str) -> dict[str, int]:
        """Return the holds that a request lifted when it came before, however long ago, and where the log says so."""
        stream = streams.EVERYTHING if name is None else streams.acts(name)
        found: dict[str, int] = {}
        async for recorded in matching(self._log, Query(stream=stream, types=LIFTED, actor=author)):
            event = codec.decode(recorded)
            if isinstance(event, HoldLifted) and event.request == request:
                found[event.hold] = recorded.position
        return found

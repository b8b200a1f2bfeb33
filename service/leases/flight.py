"""Wake an endpoint once, however many ask at the same time: whoever comes meanwhile is told what that comes to.

Only what rests is woken. What already runs or starts costs one look, and nothing is sent: so also in observe mode.
"""

import asyncio
from dataclasses import dataclass, field

from service.commands import CannotApply, Desk, Done, GivenUp, NothingToDo, Outcome
from service.leases.lease import AT_REST
from service.ports import HubError
from service.watch import Watch
from statemachine.machine import Command
from statemachine.model import EndpointName, Missing

TRIES = 3  # when the endpoint changes while it is decided, it is looked at again


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """What came of it; `was`: how the endpoint had been; `led`: whether this very caller asked, or another did."""

    outcome: Outcome
    was: str
    led: bool


@dataclass(slots=True)
class _Flight:
    landed: Landed | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Flights:
    """The wakings that are under way, one an endpoint."""

    def __init__(self, watch: Watch) -> None:
        """None yet."""
        self._watch = watch
        self._flights: dict[EndpointName, _Flight] = {}

    async def wake(self, name: EndpointName, *, desk: Desk, actor: str, key: str, reason: str) -> Landed:
        """See to it that the endpoint runs or starts, and tell what that came to."""
        while (flight := self._flights.get(name)) is not None:
            await flight.over.wait()
            if flight.landed is not None:
                return Landed(outcome=flight.landed.outcome, was=flight.landed.was, led=False)
        flight = self._flights[name] = _Flight()
        try:
            flight.landed = await self._wake(name, desk, actor=actor, key=key, reason=reason)
        finally:
            del self._flights[name]
            flight.over.set()  # if it was broken off, the next one asks
        return flight.landed

    async def _wake(self, name: EndpointName, desk: Desk, *, actor: str, key: str, reason: str) -> Landed:
        outcome: Outcome = CannotApply(reason=f"{name} changed each time it was looked at: ask again")
        was = ""
        for attempt in range(TRIES):
            await desk.when_free(name)  # what an act leaves that is under way is what is to be woken
            try:
                found = await self._watch.look(name)
            except HubError as error:
                return Landed(outcome=CannotApply(reason=str(error)), was=was, led=True)
            if isinstance(found, Missing):
                return Landed(outcome=CannotApply(reason=f"there is no endpoint {name}"), was=was, led=True)
            status = self._watch.track(name).endpoint.status
            if status not in AT_REST:
                return Landed(outcome=NothingToDo(status=str(status)), was=was, led=True)
            was = str(status)
            outcome = await desk.ask(
                name, Command.RESUME, actor=actor, key=f"{key}/{attempt}", reason=reason or f"{actor} needs it running"
            )
            if isinstance(outcome, Done) or not isinstance(outcome, GivenUp):
                break
        return Landed(outcome=outcome, was=was, led=True)

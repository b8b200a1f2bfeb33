"""Who does what, and when: all of it drawn from one seed, and nothing of it told to the daemon beforehand.

Most of it comes at random. Some is malicious: whenever the daemon warns, means to act or has written, something may
happen to that very endpoint, or to the daemon, within seconds.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from events import codec
from events.catalogue.acts import Intended, Warned
from events.record import Recorded
from events.streams import subject
from service.simulator import Request
from tests.simulation.deeds import Deeds
from tests.simulation.world import FLEET

Deed = Callable[[Deeds, str], Coroutine[Any, Any, None]]


class People:
    """All that moves beside the daemon, until `busy` is over."""

    def __init__(self, deeds: Deeds) -> None:
        self.busy = True
        self.tasks = asyncio.TaskGroup()
        self._deeds = deeds
        self._chance = deeds.chance
        deeds.witness.when_written = self._after_write
        deeds.machine.ledger.when_committed = self._after_commit

    async def live(self) -> None:
        """Let one thing happen after the other."""
        while self.busy:
            await self._deeds.sleep(self._chance.expovariate(1 / self._deeds.machine.pace.seconds_between))
            self._later(0.0, DEEDS, self._chance.choice(list(FLEET)))

    def rest(self) -> None:
        """Stop, for good."""
        self.busy = False
        self._deeds.calm()

    def _after_commit(self, recorded: Recorded) -> None:
        place = str(subject(recorded.stream))
        event = codec.decode(recorded)
        if isinstance(event, Warned) and self._chance.random() < 0.5:
            seconds = (event.due_at - recorded.time).total_seconds() + self._chance.uniform(-20, 4)
            self._later(seconds, MALICE, place)
        elif isinstance(event, Intended) and self._chance.random() < 0.4:
            self._later(self._chance.choice([0.0, 0.01, 0.5, 4.0]), MALICE, place)

    def _after_write(self, request: Request) -> None:
        place = "/".join(request.path.split("/")[3:5])
        if self._chance.random() < 0.25:
            self._later(self._chance.choice([0.0, 0.01, 1.0, 6.0]), {Deeds.kill: 1.0}, place)
        if self._chance.random() < 0.4:
            deeds: dict[Deed, float] = {Deeds.bring_back: 2.0, Deeds.restart: 1.0}
            self._later(self._chance.uniform(0.0, 40.0) ** 2 / 40.0, deeds, place)

    def _later(self, seconds: float, deeds: dict[Deed, float], place: str) -> None:
        deed = self._chance.choices(list(deeds), weights=list(deeds.values()))[0]

        async def later() -> None:
            await self._deeds.sleep(max(seconds, 0.0))
            await self._attempt(deed, place)

        if self.busy:
            self.tasks.create_task(later())

    async def _attempt(self, deed: Deed, place: str) -> None:
        if self.busy and place in FLEET:
            await deed(self._deeds, place)


DEEDS: dict[Deed, float] = {
    Deeds.command: 8,
    Deeds.edit: 4,
    Deeds.recreate: 2,
    Deeds.renew: 4,
    Deeds.fail: 2,
    Deeds.stick: 2,
    Deeds.vanish: 1,
    Deeds.veil: 2,
    Deeds.ask: 4,
    Deeds.hold: 2,
    Deeds.call: 6,
    Deeds.stay: 5,
    Deeds.crowd: 0.2,
    Deeds.weather: 6,
    Deeds.pages: 2,
    Deeds.trouble: 1.5,
    Deeds.jump: 0.3,
    Deeds.reload: 0.8,
}

MALICE: dict[Deed, float] = {
    Deeds.command: 4,
    Deeds.edit: 2,
    Deeds.recreate: 1,
    Deeds.vanish: 1,
    Deeds.veil: 2,
    Deeds.hold: 2,
    Deeds.ask: 1,
    Deeds.call: 1,
    Deeds.stay: 2,
    Deeds.restart: 2,
    Deeds.trouble: 3,
    Deeds.jump: 0.5,
    Deeds.reload: 1,
    Deeds.kill: 3,
}

"""A clock that only moves when it is told to, and the simulator on it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from service.simulator import Simulator

START = datetime(2026, 3, 2, 6, 0, 0, 123_456, tzinfo=UTC)


class HandClock:
    """Stands still; a sleep moves it."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds)

    def forward(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class YieldingClock:
    """A hand's clock on which who sleeps lets the others go on."""

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self._sleeps = 0

    def now(self) -> datetime:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        self._sleeps += 1
        self._clock.forward(seconds)
        await asyncio.sleep(0.001)

    async def ticks_on(self) -> bool:
        """Tell whether anyone still sleeps on it now and then."""
        before = self._sleeps
        await asyncio.sleep(0.02)
        return self._sleeps > before


@dataclass
class Served:
    """The simulator on a loopback port of the test's own loop, and a client with alice's token."""

    simulator: Simulator
    clock: HandClock
    http: aiohttp.ClientSession

    async def json(self, method: str, path: str, *, status: int = 200, **arguments: Any) -> Any:
        async with self.http.request(method, path, **arguments) as response:
            assert response.status == status, await response.text()
            return await response.json()


def on_hand(seed: int = 7) -> tuple[Simulator, HandClock]:
    clock = HandClock()
    return Simulator(clock=clock, seed=seed, base_url="http://sim"), clock


def statuses(simulator: Simulator, name: str) -> list[str]:
    """Return the statuses that a name went through, in order."""
    return [happening.new.value for happening in simulator.history if happening.name == name]


def edges(simulator: Simulator) -> set[tuple[str, str]]:
    return {(happening.old.value, happening.new.value) for happening in simulator.history}

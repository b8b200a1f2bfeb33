"""The machine on which one daemon after the other lives, dies and begins anew over the same store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from events.log import EventLog
from events.memory import MemoryLog, MemoryStore
from events.sqlite import SqliteLog
from service.app import World, daemon
from service.config import ConfigError, Configuration
from service.parts import Parts
from service.subscribers.ready import Answer, Goal
from statemachine.model import EndpointName
from tests.simulation.clocks import NEVER, Clocks
from tests.simulation.crash import CrashingLog, Ledger, Mortal
from tests.simulation.door import Door, opened
from tests.simulation.pipes import Network
from tests.simulation.world import FLEET, Configurations

GOALS = (
    Goal(),
    Goal(reached=frozenset({"paused", "scaledToZero"}), futile=frozenset({"failed", "absent"})),
    Goal(reached=frozenset({"running", "initializing"}), futile=frozenset({"paused", "absent"})),
)
OUTAGES = ((1.0, 20.0), (20.0, 240.0), (240.0, 1200.0))  # seconds, from and to


@dataclass(slots=True)
class Life:
    """One life of the daemon, in true time."""

    since: datetime
    until: datetime = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """Somebody waited for an endpoint, between two true instants, and was told this."""

    place: str
    goal: Goal
    since: datetime
    until: datetime
    answer: Answer


@dataclass(slots=True)
class Disk:
    """What survives a daemon: a store in memory, or a file."""

    store: MemoryStore
    path: Path | None = None

    async def open(self) -> EventLog:
        """Open the log for the next daemon."""
        if self.path is None:
            return MemoryLog(self.store)
        return await SqliteLog.open(self.path, holder="the simulation")

    @staticmethod
    async def abandon(log: EventLog) -> None:
        """Let go of it as the end of a process would."""
        if isinstance(log, SqliteLog):
            log._writer.abandon()
            log._drop()


class Machine:
    """Runs the daemons; `parts` are those of the present one, if one is up."""

    def __init__(
        self, *, seed: int, clocks: Clocks, network: Network, disk: Disk, configurations: Configurations
    ) -> None:
        self.clocks = clocks
        self.ledger = Ledger(clocks.true)
        self.parts: Parts | None = None
        self.door: Door | None = None
        self.lives: list[Life] = []
        self.waits: list[Waited] = []
        self.reloads: list[datetime] = []
        self.disk = disk
        self.pace = configurations.pace
        self._seed = seed
        self._network = network
        self._configurations = configurations
        self._configuration = configurations.named["first"]
        self._next = "first"
        self._reloading = asyncio.Event()
        self._mortal: Mortal | None = None
        self._visitors: asyncio.TaskGroup | None = None
        self._leave = asyncio.Event()

    # --- what others do to it ----------------------------------------------------------------------------------------

    def kill(self) -> None:
        """End the present daemon, wherever it is."""
        if self._mortal is not None:
            self._mortal.die()

    @asynccontextmanager
    async def _open(self, parts: Parts, mortal: Mortal) -> AsyncIterator[None]:
        """Let callers in, until the block ends or the daemon dies."""
        async with opened(parts) as door:
            mortal.networks.append(door.network)
            self.door = door
            try:
                yield
            finally:
                self.door = None

    def reload(self, name: str) -> None:
        """Let the daemon read another configuration; "broken" is none."""
        self._next = name
        self.reloads.append(self.clocks.now())
        self._reloading.set()

    def visit(self, visit: Coroutine[Any, Any, object]) -> None:
        """Let somebody be served by the present daemon; the visit ends with it."""
        if self._visitors is None:
            visit.close()
        else:
            self._visitors.create_task(visit)

    # --- its daemons -------------------------------------------------------------------------------------------------

    async def live_and_die(self, until: datetime) -> None:
        """Let daemons live and die until this instant; then none is up."""
        while self.clocks.now() < until:
            number = len(self.lives)
            chance = Random(f"{self._seed}/deaths/{number}")
            left = (until - self.clocks.now()).total_seconds()
            await self.live(min(left, chance.uniform(600.0, self.pace.longest_life.total_seconds())), chance=chance)
            await self.clocks.true.sleep(chance.uniform(*chance.choice(OUTAGES)))

    async def live(
        self,
        seconds: float,
        *,
        chance: Random | None = None,
        then: Callable[[Parts], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        """Let one daemon live. With `chance` it dies, sooner or later; without, it stops in good order."""
        number = len(self.lives)
        life = Life(self.clocks.now())
        self.lives.append(life)
        self._network.up, self._leave = True, asyncio.Event()
        self._mortal = mortal = Mortal(self.clocks.true, self._network)
        disk = await self.disk.open()
        log = CrashingLog(disk, mortal, self.ledger, Random(f"{self._seed}/disk/{number}"))
        if chance is not None and chance.random() < 0.5:
            log.doom(int(chance.uniform(1, 25) ** 2), committed=chance.random() < 0.5)
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(self._run(log, mortal, then), name=f"daemon {number}")
                tasks.create_task(self._end(seconds, mortal, running, gently=chance is None))
        finally:
            self.parts = self.door = self._visitors = self._mortal = None
            life.until = mortal.died_at or self.clocks.now()
            if mortal.dead:
                await self.disk.abandon(disk)
            else:
                await disk.close()

    async def _end(self, seconds: float, mortal: Mortal, running: "asyncio.Task[None]", *, gently: bool) -> None:
        try:
            async with asyncio.timeout(seconds):
                await mortal.died.wait()
        except TimeoutError:
            if gently:
                self._leave.set()
                return
            mortal.die()
        running.cancel()

    async def _run(
        self, log: EventLog, mortal: Mortal, then: Callable[[Parts], Coroutine[Any, Any, None]] | None
    ) -> None:
        number = len(self.lives)
        self._reloading = asyncio.Event()
        self._configuration = self._configurations.named.get(self._next, self._configuration)
        world = World(
            clock=self.clocks.for_life(),
            log=log,
            chance=Random(f"{self._seed}/daemon/{number}"),
            reload=self._read,
            reloading=self._reloading,
        )
        try:
            async with daemon(self._configuration, world) as parts, self._open(parts, mortal):
                self.parts = parts
                await self._serve(parts, Random(f"{self._seed}/visitors/{number}"))
                if then is not None:
                    await then(parts)
                self.parts = None
        except Exception:
            if not mortal.dead:  # what the dead cry nobody hears
                raise

    async def _serve(self, parts: Parts, chance: Random) -> None:
        async with asyncio.TaskGroup() as visitors:
            self._visitors = visitors
            waiting = [visitors.create_task(self._wait(parts, chance)) for _ in range(2)]
            try:
                await self._leave.wait()
            finally:
                self._visitors = None  # who comes from now on finds nobody, also while the dead is carried out
            for task in waiting:
                task.cancel()

    async def _wait(self, parts: Parts, chance: Random) -> None:
        """Wait for one endpoint after the other to be ready."""
        while True:
            name = EndpointName(*chance.choice(list(FLEET)).split("/"))
            goal, since = chance.choice(GOALS), self.clocks.now()
            answer = await parts.readiness.wait(name, goal=goal, seconds=chance.uniform(10, 300))
            self.waits.append(Waited(place=str(name), goal=goal, since=since, until=self.clocks.now(), answer=answer))
            await self.clocks.true.sleep(chance.uniform(3, 40) * self.pace.seconds_between)

    def _read(self) -> Configuration:
        if self._next == "broken":
            raise ConfigError("lamplighter.toml: not TOML")
        self._configuration = self._configurations.named[self._next]
        return self._configuration

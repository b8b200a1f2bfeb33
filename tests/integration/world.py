"""A whole daemon beside the simulator, in one loop and in virtual time."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from events import codec
from events.catalogue import Event
from events.log import EventLog
from events.memory import MemoryLog
from events.query import Query
from events.record import Recorded
from service.app import World, daemon
from service.clock import LoopClock
from service.config import Configuration, load
from service.parts import Parts
from service.simulator import Simulator, create_app
from statemachine.model import EndpointName

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

ACT = """
mode = "act"
settle = "1m"
[namespaces]
acme = {}
[groups.experiments]
match = ["acme/*"]
[[policies]]
name = "old"
groups = ["experiments"]
when = { max_age = "1h" }
warn = ["15m", "5m"]
"""


@dataclass(slots=True, kw_only=True)
class Scene:
    """What a test plays on."""

    clock: LoopClock
    sim: Simulator
    log: EventLog
    folder: Path

    def configuration(self, text: str = ACT) -> Configuration:
        token = self.folder / "token"
        token.write_text("hf_robot")
        for name in ("acme", "beta"):
            text = text.replace(f"{name} = {{}}", f'{name} = {{ token_file = "{token}" }}')
        file = self.folder / "lamplighter.toml"
        file.write_text(f'hub_url = "{self.sim.base_url}"\nlisten = "127.0.0.1:0"\n{text}')
        return load(file)

    @asynccontextmanager
    async def daemon(self, text: str = ACT) -> AsyncIterator[Parts]:
        world = World(clock=self.clock, log=self.log, chance=random.Random(1))
        async with daemon(self.configuration(text), world) as parts:
            while not parts.ready:
                await self.clock.sleep(0.1)
            yield parts

    async def recorded(self, *types: type[Event], name: str | None = None) -> list[Recorded]:
        query = Query(types=tuple(map(codec.type_of, types)), name=name, limit=100_000)
        return list((await self.log.read(query)).events)

    async def events(self, *types: type[Event], name: str | None = None) -> list[Event]:
        return [codec.decode(recorded) for recorded in await self.recorded(*types, name=name)]


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """Serve a simulator and give an empty log; the daemon is the test's to start."""
    clock = LoopClock(start=START)
    sim = Simulator(clock=clock, seed=7, base_url="")
    runner = web.AppRunner(create_app(sim), shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sim.base_url = "http://127.0.0.1:{1}".format(*runner.addresses[0])
    try:
        yield Scene(clock=clock, sim=sim, log=MemoryLog(), folder=folder)
    finally:
        await runner.cleanup()


def seldom(text: str) -> str:
    """Return a configuration that looks once a minute, for tests of whole days."""
    return text.replace("[namespaces]", '[poll]\nfast = "3s"\nslow = "1m"\n[namespaces]')


def endpoint(text: str) -> EndpointName:
    """Read `namespace/name`."""
    return EndpointName(*text.split("/"))

"""A daemon made by hand: real parts over the log in memory, nobody at work in them but the views."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from events import codec, streams
from events.catalogue import Event
from events.log import EventLog
from events.memory import MemoryLog
from events.record import Recorded
from events.unit import Appended, Unit, Write
from service.callers import Callers, Connection
from service.clock import LoopClock
from service.commands import Commander, Desk, Holds, Means
from service.config import Configuration, load
from service.inspection import Inspection
from service.leases import Leases
from service.live import Live
from service.parts import Parts
from service.ports import Hardware, HubError, Identity, Item, Offer, Sweep, Unavailable
from service.prices import Prices
from service.subscribers.autopause import Autopause
from service.subscribers.readiness import Readiness
from service.watch import Watch, Watcher
from service.web import create_runner
from statemachine.model import Discovered, EndpointName, Missing, Sighting
from statemachine.status import Status

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CREATED = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
TOKEN = "ll_token-of-the-hand-made-daemon"
OBSERVE = 'mode = "observe"\n[namespaces]\nacme = {}\n'


class Unreachable:
    """A Hugging Face that never answers."""

    async def sweep(self, namespace: str) -> Sweep:
        raise Unavailable("nobody is there", word="connection")

    async def look(self, name: EndpointName) -> Item | Missing:
        raise Unavailable("nobody is there", word="connection")

    async def whoami(self, namespace: str) -> Identity:
        raise Unavailable("nobody is there", word="connection")

    async def prices(self, namespace: str) -> dict[Hardware, Offer]:
        raise Unavailable("nobody is there", word="connection")

    async def healthy(self, url: str, health_route: str, namespace: str) -> bool:
        return False


def make_parts(folder: Path, *, text: str = OBSERVE, log: EventLog | None = None) -> Parts:
    file = folder / "lamplighter.toml"
    file.write_text(text)
    return parts_of(load(file), log or MemoryLog())


def parts_of(configuration: Configuration, log: EventLog) -> Parts:
    clock = LoopClock(start=START)
    clock.now()
    live, watch = Live(log, clock), Watch(clock)
    watch.watchers = {
        name: Watcher(
            name, reader=Unreachable(), log=log, clock=clock, poll=configuration.settings.poll, chance=random.Random(1)
        )
        for name in configuration.settings.namespaces
    }
    means = Means(log=log, live=live, watch=watch, writers={}, clock=clock, configuration=configuration)
    commander = Commander(means)
    return Parts(
        version="0.0.1",
        started_at=clock.now(),
        listen="127.0.0.1:0",
        token=TOKEN,
        clock=clock,
        log=log,
        live=live,
        watch=watch,
        inspection=Inspection(log=log, live=live, clock=clock),
        leases=Leases(log=log, live=live, watch=watch, clock=clock),
        prices=Prices(clock),
        holds=Holds(log=log, live=live, clock=clock),
        readiness=Readiness(live=live, watch=watch, clock=clock),
        configuration=configuration,
        commander=commander,
        desk=Desk(means, commander),
        callers=Callers(nobody, clock),
        autopause=Autopause(
            log=log,
            live=live,
            watch=watch,
            commander=commander,
            clock=clock,
            settled_at=clock.now() + timedelta(minutes=15),
        ),
        subscribers=(),
    )


def nobody(token: str) -> Connection:
    raise HubError("nobody can be asked whose token this is")


@asynccontextmanager
async def served(parts: Parts) -> AsyncIterator["Caller"]:
    """Serve the parts as the daemon does, with the views alone at work."""
    runner = create_runner(parts)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    parts.listen = "{}:{}".format(*runner.addresses[0])
    async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession(f"http://{parts.listen}") as http:
        views = tasks.create_task(parts.live.run(), name="views")
        try:
            yield Caller(http, parts, runner)
        finally:
            await runner.cleanup()
            views.cancel()


class Caller:
    """Asks the daemon. `json` checks the code and what every answer must carry."""

    def __init__(self, http: aiohttp.ClientSession, parts: Parts, runner: web.AppRunner) -> None:
        self.http = http
        self.parts = parts
        self.runner = runner

    async def json(self, method: str, path: str, *, code: int = 200, token: bool = False, **arguments: Any) -> Any:
        headers = {**arguments.pop("headers", {}), **({"Authorization": f"Bearer {TOKEN}"} if token else {})}
        async with self.http.request(method, path, headers=headers, **arguments) as response:
            assert response.status == code, await response.text()
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "Access-Control-Allow-Origin" not in response.headers
            document = await response.json()
            assert code < 400 or len(document["error"]) > 10
            return document


async def put(log: EventLog, stream: str, event: Event, *, at: datetime = START, actor: str = "watcher") -> Recorded:
    version = await log.version(stream)
    draft = codec.fact(stream, version + 1, event, time=at, actor=actor)
    (result,) = await log.append([Unit(streams={stream: Write(expected=version, drafts=(draft,))})])
    assert isinstance(result, Appended)
    return result.events[-1]


async def discover(log: EventLog, endpoint: str, *, status: Status = Status.RUNNING, **more: Any) -> Recorded:
    name = EndpointName(*endpoint.split("/"))
    sighting = Sighting(status=status, created_at=CREATED, **more)
    event = Discovered(seen_at=START, absent_at=None, sighting=sighting)
    return await put(log, streams.life(name, CREATED), event)

"""Everything that runs, and how it hangs together. Nothing else names a concrete log, client or channel.

Two lives lie inside each other. The process holds the log, the views, the waiters and the listening socket from its
start to its end. A `Reign` is what one configuration brings: the client, the watchers, the policies, the alerts; one
follows the other (`succession`). Those who wait or follow a stream go on across it.
"""

import asyncio
import os
import random
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
from aiohttp import web

from events.errors import LogError
from events.log import EventLog
from events.sqlite import SqliteLog
from events.transfer.incoming import require_finished
from events.views.fleet import Act
from service.access import host_and_port, load_token, spell
from service.callers import Callers, Connection
from service.channels.command import Command
from service.channels.webhook import Webhook
from service.clock import Clock, SystemClock
from service.commands import Commander, Desk, Holds, Means
from service.config import Configuration, Receiver, Settings
from service.failures import CannotListen
from service.hooks import Hook, Hooks
from service.huggingface import API_URL, HUB_URL, ActingHuggingFace, HuggingFace, Limits, SignedByCaller, Tokens
from service.inspection import Inspection
from service.journal import Journal
from service.leases import Leases
from service.live import Live
from service.masking import Masker
from service.parts import Parts
from service.places import default_log
from service.ports import Writer
from service.prices import Prices
from service.stores import sqlite_path
from service.subscribers.alerts import Alerts
from service.subscribers.autopause import Autopause
from service.subscribers.outbox import Channel, Courier
from service.subscribers.readiness import Readiness
from service.succession import Succession
from service.watch import Watch, Watcher
from service.web import create_runner
from service.wholeness import require_whole
from statemachine.model import EndpointName

VERSION = version("lamplighter")
STOP_SECONDS = 3.0  # for what has to be written at the end, of the five seconds that are promised
ONCE_SECONDS = 120.0  # for the acts of one round
OF_CALLER = {"known_answers": 0, "connections": 40, "connections_per_host": 40}  # what it reads, it does not keep
_logger: Any = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a daemon stands on; a test or the demo brings its own of each.

    `reload` reads the configuration anew, when `reloading` is set. `despite_broken_chain`: start also on a log that was
    changed behind its back.
    """

    clock: Clock = field(default_factory=SystemClock)
    log: EventLog | None = None
    chance: random.Random = field(default_factory=random.SystemRandom)
    reload: Callable[[], Configuration] | None = None
    reloading: asyncio.Event = field(default_factory=asyncio.Event)
    despite_broken_chain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What lasts as long as the process: the log, its views, and who is told to look at what."""

    world: World
    log: EventLog
    live: Live
    watch: Watch
    leases: Leases
    journal: Journal
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """What one configuration brings, from its reading until the next."""

    configuration: Configuration
    ground: Ground
    hub: HuggingFace
    commander: Commander
    desk: Desk
    callers: Callers
    autopause: Autopause
    alerts: Alerts
    courier: Courier
    hooks: Hooks

    @property
    def settled_at(self) -> datetime:
        """Return before when no policy acts."""
        return self.autopause.settled_at

    async def run(self) -> None:
        """Do all of it, for ever."""
        async with self.hub, aclosing(self.callers), asyncio.TaskGroup() as tasks:
            tasks.create_task(self.ground.watch.run(), name="watch")
            tasks.create_task(self.commander.run(), name="open intents")
            tasks.create_task(self.ground.leases.run(self.commander), name="leases")
            tasks.create_task(self.autopause.run(), name="autopause")
            tasks.create_task(self.alerts.run(), name="alerts")
            tasks.create_task(self.courier.run(), name="courier")
            tasks.create_task(self.hooks.run(), name="hooks")
            tasks.create_task(self.callers.run(), name="callers")
            tasks.create_task(self.ground.prices.run(self.hub, self.ground.watch.watchers), name="prices")

    async def end(self) -> None:
        """Let nothing of it go on, also where it was replaced before `run` began."""
        self.commander.end()
        await self.callers.aclose()
        await self.hub.close()

    async def once(self) -> bool:
        """Sweep, decide, and deliver what is due, one time; return whether every namespace could be read."""
        ground = self.ground
        async with self.hub:
            whole = await ground.watch.sweep()
            await ground.live.reach(await ground.log.head())
            await ground.leases.restore(lasting=False)
            try:
                # Side by side: an act whose namespace does not answer must not keep the others from theirs.
                async with ground.world.clock.timeout(ONCE_SECONDS), asyncio.TaskGroup() as tasks:
                    tasks.create_task(self.commander.resume_open(), name="open intents")
                    tasks.create_task(ground.leases.once(self.commander), name="leases")
                    tasks.create_task(self.autopause.once(), name="autopause")
            except TimeoutError:
                _logger.warning("acts_left_open", seconds=ONCE_SECONDS)  # the next round takes them up
            await self.alerts.once()
            await self.courier.flush()
            await self.hooks.once()
        await ground.watch.save()
        await ground.live.reach(await ground.log.head())
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """What came of one round: `whole` if every namespace could be read; the log's events beyond `began` are its own."""

    whole: bool
    began: int
    live: Live
    log: EventLog
    watch: Watch
    autopause: Autopause

    def open_acts(self) -> Iterator[tuple[EndpointName, Act]]:
        """Return the acts whose end was not seen, where anybody looks."""
        for name, known in self.live.fleet.endpoints.items():
            if name.namespace in self.watch.watchers:
                yield from ((name, act) for act in known.open.values())


async def run(configuration: Configuration, world: World, *, started: Callable[[Parts], None]) -> None:
    """Be the daemon until SIGTERM or SIGINT; SIGHUP reads the configuration anew. `started` is told once it listens."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, world.reloading.set)
    async with daemon(configuration, world) as parts:
        started(parts)
        await stop.wait()


@asynccontextmanager
async def daemon(configuration: Configuration, world: World) -> AsyncIterator[Parts]:
    """Run the daemon around a block of code. Raises ConfigError, LogError and CannotListen when it cannot."""
    settings = configuration.settings
    token = load_token(settings)
    async with _ground(settings, world) as ground:
        await ground.leases.restore()
        with _listen(settings.listen) as listener:
            await ground.journal.started(VERSION, configuration)
            await ground.journal.applied(configuration)
            reign = await _reign(ground, configuration, world.clock.now() + settings.settle)
            parts = Parts(
                version=VERSION,
                started_at=world.clock.now(),
                listen=spell(*listener.getsockname()[:2]),
                token=token,
                clock=world.clock,
                log=ground.log,
                live=ground.live,
                watch=ground.watch,
                inspection=Inspection(log=ground.log, live=ground.live, clock=world.clock),
                leases=ground.leases,
                prices=ground.prices,
                holds=Holds(log=ground.log, live=ground.live, clock=world.clock),
                readiness=Readiness(live=ground.live, watch=ground.watch, clock=world.clock),
                configuration=configuration,
                commander=reign.commander,
                desk=reign.desk,
                callers=reign.callers,
                autopause=reign.autopause,
                subscribers=(reign.alerts, *reign.hooks.all),
            )
            async with _everything(parts, reign, listener):
                yield parts
        await _farewell(ground)


async def _farewell(ground: Ground) -> None:
    """Write what makes the next start exact; a store that cannot take it must not hold up the end."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await ground.watch.save()
            await ground.journal.stopped("asked to")
            await ground.live.catch_up()
            await ground.live.save()
    except (LogError, TimeoutError) as error:
        _logger.warning("not_written_at_the_end", error=str(error))


@asynccontextmanager
async def once(configuration: Configuration, world: World) -> AsyncIterator[Once]:
    """Do one round of what the daemon does for ever, and hand what came of it to the block.

    It starts each time, so it settles by the log: no act within `settle` of a new configuration.
    """
    settings = configuration.settings
    async with _ground(settings, world) as ground:
        began = ground.live.fleet.position
        await ground.journal.applied(configuration)
        reign = await _reign(ground, configuration, await ground.journal.settled_at(settings.settle))
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(ground.live.run(), name="views")
            whole = await reign.once()
            yield Once(
                whole=whole,
                began=began,
                live=ground.live,
                log=ground.log,
                watch=ground.watch,
                autopause=reign.autopause,
            )
            following.cancel()


@asynccontextmanager
async def _ground(settings: Settings, world: World) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        log = world.log
        if log is None:
            path = sqlite_path(settings.log or default_log())
            log = await SqliteLog.open(path, holder=f"listening on {settings.listen}")
            stack.push_async_callback(log.close)
        await require_finished(log)
        live = Live(log, world.clock)
        known = await live.recall()
        await require_whole(log, known, despite_broken_chain=world.despite_broken_chain)
        await live.catch_up()
        journal = Journal(log, world.clock, live.views.configured.still())
        watch = Watch(world.clock)
        leases = Leases(log=log, live=live, watch=watch, clock=world.clock)
        prices = Prices(world.clock)
        yield Ground(world=world, log=log, live=live, watch=watch, leases=leases, journal=journal, prices=prices)


@asynccontextmanager
async def _everything(parts: Parts, reign: Reign, listener: socket.socket) -> AsyncIterator[None]:
    """Run all that runs, until the block ends; those who wait are answered before it is taken down."""
    server = create_runner(parts)
    await server.setup()
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(parts.live.run(), name="views"),
            tasks.create_task(parts.live.keep(), name="snapshots"),
            tasks.create_task(parts.inspection.run(), name="inspection"),
            tasks.create_task(parts.readiness.run(), name="readiness"),
            tasks.create_task(_succession(parts, reign.ground).run(reign), name="reigns"),
        ]
        await web.SockSite(server, listener).start()
        try:
            yield
        finally:
            await server.cleanup()
            for task in running:
                task.cancel()


def _succession(parts: Parts, ground: Ground) -> Succession[Reign]:
    return Succession(
        parts,
        ground.journal,
        reload=ground.world.reload,
        reloading=ground.world.reloading,
        begin=partial(_reign, ground),
        install=_install,
    )


def _install(parts: Parts, reign: Reign) -> None:
    """Let whoever asks meet what a configuration brought."""
    parts.configuration, parts.commander, parts.desk = reign.configuration, reign.commander, reign.desk
    parts.callers, parts.autopause = reign.callers, reign.autopause
    parts.subscribers = (reign.alerts, *reign.hooks.all)


async def _reign(ground: Ground, configuration: Configuration, settled_at: datetime) -> Reign:
    settings, world = configuration.settings, ground.world
    log, clock, live, watch = ground.log, world.clock, ground.live, ground.watch
    hub, writers = _hub(configuration, world, _own_tokens(settings))
    watchers = {
        namespace: Watcher(
            namespace,
            reader=hub,
            log=log,
            clock=clock,
            poll=settings.poll,
            chance=world.chance,
            awaited=partial(watch.awaited, namespace),
            ours=live.fleet.ours,
        )
        for namespace in settings.namespaces
    }
    await watch.begin(watchers, live.fleet)
    means = Means(log=log, live=live, watch=watch, writers=writers, clock=clock, configuration=configuration)
    commander = Commander(means)
    return Reign(
        configuration=configuration,
        ground=ground,
        hub=hub,
        commander=commander,
        desk=Desk(means, commander),
        callers=Callers(partial(_connection, configuration, world), clock),
        autopause=Autopause(log=log, live=live, watch=watch, commander=commander, clock=clock, settled_at=settled_at),
        alerts=Alerts(log=log, clock=clock, settings=settings, looked_at=watch.looked_at),
        courier=Courier(log=log, clock=clock, channels=_channels(settings, clock), chance=world.chance),
        hooks=Hooks(_hooks(settings, ground), log=log, clock=clock),
    )


def _channels(settings: Settings, clock: Clock) -> dict[str, Channel]:
    return {name: receiver(channel, clock) for name, channel in settings.channels.items()}


def _hooks(settings: Settings, ground: Ground) -> Iterator[Hook]:
    for own in settings.hooks:
        to = receiver(own, ground.world.clock, seconds=own.timeout.total_seconds())
        yield Hook(own, groups=settings.groups, receiver=to, log_id=ground.log.log_id, live=ground.live)


def receiver(settings: Receiver, clock: Clock, *, seconds: float | None = None) -> Command | Webhook:
    """Return what carries a message to where a channel or a hook says, in its own time or in so many seconds."""
    limit = {} if seconds is None else {"seconds": seconds}
    return Command(settings.command, **limit) if settings.command else Webhook(settings, clock=clock, **limit)


def _connection(configuration: Configuration, world: World, token: str) -> Connection:
    """Make a caller's own client, with a connection for all that one may have under way."""
    own = Tokens(default=lambda: token)
    hub, writers = _hub(configuration, world, own, acting_as=SignedByCaller, **OF_CALLER)
    return Connection(hub=hub, writers=writers, heard=hub.heard if isinstance(hub, SignedByCaller) else lambda _: None)


def _own_tokens(settings: Settings) -> Tokens:
    return Tokens({key: own.token_file for key, own in settings.namespaces.items() if own.token_file is not None})


def _hub(
    configuration: Configuration,
    world: World,
    tokens: Tokens,
    *,
    acting_as: type[ActingHuggingFace] = ActingHuggingFace,
    **bounds: int,
) -> tuple[HuggingFace, dict[str, Writer]]:
    """Return the client, and who may write where: in observe mode there is nobody who could."""
    settings = configuration.settings
    acting = frozenset(namespace for namespace in settings.namespaces if configuration.acts(namespace))
    seconds = settings.poll.timeout.total_seconds()
    shared: dict[str, Any] = {
        "tokens": tokens,
        "clock": world.clock,
        "masker": Masker(),
        "api_url": settings.hub_url or API_URL,
        "hub_url": settings.hub_url or HUB_URL,
        "dice": world.chance,
        # Between two tries of a write a lease or a hold may come: whoever meant it looks and decides again.
        "limits": Limits(try_seconds=seconds, call_seconds=3 * seconds, write_tries=1, **bounds),
    }
    if not acting:
        return HuggingFace(**shared), {}
    hub = acting_as(acting=acting, **shared)
    return hub, dict.fromkeys(acting, hub)


def _listen(listen: str) -> socket.socket:
    host, port = host_and_port(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        code = error.errno or 0
        reason = os.strerror(code) if code > 0 else error.strerror  # Python's own text says the address once more
        raise CannotListen(f"cannot listen on {listen}: {reason}; choose another with --listen") from error

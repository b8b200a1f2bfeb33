"""One run from one seed: a few hours of many endpoints, people, faults and deaths; then a quiet time, and a restart."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

import service.app
from events.memory import MemoryStore
from events.query import Query
from events.record import Recorded
from events.views.fleet import Fleet
from service.huggingface import Limits
from service.parts import Parts
from service.simulator import Happening, create_app
from tests.simulation.callers import Ask, Callers, Stay
from tests.simulation.clocks import Clocks, Setting
from tests.simulation.deeds import Deeds
from tests.simulation.door import served_by
from tests.simulation.loop import run
from tests.simulation.machine import Disk, Life, Machine, Waited
from tests.simulation.people import People
from tests.simulation.witness import Exchange, Trouble, Veil, Witness
from tests.simulation.world import BUSY, PAGE_ITEMS, Configurations, Pace, people_the

QUIET_SECONDS = 600.0
RESTART_SECONDS = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is left of a run: what the daemon wrote, and what was true."""

    seed: int
    recorded: tuple[Recorded, ...]
    committed_at: dict[int, datetime]
    history: tuple[Happening, ...]
    exchanges: tuple[Exchange, ...]
    lives: tuple[Life, ...]
    reloads: tuple[datetime, ...]
    veils: tuple[Veil, ...]
    troubles: tuple[Trouble, ...]
    shifts: tuple[tuple[datetime, datetime], ...]
    settings: tuple[Setting, ...]
    asks: tuple[Ask, ...]
    stays: tuple[Stay, ...]
    waits: tuple[Waited, ...]
    configurations: Configurations
    fleet: Fleet
    restarted_at: datetime
    restart: tuple[Recorded, ...]
    stored: bytes
    lines: tuple[str, ...]


def tell(seed: int, *, mode: str = "act", sqlite: bool = False, pace: Pace = BUSY) -> Story:
    """Let one seed's world run, and return what happened."""
    with TemporaryDirectory() as folder, chdir(folder), _lines() as lines, pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.app, "Limits", partial(Limits, page_items=PAGE_ITEMS))
        disk = Disk(MemoryStore(), Path(folder) / "log.db" if sqlite else None)
        return run(_tell(seed, disk, Configurations(mode, pace), lines, patch))


async def _tell(
    seed: int, disk: Disk, configurations: Configurations, lines: list[str], patch: pytest.MonkeyPatch
) -> Story:
    clocks = Clocks()
    witness = Witness(clock=clocks.true, seed=seed)
    runner = web.AppRunner(create_app(witness), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    network = served_by(runner)
    patch.setattr(aiohttp, "TCPConnector", network.connector)
    machine = Machine(seed=seed, clocks=clocks, network=network, disk=disk, configurations=configurations)
    people_the(witness, Random(f"{seed}/fleet"))

    callers = await _busy_time(seed, witness, machine, until=clocks.now() + configurations.pace.busy)
    fleet = await _quiet_time(machine)
    await clocks.true.sleep(5.0)
    restarted_at = clocks.now()
    await machine.live(RESTART_SECONDS)

    recorded = await _all(disk)
    before = [each for each in recorded if machine.ledger.committed_at[each.position] < restarted_at]
    await runner.cleanup()
    return Story(
        seed=seed,
        recorded=tuple(before),
        committed_at=machine.ledger.committed_at,
        history=tuple(witness.history),
        exchanges=tuple(witness.exchanges()),
        lives=tuple(machine.lives),
        reloads=tuple(machine.reloads),
        veils=tuple(witness.veils),
        troubles=tuple(witness.troubles),
        shifts=tuple(witness.shifts),
        settings=tuple(clocks.settings),
        asks=tuple(callers.asks),
        stays=tuple(callers.stays),
        waits=tuple(machine.waits),
        configurations=configurations,
        fleet=fleet,
        restarted_at=restarted_at,
        restart=tuple(recorded[len(before) :]),
        stored=_stored(disk),
        lines=tuple(lines),
    )


async def _busy_time(seed: int, witness: Witness, machine: Machine, *, until: datetime) -> Callers:
    async def live(people: People) -> None:
        async with asyncio.TaskGroup() as people.tasks:
            await people.live()

    deeds = Deeds(witness, machine, Random(f"{seed}/people"))
    people = People(deeds)
    async with asyncio.TaskGroup() as tasks:
        living = tasks.create_task(live(people))
        await machine.live_and_die(until)
        people.rest()
        living.cancel()
    return deeds.callers


async def _quiet_time(machine: Machine) -> Fleet:
    """Let the last daemon see the end of all that was begun; return what it then knows."""
    fleets: list[Fleet] = []

    async def end(parts: Parts) -> None:
        limit = machine.clocks.now() + timedelta(seconds=QUIET_SECONDS)  # what is never over then breaks a promise
        while any(known.open or known.leases for known in parts.live.fleet.endpoints.values()):
            if machine.clocks.now() > limit:
                break
            await machine.clocks.true.sleep(1.0)
        fleets.append(parts.live.fleet)

    await machine.live(QUIET_SECONDS, then=end)
    return fleets[0]


async def _all(disk: Disk) -> list[Recorded]:
    log = await disk.open()
    page = await log.read(Query(limit=1_000_000))
    await log.close()
    return list(page.events)


def _stored(disk: Disk) -> bytes:
    """Return every byte that the daemons left in their store."""
    if disk.path is not None:
        return b"".join(file.read_bytes() for file in sorted(disk.path.parent.glob("log.db*")))
    return repr((disk.store.events, disk.store.board, disk.store.parked)).encode()


@contextmanager
def _lines() -> Iterator[list[str]]:
    """Catch all that the process logs, as it would stand on its standard error."""
    lines: list[str] = []

    def keep(_logger: Any, _method: str, event: Any) -> str:  # rendered by the processor before
        lines.append(event)
        raise structlog.DropEvent

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Handler()
    logging.getLogger().addHandler(handler)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str, sort_keys=True),
            keep,
        ]
    )
    try:
        yield lines
    finally:
        structlog.reset_defaults()
        logging.getLogger().removeHandler(handler)

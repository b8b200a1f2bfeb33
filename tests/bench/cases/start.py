"""A daemon over a long log, from its start to ready: by snapshot, by snapshot and the longest tail, and from nothing.

Ready means that `/readyz` says so: Python is loaded, the log is opened, the views stand at its head, and the namespace
was asked for once. The simulated Hugging Face holds nothing, so that the log alone is measured.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil

from events.sqlite import SqliteLog, open_readonly
from service.shelf import BOARD, FEWEST
from tests.bench import biglog
from tests.bench.figure import Figure
from tests.e2e.daemons import Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import Machine

EVENTS = 1_000_000
ROUNDS = 5
PATIENCE_SECONDS = 900.0


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        try:
            yield from _starts(Daemon(machine, Hub.start(machine)))
        finally:
            machine.close()


def _starts(daemon: Daemon) -> Iterator[Figure]:
    daemon.configure()
    biglog.copied(EVENTS, daemon.log)
    whole = _started(daemon)
    _stopped(daemon)
    by_snapshot, with_tail = [], []
    for _ in range(ROUNDS):
        by_snapshot.append(_started(daemon))
        daemon.kill()
        asyncio.run(_more(daemon.log))
        with_tail.append(_started(daemon))
        _stopped(daemon)
    said = f"start to ready, {EVENTS:,} events"
    for name, took in (("by snapshot", by_snapshot), (f"and {FEWEST:,} more", with_tail)):
        seconds = median(wall for wall, _ in took)
        yield Figure(
            name=f"{said}, {name}",
            value=seconds,
            unit="s",
            ratio=whole[0] / seconds,
            against="faster than without",
            reach="<= 2 s",
            met=seconds <= 2,
        )
        yield Figure(name=f"{said}, {name}: CPU", value=median(cpu for _, cpu in took), unit="s")
    yield Figure(name=f"{said}, from nothing", value=whole[0], unit="s")


def _started(daemon: Daemon) -> tuple[float, float]:
    """Start it, and return the seconds until it is ready, and those that it computed meanwhile."""
    before = time.perf_counter()
    process = daemon.begin()
    process.until(lambda: daemon.answers("/readyz"), PATIENCE_SECONDS)
    took, cpu = time.perf_counter() - before, psutil.Process(process.child.pid).cpu_times()
    return took, cpu.user + cpu.system


def _stopped(daemon: Daemon) -> None:
    """Stop it in good order, once the alerts have a snapshot, too."""
    process = daemon.process
    assert process is not None
    process.until(lambda: asyncio.run(_snapshots(daemon.log)) >= {"alerts"}, PATIENCE_SECONDS)
    assert daemon.stop() == 0
    assert asyncio.run(_snapshots(daemon.log)) == {"alerts", "views"}


async def _snapshots(path: Path) -> set[str]:
    log = await open_readonly(path)
    try:
        return set(await log.board.scan(BOARD))
    finally:
        await log.close()


async def _more(path: Path) -> None:
    log = await SqliteLog.open(path, holder="a benchmark")
    try:
        await biglog.go_on(log, FEWEST - 1)
    finally:
        await log.close()

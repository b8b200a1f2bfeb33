"""What a daemon has in memory while clients take all of 1,000,000 events from it, in every form that there is.

The daemon is a process of its own, at rest: its views and its alerts have taken in the whole log, and its first
inspection is over (some minutes; it folds views of its own, which are no reader's). Judged is how far its memory comes
above what it had before each client, and whether it grows while most of the log goes out. What the inspection has given
back lies in the process still, some MiB, and would be taken first; all events are hundreds of MiB.

The slow readers take a few KiB a second, all at once. The commands are watched themselves, too: they run beside.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from service.web.reading import MOST_ITEMS
from tests.bench import biglog, takers
from tests.bench.figure import Figure
from tests.bench.memory import Progress, Watch, at_rest
from tests.bench.takers import Positions
from tests.e2e.daemons import Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import Machine

EVENTS = 1_000_000
PATIENCE_SECONDS = 1800.0
ABOVE_MIB = 16.0
GROWTH_MIB = 4.0  # five bytes an event

SLOW = {
    "stream": "/api/events/stream?after=0",
    "pages": f"/api/events?limit={MOST_ITEMS}&format=jsonl",
}
READERS = 20
SLOW_SECONDS = 10.0
SIP, SIP_SECONDS = 1024, 0.25  # bytes, and between two of them
COMMANDS = {
    "lamplighter events --format cloudevents": ("events", "--format", "cloudevents"),
    "lamplighter log export": ("log", "export"),
}


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        try:
            yield from _exports(Daemon(machine, Hub.start(machine)))
        finally:
            machine.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of taking it all: how many events came in order, each once, and in which time."""

    events: int
    of: int
    seconds: float

    def figures(self, name: str) -> Iterator[Figure]:
        yield Figure(
            name=f"{name}: events",
            value=self.events,
            unit="",
            reach=f"= {self.of}, in order",
            met=self.events == self.of,
        )
        yield Figure(name=f"{name}: pace", value=self.events / self.seconds, unit="events/s")


def _exports(daemon: Daemon) -> Iterator[Figure]:
    pid, head = _rested(daemon)
    settled = at_rest(pid)
    yield Figure(name="export, daemon at rest", value=settled, unit="MiB")
    for name, taker in takers.over_http().items():
        before, progress = at_rest(pid), Progress()
        with Watch(pid, progress) as watch:
            taken = _take(taker(daemon), head, progress)
        yield from taken.figures(f"export, {name}")
        yield from _judged(f"export, {name}", watch, before, head)
    for name, path in SLOW.items():
        before = at_rest(pid)
        with Watch(pid, Progress()) as watch:
            _sip(daemon, path)
        yield _above(f"export, {READERS} slow readers of {name}", watch, before)
    for name, words in COMMANDS.items():
        before, progress = at_rest(pid), Progress()
        with (
            takers.command(daemon, *words) as process,
            Watch(pid, progress) as watch,
            Watch(process.pid, progress) as own,
        ):
            taken = _take(takers.printed(process), head, progress)
        yield from taken.figures(f"export, {name}")
        yield from _judged(f"export, {name}", watch, before, head)
        yield _growth(f"export, {name}: its own growth", own, head)
        yield Figure(name=f"export, {name}: its own peak", value=own.peak, unit="MiB")
    more = at_rest(pid) - settled
    yield Figure(
        name="export, kept after all of it", value=more, unit="MiB", reach=f"<= {ABOVE_MIB:g}", met=more <= ABOVE_MIB
    )
    assert daemon.stop() == 0


def _rested(daemon: Daemon) -> tuple[int, int]:
    """Start a daemon, and return its process and its log's head once it has nothing to do any more."""
    daemon.configure()
    biglog.copied(EVENTS, daemon.log)
    process = daemon.begin()
    process.until(lambda: daemon.answers("/readyz"), PATIENCE_SECONDS)
    process.until(lambda: _idle(daemon), PATIENCE_SECONDS)
    head: int = daemon.get("/api/events?limit=1").json["head"]
    return process.child.pid, head


def _idle(daemon: Daemon) -> bool:
    time.sleep(1)  # asked more often it would not be at rest
    told = daemon.get("/api/status").json
    if told["inspection"] is None or any(subscriber["lag"] for subscriber in told["subscribers"]):
        return False
    if told["inspection"]["broken"]:
        raise RuntimeError(f"the log that was made is not sound: {told['inspection']['broken']}")
    return True


def _take(positions: Positions, head: int, progress: Progress) -> Taken:
    """Take events until the last that there was has come; those that come out of turn do not count."""
    began = time.perf_counter()
    for position in positions:
        if position == progress.taken + 1:
            progress.taken = position
        if position >= head:
            break
    return Taken(events=progress.taken, of=head, seconds=time.perf_counter() - began)


def _sip(daemon: Daemon, path: str) -> None:
    """Let all the slow readers read for some seconds."""
    with ExitStack() as stack:
        readers = [stack.enter_context(takers.asked(daemon, path, window=SIP)) for _ in range(READERS)]
        until = time.monotonic() + SLOW_SECONDS
        while time.monotonic() < until:
            for reader in readers:
                if not reader.recv(SIP):
                    raise RuntimeError(f"{path} ended before its reader did")
            time.sleep(SIP_SECONDS)


def _judged(name: str, watch: Watch, before: float, head: int) -> Iterator[Figure]:
    yield _above(name, watch, before)
    yield _growth(f"{name}: growth from 10 % to 100 %", watch, head)


def _above(name: str, watch: Watch, before: float) -> Figure:
    above = watch.peak - before
    return Figure(
        name=f"{name}: above rest", value=above, unit="MiB", reach=f"<= {ABOVE_MIB:g}", met=above <= ABOVE_MIB
    )


def _growth(name: str, watch: Watch, head: int) -> Figure:
    grown = watch.growth(head)
    return Figure(name=name, value=grown, unit="MiB", reach=f"<= {GROWTH_MIB:g}", met=grown <= GROWTH_MIB)

"""Every command that only asks the daemon, from its start to its end, beside a bare Python and beside `import typer`.

The daemon is the real command with one endpoint of the simulator, so that what is measured is the start of the command
and not the answer. Rounds are interleaved: whatever else the machine does meets all of them alike, and the bare Python
shows how much that is. What a command computed does not depend on it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from tests.bench.figure import Figure
from tests.e2e.daemons import Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import LAMPLIGHTER, Machine
from tests.unit.cli.askers import asking

ENDPOINT = "acme/one"
ROUNDS = 21
REACH_MS = 200.0
BARE = "python -c pass"
TYPER = "python -c 'import typer'"
AT_TERMINAL = ", at a terminal"  # where what is printed is coloured


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        try:
            yield from _figures(machine, Daemon(machine, Hub.start(machine)))
        finally:
            machine.close()


def _figures(machine: Machine, daemon: Daemon) -> Iterator[Figure]:
    daemon.hub.create(ENDPOINT, state="running")
    daemon.configure('[namespaces]\nacme = {}\n[poll]\nfast = "30s"\nslow = "30s"\n')
    daemon.start()
    env = machine.environment({"LAMPLIGHTER_CONFIG": str(daemon.file)})
    log = ("log", "head", "--log", f"sqlite:///{daemon.log}")
    programs: dict[str, Sequence[str]] = {
        BARE: (sys.executable, "-c", "pass"),
        TYPER: (sys.executable, "-c", "import typer"),
        **{" ".join(words): (LAMPLIGHTER, *words) for words in asking(ENDPOINT)},
        "log head": (LAMPLIGHTER, *log),
        f"status{AT_TERMINAL}": (LAMPLIGHTER, "status"),
        f"explain {ENDPOINT}{AT_TERMINAL}": (LAMPLIGHTER, "explain", ENDPOINT),
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for number in range(ROUNDS + 1):
        for name, words in programs.items():
            one = _ms(words, machine.home, env, terminal=name.endswith(AT_TERMINAL))
            if number:  # the first round reads the files into memory
                took[name].append(one)
    wall = {name: median(ms for ms, _ in rounds) for name, rounds in took.items()}
    for name, ms in wall.items():
        asks = name not in {BARE, TYPER}
        yield Figure(
            name=name,
            value=ms,
            unit="ms",
            ratio=ms / wall[TYPER] if asks else None,
            against=TYPER if asks else None,
            reach=f"<= {REACH_MS:.0f} ms" if asks else None,
            met=ms <= REACH_MS if asks else None,
        )
        yield Figure(name=f"{name}: CPU", value=median(cpu for _, cpu in took[name]), unit="ms")


def _ms(words: Sequence[str], where: Path, env: dict[str, str], *, terminal: bool) -> tuple[float, float]:
    """Run it to its end; return how long that took, and how much of it was computed."""
    reader, writer = os.openpty() if terminal else os.pipe()
    try:
        computed, begun = _computed(), time.perf_counter()
        done = subprocess.run(
            words, cwd=where, env=env, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, check=False
        )
        took = time.perf_counter() - begun
        computed = _computed() - computed
    finally:
        os.close(writer)
        os.close(reader)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.decode()}")
    return took * 1000, computed * 1000


def _computed() -> float:
    """Return the seconds that all programs that ended so far have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

"""Real processes, as a user starts them, on a machine of their own: its home is empty, the caller's is not seen.

Each is ended by its own pid. What one that failed has said stands in the assertion.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
LAMPLIGHTER = str(Path(sys.executable).with_name("lamplighter"))
HURRIED = (sys.executable, "-P", str(Path(__file__).with_name("hurried.py")))
POLL_SECONDS = (
    0.03  # at first; whoever waits long asks less often, for what is asked takes the time of what is waited for
)
POLL_SECONDS_AT_MOST = 0.2
KEPT = ("PATH", "LANG", "TMPDIR")
# One certificate, of nobody, instead of the hundreds that the machine trusts: each process here would read them several
# times, for a tenth of its start, and none of them speaks TLS.
CERTIFICATES = str(Path(__file__).with_name("nobody.pem"))
# Below the ports from which the machine takes those of outgoing connections: one that a daemon has left for a second
# must not be gone when its successor comes.
PORTS = range(20_000, 32_000)


def wait_until(condition: Callable[[], T], seconds: float = 20.0, *, why: Callable[[], str] = lambda: "") -> T:
    """Return the first value of the condition that counts as true; fail with `why` when the time is over."""
    begun = time.monotonic()
    while not (value := condition()):
        waited = time.monotonic() - begun
        if waited > seconds:
            raise AssertionError(f"not so within {seconds:g} s: {why() or value}")
        time.sleep(min(max(POLL_SECONDS, waited / 20), POLL_SECONDS_AT_MOST))
    return value


def free_port() -> int:
    """Return a port on which nobody listens."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port found among 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that ran to its end."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return what it printed, as JSON."""
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise AssertionError(f"no JSON: {self}") from error

    def __str__(self) -> str:
        return f"{' '.join(self.words)} ended with {self.code}\n--- out ---\n{self.out}\n--- err ---\n{self.err}"


@dataclass(slots=True, kw_only=True)
class Process:
    """One that goes on; what it says goes to two files."""

    words: tuple[str, ...]
    child: subprocess.Popen[bytes]
    out_file: Path
    err_file: Path

    @property
    def out(self) -> str:
        return self.out_file.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        return self.err_file.read_text(encoding="utf-8", errors="replace")

    @property
    def alive(self) -> bool:
        return self.child.poll() is None

    def __str__(self) -> str:
        state = "runs" if self.alive else f"ended with {self.child.returncode}"
        lines = [line for line in self.err.splitlines() if '"event": "request"' not in line]
        err = "\n".join(lines[-60:])
        return f"{' '.join(self.words)} {state}\n--- out ---\n{self.out[-3000:]}\n--- err ---\n{err}"

    def until(self, condition: Callable[[], T], seconds: float = 20.0) -> T:
        """Wait for something that this process shall bring about; its end meanwhile is a failure."""

        def met() -> T:
            value = condition()
            assert value or self.alive, str(self)
            return value

        return wait_until(met, seconds, why=lambda: str(self))

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this very process."""
        self.child.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 10.0) -> int:
        """End it, and return its exit code."""
        if self.alive:
            self.send(number)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(seconds)
            raise AssertionError(f"not over {seconds:g} s after {number.name}: {self}") from None


@dataclass(slots=True)
class Machine:
    """A folder that stands for a machine: a home, a working directory, and what was started there."""

    folder: Path
    processes: list[Process] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return all that a process sees; no token, no proxy, no configuration unless it is named."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        home = {"HOME": str(self.home), "XDG_DATA_HOME": str(self.home / "data")}
        settings = {"XDG_CONFIG_HOME": str(self.home / "config"), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        return {**kept, **home, **settings, "SSL_CERT_FILE": CERTIFICATES, **(more or {})}

    def start(
        self, *words: str, env: Mapping[str, str] | None = None, program: Sequence[str] = (LAMPLIGHTER,)
    ) -> Process:
        """Start `lamplighter WORDS…` and return at once."""
        self.home.mkdir(parents=True, exist_ok=True)
        number = len(self.processes)
        out_file, err_file = (self.folder / f"{number:02}-{words[0]}.{stream}" for stream in ("out", "err"))
        with out_file.open("wb") as out, err_file.open("wb") as err:
            child = subprocess.Popen(
                [*program, *words],
                cwd=self.home,
                env=self.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        process = Process(words=("lamplighter", *words), child=child, out_file=out_file, err_file=err_file)
        self.processes.append(process)
        return process

    def run(self, *words: str, env: Mapping[str, str] | None = None, seconds: float = 30.0) -> Ended:
        """Run `lamplighter WORDS…` to its end."""
        return self.run_program(LAMPLIGHTER, *words, env=env, seconds=seconds)

    def run_program(self, *words: str, env: Mapping[str, str] | None = None, seconds: float = 30.0) -> Ended:
        """Run any program to its end."""
        self.home.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            words,
            cwd=self.home,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        shown = (Path(words[0]).name, *words[1:])
        return Ended(words=shown, code=done.returncode, out=done.stdout, err=done.stderr)

    def close(self) -> None:
        """End everything that still runs, each by its pid."""
        for process in reversed(self.processes):
            if process.alive:
                process.child.kill()
                process.child.wait(10)

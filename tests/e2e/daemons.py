"""The daemon as a process of its own, with its configuration file, its log and its token."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e import logbook
from tests.e2e.calls import Answer, bearer, call
from tests.e2e.hub import Hub
from tests.e2e.logbook import Entry
from tests.e2e.processes import LAMPLIGHTER, Machine, Process, free_port

ROBOT = "hf_robot"  # the daemon's own token at the simulator
WATCH = "[namespaces]\nacme = {}\n"
EAGER = '[poll]\nfast = "1s"\nslow = "1s"\n'


@dataclass(slots=True)
class Daemon:
    """One daemon, though it may be started many times: its log, its port and its token stay."""

    machine: Machine
    hub: Hub
    port: int = field(default_factory=free_port)
    program: Sequence[str] = (LAMPLIGHTER,)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        return self.machine.home / "lamplighter.toml"

    @property
    def log(self) -> Path:
        return self.machine.home / "log.db"

    @property
    def token(self) -> str:
        """Return the token that it made at its first start."""
        return next((self.machine.home / "data/lamplighter/tokens").iterdir()).read_text().strip()

    def configure(self, text: str = WATCH + EAGER, *, top: str = "") -> None:
        """Write its configuration file; a namespace `{}` gets the daemon's own token at the simulator."""
        self.machine.home.mkdir(parents=True, exist_ok=True)
        hub_token = self.machine.home / "hub-token"
        hub_token.write_text(ROBOT)
        head = f'hub_url = "{self.hub.url}"\nlog = "sqlite:///{self.log}"\nlisten = "127.0.0.1:{self.port}"\n'
        self.file.write_text(top + head + text.replace("= {}", f'= {{ token_file = "{hub_token}" }}'))

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Process:
        """Start it, by its file unless words are given, and return once it has looked at every namespace."""
        process = self.begin(*words, env=env)
        process.until(lambda: self.answers("/readyz"), 30.0)
        return process

    def begin(self, *words: str, env: Mapping[str, str] | None = None) -> Process:
        """Start it, and return at once."""
        words = words or ("--config", str(self.file))
        self.process = self.machine.start("run", *words, env=env, program=self.program)
        return self.process

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        assert self.process.alive, str(self.process)
        self.process.end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        assert self.process is not None
        return self.process.end()

    def answers(self, path: str) -> bool:
        """Tell whether it is there and says 200."""
        try:
            return call(f"{self.url}{path}", seconds=5).code == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> Answer:
        """Ask it, without a token."""
        return call(f"{self.url}{path}", headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask it to do something, with its token."""
        return call(f"{self.url}{path}", method="POST", body=body or {}, headers={**bearer(self.token), **headers})

    def command(self, *words: str) -> Any:
        """Run a command of the command line against it, on its own machine."""
        return self.machine.run(*words, env={"LAMPLIGHTER_CONFIG": str(self.file)})

    def entries(self, *types: str) -> list[Entry]:
        """Return what stands in its log, of some types if any are named."""
        found = logbook.read(self.log)
        return logbook.of_type(found, *types) if types else found

    def until_recorded(self, type_: str, *, count: int = 1, seconds: float = 20.0) -> list[Entry]:
        """Return the entries of a type, once there are so many."""
        assert self.process is not None

        def enough() -> list[Entry]:
            found = self.entries(type_)
            return found if len(found) >= count else []

        return self.process.until(enough, seconds)

    def until_looked(self, times: int, namespace: str = "acme", *, seconds: float = 20.0) -> None:
        """Return when it has looked at a namespace so many times from now on."""
        assert self.process is not None
        wanted = self.hub.sweeps(namespace) + times
        self.process.until(lambda: self.hub.sweeps(namespace) >= wanted, seconds)

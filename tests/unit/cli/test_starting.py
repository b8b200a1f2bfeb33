import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from events.sqlite import SqliteLog
from service.cli import log
from service.cli.main import COMMANDS, main
from tests.unit.cli.askers import ALONE, DEAR, Words, asking, ordering
from tests.unit.cli.hands import Run, SaidDaemon, event

NOBODY = ("--url", "http://127.0.0.1:1")

# All commands in one process: what none of them imports is never there.
PROBE = f"""
import contextlib, io, json, sys
from service.cli.main import main
for words in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = main(words)
    print(json.dumps([words, code, [name for name in {DEAR!r} if name in sys.modules]]))
"""


def probed(asked: Sequence[Words]) -> Iterator[tuple[str, int, list[str]]]:
    """Return how each command ended, and which dear modules were imported by then."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        words, code, dear = json.loads(line)
        yield " ".join(words), code, dear


def test_a_command_that_only_asks_imports_nothing_of_the_daemon(daemon: SaidDaemon, home: Path) -> None:
    page: dict[str, Any] = {"items": [], "next": None, "head": 0, "archived": 0, "total": 0, "passages": []}
    for path in ("events", "parked", "leases", "tokens", "uptime", "status", "plan", "endpoints"):
        daemon.says("GET", f"/api/{path}", (200, page))
    for path in ("", "/explain", "/timeline"):
        daemon.says("GET", f"/api/endpoints/acme/tgi{path}", (200, page))
    asyncio.run(made(home / "log.db"))
    file = f"sqlite:///{home / 'log.db'}"
    words = [("--version",), ("--help",), *((*one, *NOBODY) for one in asking("acme/tgi"))]
    words += [("--json", *one) for one in asking("acme/tgi")]
    words += [("--url", NOBODY[1], *one) for one in ordering("acme/tgi")]
    words += [("log", "head", "--log", file), ("events", "--log", file)]

    found = list(probed(words))

    assert [(said, dear) for said, _, dear in found if dear] == []
    answered = {said for said, code, _ in found if code == 0}
    assert answered >= {f"--json {' '.join(one)}" for one in asking("acme/tgi") if one[0] != "wait"}
    assert answered >= {f"log head --log {file}", f"events --log {file}"}


def test_a_command_that_does_import_what_is_dear_is_found_out(home: Path) -> None:
    (home / "lamplighter.toml").write_text('mode = "observe"\n[namespaces]\nacme = {}\n')

    found = list(probed([("status", *NOBODY), ("check-config",), ("status", *NOBODY)]))

    assert [("pydantic" in dear) for _, _, dear in found] == [False, True, True]


def test_a_command_is_imported_when_it_is_asked_for_and_no_other_is() -> None:
    asked = "import sys; from service.cli.main import main; main(sys.argv[1:]); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked, "plan", *NOBODY], capture_output=True, text=True, check=True)

    modules = {place.module for place in COMMANDS.values()}
    assert modules & set(done.stdout.split()) == {"service.cli.plan"}


def test_help_and_suggestions_know_every_command_though_none_is_imported_yet(lamplighter: Run) -> None:
    shown = lamplighter("--help").out.split("Commands:\n")[1].splitlines()
    found = {line.split()[0]: line.split(maxsplit=1)[1:] for line in shown if line[2:3].strip()}

    assert list(found) == list(COMMANDS)
    assert all(found.values())
    assert "Did you mean 'status'" in lamplighter("statsu").err


def test_of_every_command_it_is_known_whether_it_only_asks() -> None:
    asks = {words[0] for words in (*asking("acme/tgi"), *ordering("acme/tgi"))}

    assert asks.isdisjoint(ALONE)
    assert asks | ALONE == set(COMMANDS)


async def made(path: Path) -> None:
    await (await SqliteLog.open(path, holder="a test")).close()


def test_the_version_is_told(lamplighter: Run) -> None:
    told = lamplighter("--version")

    assert told.code == 0
    assert told.out.startswith("lamplighter 0.")


def test_every_command_explains_itself_within_eighty_columns(lamplighter: Run) -> None:
    names = [(name,) for name in COMMANDS]
    for words in (*names, *(("log", command.__name__.rstrip("_")) for command in log.COMMANDS)):
        told = lamplighter(*words, "--help")

        assert told.code == 0
        assert told.out.startswith("Usage: lamplighter ")
        assert max(map(len, told.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments", [("frobnicate",), ("status", "--frobnicate"), ("simulate",), ("simulate", "--port", "x")]
)
def test_what_is_no_command_is_refused_in_words(lamplighter: Run, arguments: tuple[str, ...]) -> None:
    told = lamplighter(*arguments)

    assert told.code == 2
    assert "Error: " in told.err or "error: " in told.err.lower()
    assert "Traceback" not in told.err
    assert told.out == ""


@pytest.mark.parametrize("speed", ["0", "-1"])
def test_time_that_stands_still_is_not_simulated(lamplighter: Run, speed: str) -> None:
    assert lamplighter("simulate", "--port", "0", f"--speed={speed}").code == 2


@pytest.mark.parametrize("unbuffered", ["", "1"])  # it comes by at the last flush, or within the command
@pytest.mark.parametrize("words", ["--help", "--version", "events --last 2", "events --json", "status --json", "list"])
def test_a_reader_that_has_seen_enough_hears_no_complaint_and_is_always_told_in_the_same_way(
    daemon: SaidDaemon, words: str, unbuffered: str
) -> None:
    page: dict[str, Any] = {"items": [event(1), event(2)], "next": None, "head": 2, "archived": 0}
    daemon.says("GET", "/api/events", (200, page))
    daemon.says("GET", "/api/status", (200, {"namespaces": []}))
    for path in ("endpoints", "leases"):
        daemon.says("GET", f"/api/{path}", (200, {"items": [], "next": None}))
    command = [sys.executable, "-c", "import sys; from service.cli.main import main; sys.exit(main(sys.argv[1:]))"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(
        [*command, *words.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None

        writer.stdout.close()

        assert writer.stderr.read() == b""
        assert writer.wait(timeout=30) == 141


def test_an_interruption_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.cli.asking.Daemon.get", interrupted)

    assert main(["status"]) == 130

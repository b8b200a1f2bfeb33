import subprocess
import sys

import pytest

from service.cli import log
from service.cli.main import COMMANDS, main
from tests.unit.cli.hands import Run

# What only a daemon needs; each costs a command that asks one a tenth of a second or more.
HEAVY = ("aiohttp", "pydantic_settings", "huggingface_hub", "structlog", "transitions", "prometheus_client")

PROBE = f"""
import sys
from service.cli.main import main
main(sys.argv[1:])
loaded = [name for name in {HEAVY!r} if name in sys.modules]
print(loaded, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        *((*words, "--url", "http://127.0.0.1:1") for words in (("status",), ("plan",), ("wait", "acme/tgi"))),
        *((*words, "--url", "http://127.0.0.1:1") for words in (("events", "--since", "1h"), ("pause", "acme/tgi"))),
        ("update", "acme/tgi", "--max-replica", "2", "--url", "http://127.0.0.1:1"),
        ("delete", "acme/tgi", "--yes", "--url", "http://127.0.0.1:1"),
    ],
)
def test_a_command_that_only_asks_imports_nothing_of_the_daemon(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True)

    assert done.stderr.splitlines()[-1] == "[]"


def test_the_version_is_told(lamplighter: Run) -> None:
    told = lamplighter("--version")

    assert told.code == 0
    assert told.out.startswith("lamplighter 0.")


def test_every_command_explains_itself_within_eighty_columns(lamplighter: Run) -> None:
    names = [(command.__name__.rstrip("_").replace("_", "-"),) for command in COMMANDS]
    for words in (*names, ("log",), *(("log", command.__name__.rstrip("_")) for command in log.COMMANDS)):
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


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_a_reader_that_has_seen_enough_hears_no_complaint(argument: str) -> None:
    words = [sys.executable, "-c", "import sys; from service.cli.main import main; sys.exit(main(sys.argv[1:]))"]
    with subprocess.Popen([*words, argument], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None

        writer.stdout.close()

        assert writer.stderr.read() == b""


def test_an_interruption_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.cli.asking.Daemon.get", interrupted)

    assert main(["status"]) == 130

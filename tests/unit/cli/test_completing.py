"""What a shell completes: commands, options, and the endpoints of the daemon, if it answers at once."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from service.cli import completing
from service.cli.main import COMMANDS
from tests.unit.cli.hands import Run, SaidDaemon

ENDPOINTS = "/api/endpoints"
Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(lamplighter: Run, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Complete the last word of a line, as bash asks for it."""

    def completed(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_LAMPLIGHTER_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        told = lamplighter()
        assert (told.code, told.err) == (0, "")
        return told.out.split()

    return completed


def listed(*names: str) -> tuple[int, dict[str, Any]]:
    return 200, {"items": [{"endpoint": name} for name in names], "next": None}


def test_commands_and_those_of_a_group_are_completed(complete: Complete) -> None:
    assert complete("lamplighter ") == list(COMMANDS)
    assert complete("lamplighter st") == ["status"]
    assert complete("lamplighter log ve") == ["verify"]


def test_options_and_their_values_are_completed(complete: Complete) -> None:
    assert complete("lamplighter show --at") == ["--at", "--at-position"]
    assert complete("lamplighter events --format cloud") == ["cloudevents", "cloudevents-batch"]


@pytest.mark.parametrize(
    "words", ["show", "explain", "timeline", "wait", "hold", "pause", "list", "uptime", "events --endpoint", "with"]
)
def test_endpoints_are_completed_from_the_daemon(complete: Complete, daemon: SaidDaemon, words: str) -> None:
    daemon.says("GET", ENDPOINTS, listed("acme/chat", "acme/chat-2", "acme/tgi"))

    assert complete(f"lamplighter {words} acme/ch") == ["acme/chat", "acme/chat-2"]
    assert daemon.asked[-1].query == {"namespace": ["acme"], "limit": ["1000"]}
    assert complete(f"lamplighter {words} ac") == ["acme/chat", "acme/chat-2", "acme/tgi"]
    assert "namespace" not in daemon.asked[-1].query


def test_the_daemon_that_is_named_before_is_asked(
    complete: Complete, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAMPLIGHTER_URL")
    daemon.says("GET", ENDPOINTS, listed("acme/chat"))

    assert complete(f"lamplighter --url {daemon.url} show acme/") == ["acme/chat"]
    assert complete(f"lamplighter show --url {daemon.url} acme/") == ["acme/chat"]


def test_nothing_that_a_shell_could_obey_is_handed_to_it(complete: Complete, daemon: SaidDaemon) -> None:
    daemon.says("GET", ENDPOINTS, listed("acme/$(reboot)", "acme/`id`", "acme/a b", "acme/x;y", "acme/tgi"))

    assert complete("lamplighter show acme/") == ["acme/tgi"]


@pytest.mark.parametrize(
    "answer", [(500, {"error": "no"}), (401, {"error": "no"}), (200, []), (200, {"items": [7]}), (200, "[" * 100_000)]
)
def test_what_goes_wrong_is_not_told(complete: Complete, daemon: SaidDaemon, answer: tuple[int, Any]) -> None:
    daemon.says("GET", ENDPOINTS, answer)

    assert complete("lamplighter show acme/") == []


def test_a_broken_configuration_completes_nothing_and_says_nothing(complete: Complete, home: Path) -> None:
    (home / "lamplighter.toml").write_text("[[")

    assert complete("lamplighter show acme/") == []


def test_a_home_that_nobody_has_is_not_told(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPLIGHTER_CONFIG", "~nobody-by-this-name/lamplighter.toml")

    assert complete("lamplighter show acme/") == []


def test_who_does_not_answer_at_once_is_not_waited_for(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("LAMPLIGHTER_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()

        assert complete("lamplighter show acme/") == []

    assert completing.SECONDS <= time.monotonic() - began < completing.SECONDS + 5


def test_who_answers_a_little_at_a_time_is_not_waited_for(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        asker, _ = server.accept()
        with asker, suppress(OSError):
            asker.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not over.wait(completing.SECONDS / 5):
                asker.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("LAMPLIGHTER_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        dripping = threading.Thread(target=drip, args=(server,))
        dripping.start()
        threading.Timer(20, over.set).start()
        began = time.monotonic()

        assert complete("lamplighter show acme/") == []

        elapsed = time.monotonic() - began
        over.set()
        dripping.join()
    assert elapsed < completing.SECONDS + 5


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_by_the_script_that_is_shown(daemon: SaidDaemon) -> None:
    daemon.says("GET", ENDPOINTS, listed("acme/chat", "acme/chat-2"))
    script = """
        eval "$(lamplighter --show-completion bash)"
        for words in "lamplighter sta" "lamplighter show acme/"; do
            COMP_WORDS=($words); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _lamplighter_completion lamplighter
            echo "${COMPREPLY[@]}"
        done
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": path},
    )

    assert (done.stdout, done.stderr) == ("status\nacme/chat acme/chat-2\n", "")

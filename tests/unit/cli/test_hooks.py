"""Hooks from the command line: what the configuration comes to, a test of one, and what docs/event-log.md shows."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from service.cli.exits import Exit
from tests.unit.cli.hands import Run, SaidDaemon

DOCUMENT = (Path(__file__).parents[3] / "docs" / "event-log.md").read_text(encoding="utf-8")
SECTION = DOCUMENT.partition("\n## Hooks\n")[2]
KEEP = (
    "import pathlib, sys, os; pathlib.Path(sys.argv[1]).write_text(os.environ['LAMPLIGHTER_HOOK'] + sys.stdin.read())"
)


def configure(folder: Path, *words: str) -> None:
    command = json.dumps([sys.executable, "-c", *words])
    (folder / "lamplighter.toml").write_text(
        f'[namespaces]\nacme = {{}}\n[[hooks]]\nname = "mine"\ncommand = {command}\n'
    )


def test_a_hook_is_tried_with_an_event_that_nobody_takes_for_one_of_the_log(lamplighter: Run, home: Path) -> None:
    configure(home, KEEP, str(home / "out"))

    told = lamplighter("hooks", "test", "mine")

    assert (told.code, told.out) == (Exit.OK, "mine: taken\n")
    name, _, event = (home / "out").read_text().partition("{")
    document = json.loads("{" + event)
    assert name == "mine"
    assert document["type"] == "dev.lamplighter.hook.test.v1"
    assert document["id"].startswith("test-")


def test_one_that_does_not_take_it_is_told_with_its_last_words(lamplighter: Run, home: Path) -> None:
    configure(home, "raise SystemExit('no such table')")

    told = lamplighter("hooks", "test", "mine")

    assert told.code == Exit.FAILED
    assert told.err.startswith("mine: not taken: ")
    assert "ended with 1: no such table" in told.err


def test_a_hook_that_is_not_there_is_refused_by_name(lamplighter: Run, home: Path) -> None:
    configure(home, "pass")

    told = lamplighter("hooks", "test", "yours")

    assert told.code == Exit.USAGE
    assert "there is no hook 'yours'; the configuration has mine" in told.err


def test_the_configuration_that_is_shown_is_understood_by_check_config(lamplighter: Run, home: Path) -> None:
    secret = home / "secret"
    secret.write_text("whsec_x")
    [block] = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)
    text = re.sub(r'"/run/secrets/[^"]+"', json.dumps(str(secret)), block)
    (home / "lamplighter.toml").write_text(
        f"[namespaces]\nacme-prod = {{}}\n[groups.production]\nmatch = ['a/*']\n{text}"
    )

    told = lamplighter("check-config")

    assert told.code == Exit.OK, told.err
    rows = [" ".join(line.split()) for line in told.out.splitlines() if line.startswith("hook")]
    assert rows == [
        "hook warehouse a signed webhook gets every event from start",
        "hook chores a command gets endpoint.status_changed, act.* of groups production with status failed from now",
    ]
    assert lamplighter("check-config", "--json").document["hooks"] == ["warehouse", "chores"]


@pytest.mark.parametrize("line", re.findall(r"^\$ lamplighter (.*)$", SECTION, re.MULTILINE))
def test_the_commands_that_are_shown_do_what_is_said(lamplighter: Run, daemon: SaidDaemon, line: str) -> None:
    event = {"subscriber": "hook/warehouse", "position": 412, "error": "Rejected", "event": None}
    daemon.says("GET", "/api/parked", (200, {"items": [event], "next": None, "total": 1}))
    for word in ("replay", "skip"):
        daemon.says("POST", f"/api/parked/{word}", (200, {"outcome": word}))

    told = lamplighter(*shlex.split(line, comments=True))

    assert told.code == Exit.OK, told.err
    asked = [asked.path for asked in daemon.asked]
    assert asked[-1].removeprefix("/api/parked") in {"", "/replay", "/skip"}
    assert asked[-1].endswith("skip") is ("skip" in line)


def test_a_file_that_a_hook_names_must_be_there(lamplighter: Run, home: Path) -> None:
    hook = '[[hooks]]\nname = "mine"\nurl = "https://h"\nsecret_file = "/nowhere"\n'
    (home / "lamplighter.toml").write_text(f"[namespaces]\nacme = {{}}\n{hook}")

    told = lamplighter("check-config")

    assert told.code == Exit.USAGE
    assert "hooks.mine.secret_file: cannot read /nowhere" in told.err

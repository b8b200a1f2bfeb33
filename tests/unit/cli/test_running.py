import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service.cli.exits import Stop
from service.cli.running import configured
from tests.unit.cli.hands import Run

ROOT = Path(__file__).parents[3]
FILE = """\
mode = "act"
listen = "127.0.0.1:9999"
[namespaces]
acme = {}
zoo = { mode = "observe" }
[groups.experiments]
match = ["acme/*"]
protected = true
[[policies]]
name = "idle"
groups = ["experiments"]
when = { max_age = "8h" }
[channels.team]
command = ["/bin/true"]
"""


def test_flags_alone_can_only_observe() -> None:
    configuration = configured(None, hub_url="http://127.0.0.1:1", namespaces=["acme"], log=None, listen=None)

    assert list(configuration.settings.namespaces) == ["acme"]
    assert configuration.settings.hub_url == "http://127.0.0.1:1"
    assert not configuration.acts("acme")


def test_a_file_that_lies_about_gives_no_right_to_act_when_flags_say_what_to_watch(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "lamplighter.toml").write_text(FILE)

    configuration = configured(None, hub_url=None, namespaces=["acme"], log=None, listen=None)

    assert not configuration.acts("acme")
    assert "lamplighter.toml is not used" in capsys.readouterr().err


def test_flags_override_the_file_they_stand_beside(home: Path) -> None:
    (home / "lamplighter.toml").write_text(FILE)

    configuration = configured(None, hub_url=None, namespaces=[], log=None, listen="127.0.0.1:1234")

    assert configuration.acts("acme")
    assert configuration.settings.listen == "127.0.0.1:1234"


def test_a_file_and_namespaces_of_ones_own_do_not_go_together(home: Path) -> None:
    (home / "other.toml").write_text(FILE)

    with pytest.raises(Stop, match="without a configuration file"):
        configured(Path("other.toml"), hub_url=None, namespaces=["acme"], log=None, listen=None)


@pytest.mark.parametrize("command", ["run", "once"])
def test_nothing_to_watch_is_told(lamplighter: Run, command: str) -> None:
    told = lamplighter(command)

    assert told.code == 2
    assert "--namespace" in told.err


@pytest.mark.parametrize("command", ["run", "once", "check-config"])
def test_a_configuration_that_cannot_be_used_is_told_without_a_traceback(
    lamplighter: Run, home: Path, command: str
) -> None:
    (home / "lamplighter.toml").write_text('mode = "atc"\n')

    told = lamplighter(command)

    assert told.code == 2
    assert "lamplighter.toml: cannot be used\n  mode: " in told.err
    assert "Traceback" not in told.err


def test_a_good_configuration_is_told_in_what_it_comes_to(lamplighter: Run, home: Path) -> None:
    (home / "lamplighter.toml").write_text(FILE)

    told, machine = lamplighter("check-config"), lamplighter("check-config", "lamplighter.toml", "--json")

    assert told.code == 0
    assert told.out.startswith("lamplighter.toml: ok, mode act, 2 namespaces\n")
    assert "pause after 8 h in experiments; warns 15 min before" in told.out
    assert "! no [alerts]" in told.out
    assert "! channel team is in no route of [alerts]" in told.out
    assert machine.document["namespaces"] == {"acme": "act", "zoo": "observe"}
    assert machine.document["ok"] is True


def test_files_that_are_named_and_not_there_are_told_all_at_once(lamplighter: Run, home: Path) -> None:
    text = 'token_file = "/nowhere/a"\n[namespaces]\nacme = { token_file = "/nowhere/b" }\n'
    (home / "lamplighter.toml").write_text(text)

    told = lamplighter("check-config", "--json")

    assert told.code == 2
    assert told.document["ok"] is False
    assert len(told.document["errors"]) == 2
    assert "namespaces.acme.token_file: cannot read /nowhere/b: No such file or directory" in told.err


def test_what_names_a_group_that_is_not_there_is_told_by_its_place(lamplighter: Run, home: Path) -> None:
    policy = 'name = "p"\ngroups = ["nogroup"]\nwhen = { max_age = "8h" }\nact = "pause"'
    (home / "lamplighter.toml").write_text(f"[namespaces]\nacme = {{}}\n[[policies]]\n{policy}")

    told = lamplighter("check-config")

    assert told.code == 2
    assert told.err.splitlines()[1] == ("  policies.0.groups: there is no group 'nogroup'; the configuration has none")


@pytest.mark.parametrize("words", [("check-config", "none.toml"), ("run", "--config", "none.toml")])
def test_a_configuration_that_is_not_there_is_told_without_numbers(lamplighter: Run, words: tuple[str, ...]) -> None:
    told = lamplighter(*words)

    assert (told.code, told.err) == (2, "cannot read none.toml: No such file or directory\n")


def test_an_address_in_use_is_no_bad_usage(home: Path) -> None:
    log = f"sqlite:///{home / 'log.db'}"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"

        command = [sys.executable, "-m", "service.cli.main", "run", "--namespace", "acme", "--log", log]
        told = subprocess.run([*command, "--listen", listen], capture_output=True, text=True, cwd=ROOT, check=False)

    assert told.returncode == 1
    assert f"cannot listen on {listen}: Address already in use; choose another with --listen" in told.stderr


def test_there_is_no_configuration_to_check(lamplighter: Run) -> None:
    assert lamplighter("check-config").code == 2

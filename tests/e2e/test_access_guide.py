"""What docs/access.md shows is done, in its order, by the real command, and answers what it says."""

import os
import re
import sys
from pathlib import Path

import pytest

from service.access import Role
from tests.e2e.calls import bearer, call
from tests.e2e.daemons import EAGER, Daemon
from tests.e2e.test_simulator_guide import commands, is_as_shown

GUIDE = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
REFUSED = {"lamplighter show beta/web": 8, "lamplighter hold --all": 4}
TWO = "[namespaces]\nacme = {}\nbeta = {}\n"


@pytest.fixture
def running(daemon: Daemon) -> Daemon:
    daemon.hub.create("acme/tgi", state="running")
    daemon.hub.create("beta/web", state="running")
    daemon.configure(TWO + EAGER)
    daemon.start()
    return daemon


def test_the_guide_does_what_it_says(running: Daemon) -> None:
    env = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "LAMPLIGHTER_CONFIG": str(running.file),
    }
    kept, secrets = "", []
    for block in BLOCKS:
        for command, shown in commands(block):
            if command.startswith(("export ", "unset ")):
                kept += f"{command}; "
                if "$(" in command:  # once: a name is taken once
                    made = running.machine.run_program("bash", "-c", f"{kept} echo $LAMPLIGHTER_TOKEN", env=env)
                    secrets.append(made.out.strip())
                    kept = f"export LAMPLIGHTER_TOKEN={made.out.strip()}; "
                continue
            ended = running.machine.run_program("bash", "-c", kept + command, env=env)
            expected = next((code for words, code in REFUSED.items() if command.startswith(words)), 0)
            assert ended.code == expected, str(ended)
            assert is_as_shown(re.sub(r" +", " ", ended.out + ended.err), re.sub(r" +", " ", shown)), str(ended)
            secrets += re.findall(r"^ll_\S+$", ended.out, re.MULTILINE)

    assert len(secrets) == 2
    assert running.process is not None
    said = running.process.out + running.process.err
    assert not any(secret in said or secret.encode() in running.log.read_bytes() for secret in secrets)
    assert call(f"{running.url}/api/status", headers=bearer(secrets[1])).code == 401  # revoked
    running.kill()
    running.start()
    assert call(f"{running.url}/api/endpoints", headers=bearer(secrets[0])).code == 200
    assert call(f"{running.url}/api/endpoints", headers=bearer(secrets[1])).code == 401


def test_the_guide_names_every_role() -> None:
    assert re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE) == [role.word for role in Role]

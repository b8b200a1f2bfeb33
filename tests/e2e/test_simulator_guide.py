"""What docs/simulator.md shows is done, in its order, by the very programs that it names, and answers what it says."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Machine

GUIDE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
SHOWN = "http://127.0.0.1:8788"
BIN = str(Path(sys.executable).parent)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Return each command with what is shown of its answer, `…` for what is left out."""
    for part in block.removeprefix("$ ").split("\n$ "):
        command, _, shown = part.strip().partition("\n")
        yield command, shown


def is_as_shown(said: str, shown: str) -> bool:
    pattern = ".*".join(re.escape(piece.strip()) for piece in shown.split("…"))
    return re.search(pattern, said, re.DOTALL) is not None


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide shows curl, and there is none")
def test_the_guide_does_what_it_says(machine: Machine) -> None:
    world, python, site = blocks("toml")[0], *blocks("python")
    serve, *rest = blocks("console")
    machine.home.mkdir()
    (machine.home / "world.toml").write_text(world)
    (machine.home / "check.py").write_text(python)
    (machine.home / "site").mkdir()
    (machine.home / "site" / "sitecustomize.py").write_text(site)
    words = serve.splitlines()[0].removeprefix("$ lamplighter ").replace("8788", "0").split()
    process = machine.start(*words)
    url = process.until(lambda: re.search(r"^simulator at (http://\S+),", process.out))
    assert url is not None
    env = {"PATH": os.pathsep.join((BIN, os.environ["PATH"])), "SIMULATOR": url[1]}

    _run_the_console(machine, rest[0], url[1], env)
    client = machine.run_program(sys.executable, "check.py", env=env)
    assert client.code == 0, str(client)
    assert re.fullmatch(r"running .+\npaused \['chat', 'asleep'\]\n", client.out), str(client)
    for block in rest[1:]:
        _run_the_console(machine, block, url[1], env)


def _run_the_console(machine: Machine, block: str, url: str, env: dict[str, str]) -> None:
    exports = ""
    for command, shown in commands(block.replace(SHOWN, url)):
        if command.startswith("export "):
            exports += f"{command}; "
            continue
        ended = machine.run_program("bash", "-c", exports + command, env=env)
        assert ended.code == 0, str(ended)
        assert shown, f"nothing is shown of {command}"
        assert is_as_shown(ended.out, shown), str(ended)


@pytest.mark.parametrize(("said", "shown", "fits"), [("abc", "a…c", True), ("abc", "…c…", True), ("abc", "ac", False)])
def test_the_reader_of_the_guide_can_object(said: str, shown: str, fits: bool) -> None:
    assert is_as_shown(said, shown) is fits

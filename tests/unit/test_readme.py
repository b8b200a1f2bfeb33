"""What the README shows is true: its configuration loads, its commands parse, its tables are complete."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer.main

from events.codec import TYPES
from service.cli.exits import Exit
from service.cli.main import build
from service.config import load

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    lines = "\n".join(blocks("console")).splitlines()
    shown = [line.removeprefix("$ ").removeprefix(".venv/bin/") for line in lines if line.startswith("$ ")]
    prose = re.findall(r"`(lamplighter [^`]+)`", README)
    return sorted({line.partition(" >")[0] for line in (*shown, *prose) if line.startswith("lamplighter ")})


def test_the_configuration_it_shows_can_be_used_and_only_observes(tmp_path: Path) -> None:
    first, *more = blocks("toml")
    block = "\n".join([first, *more])
    file = tmp_path / "lamplighter.toml"
    file.write_text(block)

    configuration = load(file)

    assert not any(configuration.acts(namespace) for namespace in configuration.settings.namespaces)
    assert set(tomllib.loads(block)) <= set(type(configuration.settings).model_fields)


@pytest.mark.parametrize("line", commands())
def test_a_command_it_shows_is_one_that_there_is(line: str) -> None:
    words = shlex.split(line.replace("…", "reason"), comments=True)[1:]
    group = typer.main.get_command(build())

    context = group.make_context("lamplighter", list(words), resilient_parsing=False)
    name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]

    assert command is not None, name
    command.make_context(name, rest, parent=context)


def test_it_names_every_type_of_event() -> None:
    table = README.split("| types |")[1].split("\n\n")[0]
    named: set[str] = set()
    for row in table.splitlines():
        prefix = ""
        for name in re.findall(r"`([a-z_.]+)`", row.split("|")[1] if row.startswith("|") else ""):
            prefix = prefix if name.startswith(".") else name.split(".")[0]
            named.add(prefix + name if name.startswith(".") else name)

    assert named == {str(name) for name in TYPES}


def test_it_names_every_exit_code() -> None:
    section = README.split("## Exit codes")[1].split("##")[0]

    named = {int(number) for number in re.findall(r"(?:^|· ?|\n)(\d+) ", section)}

    assert named == {int(code) for code in Exit}

"""What docs/event-log.md promises is what the log promises, and the commands that it shows are there."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from events import log
from service.cli.main import build

GUIDE = (Path(__file__).parents[2] / "docs" / "event-log.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    lines = "\n".join(re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def test_it_publishes_every_promise_as_the_port_gives_it() -> None:
    promises = dict(re.findall(r"^- (G\d)  (.*?)(?:[.:;,]| and nothing of)", log.__doc__ or "", re.MULTILINE))
    published = dict(re.findall(r"^\| (G\d) \| (.*?) \|", GUIDE, re.MULTILINE))

    assert list(published) == [f"G{number}" for number in range(1, 9)]
    assert promises.keys() == published.keys()
    for name, promise in promises.items():
        assert published[name].startswith(promise)


@pytest.mark.parametrize("line", commands())
def test_a_command_that_it_shows_is_one_that_there_is(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    context = typer.main.get_command(build()).make_context("lamplighter", list(words))

    while left := [*context._protected_args, *context.args]:  # down to the last command that is named
        if not hasattr(context.command, "resolve_command"):
            break
        name, found, rest = context.command.resolve_command(context, left)
        context = found.make_context(name, rest, parent=context)

    assert context.command.name in words

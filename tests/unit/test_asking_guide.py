"""What docs/event-log.md shows of asking the log is true: its commands parse, and its table is complete."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from service.cli.main import build
from service.cli.papers import Format
from service.eventtable import COLUMNS
from service.web.events import EVENTS
from service.web.formats import FORMATS

GUIDE = (Path(__file__).parents[2] / "docs" / "event-log.md").read_text(encoding="utf-8")
SECTION = GUIDE.split("## Asking it")[1].split("\n## ")[0]
COMMANDS = [line.removeprefix("$ ") for line in SECTION.splitlines() if line.startswith("$ lamplighter ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_it_shows_is_one_that_there_is(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    group = typer.main.get_command(build())

    context = group.make_context("lamplighter", list(words))
    name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]

    assert command is not None
    command.make_context(name, rest, parent=context)


def test_it_names_every_filter_format_and_column() -> None:
    table = SECTION.split("| option and parameter |")[1].split("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert named | {"format"} == {parameter.name for parameter in EVENTS}
    assert all(f"`{form}`" in SECTION for form in Format)
    assert all(f"`{form.media}`" in SECTION for form in FORMATS.values())
    assert ",".join(COLUMNS) in SECTION

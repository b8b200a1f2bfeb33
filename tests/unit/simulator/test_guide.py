"""docs/simulator.md is complete: each table has a row for every key that there is, and for no other."""

import re
from collections.abc import Iterable
from dataclasses import fields
from itertools import dropwhile, takewhile
from pathlib import Path

import pytest

from service.simulator import Faults, admin
from service.simulator.lifecycle import Durations
from service.simulator.orders import Order
from service.simulator.scenario import load
from service.simulator.scenario.terms import EVERY_VERB, Endpoint, Organisation, Scenario, Token, Traffic, Turn

GUIDE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")

TABLES: dict[str, Iterable[str]] = {
    "## Scenarios": Scenario.model_fields,
    "### `[[endpoints]]`": Endpoint.model_fields,
    "### `[[tokens]]`": Token.model_fields,
    "### `[organisations.NAME]`": Organisation.model_fields,
    "### `[durations]`": [field.name for field in fields(Durations)],
    "### `[[traffic]]`": Traffic.model_fields,
    "### `[[timeline]]`": Turn.model_fields,
    "### `[faults]`": {field.name for field in fields(Faults)} - {"seed"},
    "An order:": Order.__struct_fields__,
    "## Judge by what is true": [f"{method} {path}" for method, path, _ in admin.ROUTES],
}


def rows(heading: str) -> list[str]:
    """Return what the first column of the table under a heading names."""
    below = dropwhile(lambda line: line != heading, GUIDE.splitlines())
    table = takewhile(lambda line: line.startswith("|"), dropwhile(lambda line: not line.startswith("|"), below))
    return [key for row in list(table)[2:] for key in re.findall(r"`([^`]+)`", row.split("|")[1])]


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_names_every_key_that_there_is_and_no_other(heading: str) -> None:
    assert sorted(rows(heading)) == sorted(TABLES[heading])


def test_every_verb_is_explained() -> None:
    section = GUIDE.split("### Verbs")[1].split("\n## ")[0]

    assert sorted(re.findall(r"`([a-z_]+)`", section)) == sorted(EVERY_VERB)


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
def test_a_scenario_that_it_shows_can_be_used(text: str, tmp_path: Path) -> None:
    file = tmp_path / "world.toml"
    file.write_text(text)

    assert load(str(file)).endpoints

"""`lamplighter events types`, which needs no daemon; and `lamplighter events` beside it, as it was."""

import pytest

from events.codec import TYPES
from events.schemas import json_schema
from service.cli.exits import Exit
from tests.unit.cli.hands import Run, SaidDaemon


def test_it_lists_every_type_with_its_fields_and_meaning(lamplighter: Run) -> None:
    told = lamplighter("events", "types")

    assert told.code == Exit.OK
    rows = {line.split()[0]: line for line in told.out.splitlines()[1:]}
    assert list(rows) == list(TYPES)
    assert "subscriber, position, why" in rows["subscriber.skipped"]
    assert "given up: its subscriber never takes it" in rows["subscriber.skipped"]


def test_one_type_is_shown_whole_with_the_parts_it_holds(lamplighter: Run) -> None:
    told = lamplighter("events", "types", "endpoint.deleted")

    assert told.out.startswith("endpoint.deleted, schema 2\n")
    assert "  old     one of absent, pending," in told.out
    assert "Window: When it happened" in told.out
    assert "  blur_seconds  seconds (optional). " in told.out


def test_machines_get_json_and_the_schema_itself(lamplighter: Run) -> None:
    every = lamplighter("events", "types", "--json").document
    one = lamplighter("events", "types", "hold.placed", "--json").document

    assert [entry["type"] for entry in every["items"]] == list(TYPES)
    assert one in every["items"]
    assert lamplighter("--json", "events", "types", "hold.placed").document == one
    assert lamplighter("events", "types", "hold.placed", "--schema").document == json_schema("hold.placed")
    old = lamplighter("events", "types", "endpoint.deleted", "--schema", "--version", "1").document
    assert old["$id"] == "dev.lamplighter.endpoint.deleted.v1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["act.guessed"], "there is no type of event 'act.guessed': use endpoint.discovered"),
        (["--schema"], "a schema is of one type: name it"),
        (["act.intended", "--version", "1"], "give --schema, too"),
        (["act.intended", "--markdown"], "leave the type out"),
        (["act.intended", "--schema", "--version", "9"], "no schema of version 9"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(lamplighter: Run, words: list[str], said: str) -> None:
    told = lamplighter("events", "types", *words)

    assert told.code == Exit.USAGE
    assert said in told.err


def test_events_themselves_are_asked_for_as_before(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/events", (200, {"items": [], "next": None, "head": 3}))

    told = lamplighter("events", "--type", "hold.placed", "--json")

    assert told.code == Exit.OK
    assert daemon.asked[0].query["type"] == ["hold.placed"]

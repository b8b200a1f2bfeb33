"""What is said of the events is complete, and true of everything that was ever written: judged by `jsonschema`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from events import codec
from events.catalogue import Event
from events.codec import TYPES
from events.dictionary import Entry, Shape, UnknownType, entries, entry
from events.document import markdown
from events.schemas import json_schema
from tests.contract.test_event_types import ANY_EVENT, EXAMPLES, stored

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"


def judge(schema: dict[str, Any], data: bytes) -> list[str]:
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(data))]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_every_example_of_every_version_fits_the_schema_of_its_version(example: Path) -> None:
    old = stored(example)

    schema = json_schema(old.type, old.schema)

    assert schema["$id"] == f"dev.lamplighter.{old.type}.v{old.schema}"
    assert judge(schema, old.data) == []


JUDGES = {name: Draft202012Validator(json_schema(name)) for name in TYPES}


@given(event=ANY_EVENT)
def test_whatever_is_written_fits_its_schema(event: Event) -> None:
    type_name, _, data = codec.encode(event)

    assert list(JUDGES[type_name].iter_errors(json.loads(data))) == []


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_refuses_what_lacks_a_field_and_what_holds_another_thing(name: str) -> None:
    [newest] = [path for path in EXAMPLES if path.stem == f"{name}.v{codec.schema_of(name)}"]
    document = json.loads(newest.read_bytes())
    required = [one.name for one in entry(name).shape.fields if not one.optional]

    for field in required:
        without = {key: value for key, value in document.items() if key != field}
        wrong = {**document, field: [[]]}
        assert judge(json_schema(name), json.dumps(without).encode()), field
        assert judge(json_schema(name), json.dumps(wrong).encode()), field


def shapes() -> dict[str, Shape]:
    return {shape.name: shape for one in entries() for shape in (one.shape, *one.parts)}


@pytest.mark.parametrize("shape", shapes().values(), ids=lambda shape: shape.name)
def test_every_field_of_every_event_is_explained(shape: Shape) -> None:
    assert shape.meaning.endswith(".")
    assert [one.name for one in shape.fields if not one.meaning] == [], (
        f"say in the docstring of {shape.name} what these hold, in backticks"
    )


def test_what_no_clause_names_is_not_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TYPES["hold.placed"], "__doc__", "No policy acts here until `until`.")

    assert {one.name for one in entry("hold.placed").shape.fields if not one.meaning} == {"hold", "author", "reason"}


def test_a_field_is_told_with_its_unit_and_by_the_clause_that_is_about_it() -> None:
    told = {one.name: (one.holds, one.meaning, one.optional) for one in entry("act.intended").shape.fields}

    assert told["deadline"] == ("instant", "`deadline`: it is given up if it was not done by then.", False)
    assert told["evidence"][0] == "list of whole number"
    assert told["updated_at"][0] == "instant or null"
    assert told["policy"] == ("text or null", "`policy` is None for a person's command.", True)
    seconds = next(one for one in entry("act.warned").shape.fields if one.name == "edge_seconds")
    assert seconds.holds == "seconds"


def test_instants_are_said_to_be_instants_and_every_property_says_what_it_means() -> None:
    schema = json_schema("act.intended")

    assert schema["properties"]["deadline"]["format"] == "date-time"
    assert schema["properties"]["updated_at"]["anyOf"] == [{"type": "string", "format": "date-time"}, {"type": "null"}]
    assert "format" not in schema["properties"]["reason"]
    for one in entries():
        whole = json_schema(one.type)
        for part in (whole, *whole.get("$defs", {}).values()):
            assert all(value["description"] for value in part.get("properties", {}).values()), one.type


def test_a_version_that_never_was_or_whose_shape_is_lost_has_no_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownType, match=r"there is no type of event 'act\.guessed': use endpoint"):
        json_schema("act.guessed")
    for version in (0, 3):
        with pytest.raises(UnknownType, match=f"no schema of version {version} of endpoint.deleted: .* version 2"):
            json_schema("endpoint.deleted", version)

    monkeypatch.setitem(codec.UPCASTS, "daemon.stopped", (lambda document: {"reason": document["why"]},))
    assert json_schema("daemon.stopped", 2)["$id"] == "dev.lamplighter.daemon.stopped.v2"
    with pytest.raises(UnknownType, match=r"no schema of version 1 of daemon\.stopped"):
        json_schema("daemon.stopped", 1)


def test_the_document_in_the_repository_is_what_the_code_writes() -> None:
    kept = DOCUMENT.read_text(encoding="utf-8")

    assert kept == f"{markdown()}\n", "docs/events.md is not what the code writes: run scripts/diagram and commit it"


@pytest.mark.parametrize("one", list(entries()), ids=lambda one: one.type)
def test_every_type_stands_in_the_document_with_every_field(one: Entry) -> None:
    section = markdown().partition(f"\n## `{one.type}`\n")[2].partition("\n## ")[0]

    assert one.shape.meaning in section
    assert all(f"| `{field.name}` | {field.holds} |" in section for field in one.shape.fields)

"""Every type of event, and every version of it that was ever written: it decodes for ever."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from events import codec
from events.catalogue import Event
from events.catalogue.daemon import ConfigurationApplied
from events.codec import TYPES, Undecodable
from events.record import Recorded, decision_id, fact_id
from statemachine.model import BecameReadable, Window, instant
from tests.contract.disks import NOON, said

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.json"))
DISCOVERED = next(path for path in EXAMPLES if path.name == "endpoint.discovered.v2.json").read_bytes()


def recorded(type_name: str, schema: int, data: bytes) -> Recorded:
    return Recorded(
        position=7,
        id="1",
        stream="daemon",
        version=1,
        type=type_name,
        schema=schema,
        instant=instant(NOON),
        actor="t",
        data=data,
    )


def stored(example: Path) -> Recorded:
    found = re.fullmatch(r"(.+)\.v(\d+)\.json", example.name)
    assert found is not None
    return recorded(found[1], int(found[2]), example.read_bytes().rstrip(b"\n"))


def members(union: Any) -> set[type]:
    return {member for part in get_args(union) for member in (members(part) or {part})}


def test_every_event_of_the_catalogue_has_a_name_of_its_own() -> None:
    assert set(TYPES.values()) == members(Event)
    assert len(set(TYPES.values())) == len(TYPES)
    assert {codec.type_of(cls) for cls in TYPES.values()} == set(TYPES)


def test_names_are_short_and_dotted() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in TYPES)


def test_there_is_an_example_of_every_version_of_every_type() -> None:
    versions = {(name, schema) for name in TYPES for schema in range(1, codec.schema_of(name) + 1)}

    assert {(stored(example).type, stored(example).schema) for example in EXAMPLES} == versions


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_an_example_decodes_and_is_written_again_as_it_stands(example: Path) -> None:
    old = stored(example)

    event = codec.decode(old)
    type_name, schema, data = codec.encode(event)

    assert type_name == old.type
    assert codec.decode(recorded(type_name, schema, data)) == event
    if schema == old.schema:
        assert data == old.data, "the shape changed: raise the schema version by an upcast, and add an example"


INSTANTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
st.register_type_strategy(datetime, INSTANTS)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
ANY_EVENT: st.SearchStrategy[Event] = st.sampled_from(list(TYPES.values())).flatmap(st.from_type)


@given(event=ANY_EVENT)
def test_any_event_comes_back_as_it_was(event: Event) -> None:
    type_name, schema, data = codec.encode(event)

    assert codec.decode(recorded(type_name, schema, data)) == event
    assert codec.encode(event) == (type_name, schema, data)


def test_an_older_schema_is_lifted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(document: dict[str, Any]) -> dict[str, Any]:
        return {"why": document["text"]}

    def renamed(document: dict[str, Any]) -> dict[str, Any]:
        return {"reason": document["why"]}

    monkeypatch.setitem(codec.UPCASTS, "daemon.stopped", (named, renamed))

    assert codec.decode(recorded("daemon.stopped", 1, b'{"text":"a"}')) == said("a")
    assert codec.decode(recorded("daemon.stopped", 2, b'{"why":"a"}')) == said("a")
    assert codec.decode(recorded("daemon.stopped", 3, b'{"reason":"a"}')) == said("a")
    assert codec.encode(said("a")) == ("daemon.stopped", 3, b'{"reason":"a"}')


@pytest.mark.parametrize(
    ("type_name", "schema", "data", "told"),
    [
        ("daemon.exploded", 1, b"{}", "a newer Lamplighter wrote it. Upgrade this one"),
        ("daemon.stopped", 2, b"{}", "a newer Lamplighter wrote it. Upgrade this one"),
        ("daemon.stopped", 1, b"{}", "run `lamplighter log verify`"),
        ("daemon.stopped", 1, b'{"reason":"\xbc"}', "run `lamplighter log verify`"),
        ("daemon.stopped", 1, b'{"reason":', "run `lamplighter log verify`"),
        ("endpoint.discovered", 2, DISCOVERED.replace(b'"gpu"', b'["gpu"]'), "at `$.sighting.configuration`"),
        ("endpoint.discovered", 1, DISCOVERED.replace(b'"gpu"', b'["gpu"]'), "at `$.sighting.configuration`"),
    ],
)
def test_what_cannot_be_understood_names_its_position(type_name: str, schema: int, data: bytes, told: str) -> None:
    with pytest.raises(Undecodable, match=f"position 7 .*{re.escape(told)}"):
        codec.decode(recorded(type_name, schema, data))


def test_a_fact_has_the_same_id_wherever_and_whenever_it_is_told() -> None:
    first = codec.fact("daemon", 3, said("a"), time=NOON, actor="one")
    again = codec.fact("daemon", 3, said("a"), time=NOON + timedelta(hours=1), actor="two")

    assert first.id == again.id == fact_id("daemon", 3, "daemon.stopped", b'{"reason":"a"}')
    assert not first.once


@pytest.mark.parametrize(("stream", "version", "reason"), [("x", 3, "a"), ("daemon", 4, "a"), ("daemon", 3, "b")])
def test_another_fact_has_another_id(stream: str, version: int, reason: str) -> None:
    first = codec.fact("daemon", 3, said("a"), time=NOON, actor="one")

    assert codec.fact(stream, version, said(reason), time=NOON, actor="one").id != first.id


def test_the_order_of_a_mapping_does_not_change_a_fact() -> None:
    one = ConfigurationApplied(digest="d", changes={"a": 1, "b": 2})
    two = ConfigurationApplied(digest="d", changes=MappingProxyType({"b": 2, "a": 1}))

    assert codec.encode(one) == codec.encode(two)


def test_a_decision_happens_once_and_its_parts_do_not_run_together() -> None:
    assert codec.decision("1", said("a"), time=NOON, actor="one").once
    assert decision_id("ab", "c") != decision_id("a", "bc")
    assert decision_id("nights", 3) == decision_id("nights", 3)


def test_windows_keep_microseconds() -> None:
    seen_at = NOON + timedelta(microseconds=1)
    event = BecameReadable(window=Window(not_before=NOON, seen_at=seen_at))
    type_name, schema, data = codec.encode(event)

    assert b"12:00:00.000001Z" in data
    assert codec.decode(recorded(type_name, schema, data)) == event

"""What leaves the log: CloudEvents 1.0.2, judged by their own SDK, and taken back only as they were written."""

import json
import re
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given, strategies as st
from msgspec.structs import replace

from events import chain, cloudevents, codec
from events.record import Recorded, Sealed
from statemachine.model import instant
from tests.contract.disks import NOON
from tests.contract.test_event_types import ANY_EVENT, EXAMPLES, stored

LIFE = "endpoint/acme/tgi/2026-11-20T12:00:00.000000Z"


def recorded(data: bytes = b'{"reason":"a"}', **changes: Any) -> Recorded:
    told = Recorded(
        position=7,
        id="5b1f",
        stream=LIFE,
        version=3,
        type="daemon.stopped",
        schema=1,
        instant=instant(NOON),
        actor="watcher",
        data=data,
    )
    return replace(told, **changes)


def sealed(event: Recorded, redacted: int | None = None) -> Sealed:
    data_hash = chain.digest(event.data if redacted is None else b"what it was")
    return Sealed(
        recorded=event,
        data_hash=data_hash,
        redacted=redacted,
        hash=chain.link(chain.GENESIS, event, data_hash),
    )


def judged(rendered: bytes) -> CloudEvent:
    """Return what the SDK makes of an event; it refuses what the specification forbids."""
    event = from_http_event(HTTPMessage(headers={"content-type": cloudevents.CONTENT_TYPE}, body=rendered))
    assert isinstance(event, CloudEvent)
    return event


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_every_type_of_event_is_a_cloudevent_to_its_own_sdk(example: Any) -> None:
    event = replace(stored(example), stream=LIFE, id="5b1f")

    told = judged(cloudevents.render(event, "log-1"))

    assert (told.get_id(), told.get_source(), told.get_subject()) == ("5b1f", "/lamplighter/log-1", "acme/tgi")
    assert told.get_type() == f"dev.lamplighter.{event.type}.v{event.schema}"
    assert told.get_time() == event.time
    assert told.get_data() == json.loads(event.data)
    assert (told.get_extension("stream"), told.get_extension("streamversion")) == (LIFE, event.version)
    assert told.get_extension("actor") == event.actor


def test_every_name_of_an_attribute_is_legal() -> None:
    document = json.loads(cloudevents.render(sealed(recorded(), redacted=9), "log-1"))

    assert document["specversion"] == "1.0"
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in document)
    assert {"hash", "datahash", "redactedby"} <= set(document)
    judged(json.dumps(document).encode())


@given(st.lists(st.integers(1, 2**63 - 1), min_size=2))
def test_sequences_compared_as_texts_are_in_the_order_of_positions(positions: list[int]) -> None:
    by_text = sorted(positions, key=cloudevents.sequence)

    assert by_text == sorted(positions)


@pytest.mark.parametrize(
    ("stream", "subject"),
    [(LIFE, "acme/tgi"), ("acts/acme/tgi", "acme/tgi"), ("namespace/acme", "acme"), ("daemon", None)],
)
def test_the_subject_is_what_the_stream_is_about(stream: str, subject: str | None) -> None:
    assert judged(cloudevents.render(recorded(stream=stream), "log-1")).get_subject() == subject


def test_a_batch_is_an_array_of_the_same_events() -> None:
    events = [recorded(position=position) for position in (1, 2, 3)]

    batch = json.loads(cloudevents.batch(events, "log-1"))

    assert batch == [json.loads(cloudevents.render(event, "log-1")) for event in events]
    assert json.loads(cloudevents.batch([], "log-1")) == []


def test_the_payload_leaves_byte_for_byte_as_it_was_hashed() -> None:
    odd = b'{"reason" : "a\\u00e9 1.50", "n":1.50}'

    assert odd in cloudevents.render(recorded(odd), "log-1")


@given(event=ANY_EVENT, redacted=st.none() | st.integers(8, 2**62), actor=st.text(), id_=st.text(min_size=1))
def test_any_sealed_event_comes_back_as_it_went(event: Any, redacted: int | None, actor: str, id_: str) -> None:
    type_, schema, data = codec.encode(event)
    told = sealed(recorded(data, type=type_, schema=schema, actor=actor, id=id_), redacted)

    assert cloudevents.parse(cloudevents.render(told, "log-1")) == ("log-1", told)


@given(data=st.data())
def test_any_byte_that_was_changed_shows(data: st.DataObject) -> None:
    line = cloudevents.render(sealed(recorded()), "log-1")
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    changed = line[:place] + bytes([other]) + line[place + 1 :]

    try:
        log_id, event = cloudevents.parse(changed)
    except cloudevents.NotRendered:
        return

    linked = chain.link(chain.GENESIS, event.recorded, event.data_hash)
    assert log_id != "log-1" or event.hash != linked, "the chain tells what the text itself cannot"


DEEP = b'{"reason":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
AT = instant(recorded().time).encode()
EARLY = b"0001-01-01T00:00:00+23:59"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"specversion":"1.0"}',
        cloudevents.render(recorded(), "log-1"),
        cloudevents.render(sealed(recorded()), "log-1").replace(b"dev.lamplighter", b"com.example"),
        cloudevents.render(sealed(recorded()), "log-1").replace(b'"1.0"', b'"0.3"'),
        cloudevents.render(sealed(recorded()), "log-1") + b" ",
        cloudevents.render(sealed(recorded(b'{"reason":"\xbc"}')), "log-1"),
        pytest.param(cloudevents.render(sealed(recorded(DEEP)), "log-1"), id="deep"),
        pytest.param(EARLY.join(cloudevents.render(sealed(recorded()), "log-1").split(AT, 1)), id="before all time"),
    ],
)
def test_what_is_not_ours_is_refused(line: bytes) -> None:
    with pytest.raises(cloudevents.NotRendered, match="it is n"):
        cloudevents.parse(line)

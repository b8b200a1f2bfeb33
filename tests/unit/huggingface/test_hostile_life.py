"""Whatever a document carries, what is made of it is decided, written into the log, read back, and counted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st

from events import codec
from events.record import Recorded
from service.huggingface.document import read_document
from service.masking import Masker
from statemachine.machine import clocks_of, decide, evolve, fold, until
from statemachine.model import Endpoint, LifecycleEvent, Look, Observation, Seen, Sighting, Unreadable, instant
from tests.unit.huggingface.documents import NAME, document

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXTS = st.sampled_from(("", "running", "paused", "absent", "hibernating", "\ud800", "\x00", "a\u2028b", "x" * 5000))
TIMES = st.sampled_from(
    (
        "2023-10-26T12:41:53Z",
        "2023-10-27T12:41:53Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999999Z",
        "9999-12-31T23:59:59-12:00",
        "2023-10-26",
        "2023-10-26T12:41:60Z",
    )
)
NUMBERS = st.sampled_from((0, -1, 2**31, 2**53 + 1, 2**63, 2**64, 10**400, 1e308, float("inf"), float("nan"), 0.1))
plain = st.none() | st.booleans() | NUMBERS | TEXTS | TIMES | st.text(max_size=5)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
status_fields = st.fixed_dictionaries(
    {},
    optional={
        "state": TEXTS | anything,
        "createdAt": TIMES | anything,
        "updatedAt": TIMES | anything,
        "createdBy": anything,
        "updatedBy": st.fixed_dictionaries({}, optional={"id": anything, "name": anything}) | anything,
        "readyReplica": anything,
        "targetReplica": anything,
        "url": anything,
        "message": anything,
        "errorMessage": anything,
        "new": anything,
    },
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "status": anything,
        "type": anything,
        "tags": anything,
        "compute": anything,
        "model": anything,
        "": anything,
        "new": anything,
    },
)


@st.composite
def raw_documents(draw: st.DrawFn) -> bytes:
    told = document(**draw(status_fields)) | draw(st.just({}) | fields)
    for key in draw(st.lists(st.sampled_from(sorted(told)), max_size=2)):
        told.pop(key, None)
    told["name"] = "tgi"
    return json.dumps(told).encode()  # as JSON has it, and a little more: lone surrogates, NaN


def observed(raw: bytes, number: int) -> Observation:
    asked_at = START + timedelta(seconds=10 * number)
    look = Look(
        asked_at=asked_at, answered_at=asked_at + timedelta(seconds=1), asked=10.0 * number, answered=10.0 * number + 1
    )
    content = read_document(raw, NAME, Masker()).content
    return Seen(look=look, sighting=content) if isinstance(content, Sighting) else Unreadable(look=look, reason=content)


def through_the_log(event: LifecycleEvent) -> Any:
    type_name, schema, data = codec.encode(event)
    return codec.decode(
        Recorded(
            position=1,
            id="1",
            stream="s",
            version=1,
            type=type_name,
            schema=schema,
            instant=instant(START),
            actor="a",
            data=data,
        )
    )


@given(st.lists(raw_documents(), max_size=4))
def test_no_document_upsets_what_is_decided_written_and_counted(raws: list[bytes]) -> None:
    endpoint, told = Endpoint(), list[LifecycleEvent]()

    for number, raw in enumerate(raws):
        for event in decide(endpoint, observed(raw, number), not_before=None, gap=False):
            told.append(event)
            endpoint = evolve(endpoint, event)

    assert [through_the_log(event) for event in told] == told
    assert fold(told) == endpoint
    until(clocks_of(told), START + timedelta(days=1))

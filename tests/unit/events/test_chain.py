"""The hash chain covers every column."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from events.chain import GENESIS, digest, link
from events.record import Recorded
from statemachine.model import instant

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENT = Recorded(
    position=1, id="i", stream="s", version=1, type="t", schema=1, instant=instant(AT), actor="a", data=b"{}"
)


@pytest.mark.parametrize(
    "other",
    [
        {"position": 2},
        {"id": "j"},
        {"stream": "r"},
        {"version": 2},
        {"type": "u"},
        {"schema": 2},
        {"instant": instant(AT + timedelta(microseconds=1))},
        {"actor": "b"},
        {"stream": "s1", "version": 1},  # no two columns run together
        {"id": "", "type": "it"},
    ],
)
def test_another_value_in_any_column_gives_another_hash(other: dict[str, Any]) -> None:
    assert link(GENESIS, replace(EVENT, **other), digest(b"{}")) != link(GENESIS, EVENT, digest(b"{}"))


def test_another_payload_or_another_past_gives_another_hash() -> None:
    linked = link(GENESIS, EVENT, digest(b"{}"))

    assert link(GENESIS, EVENT, digest(b"[]")) != linked
    assert link(linked, EVENT, digest(b"{}")) != linked


def test_a_payload_that_was_taken_out_does_not_break_the_chain() -> None:
    taken_out = replace(EVENT, data=b"")

    assert link(GENESIS, taken_out, digest(b"{}")) == link(GENESIS, EVENT, digest(b"{}"))

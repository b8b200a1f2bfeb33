"""What can be taken out of an event, and what must stay so that it can be understood, and found by the others."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from msgspec.structs import replace

from events import codec
from events.anchor import NotRedacted, Redaction
from events.catalogue import Event
from events.catalogue.log import Redacted
from events.chain import digest
from events.record import Recorded, Sealed
from events.redaction import MARK, NEEDED, Replacement, replacement
from tests.contract.test_event_types import ANY_EVENT, EXAMPLES, recorded, stored

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
INTENDED = recorded(
    "act.intended",
    1,
    b'{"intent":"9f","command":"pause","life":"2026-11-20T12:00:00Z","version":3,"evidence":[1],'
    b'"reason":"ann@acme.example said so","deadline":"2026-11-20T13:00:00Z","policy":"nights","revision":"r",'
    b'"updated_at":null,"scaling":{"compute.scaling.measure":"a secret"}}',
)


def asked(event: Recorded, *fields: str, why: str = "a leak", redacted: int | None = None) -> Replacement | NotRedacted:
    sealed = Sealed(recorded=event, data_hash=digest(event.data), redacted=redacted, hash=b"")
    return replacement(sealed, Redaction(position=event.position, fields=fields, why=why, actor="ann", time=AT))


def replaced(event: Recorded, *fields: str) -> Replacement:
    done = asked(event, *fields)
    assert isinstance(done, Replacement), done
    return done


def refused(event: Recorded, *fields: str, why: str = "a leak") -> str:
    done = asked(event, *fields, why=why)
    assert isinstance(done, NotRedacted), done
    return str(done)


def texts(value: Any, *path: str) -> dict[tuple[str, ...], str]:
    """Return every text in a document, by the keys and places that lead to it."""
    if isinstance(value, str):
        return {path: value}
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {where: text for key, part in parts for where, text in texts(part, *path, str(key)).items()}


def left(event: Recorded, done: Replacement) -> set[str]:
    """Return the paths of the texts that stayed as they were."""
    before, after = texts(msgspec.json.decode(event.data)), texts(msgspec.json.decode(done.data))
    assert before.keys() == after.keys()
    return {".".join(path) for path, text in after.items() if text == before[path] != MARK}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_a_redacted_event_of_any_version_is_still_one_of_its_type(example: Path) -> None:
    event = stored(example)

    done = asked(event)

    if isinstance(done, NotRedacted):
        assert "no text that it can do without" in str(done) or isinstance(codec.decode(event), Redacted)
        return
    assert type(done.event) is type(codec.decode(event))
    assert done.event == codec.decode(replace(event, data=done.data))
    assert len(done.fields) == done.data.count(MARK.encode()) > 0


@given(event=ANY_EVENT)
def test_what_is_left_is_what_others_refer_to_or_what_cannot_be_understood_otherwise(event: Event) -> None:
    told = recorded(*codec.encode(event))
    done = asked(told)
    if isinstance(done, NotRedacted):
        return

    for path in left(told, done):
        without_places = ".".join(step for step in path.split(".") if not step.isdigit())
        assert without_places in NEEDED or "could not be understood" in refused(told, path)


def test_only_what_is_named_is_taken_out() -> None:
    assert b"a secret" not in replaced(INTENDED, "scaling").data
    assert replaced(INTENDED, "scaling.compute.scaling.measure").fields == ("scaling.compute.scaling.measure",)
    done = replaced(INTENDED, "reason")
    assert done.fields == ("reason",)
    assert b"a secret" in done.data
    assert b"ann@acme.example" not in done.data


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (
            "reasons",
            "it has no text 'reasons'. It has: intent, command, life, reason, deadline, policy, revision, scal",
        ),
        ("reas", "it has no text 'reas'"),
        ("version", "it has no text 'version'"),
        ("intent", "without 'intent' it could not be understood any more"),
        ("life", "without 'life' it could not be understood any more"),
    ],
)
def test_a_field_that_cannot_be_taken_out_is_told_with_those_that_there_are(field: str, why: str) -> None:
    assert refused(INTENDED, field).startswith(f"position 7 cannot be redacted: {why}")
    assert refused(INTENDED, "reason", field).startswith(f"position 7 cannot be redacted: {why}")


def test_an_event_is_not_redacted_twice_unless_there_is_more_to_take_out() -> None:
    once = replace(INTENDED, data=replaced(INTENDED, "reason").data)

    again = asked(once, "reason", redacted=9)

    assert str(again) == "position 7 cannot be redacted: it is already, as 9 tells"
    assert replaced(once).fields == ("scaling.compute.scaling.measure",)


def test_nobody_redacts_without_saying_why_nor_what_tells_of_a_redaction_nor_what_nobody_understands() -> None:
    assert "nobody would know why" in refused(INTENDED, why="  ")
    told = Redacted(position=1, fields=("reason",), data_hash="00", replaced_by="01", why="a leak")
    assert "it tells of a redaction" in refused(recorded(*codec.encode(told)))
    assert "a newer Lamplighter wrote it" in refused(recorded("daemon.exploded", 1, b'{"a":"b"}'))

from datetime import UTC, datetime
from typing import Any

import msgspec

from service.huggingface.memory import Listed, Memory
from service.huggingface.pages import Page
from service.masking import Masker
from statemachine.model import EndpointName, Look
from tests.unit.huggingface.documents import NAME, document, encoded

AT = datetime(2026, 1, 1, tzinfo=UTC)


def looked(asked: float) -> Look:
    return Look(asked_at=AT, answered_at=AT, asked=asked, answered=asked + 1)


def page(*items: Listed) -> Page[Listed]:
    return Page(items=items, following=None)


def secret(value: str, **status: Any) -> bytes:
    told = document(**status)
    told["model"]["secrets"]["DB"] = value
    return encoded(told)


def test_a_document_that_did_not_change_gives_the_same_objects() -> None:
    memory, raw = Memory(Masker()), encoded(document())

    one = memory.read_listed(msgspec.Raw(raw), "acme")
    memory.keep("acme", [page(one)])

    assert memory.read_listed(msgspec.Raw(raw), "acme").reading is one.reading
    assert memory.read_one(raw, NAME) is one.reading


def test_one_that_was_only_looked_at_gives_the_same_objects_too() -> None:
    memory, raw = Memory(Masker()), encoded(document())

    assert memory.read_one(raw, NAME) is memory.read_one(raw, NAME)


def test_the_same_bytes_for_another_endpoint_are_not_its_document() -> None:
    memory, raw = Memory(Masker()), encoded(document())
    memory.read_one(raw, NAME)

    other = memory.read_one(raw, EndpointName("acme", "other"))

    assert other.name.name == "other"
    assert isinstance(other.content, str)


def test_what_a_sweep_no_longer_saw_is_forgotten() -> None:
    memory, raw = Memory(Masker()), encoded(document())
    one = memory.read_listed(msgspec.Raw(raw), "acme")
    memory.keep("acme", [page(one)])

    memory.keep("acme", [])

    assert memory.read_listed(msgspec.Raw(raw), "acme").reading is not one.reading


def test_a_changed_secret_is_told_once_and_by_its_path() -> None:
    memory = Memory(Masker())

    told = [
        memory.changed_secrets(memory.read_one(secret(value), NAME), looked(at))
        for at, value in enumerate(["hunter2", "hunter2", "hunter3", "hunter3"])
    ]

    assert told == [(), (), ("model.secrets.DB",), ()]


def test_an_answer_that_was_asked_for_earlier_does_not_make_it_flap() -> None:
    memory = Memory(Masker())
    old, new = memory.read_one(secret("old"), NAME), memory.read_one(secret("new"), NAME)

    told = [memory.changed_secrets(read, looked(at)) for read, at in ((old, 1), (new, 5), (old, 3), (new, 6))]

    assert told == [(), ("model.secrets.DB",), (), ()]


def test_another_life_of_a_name_has_no_secrets_to_compare() -> None:
    memory = Memory(Masker())
    first = memory.read_one(secret("one"), NAME)
    second = memory.read_one(secret("two", createdAt="2026-01-01T00:00:00Z"), NAME)

    assert memory.changed_secrets(first, looked(1)) == ()
    assert memory.changed_secrets(second, looked(2)) == ()


def test_an_endpoint_that_is_gone_is_forgotten() -> None:
    memory = Memory(Masker())
    memory.changed_secrets(memory.read_one(secret("one"), NAME), looked(1))

    memory.forget(NAME)

    assert memory.changed_secrets(memory.read_one(secret("two"), NAME), looked(2)) == ()


def test_nothing_that_is_kept_holds_a_hidden_value() -> None:
    memory = Memory(Masker())
    listed = memory.read_listed(msgspec.Raw(secret("hunter2")), "acme")
    memory.keep("acme", [page(listed)])
    memory.changed_secrets(memory.read_one(secret("hunter3"), NAME), looked(1))

    assert "hunter" not in repr((vars(memory), listed))


def test_a_page_came_again_only_if_the_last_sweep_held_that_very_page() -> None:
    memory = Memory(Masker())
    one, same = (page(memory.read_listed(msgspec.Raw(encoded(document())), "acme")) for _ in range(2))
    memory.keep("acme", [one])

    assert memory.came_again("acme", one)
    assert not memory.came_again("acme", same)
    assert not memory.came_again("other", one)

    memory.keep("acme", [])
    assert not memory.came_again("acme", one)


def test_where_nothing_is_kept_each_document_is_as_if_it_were_the_first() -> None:
    memory, raw = Memory(Masker(), keeps=False), secret("one")
    one = memory.read_listed(msgspec.Raw(raw), "acme")
    whole = page(one)
    memory.keep("acme", [whole])
    looked_at = memory.read_one(raw, NAME)
    memory.changed_secrets(looked_at, looked(1))

    assert not memory.came_again("acme", whole)
    assert memory.read_listed(msgspec.Raw(raw), "acme").reading is not one.reading
    assert memory.read_one(raw, NAME) is not looked_at
    assert memory.changed_secrets(memory.read_one(secret("two"), NAME), looked(2)) == ()

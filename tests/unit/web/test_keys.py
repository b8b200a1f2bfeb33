"""A key stands for one request: the same body may come again, another may not."""

from pathlib import Path

from service.web.keys import Keys
from tests.unit.web.hands import discover, make_parts, served

PLACE = ("person:ana", "POST", "/api/hold", "k1")


def test_two_bodies_that_say_the_same_are_one() -> None:
    keys = Keys()

    assert not keys.is_other(PLACE, b'{"a": 1, "b": [2]}')
    assert not keys.is_other(PLACE, b'{"b":[2],"a":1}')
    assert keys.is_other(PLACE, b'{"a": 1, "b": [3]}')
    assert not keys.is_other(PLACE, b'{"a": 1, "b": [2]}')


def test_another_caller_another_address_and_another_key_are_other_requests() -> None:
    keys = Keys()
    keys.is_other(PLACE, b"{}")

    for at, word in enumerate(("person:ben", "DELETE", "/api/endpoints/acme/tgi/hold", "k2")):
        assert not keys.is_other((*PLACE[:at], word, *PLACE[at + 1 :]), b'{"for": "2h"}')


def test_what_is_no_json_is_compared_as_it_is() -> None:
    keys = Keys()

    assert not keys.is_other(PLACE, b"{")
    assert keys.is_other(PLACE, b"[")


def test_only_the_last_keys_are_remembered_and_none_of_what_was_sent() -> None:
    keys = Keys(kept=2)
    for number in range(5):
        keys.is_other((*PLACE[:3], str(number)), b'{"secret": "sesame"}')

    assert len(keys._seals) == 2
    assert "sesame" not in repr(vars(keys))


async def test_a_hold_with_the_key_of_another_hold_is_refused_as_a_problem(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "acme/tgi")
    await parts.live.catch_up()

    async with served(parts) as caller:
        key = {"Idempotency-Key": "k1"}
        first = await caller.json("POST", "/api/hold", code=201, token=True, headers=key, json={"for": "2h"})
        again = await caller.json("POST", "/api/hold", code=201, token=True, headers=key, json={"for": "2h"})
        other = await caller.json("POST", "/api/hold", code=422, token=True, headers=key, json={"for": "9h"})

    assert first == again
    assert other["type"] == "urn:lamplighter:problem:key-taken"
    assert other["status"] == 422
    assert other["instance"] == "/api/hold"

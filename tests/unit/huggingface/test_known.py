from datetime import UTC, datetime

import pytest
from yarl import URL

from service.huggingface import Token
from service.huggingface.answers import Answer, Malformed
from service.huggingface.known import Known
from statemachine.model import Look

AT = datetime(2026, 3, 2, tzinfo=UTC)
ALICE, BOB = Token("hf_alice"), Token("hf_bob")


def url(number: int) -> URL:
    return URL(f"https://api.example.com/{number}")


def answer(etag: str | None = None, body: bytes = b"", code: int = 200) -> Answer:
    look = Look(asked_at=AT, answered_at=AT, asked=0, answered=0)
    return Answer(code=code, headers={} if etag is None else {"ETag": etag}, body=body, look=look)


def read(told: Answer) -> list[bytes]:
    """Return something new each time."""
    return [told.body]


def test_what_was_read_is_known_to_its_token_alone() -> None:
    known = Known(10)

    value = known.read(url(1), ALICE, answer('W/"a"'), read)

    told = known.get(url(1), ALICE)
    assert told is not None
    assert told.etag == 'W/"a"'
    assert told.value is value
    assert known.get(url(1), BOB) is None
    assert known.get(url(2), ALICE) is None


def test_the_same_bytes_are_not_read_again_and_others_are() -> None:
    known = Known(10)

    one, same, other = (known.read(url(1), ALICE, answer(body=body), read) for body in (b"1", b"1", b"2"))

    assert same is one
    assert other == [b"2"]
    assert known.read(url(1), BOB, answer(body=b"2"), read) is not other


@pytest.mark.parametrize("etag", [None, "", "x" * 513, "\x00"])
def test_a_mark_that_cannot_be_sent_back_is_none(etag: str | None) -> None:
    known = Known(10)

    known.read(url(1), ALICE, answer('"1"'), read)
    known.read(url(1), ALICE, answer(etag), read)

    told = known.get(url(1), ALICE)
    assert told is not None
    assert told.etag is None


def test_an_answer_that_is_not_plain_or_cannot_be_read_makes_the_last_one_forgotten() -> None:
    def refuse(told: Answer) -> None:
        raise Malformed("nonsense")

    known = Known(10)
    known.read(url(1), ALICE, answer('"1"'), read)
    known.read(url(2), ALICE, answer('"1"'), read)

    assert known.read(url(1), ALICE, answer('"1"', code=404), read) == [b""]
    with pytest.raises(Malformed):
        known.read(url(2), ALICE, answer(body=b"other"), refuse)

    assert known.get(url(1), ALICE) is None
    assert known.get(url(2), ALICE) is None


def test_what_was_not_asked_for_the_longest_is_forgotten_first() -> None:
    known = Known(2)
    for number in (1, 2):
        known.read(url(number), ALICE, answer(), read)
    known.get(url(1), ALICE)

    known.read(url(3), ALICE, answer(), read)

    assert [known.get(url(number), ALICE) is not None for number in (1, 2, 3)] == [True, False, True]


def test_of_the_bytes_themselves_nothing_is_kept() -> None:
    known = Known(2)

    known.read(url(1), ALICE, answer(body=b"zqplain-secret"), lambda _: "masked")

    assert "zqplain" not in repr(vars(known))
    assert "masked" in repr(vars(known))

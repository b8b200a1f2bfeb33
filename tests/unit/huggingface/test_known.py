from datetime import UTC, datetime

import pytest
from yarl import URL

from service.huggingface import Token
from service.huggingface.answers import Answer
from service.huggingface.known import Known
from statemachine.model import Look

AT = datetime(2026, 3, 2, tzinfo=UTC)
ALICE, BOB = Token("hf_alice"), Token("hf_bob")


def url(number: int) -> URL:
    return URL(f"https://api.example.com/{number}")


def answer(etag: str | None = '"1"', code: int = 200) -> Answer:
    look = Look(asked_at=AT, answered_at=AT, asked=0, answered=0)
    return Answer(code=code, headers={} if etag is None else {"ETag": etag}, body=b"", look=look)


def test_what_was_read_of_a_marked_answer_is_known_to_its_token_alone() -> None:
    known = Known(10)

    known.keep(url(1), ALICE, answer('W/"a"'), "read")

    tagged = known.get(url(1), ALICE)
    assert tagged is not None
    assert (tagged.etag, tagged.value) == ('W/"a"', "read")
    assert known.get(url(1), BOB) is None
    assert known.get(url(2), ALICE) is None


@pytest.mark.parametrize("later", [answer(None), answer(""), answer(code=404), answer("x" * 513), answer("\x00")])
def test_an_answer_that_cannot_be_asked_for_again_makes_the_former_forgotten(later: Answer) -> None:
    known = Known(10)
    known.keep(url(1), ALICE, answer(), "old")

    known.keep(url(1), ALICE, later, "new")

    assert known.get(url(1), ALICE) is None


def test_what_was_not_asked_for_the_longest_is_forgotten_first() -> None:
    known = Known(2)
    for number in (1, 2):
        known.keep(url(number), ALICE, answer(), number)
    known.get(url(1), ALICE)

    known.keep(url(3), ALICE, answer(), 3)

    assert [known.get(url(number), ALICE) is not None for number in (1, 2, 3)] == [True, False, True]

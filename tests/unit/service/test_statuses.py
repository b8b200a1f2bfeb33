"""What can be asked for as a status: the API's set is open, and a misspelt word is no question."""

import pytest

from service.statuses import STATUSES, why_no_status


@pytest.mark.parametrize(
    "text", [*STATUSES, "hibernating", "stopping", "creating", "restarting", "HTTP-503", "v2.asleep"]
)
def test_a_status_can_be_asked_for_whether_it_is_known_or_not(text: str) -> None:
    assert why_no_status(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *((status[:-1], status) for status in STATUSES),
        *((status[1:], status) for status in STATUSES),
        *((status.upper(), status) for status in STATUSES),
        ("runing", "running"),
        ("scaled_to_zero", "scaledToZero"),
        ("scaled-to-zero", "scaledToZero"),
        ("update_failed", "updateFailed"),
        ("initialising", "initializing"),
        ("fail", "failed"),
    ],
)
def test_one_that_is_misspelt_is_refused_with_what_was_meant(text: str, meant: str) -> None:
    assert why_no_status(text) == f"there is no status {text!r}: did you mean {meant}?"


@pytest.mark.parametrize("text", ["", " ", "a b", "-x", "9", "é", "a\n", "a/b", "x" * 65, "running "])
def test_what_can_be_no_word_is_refused(text: str) -> None:
    assert "can be no status: write one word, like absent" in str(why_no_status(text))


def test_a_word_beside_the_statuses_is_known_and_can_be_misspelt() -> None:
    assert why_no_status("ready", beside=("ready",)) is None
    assert why_no_status("redy", beside=("ready",)) == "there is no status 'redy': did you mean ready?"
    assert why_no_status("ready") is None

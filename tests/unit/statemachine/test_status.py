"""How things are spelt: the texts of the API, names, instants, and what others store and show."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from statemachine.legality import Sureness
from statemachine.model import End, EndpointName, instant
from statemachine.status import Status, UnknownStatus, read_status
from tests.unit.statemachine.histories import START


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ABSENT])
def test_a_text_of_the_api_is_read_as_its_status(status: Status) -> None:
    assert read_status(status.value) is status


@pytest.mark.parametrize("text", ["hibernating", "", "RUNNING", "absent"])
def test_any_other_text_is_kept_as_it_came_and_so_is_the_one_that_is_ours(text: str) -> None:
    assert read_status(text) == UnknownStatus(text)
    assert str(read_status(text)) == text


def test_an_instant_has_one_spelling_whatever_the_zone_it_is_told_in() -> None:
    elsewhere = START.astimezone(timezone(timedelta(hours=5)))

    assert instant(START) == instant(elsewhere) == "2026-03-01T12:00:00.000000Z"


def test_an_instant_is_spelt_alike_wherever_it_is_spelt(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        spelt = instant(START)
    time.tzset()

    assert spelt == "2026-03-01T12:00:00.000000Z"


def test_the_years_of_an_instant_have_four_digits_so_that_texts_are_in_the_order_of_time() -> None:
    early = datetime(1, 1, 1, tzinfo=UTC)

    assert instant(early) == "0001-01-01T00:00:00.000000Z"
    assert instant(early) < instant(datetime(999, 12, 31, tzinfo=UTC)) < instant(START)
    assert datetime.fromisoformat(instant(early)) == early


def test_an_endpoint_is_called_by_its_namespace_and_name_and_sorted_by_them() -> None:
    names = [EndpointName("b", "a"), EndpointName("a", "c"), EndpointName("a", "b")]

    assert [str(name) for name in sorted(names)] == ["a/b", "a/c", "b/a"]


def test_what_the_log_and_the_answers_hold_is_spelt_as_ever() -> None:
    assert list(End) == ["notFound", "recreated"]
    assert list(Sureness) == ["evidence", "noEvidence", "unknownStatus"]

"""Wrong tokens cost a bounded number of answers, and a bounded memory."""

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from service.access import Failures
from service.access.failures import EACH_SECONDS, MOST_ADDRESSES, OF_ALL, OF_ONE

ADDRESSES = st.integers(0, 30).map(lambda number: f"10.0.0.{number}")


def answered(failures: Failures, addresses: list[str], now: float = 0.0) -> int:
    return sum(failures.add(address, now) is None for address in addresses)


def test_one_address_gets_ten_answers_and_then_is_told_how_long_to_wait() -> None:
    failures = Failures()

    assert answered(failures, ["10.0.0.1"] * OF_ONE) == OF_ONE
    assert failures.add("10.0.0.1", 0.0) == EACH_SECONDS
    assert failures.add("10.0.0.2", 0.0) is None


def test_who_waits_as_long_as_was_said_is_answered() -> None:
    failures = Failures()
    answered(failures, ["10.0.0.1"] * OF_ONE)
    seconds = failures.add("10.0.0.1", 2.5)
    assert seconds is not None

    assert failures.add("10.0.0.1", 2.5 + seconds) is None
    assert failures.add("10.0.0.1", 2.5 + seconds) is not None


def test_many_addresses_get_a_hundred_answers_in_all() -> None:
    failures = Failures()

    assert answered(failures, [f"10.0.{number % 256}.{number // 256}" for number in range(500)]) == OF_ALL


@given(shown=st.lists(st.tuples(ADDRESSES, st.floats(0, 60)), max_size=300))
def test_whatever_comes_no_more_is_answered_than_grows_back(shown: list[tuple[str, float]]) -> None:
    failures, now, answers = Failures(), 0.0, 0
    for address, later in shown:
        now += later
        answers += failures.add(address, now) is None

    assert answers <= OF_ALL + now / (EACH_SECONDS / 10) + 1e-6


def test_no_more_addresses_are_remembered_than_were_meant() -> None:
    failures = Failures()

    answered(failures, [f"10.{number % 200}.{number // 200}.1" for number in range(3 * MOST_ADDRESSES)])

    assert len(failures) == MOST_ADDRESSES


@pytest.mark.parametrize(
    "spell",
    [
        lambda number: f"2001:db8::{number:x}",
        lambda number: f"fe80::{number:x}%eth0",
        lambda number: "::ffff:10.0.0.1" if number % 2 else "::ffff:a00:1",
    ],
)
def test_who_holds_a_whole_network_of_addresses_is_one_party(spell: Callable[[int], str]) -> None:
    failures = Failures()

    assert answered(failures, [spell(number) for number in range(1, 50)]) == OF_ONE


def test_what_is_no_address_is_counted_as_it_is() -> None:
    failures = Failures()

    assert answered(failures, ["", "unix"] * 20) == 2 * OF_ONE


def test_a_clock_that_stands_still_gives_nothing_back() -> None:
    failures = Failures()
    answered(failures, ["10.0.0.1"] * OF_ONE, now=5.0)

    assert failures.add("10.0.0.1", 5.0) is not None
    assert failures.add("10.0.0.1", 4.0) is not None


# --- what is not known to be wrong until it was asked about -----------------------------------------------------------


def test_asking_how_long_to_wait_costs_nothing() -> None:
    failures = Failures()
    for _ in range(10 * OF_ONE):
        assert failures.until("10.0.0.1", 0.0) is None

    assert answered(failures, ["10.0.0.1"] * (OF_ONE + 1)) == OF_ONE
    assert failures.until("10.0.0.1", 0.0) == EACH_SECONDS
    assert failures.until("10.0.0.1", EACH_SECONDS) is None
    assert len(failures) == 1


def test_those_under_way_count_as_if_they_were_wrong() -> None:
    failures = Failures()

    assert failures.until("10.0.0.1", 0.0, pending=OF_ONE - 1) is None
    assert failures.until("10.0.0.1", 0.0, pending=OF_ONE) == EACH_SECONDS
    failures.add("10.0.0.1", 0.0)
    assert failures.until("10.0.0.1", 0.0, pending=OF_ONE - 2) is None
    assert failures.until("10.0.0.1", 0.0, pending=OF_ONE - 1) == EACH_SECONDS


def test_who_showed_no_wrong_one_is_kept_out_by_nobody_elses() -> None:
    failures = Failures()
    answered(failures, [f"10.0.{number % 50}.1" for number in range(OF_ALL)])

    assert failures.until("10.0.0.1", 0.0) == 1
    assert failures.until("10.9.9.9", 0.0) is None


@given(shown=st.lists(st.tuples(ADDRESSES, st.floats(0, 20)), max_size=200))
def test_whoever_is_let_in_is_then_answered(shown: list[tuple[str, float]]) -> None:
    failures, now, clean = Failures(), 0.0, set[str]()
    for address, later in shown:
        now += later
        told = failures.until(address, now)
        if address in clean:
            assert (told is None) == (failures.add(address, now) is None)
        else:
            assert told is None
            failures.add(address, now)
            clean.add(address)

"""What holds for clocks that count from an instant on: the same as for those that count from the beginning."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from random import Random

import pytest
from hypothesis import Phase, find, given, settings, strategies as st

from statemachine.clocks import Clocks, renewed
from statemachine.machine import Reading, advance, clocks_of, until
from statemachine.status import Status
from statemachine.tally import NO_TIME
from tests.unit.statemachine.histories import START, Asked, histories, lived, streams, window_of
from tests.unit.statemachine.test_clocks_true import _holds, _service, events_of
from tests.unit.statemachine.truths import LASTING, Truth, truths

Renew = Callable[[Clocks, datetime], Clocks]


def read_from(truth: Truth, cut: int, end: int, renew: Renew = renewed) -> Reading:
    """Read the clocks at the end that count from a second on."""
    since, events = START + timedelta(seconds=cut), events_of(truth.history())
    known = [event for event in events if window_of(event).seen_at <= since]
    return until(reduce(advance, events[len(known) :], renew(clocks_of(known), since)), START + timedelta(seconds=end))


def lies(truth: Truth, cut: int, renew: Renew = renewed) -> list[str]:
    """Return every bound that does not hold the truth of the time from a second on."""
    end = truth.glances[-1].second + LASTING
    reading = read_from(truth, cut, end, renew)
    spans = truth.spans(max(cut, LASTING), end)
    wrong = [f"time in {status}" for status in Status if not _holds(reading, status, spans)]
    up, down = (sum((time for state, time in spans if _service(state) == each), NO_TIME) for each in ("up", "down"))
    share = reading.availability
    if up + down and not (share and share.lower <= up / (up + down) <= share.upper):
        wrong.append("availability")
    return wrong


def cuts(truth: Truth) -> st.SearchStrategy[tuple[Truth, int]]:
    """Draw an instant of a truth, before, within or at the end of its looks."""
    return st.tuples(st.just(truth), st.integers(0, truth.glances[-1].second + LASTING - 1))


@given((truths() | truths(watched=True)).flatmap(cuts))
def test_the_bounds_of_a_period_hold_the_truth_of_it(drawn: tuple[Truth, int]) -> None:
    assert lies(*drawn) == []


@given(truths(watched=True).flatmap(cuts))
def test_what_is_counted_before_and_from_an_instant_on_is_what_is_counted_in_all(drawn: tuple[Truth, int]) -> None:
    truth, cut = drawn
    end = truth.glances[-1].second + LASTING
    events = events_of(truth.history())
    before = [event for event in events if window_of(event).seen_at <= START + timedelta(seconds=cut)]

    first, rest, whole = clocks_of(before), read_from(truth, cut, end), clocks_of(events)

    assert first.starts.count + rest.starts == whole.starts.count
    assert first.failures.count + rest.failures == whole.failures.count
    assert (*first.starts.took, *rest.cold_starts) == whole.starts.took


@given(histories(steady=True), st.integers(-10, 1500))
def test_the_times_of_a_period_add_up_to_it(history: list[Asked], cut: int) -> None:
    since = START + timedelta(seconds=cut)
    for events in streams(lived(history)).values():
        known = [event for event in events if window_of(event).seen_at <= since]
        clocks = reduce(advance, events[len(known) :], renewed(clocks_of(known), since))
        end = max(since, window_of(events[-1]).seen_at) + timedelta(hours=1)

        reading = until(clocks, end)

        certain = sum((stretch.certain for stretch in reading.time_in.values()), NO_TIME)
        assert certain + reading.in_windows + reading.in_gaps == end - max(since, window_of(events[0]).seen_at)


def _too_late(clocks: Clocks, at: datetime) -> Clocks:
    """Begin a while after the period does."""
    return renewed(clocks, at + timedelta(seconds=10))


def _going_on(clocks: Clocks, at: datetime) -> Clocks:
    """Count on from what was counted before."""
    return clocks


@pytest.mark.parametrize("mutant", [_too_late, _going_on])
def test_the_check_catches_a_period_that_begins_otherwise(mutant: Renew) -> None:
    search = settings(max_examples=5000, phases=[Phase.generate], database=None)

    def caught(drawn: tuple[Truth, int]) -> bool:
        return bool(lies(drawn[0], drawn[1], mutant))

    truth, cut = find(truths().flatmap(cuts), caught, settings=search, random=Random(1))

    assert lies(truth, cut) == []

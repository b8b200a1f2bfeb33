"""What holds for the clocks of any life: their bounds hold the truth, their parts add up, and nothing upsets them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import Phase, find, given, settings, strategies as st

from statemachine.course import AT_REST, BROKEN, is_settled
from statemachine.machine import Reading, advance, clocks_of, until
from statemachine.model import (
    BecameReadable,
    BecameUnreadable,
    Discovered,
    LifecycleEvent,
    StatusChanged,
    UrlChanged,
    Window,
)
from statemachine.status import FACTS, AnyStatus, Status, UnknownStatus
from statemachine.tally import NO_TIME
from tests.unit.statemachine.histories import START, Asked, histories, lived, sightings, streams, window_of
from tests.unit.statemachine.truths import LASTING, State, Truth, truths

Mutant = Callable[[LifecycleEvent], LifecycleEvent]


def events_of(history: list[Asked]) -> list[LifecycleEvent]:
    return [event for step in lived(history) for event in step.events]


def lies(truth: Truth, mutant: Mutant = lambda event: event) -> list[str]:
    """Return every bound that does not hold the truth."""
    events = [mutant(event) for event in events_of(truth.history())]
    end = truth.glances[-1].second + LASTING
    reading = until(clocks_of(events), START + timedelta(seconds=end))
    spans = truth.spans(LASTING, end)
    wrong = [f"time in {status}" for status in reading.time_in if not _holds(reading, status, spans)]
    if not reading.unsettled.lower <= _unsettled(truth, end) <= reading.unsettled.upper:
        wrong.append("unsettled")
    up, down = (sum((time for state, time in spans if _service(state) == each), NO_TIME) for each in ("up", "down"))
    share = reading.availability
    if up + down and not (share and share.lower <= up / (up + down) <= share.upper):
        wrong.append("availability")
    took = iter(_starts(truth))
    if not all(any(each.lower <= real <= each.upper for real in took) for each in reading.cold_starts):
        wrong.append("cold starts")
    return wrong


def _holds(reading: Reading, status: AnyStatus, spans: list[tuple[State, timedelta]]) -> bool:
    true = sum((time for state, time in spans if state[0] == status), NO_TIME)
    return reading.time_in[status].lower <= true <= reading.time_in[status].upper


def _service(state: State) -> str:
    """Say whether it really could serve; of a status that nobody knows, the replicas decide, in the truth alone."""
    status, ready = state
    if isinstance(status, UnknownStatus):
        return ("down", "up", "resting")[ready]
    if status in AT_REST:
        return "resting"
    return "up" if FACTS[status].serves and ready else "down"


def _unsettled(truth: Truth, end: int) -> timedelta:
    left = truth.states[0][0]
    for (_, before), (since, _) in pairwise(truth.states):
        left = since if is_settled(before[0]) else left
    return NO_TIME if is_settled(truth.states[-1][1][0]) else timedelta(seconds=end - left)


def _starts(truth: Truth) -> list[timedelta]:
    """Return how long each start really took that came up without a failure or a rest between."""
    took, left = [], None
    for (_, (old, _)), (since, (new, _)) in pairwise(truth.states):
        if old in AT_REST and new not in AT_REST:
            left = since
        if new is Status.RUNNING and left is not None:
            took.append(timedelta(seconds=since - left))
        if is_settled(new):
            left = None
    return took


@given(truths() | truths(watched=True))
def test_every_bound_holds_the_truth(truth: Truth) -> None:
    assert lies(truth) == []


@given(truths(watched=True))
def test_of_a_life_that_was_always_watched_every_start_and_failure_is_counted(truth: Truth) -> None:
    reading = until(clocks_of(events_of(truth.history())), START + timedelta(days=1))

    statuses = [(old[0], new[0]) for (_, old), (_, new) in pairwise(truth.states)]
    assert reading.starts == sum(old in AT_REST and new not in AT_REST for old, new in statuses)
    assert reading.failures == sum(old != new and new in BROKEN for old, new in statuses)
    assert reading.in_gaps == NO_TIME
    assert len(reading.cold_starts) == len(_starts(truth))


def _without_blur(event: LifecycleEvent) -> LifecycleEvent:
    if isinstance(event, Discovered):
        return event
    return replace(event, window=replace(event.window, blur_seconds=0.0))


def _without_gap(event: LifecycleEvent) -> LifecycleEvent:
    if isinstance(event, Discovered | BecameUnreadable | BecameReadable):
        return event
    return replace(event, window=replace(event.window, gap=False))


def _readable(event: LifecycleEvent) -> LifecycleEvent:
    if isinstance(event, BecameUnreadable | BecameReadable):
        return UrlChanged(window=replace(event.window, gap=False), old=None, new=None)
    return event


def _without_via(event: LifecycleEvent) -> LifecycleEvent:
    return replace(event, via=()) if isinstance(event, StatusChanged) else event


def _at_the_end(event: LifecycleEvent) -> LifecycleEvent:
    if isinstance(event, Discovered):
        return event
    return replace(event, window=Window(not_before=event.window.seen_at, seen_at=event.window.seen_at))


@pytest.mark.parametrize("mutant", [_without_blur, _without_gap, _readable, _without_via, _at_the_end])
def test_the_check_catches_clocks_that_overlook_what_is_not_certain(mutant: Mutant) -> None:
    search = settings(max_examples=5000, phases=[Phase.generate], database=None)

    caught = find(truths(), lambda truth: bool(lies(truth, mutant)), settings=search, random=Random(1))

    assert lies(caught) == []


# events of any kind, in any order, with windows of any kind

wild_instants = st.integers(-500, 500).map(lambda seconds: START + timedelta(seconds=seconds))
wild_windows = st.builds(
    Window,
    not_before=wild_instants,
    seen_at=wild_instants,
    gap=st.booleans(),
    blur_seconds=st.floats() | st.floats(0, 100),
)


@st.composite
def wild(draw: st.DrawFn) -> list[LifecycleEvent]:
    """Draw the events of two histories, mixed, with some windows replaced by what no look would give."""
    events = draw(st.permutations(events_of(draw(histories())) + events_of(draw(histories(steady=True)))))
    torn: list[LifecycleEvent] = []
    for event in events:
        if isinstance(event, Discovered):
            absent_at, blur = draw(st.none() | wild_instants), draw(st.floats())
            torn.append(replace(event, sighting=draw(sightings), absent_at=absent_at, blur_seconds=blur))
        else:
            torn.append(replace(event, window=draw(wild_windows)))
    return torn


def check_sums(events: list[LifecycleEvent], after: timedelta) -> None:
    """Check what holds of any reading: parts that add up, and bounds in order."""
    first = next((event.seen_at for event in events if isinstance(event, Discovered)), None)
    if first is None:
        assert clocks_of(events) == clocks_of([])
        return
    begun = events[[isinstance(event, Discovered) for event in events].index(True) :]
    end = max(window_of(event).seen_at for event in begun) + after
    reading = until(clocks_of(events), end)
    certain = sum((stretch.certain for stretch in reading.time_in.values()), NO_TIME)
    assert certain + reading.in_windows + reading.in_gaps == end - first
    for stretch in reading.time_in.values():
        assert min(stretch.certain, stretch.in_windows, stretch.in_gaps) >= NO_TIME
        assert stretch.in_windows <= reading.in_windows
        assert stretch.upper <= end - first
    bounds = [reading.unsettled, *reading.cold_starts, reading.p50, reading.p90]
    assert all(NO_TIME <= each.lower <= each.upper for each in bounds if each is not None)
    assert (reading.p50 is None) is (reading.p90 is None) is (not reading.cold_starts)
    assert reading.availability is None or 0 <= reading.availability.lower <= reading.availability.upper <= 1


@given(wild(), st.timedeltas(NO_TIME, timedelta(days=9)))
def test_no_events_upset_the_clocks(events: list[LifecycleEvent], after: timedelta) -> None:
    check_sums(events, after)


@given(histories() | histories(steady=True), st.timedeltas(NO_TIME, timedelta(days=9)))
def test_the_times_in_all_statuses_add_up_to_the_time_since_discovery(history: list[Asked], after: timedelta) -> None:
    for events in streams(lived(history)).values():
        check_sums(events, after)


@given(histories(steady=True) | histories())
def test_reading_the_clocks_at_every_event_changes_nothing_and_ends_at_the_same(history: list[Asked]) -> None:
    events = events_of(history)

    clocks = clocks_of([])
    for place, event in enumerate(events, start=1):
        clocks = advance(clocks, event)
        now = window_of(event).seen_at
        assert until(clocks, now) == until(clocks, now) == until(clocks_of(events[:place]), now)

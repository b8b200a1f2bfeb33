"""What holds for any history of looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import Phase, find, given, settings, strategies as st
from msgspec.structs import replace

from statemachine.configuration import Flattened
from statemachine.machine import classify, decide, evolve, fold
from statemachine.model import (
    Deleted,
    Discovered,
    Endpoint,
    LifecycleEvent,
    Missing,
    Observation,
    Seen,
    Sighting,
    StatusChanged,
    Unreadable,
    Window,
)
from statemachine.status import Status
from tests.unit.statemachine.histories import (
    START,
    Asked,
    Decide,
    Step,
    histories,
    lived,
    look_at,
    sighting,
    streams,
    telling,
    window_of,
)


@given(histories() | histories(steady=True))
def test_the_fold_of_the_events_is_the_last_readable_sighting_in_all_that_makes_events(history: list[Asked]) -> None:
    last: Sighting | None = None

    for step in lived(history):
        match step.observation:
            case Seen(sighting=new) if last is None or new.created_at >= last.created_at:
                last = new
            case Missing():
                last = None
            case _:
                pass

        assert telling(step.after.sighting) == telling(last)


@given(histories() | histories(steady=True))
def test_the_stream_of_each_life_alone_rebuilds_it(history: list[Asked]) -> None:
    steps = lived(history)

    latest = None
    for step in steps:
        for event in step.events:
            latest = event.sighting.created_at if isinstance(event, Discovered) else latest

    assert latest is None or fold(streams(steps)[latest]) == steps[-1].after


@given(histories() | histories(steady=True))
def test_the_events_of_two_lives_never_mix(history: list[Asked]) -> None:
    for life, events in streams(lived(history)).items():
        assert isinstance(events[0], Discovered)
        for before, event in pairwise(events):
            assert isinstance(event, Discovered) is isinstance(before, Deleted)
        assert {event.sighting.created_at for event in events if isinstance(event, Discovered)} == {life}


@given(histories() | histories(steady=True))
def test_every_change_of_status_starts_where_the_last_one_ended_and_is_classified_by_the_table(
    history: list[Asked],
) -> None:
    for events in streams(lived(history)).values():
        endpoint = Endpoint()
        for event in events:
            if isinstance(event, StatusChanged):
                classified = classify(event.old, event.new)
                assert event.old == endpoint.status
                assert event.old != event.new
                assert (event.kind, event.via) == (classified.kind, classified.via)
            if isinstance(event, Deleted):
                assert event.old == endpoint.status
            endpoint = evolve(endpoint, event)


@given(histories() | histories(steady=True))
def test_deciding_twice_on_one_observation_records_once(history: list[Asked]) -> None:
    steps = lived(history)

    for step, (_, not_before, gap) in zip(steps, history, strict=True):
        assert decide(step.after, step.observation, not_before=not_before, gap=gap) == ()


@given(histories(), st.none() | st.just(START), st.booleans())
def test_nothing_is_recorded_for_what_is_unchanged(
    history: list[Asked], not_before: datetime | None, gap: bool
) -> None:
    after = lived(history)[-1].after

    same: Observation = Missing(look=look_at(9000))
    if after.sighting is not None and after.readable:
        copied = Flattened(dict(after.sighting.configuration))
        same = Seen(look=look_at(9000), sighting=replace(after.sighting, configuration=copied, updated_at=START))
    elif after.sighting is not None:
        same = Unreadable(look=look_at(9000), reason="other")

    assert decide(after, same, not_before=not_before, gap=gap) == ()


@given(histories())
def test_no_window_runs_backwards_even_when_the_wall_clock_does(history: list[Asked]) -> None:
    windows = [window_of(event) for step in lived(history) for event in step.events]

    for window in windows:
        assert window.not_before <= window.seen_at
    for before, after in pairwise(windows):
        assert before.seen_at <= after.seen_at
        assert before.not_before <= after.not_before


@given(histories() | histories(steady=True))
def test_the_windows_of_two_looks_never_overlap(history: list[Asked]) -> None:
    looks = [[window_of(event) for event in step.events] for step in lived(history)]

    for before, after in pairwise([windows for windows in looks if windows]):
        assert max(window.seen_at for window in before) <= min(window.not_before for window in after)


@given(histories(steady=True))
def test_what_is_blurred_is_never_more_than_the_window_before(history: list[Asked]) -> None:
    looks = [[window_of(event) for event in step.events] for step in lived(history)]

    for before, after in pairwise([windows for windows in looks if windows]):
        earliest = min(_strictly(window) for window in before)
        assert all(window.blur_seconds >= 0 and _strictly(window) >= earliest for window in after)


@given(histories(), histories())
def test_any_event_may_be_applied_to_any_endpoint(one: list[Asked], other: list[Asked]) -> None:
    endpoints = [Endpoint(), *(step.after for step in lived(one))]
    events = [event for step in lived(other) for event in step.events]

    for endpoint in endpoints:
        for event in events:
            assert isinstance(evolve(endpoint, event), Endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """When the status really changed (running ⇄ paused), in odd seconds, and the looks at it, asked for in even ones.

    What is true in the middle of a look is what it answers.
    """

    changes: Sequence[int]
    looks: Sequence[tuple[int, bool, bool]]  # asked for at; readable; remembered as the last look by the next one

    def status_at(self, second: int) -> Status:
        return (Status.RUNNING, Status.PAUSED)[sum(change <= second for change in self.changes) % 2]

    def history(self) -> list[Asked]:
        asked: list[Asked] = []
        last = None
        for second, readable, remembered in self.looks:
            look = look_at(second, lasting=4)
            seen = Seen(look=look, sighting=sighting(self.status_at(second + 2)))
            asked.append((seen if readable else Unreadable(look=look, reason="status"), last, False))
            last = look.asked_at if remembered else None
        return asked


truths = st.builds(
    Truth,
    changes=st.sets(st.integers(0, 60)).map(lambda odd: [second * 2 + 1 for second in odd]),
    looks=st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.booleans()), unique_by=lambda look: look[0]).map(
        lambda looks: sorted((at * 6, readable, remembered) for at, readable, remembered in looks)
    ),
)


def lies(truth: Truth, decide: Decide = decide) -> list[LifecycleEvent]:
    """Return the changes of status whose window does not hold a real change."""
    really = [START + timedelta(seconds=second) for second in truth.changes]
    steps: list[Step] = lived(truth.history(), decide=decide)
    told = [event for step in steps for event in step.events if isinstance(event, StatusChanged)]
    return [event for event in told if not any(_strictly(event.window) < at <= event.window.seen_at for at in really)]


def _strictly(window: Window) -> datetime:
    """Return the earliest instant that a window allows, its blur included."""
    return window.not_before - timedelta(seconds=window.blur_seconds)


@given(truths)
def test_every_window_holds_the_instant_at_which_the_status_really_changed(truth: Truth) -> None:
    assert lies(truth) == []


def found_lying(mutant: Decide) -> Truth:
    """Return a truth of which a mutant of `decide` tells windows that are wrong; raises if none is found."""
    search = settings(max_examples=5000, phases=[Phase.generate], database=None)
    return find(truths, lambda truth: bool(lies(truth, mutant)), settings=search, random=Random(1))


def test_the_check_catches_windows_that_begin_at_a_look_which_could_not_read_the_document() -> None:
    def forgetful(endpoint: Endpoint, observation: Observation, **known: object) -> tuple[LifecycleEvent, ...]:
        return decide(replace(endpoint, readable=True), observation, **known)  # type: ignore[arg-type]

    caught = found_lying(forgetful)

    assert lies(caught) == []


def test_the_check_catches_windows_that_begin_when_the_last_answer_came() -> None:
    def hasty(
        endpoint: Endpoint, observation: Observation, *, not_before: datetime | None, gap: bool
    ) -> tuple[LifecycleEvent, ...]:
        answered_at = None if not_before is None else not_before + timedelta(seconds=4)
        return decide(endpoint, observation, not_before=answered_at, gap=gap)

    caught = found_lying(hasty)

    assert lies(caught) == []

"""The timeline of an endpoint: nothing is left out or claimed that was not so, and it agrees with the clocks."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise

from hypothesis import given, strategies as st
from msgspec.structs import replace

from events.codec import decode
from events.record import Recorded
from events.views.timeline import Stretch, Timeline, at, clipped
from events.views.uptime import Period, Uptime
from statemachine.clocks import renewed
from statemachine.machine import advance, by_life, clocks_of, evolve, until
from statemachine.model import Endpoint, LifecycleEvent
from statemachine.status import Status, UnknownStatus
from statemachine.tally import NO_TIME
from tests.contract.told import STORY, TGI
from tests.unit.statemachine.histories import START, Asked, histories, window_of
from tests.unit.statemachine.test_clocks_true import _holds, _service, events_of
from tests.unit.statemachine.test_period import cuts
from tests.unit.statemachine.truths import LASTING, Truth, truths

HOUR = timedelta(hours=1)


def placed(position: int, stream: str = "endpoint/acme/tgi/x") -> Recorded:
    return replace(STORY[0], position=position, version=position, stream=stream)


def timeline(events: Iterable[LifecycleEvent]) -> Timeline:
    view = Timeline()
    for position, event in enumerate(events, start=1):
        view.apply(placed(position), event)
        view.apply(placed(position), event)  # what was taken in before changes nothing
    return view


def sums(stretches: Iterable[Stretch]) -> dict[str, timedelta]:
    """Return how long it was surely what, perhaps something, and unseen."""
    found: dict[str, timedelta] = {}
    for stretch in stretches:
        key = "gap" if stretch.gap else str(*stretch.among) if len(stretch.among) == 1 else "window"
        found[key] = found.get(key, NO_TIME) + stretch.end - stretch.begin
    return found


def read(events: list[LifecycleEvent], since: datetime | None, now: datetime) -> dict[str, timedelta]:
    """Return the same by the clocks."""
    known = events if since is None else [event for event in events if window_of(event).seen_at <= since]
    begun = clocks_of(known) if since is None else renewed(clocks_of(known), since)
    reading = until(reduce(advance, events[len(known) :], begun), now)
    found = {str(status): stretch.certain for status, stretch in reading.time_in.items()}
    found |= {"window": reading.in_windows, "gap": reading.in_gaps}
    return {key: time for key, time in found.items() if time}


@given(histories(steady=True))
def test_every_instant_since_it_was_first_seen_lies_in_one_stretch(history: list[Asked]) -> None:
    events = events_of(history)
    now = max([START, *(window_of(event).seen_at for event in events)]) + HOUR

    stretches = timeline(events).stretches(now)

    assert all(one.end == other.begin for one, other in pairwise(stretches))
    if events:
        assert stretches[0].begin == window_of(events[0]).seen_at
        assert stretches[-1].end == now


@given(truths() | truths(watched=True))
def test_what_it_really_was_is_never_denied(truth: Truth) -> None:
    end = truth.glances[-1].second + LASTING
    stretches = timeline(events_of(truth.history())).stretches(START + timedelta(seconds=end))

    for second in range(LASTING, end):
        instant = START + timedelta(seconds=second, milliseconds=500)
        (stretch,) = (each for each in stretches if each.begin <= instant < each.end)
        status, _ = truth.at(second)
        assert stretch.gap or status in stretch.among or isinstance(status, UnknownStatus)


@given(truths() | truths(watched=True), st.none() | st.integers(0, 300))
def test_stretches_are_as_long_as_the_clocks_say_also_of_a_period(truth: Truth, cut: int | None) -> None:
    events = events_of(truth.history())
    now = START + timedelta(seconds=truth.glances[-1].second + LASTING + 300)
    since = None if cut is None else START + timedelta(seconds=cut)

    assert sums(clipped(timeline(events).stretches(now), since, None)) == read(events, since, now)


def test_an_instant_lies_in_the_window_in_which_it_changed_unseen() -> None:
    view = Timeline()
    for recorded in STORY:
        if recorded.stream.startswith(f"endpoint/{TGI}/"):
            view.apply(recorded, decode(recorded))
    stretches = view.stretches(STORY[-1].time)
    paused = next(recorded for recorded in STORY if b'"old":"running","new":"paused"' in recorded.data)

    found = at(stretches, paused.time - timedelta(seconds=5))

    assert found is not None
    assert found.among == {Status.RUNNING, Status.PAUSED}
    assert (found.end, found.position) == (paused.time, paused.position)
    assert at(stretches, STORY[-1].time + HOUR) is None


@given(histories(steady=True), st.integers(0, 500))
def test_the_uptime_of_a_period_is_that_of_the_clocks_of_each_life(history: list[Asked], cut: int) -> None:
    since, known = START + timedelta(seconds=cut), Endpoint()
    period, whole, written = Period(since, None), Uptime(), dict[str, list[LifecycleEvent]]()
    events = events_of(history)
    for position, event in enumerate(events, start=1):
        ((life, _),) = by_life(known, (event,)) or (("none", ()),)
        stream = f"endpoint/acme/tgi/{life}"
        known = evolve(known, event)
        written.setdefault(stream, []).append(event)
        for view in (period, whole):
            view.apply(placed(position, stream), event)
    now = START + timedelta(days=1)

    for stream, own in written.items():
        counted, life_ = period.counted().lives[stream], whole.lives[stream]
        before = [event for event in own if window_of(event).seen_at <= since]
        expected = reduce(advance, own[len(before) :], renewed(clocks_of(before), since))
        assert until(counted.clocks, now) == until(expected, now)
        assert until(life_.clocks, now) == until(clocks_of(own), now)


@given((truths() | truths(watched=True)).flatmap(cuts))
def test_the_bounds_of_a_period_that_ends_before_a_look_hold_the_truth_of_it(drawn: tuple[Truth, int]) -> None:
    truth, cut = drawn
    end, events = START + timedelta(seconds=cut), by_life(Endpoint(), events_of(truth.history()))[0][1]
    period = Period(None, end)
    for position, event in enumerate(events, start=1):
        period.apply(placed(position), event)

    alive = (life for life in period.counted().lives.values() if life.clocks.endpoint.status is not Status.ABSENT)
    for life in alive:
        reading = until(life.clocks, end)
        spans = truth.spans(int((window_of(events[0]).seen_at - START).total_seconds()), cut)
        assert [status for status in Status if not _holds(reading, status, spans)] == []
        up, down = (sum((time for state, time in spans if _service(state) == each), NO_TIME) for each in ("up", "down"))
        share = reading.availability
        assert not up + down or (share and share.lower <= up / (up + down) <= share.upper)

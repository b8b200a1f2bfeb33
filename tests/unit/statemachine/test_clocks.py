"""The clocks of a life: stories with exact numbers."""

from datetime import datetime, timedelta
from math import inf, nan

import pytest

from statemachine.clocks import renewed
from statemachine.course import move_of, percentile
from statemachine.legality import classify
from statemachine.machine import Bounds, Reading, Share, clocks_of, fold, until
from statemachine.model import (
    BecameReadable,
    BecameUnreadable,
    Deleted,
    Discovered,
    End,
    LifecycleEvent,
    MessageChanged,
    ReplicasChanged,
    StatusChanged,
    Window,
)
from statemachine.status import AnyStatus, Status, UnknownStatus
from statemachine.windows import FIRST_INSTANT, earliest
from tests.unit.statemachine.histories import START, sighting

S = Status
WARMING = UnknownStatus("warming")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def lasting(lower: float, upper: float) -> Bounds:
    return Bounds(lower=timedelta(seconds=lower), upper=timedelta(seconds=upper))


def within(begin: float, end: float, *, gap: bool = False, blur: float = 0.0) -> Window:
    return Window(not_before=at(begin), seen_at=at(end), gap=gap, blur_seconds=blur)


def found(status: AnyStatus, *, seen: float = 0, absent: float | None = None, ready: int | None = 1) -> Discovered:
    absent_at = None if absent is None else at(absent)
    return Discovered(seen_at=at(seen), absent_at=absent_at, sighting=sighting(status, ready_replicas=ready))


def changed(old: AnyStatus, new: AnyStatus, window: Window) -> StatusChanged:
    classification = classify(old, new)
    return StatusChanged(window=window, old=old, new=new, kind=classification.kind, via=classification.via)


def replicas(old: int | None, new: int | None, window: Window) -> ReplicasChanged:
    return ReplicasChanged(window=window, old_ready=old, old_target=1, ready=new, target=1)


def course(*steps: tuple[float, AnyStatus]) -> list[LifecycleEvent]:
    """Return a life found at 0 and changed at the end of a window of ten seconds each time."""
    (_, last), *others = steps
    events: list[LifecycleEvent] = [found(last)]
    for second, status in others:
        events.append(changed(last, status, within(second - 10, second)))
        last = status
    return events


def read(now: float, *events: LifecycleEvent) -> Reading:
    return until(clocks_of(events), at(now))


def times(reading: Reading, status: AnyStatus) -> tuple[float, float, float]:
    stretch = reading.time_in[status]
    return stretch.certain.total_seconds(), stretch.in_windows.total_seconds(), stretch.in_gaps.total_seconds()


# how long it had each status


def test_before_its_discovery_an_endpoint_has_no_times() -> None:
    reading = read(100)

    assert clocks_of([]).starts.under_way is None
    assert clocks_of([]).failures.broken is False
    assert reading.time_in == {}
    assert (reading.starts, reading.failures, reading.flapping, reading.cold_starts) == (0, 0, 0, ())
    assert (reading.p50, reading.p90, reading.availability) == (None, None, None)
    assert reading.unsettled == lasting(0, 0)


def test_what_lies_within_a_window_is_certain_for_neither_status_and_possible_for_both() -> None:
    reading = read(300, found(S.RUNNING), changed(S.RUNNING, S.PAUSED, within(100, 115)))

    assert times(reading, S.RUNNING) == (100, 15, 0)
    assert times(reading, S.PAUSED) == (185, 15, 0)
    assert times(reading, S.FAILED) == (0, 0, 0)
    assert reading.in_windows == timedelta(seconds=15)
    assert reading.time_in[S.RUNNING].lower == timedelta(seconds=100)
    assert reading.time_in[S.RUNNING].upper == timedelta(seconds=115)


def test_a_status_that_was_passed_unseen_may_have_had_all_of_the_window() -> None:
    reading = read(300, found(S.PENDING), changed(S.PENDING, S.RUNNING, within(100, 130)))

    assert times(reading, S.INITIALIZING) == (0, 30, 0)


def test_an_unknown_status_that_it_had_for_no_certain_time_is_told_all_the_same() -> None:
    events = (found(S.RUNNING), changed(S.RUNNING, WARMING, within(0, 10)), changed(WARMING, S.PAUSED, within(10, 20)))

    assert read(100, *events).time_in.keys() == {*Status, WARMING}


def test_another_change_takes_nothing_from_the_time_in_a_status_that_stays() -> None:
    reading = read(300, found(S.RUNNING), replicas(1, 2, within(100, 110)))

    assert times(reading, S.RUNNING) == (300, 0, 0)
    assert reading.in_windows == timedelta(0)


def test_an_endpoint_that_says_it_was_created_after_it_was_seen_begins_when_it_was_seen() -> None:
    since = fold([Discovered(seen_at=at(0), absent_at=None, sighting=sighting(created_at=at(3600)))]).since

    assert since == Window(not_before=at(0), seen_at=at(0), gap=True)


def test_a_window_that_begins_after_its_end_is_cut_to_its_end() -> None:
    reading = read(300, found(S.RUNNING), changed(S.RUNNING, S.PAUSED, within(200, 100)))

    assert times(reading, S.RUNNING) == (100, 0, 0)
    assert times(reading, S.PAUSED) == (200, 0, 0)
    assert reading.in_windows == timedelta(0)


def test_in_a_gap_it_may_have_had_any_status_and_that_is_told_apart() -> None:
    reading = read(5000, found(S.RUNNING), changed(S.RUNNING, S.PAUSED, within(100, 4000, gap=True)))

    assert times(reading, S.RUNNING) == (100, 0, 3900)
    assert times(reading, S.PAUSED) == (1000, 0, 3900)
    assert times(reading, S.FAILED) == (0, 0, 3900)


def test_a_gap_around_another_change_is_a_gap_too() -> None:
    moved = MessageChanged(window=within(100, 4000, gap=True), message="moved to another machine")

    reading = read(5000, found(S.RUNNING), moved)

    assert times(reading, S.RUNNING) == (1100, 0, 3900)
    assert times(reading, S.PAUSED) == (0, 0, 3900)


def test_a_change_that_the_table_does_not_explain_may_have_gone_anywhere() -> None:
    reading = read(300, found(S.RUNNING), changed(S.RUNNING, WARMING, within(100, 130)))

    assert times(reading, WARMING) == (170, 30, 0)
    assert times(reading, S.FAILED) == (0, 30, 0)


def test_an_unknown_status_may_have_been_there_in_every_window_also_before_it_was_first_seen() -> None:
    reading = read(
        600,
        found(S.RUNNING),
        changed(S.RUNNING, UnknownStatus("odd"), within(100, 130)),  # perhaps by way of the other
        changed(UnknownStatus("odd"), WARMING, within(200, 210)),
        changed(WARMING, S.PAUSED, within(210, 500, gap=True, blur=5)),
    )

    assert times(reading, WARMING) == (0, 40, 290)
    assert times(reading, UnknownStatus("odd")) == (70, 40, 290)


def test_time_that_is_blurred_between_two_windows_is_counted_once_and_possible_for_all_three() -> None:
    reading = read(
        300,
        found(S.RUNNING),
        changed(S.RUNNING, S.SCALED_TO_ZERO, within(100, 115)),
        changed(S.SCALED_TO_ZERO, S.PAUSED, within(115, 130, blur=4)),
    )

    assert times(reading, S.RUNNING) == (100, 15, 0)
    assert times(reading, S.SCALED_TO_ZERO) == (0, 30, 0)
    assert times(reading, S.PAUSED) == (170, 19, 0)
    assert reading.in_windows == timedelta(seconds=30)


def test_a_status_left_and_reached_again_within_one_blur_had_no_more_than_all_of_the_windows() -> None:
    left = changed(S.RUNNING, S.PAUSED, within(0, 10))
    resumed, back = (
        changed(S.PAUSED, S.PENDING, within(10, 12, blur=10)),
        changed(S.PENDING, S.RUNNING, within(12, 20, blur=12)),
    )

    assert times(read(100, found(S.RUNNING), left, resumed, back), S.RUNNING) == (80, 20, 0)


def test_windows_that_overlap_without_saying_so_count_as_those_that_say_so() -> None:
    plain = (found(S.RUNNING), changed(S.RUNNING, S.SCALED_TO_ZERO, within(100, 115)))

    overlapping = read(300, *plain, changed(S.SCALED_TO_ZERO, S.PAUSED, within(111, 130)))

    assert overlapping == read(300, *plain, changed(S.SCALED_TO_ZERO, S.PAUSED, within(115, 130, blur=4)))


def test_a_change_cannot_have_come_before_the_one_that_it_follows() -> None:
    reading = read(
        400,
        *course((0, S.UPDATING), (60, S.RUNNING)),
        changed(S.RUNNING, S.SCALED_TO_ZERO, within(100, 115)),
        changed(S.SCALED_TO_ZERO, S.PAUSED, within(50, 130)),
    )

    assert times(reading, S.RUNNING) == (40, 25, 0)
    assert times(reading, S.PAUSED) == (270, 30, 0)


def test_two_changes_of_one_look_are_counted_within_one_window() -> None:
    window = within(100, 115)

    reading = read(300, found(S.RUNNING, ready=0), changed(S.RUNNING, S.UPDATING, window), replicas(0, 1, window))

    assert reading.in_windows == timedelta(seconds=15)
    assert reading.availability == Share(lower=185 / 300, upper=200 / 300)


def test_clocks_that_go_on_from_an_instant_within_the_latest_window_go_on_from_its_end() -> None:
    clocks = clocks_of([found(S.RUNNING), changed(S.RUNNING, S.PAUSED, within(100, 110))])

    reading = until(renewed(clocks, at(105)), at(200))

    assert times(reading, S.PAUSED) == (90, 0, 0)


def test_clocks_that_go_on_while_the_document_cannot_be_read_know_as_little_as_before() -> None:
    clocks = clocks_of([found(S.RUNNING), BecameUnreadable(window=within(100, 110), reason="status.state")])

    reading = until(renewed(clocks, at(150)), at(200))

    assert times(reading, S.RUNNING) == (0, 0, 50)
    assert reading.availability == Share(lower=0.0, upper=1.0)


def test_clocks_that_go_on_count_nothing_of_what_was_before() -> None:
    clocks = clocks_of(course((0, S.RUNNING), (100, S.FAILED)))

    reading = until(renewed(clocks, at(150)), at(200))

    assert (times(reading, S.RUNNING), times(reading, S.FAILED)) == ((0, 0, 0), (50, 0, 0))
    assert reading.availability == Share(lower=0.0, upper=0.0)


def test_while_the_document_cannot_be_read_nothing_is_known_from_the_last_look_that_could() -> None:
    unreadable = BecameUnreadable(window=within(100, 115), reason="status.state")
    spell = (found(S.RUNNING), unreadable)

    still = read(200, *spell)
    over = read(300, *spell, BecameReadable(window=within(115, 250, gap=True, blur=15)))

    assert times(still, S.RUNNING) == (100, 0, 100)
    assert times(over, S.RUNNING) == (150, 0, 150)
    assert over.in_windows == timedelta(0)


def test_what_was_just_discovered_is_not_hidden() -> None:
    statuses = clocks_of([found(S.RUNNING)]).statuses

    assert statuses is not None
    assert statuses.hidden is False


def test_all_time_in_which_it_cannot_be_read_is_a_gap_wherever_a_window_begins() -> None:
    blind, back = BecameUnreadable(window=within(90, 100), reason="name"), BecameReadable(window=within(200, 300))

    assert times(read(400, found(S.RUNNING), blind, back), S.RUNNING) == (190, 0, 210)


def test_how_a_life_ended_that_had_an_unknown_status_is_not_known() -> None:
    reading = read(300, found(WARMING), Deleted(window=within(100, 110), old=WARMING, end=End.NOT_FOUND))

    assert times(reading, S.ABSENT) == (190, 10, 0)
    assert times(reading, S.FAILED) == (0, 10, 0)


def test_an_endpoint_that_is_gone_is_absent_until_it_is_found_again() -> None:
    gone = Deleted(window=within(100, 110), old=S.RUNNING, end=End.NOT_FOUND)

    absent = read(200, found(S.RUNNING), gone)
    again = read(400, found(S.RUNNING), gone, found(S.PENDING, absent=290, seen=300))

    assert times(absent, S.RUNNING) == (100, 10, 0)
    assert times(absent, S.ABSENT) == (90, 10, 0)
    assert times(again, S.ABSENT) == (180, 20, 0)
    assert times(again, S.PENDING) == (100, 10, 0)


def test_a_reading_of_the_past_adds_nothing() -> None:
    events = course((0, S.RUNNING), (110, S.PAUSED))

    assert read(-9000, *events).time_in == read(110, *events).time_in


@pytest.mark.parametrize(
    ("blur", "instant"),
    [(0.0, at(100)), (0.5, at(99.5)), (-5.0, at(100)), (nan, at(100)), (inf, FIRST_INSTANT), (1e300, FIRST_INSTANT)],
)
def test_a_window_allows_what_lies_within_its_blur_whatever_number_that_is(blur: float, instant: datetime) -> None:
    assert earliest(within(100, 110, blur=blur)) == instant


def test_a_blur_that_reaches_back_to_the_first_instant_is_not_rounded_to_one_before_it() -> None:
    room = timedelta(microseconds=8_591_624_710_690_242)
    blur = room.total_seconds()
    window = Window(not_before=FIRST_INSTANT + room, seen_at=START, blur_seconds=blur)

    assert timedelta(seconds=blur) > room
    assert earliest(window) == FIRST_INSTANT


# since the last settled status


def test_before_it_left_its_last_settled_status_no_time_has_passed_since() -> None:
    events = course((0, S.PAUSED), (100, S.PENDING))

    assert read(95, *events).unsettled == lasting(0, 5)
    assert read(50, *events).unsettled == lasting(0, 0)


def test_while_it_is_settled_no_time_has_passed_since() -> None:
    assert read(500, *course((0, S.PAUSED), (110, S.PENDING), (210, S.RUNNING))).unsettled == lasting(0, 0)


def test_since_it_left_the_last_settled_status_runs_through_all_unsettled_ones() -> None:
    events = course((0, S.PAUSED), (110, S.PENDING), (210, S.INITIALIZING))

    assert read(1000, *events).unsettled == lasting(890, 900)


def test_a_settled_status_that_was_passed_unseen_counts() -> None:
    events = course((0, S.PENDING), (110, S.UPDATING))  # by way of running

    assert read(1000, *events).unsettled == lasting(890, 900)


def test_of_one_first_seen_unsettled_only_its_creation_bounds_how_long_it_has_been_so() -> None:
    (found_so,) = course((0, S.INITIALIZING))

    assert read(60, found_so).unsettled == lasting(60, 30 * 86400 + 60)


def test_in_a_gap_it_may_have_settled_and_left_again() -> None:
    pending = course((0, S.PAUSED), (110, S.PENDING))
    gap = MessageChanged(window=within(200, 800, gap=True), message="waiting")

    assert read(1000, *pending, gap).unsettled == lasting(200, 900)


def test_one_that_cannot_be_read_may_be_settled_or_have_left_when_it_was_read_last() -> None:
    unreadable = BecameUnreadable(window=within(200, 210), reason="status.state")

    assert read(1000, found(S.RUNNING), unreadable).unsettled == lasting(0, 800)
    assert read(1000, *course((0, S.PAUSED), (110, S.PENDING)), unreadable).unsettled == lasting(0, 900)


# starts, and how long they took


def test_a_start_that_was_seen_whole_has_bounds_from_leaving_to_running() -> None:
    reading = read(500, *course((0, S.PAUSED), (100, S.PENDING), (200, S.INITIALIZING), (300, S.RUNNING)))

    assert reading.starts == 1
    assert reading.cold_starts == (lasting(190, 210),)
    assert reading.p50 == reading.p90 == lasting(190, 210)


def test_a_start_within_one_window_took_between_nothing_and_all_of_it() -> None:
    reading = read(500, *course((0, S.SCALED_TO_ZERO), (100, S.RUNNING)))

    assert (reading.starts, reading.cold_starts) == (1, (lasting(0, 10),))


def test_what_is_blurred_at_either_end_of_a_start_widens_its_bounds() -> None:
    reading = read(
        500,
        *course((0, S.RUNNING), (100, S.PAUSED)),
        changed(S.PAUSED, S.PENDING, within(100, 110, blur=4)),
        changed(S.PENDING, S.RUNNING, within(210, 220, blur=3)),
    )

    assert reading.cold_starts == (lasting(97, 124),)


def test_a_creation_that_was_seen_is_a_start() -> None:
    running = changed(S.PENDING, S.RUNNING, within(190, 200))

    reading = read(500, found(S.PENDING, absent=-10), running)

    assert (reading.starts, reading.cold_starts) == (1, (lasting(190, 210),))


@pytest.mark.parametrize(
    ("events", "starts"),
    [
        pytest.param(course((0, S.PENDING), (100, S.RUNNING)), 0, id="its beginning was not seen"),
        pytest.param(course((0, S.PAUSED), (100, S.PENDING), (200, S.FAILED), (300, S.RUNNING)), 1, id="it failed"),
        pytest.param(
            course((0, S.PAUSED), (100, S.PENDING), (200, S.PAUSED), (300, S.PENDING)), 2, id="it was paused again"
        ),
        pytest.param(
            course((0, S.PAUSED), (100, S.PENDING), (200, WARMING), (300, S.RUNNING)), 1, id="what was it, meanwhile?"
        ),
        pytest.param(course((0, S.RUNNING), (100, S.PENDING), (200, S.RUNNING)), 0, id="it was an update"),
        pytest.param(
            [found(S.PAUSED), changed(S.PAUSED, S.RUNNING, within(100, 900, gap=True))], 1, id="nobody looked"
        ),
        pytest.param(
            [
                *course((0, S.PAUSED), (100, S.PENDING)),
                MessageChanged(window=within(110, 500, gap=True), message="waiting"),
                changed(S.PENDING, S.RUNNING, within(600, 610)),
            ],
            1,
            id="nobody looked in between",
        ),
        pytest.param(
            [
                *course((0, S.PAUSED), (100, S.PENDING)),
                BecameUnreadable(window=within(110, 120), reason="status"),
                BecameReadable(window=within(120, 140, gap=True)),
                changed(S.PENDING, S.RUNNING, within(600, 610)),
            ],
            1,
            id="it could not be read in between",
        ),
    ],
)
def test_a_start_that_was_not_seen_whole_is_counted_but_not_timed(events: list[LifecycleEvent], starts: int) -> None:
    reading = read(1000, *events)

    assert (reading.starts, reading.cold_starts, reading.p50, reading.p90) == (starts, (), None, None)


def test_the_percentiles_are_of_all_starts_that_were_seen_whole() -> None:
    events: list[LifecycleEvent] = [found(S.PAUSED)]
    for turn, seconds in enumerate([500, 20, 30, 40, 50, 60, 70, 80, 90, 100]):
        begin = turn * 1000
        events += [
            changed(S.PAUSED, S.PENDING, within(begin, begin + 5)),
            changed(S.PENDING, S.RUNNING, within(begin + seconds, begin + seconds + 5)),
            changed(S.RUNNING, S.PAUSED, within(begin + 900, begin + 905)),
        ]

    reading = read(10_000, *events)

    assert reading.starts == len(reading.cold_starts) == 10
    assert reading.p50 == lasting(55, 65)
    assert reading.p90 == lasting(95, 105)


def test_of_how_long_starts_took_the_latest_thousand_are_remembered_and_all_are_counted() -> None:
    steps: list[tuple[float, AnyStatus]] = [(0, S.PAUSED), (100, S.PENDING), (900, S.RUNNING)]
    for turn in range(1, 1001):
        steps += [
            (1000 * turn + second, status) for second, status in ((0, S.PAUSED), (100, S.PENDING), (200, S.RUNNING))
        ]

    reading = read(2_000_000, *course(*steps))

    assert reading.starts == 1001
    assert reading.cold_starts == (lasting(90, 110),) * 1000


def test_a_life_that_follows_another_is_a_start_also_where_its_discovery_does_not_say_when_it_was_absent() -> None:
    gone = Deleted(window=within(100, 110), old=S.RUNNING, end=End.NOT_FOUND)

    assert read(300, found(S.RUNNING), gone, found(S.RUNNING, seen=200)).starts == 1


# what an event says of the way that the status went


def test_an_event_that_does_not_apply_says_nothing() -> None:
    gone = fold([found(S.RUNNING), Deleted(window=within(100, 110), old=S.RUNNING, end=End.NOT_FOUND)])

    assert move_of(replicas(0, 1, within(110, 120)), gone, gone) is None


def test_nothing_is_sure_around_a_document_that_cannot_be_read() -> None:
    read_before = fold([found(S.RUNNING)])
    blind = fold([found(S.RUNNING), BecameUnreadable(window=within(0, 10), reason="name")])

    for before, after in ((read_before, blind), (blind, read_before)):
        move = move_of(BecameReadable(window=within(0, 10)), before, after)
        assert move is not None
        assert (move.sure, move.window.gap) == (False, True)


def test_a_start_that_seems_to_end_before_it_began_took_no_time() -> None:
    began, ended = changed(S.PAUSED, S.PENDING, within(100, 110)), changed(S.PENDING, S.RUNNING, within(20, 30))

    assert read(300, found(S.PAUSED), began, ended).cold_starts == (lasting(0, 0),)


@pytest.mark.parametrize("percent", [1, 50, 90, 100])
def test_a_percentile_is_the_time_within_which_so_many_of_a_hundred_came_up(percent: int) -> None:
    took = tuple(lasting(seconds, 2 * seconds) for seconds in range(1, 1001))

    assert percentile(took, percent) == lasting(10 * percent, 20 * percent)


# failures, and flapping


def test_failures_are_counted_also_where_one_was_passed_unseen() -> None:
    failed = course((0, S.RUNNING), (100, S.FAILED), (200, S.RUNNING), (300, S.UPDATING), (400, S.UPDATE_FAILED))

    assert read(500, *failed).failures == 2
    assert read(500, *course((0, S.FAILED))).failures == 0


def test_flapping_counts_failures_and_recoveries_of_the_last_hour() -> None:
    events = course((0, S.RUNNING), (100, S.FAILED), (200, S.PENDING), (300, S.RUNNING), (400, S.FAILED))

    assert read(400, *events).flapping == 3
    assert read(3699, *events).flapping == 3
    assert read(3700, *events).flapping == 2
    assert read(3899, *events).flapping == 2
    assert read(3900, *events).flapping == 1
    assert read(4000, *events).flapping == 0
    assert read(4000, *events).failures == 2


def test_what_was_told_counts_also_at_an_instant_before_it() -> None:
    events = course((0, S.RUNNING), (100, S.FAILED), (200, S.PENDING), (300, S.RUNNING), (400, S.FAILED))

    assert (read(50, *events).failures, read(50, *events).flapping) == (2, 3)


def test_a_start_is_no_recovery_and_one_failure_recovers_once() -> None:
    started = course((0, S.PAUSED), (100, S.RUNNING))
    mended = course((0, S.FAILED), (100, S.PAUSED), (200, S.RUNNING), (300, S.PAUSED), (400, S.RUNNING))

    assert read(400, *started).flapping == 0
    assert read(400, *mended).flapping == 1


# availability


def test_a_start_and_a_failure_count_against_availability_and_a_rest_does_not() -> None:
    events = course((0, S.PAUSED), (110, S.PENDING), (210, S.FAILED), (1010, S.PAUSED))

    assert read(9999, *course((0, S.PAUSED))).availability is None
    assert read(9999, *events).availability == Share(lower=0.0, upper=0.0)


def test_availability_has_the_bounds_of_its_windows() -> None:
    running = (found(S.INITIALIZING, ready=0), changed(S.INITIALIZING, S.RUNNING, within(100, 110)))

    reading = read(500, *running, replicas(0, 1, within(100, 110)), replicas(1, 0, within(400, 410)))

    assert reading.availability == Share(lower=290 / 500, upper=310 / 500)


def test_two_changes_of_one_look_are_possible_for_one_window_and_not_for_two() -> None:
    window = within(400, 410)
    up = course((0, S.PAUSED), (100, S.PENDING), (200, S.RUNNING))

    reading = read(1000, *up, changed(S.RUNNING, S.UPDATING, window), replicas(1, 0, window))

    assert reading.availability == Share(lower=200 / 910, upper=220 / 900)


def test_around_what_nobody_tells_it_may_have_been_down() -> None:
    counted = (found(S.RUNNING, ready=None), replicas(None, 1, within(100, 110)))
    strange = (found(S.RUNNING), *course((0, S.RUNNING), (110, S.PAUSED))[1:])

    assert read(300, *counted).availability == Share(lower=190 / 300, upper=1.0)
    assert read(300, *strange, changed(S.PAUSED, S.UPDATE_FAILED, within(190, 200))).availability == Share(
        lower=200 / 220, upper=1.0
    )


def test_a_gap_that_is_blurred_into_the_window_before_may_hide_anything_there_too() -> None:
    gone_dark = changed(S.PENDING, S.FAILED, within(110, 500, gap=True, blur=5))

    reading = read(600, *course((0, S.PAUSED), (110, S.PENDING)), gone_dark)

    assert times(reading, S.RUNNING) == (0, 5, 390)
    assert reading.availability == Share(lower=0.0, upper=395 / 495)


def test_running_without_a_ready_replica_is_not_available() -> None:
    assert read(100, found(S.RUNNING, ready=0)).availability == Share(lower=0.0, upper=0.0)
    assert read(100, found(S.RUNNING, ready=1)).availability == Share(lower=1.0, upper=1.0)


def test_one_that_may_have_been_wanted_up_and_could_not_serve_then_served_none_of_it() -> None:
    assert read(110, *course((0, S.PAUSED), (110, S.PENDING))).availability == Share(lower=0.0, upper=0.0)


def test_while_replicas_come_and_go_it_can_serve_as_long_as_one_is_ready() -> None:
    assert read(100, found(S.RUNNING), replicas(1, 2, within(40, 50))).availability == Share(lower=1.0, upper=1.0)


@pytest.mark.parametrize("status", [WARMING, S.RUNNING])
def test_where_nobody_tells_whether_it_can_serve_any_share_is_possible(status: AnyStatus) -> None:
    ready = None if status is S.RUNNING else 1

    assert read(100, found(status, ready=ready)).availability == Share(lower=0.0, upper=1.0)

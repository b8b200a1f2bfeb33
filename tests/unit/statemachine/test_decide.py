"""What one look tells, story by story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from statemachine.machine import by_life, decide, evolve, fold, is_late
from statemachine.model import (
    BecameReadable,
    BecameUnreadable,
    Cause,
    Change,
    Deleted,
    Discovered,
    End,
    Endpoint,
    Kind,
    LifecycleEvent,
    Look,
    MessageChanged,
    Missing,
    Reconfigured,
    ReplicasChanged,
    Seen,
    StatusChanged,
    Unreadable,
    UrlChanged,
    Window,
)
from statemachine.status import Status, UnknownStatus
from statemachine.table import By, Trigger
from statemachine.windows import window_of
from tests.unit.statemachine.histories import BIRTHS, START, apply_all, known_as, look_at, sighting

LAST = START + timedelta(seconds=50)
NOW = look_at(60)
EDITED = Cause(by=By.PERSON, trigger=Trigger.UPDATE)
DELETED = Cause(by=By.PERSON, trigger=Trigger.DELETE)
WINDOW = Window(not_before=LAST, seen_at=NOW.answered_at)


def test_an_endpoint_seen_for_the_first_time_is_discovered_and_the_last_look_without_it_is_told() -> None:
    new = sighting(Status.PENDING)

    events = decide(Endpoint(), Seen(look=NOW, sighting=new), not_before=LAST, gap=True)

    assert events == (Discovered(seen_at=NOW.answered_at, absent_at=LAST, sighting=new, gap=True),)
    assert fold(events).since == Window(not_before=LAST, seen_at=NOW.answered_at, gap=True)


def test_nothing_is_claimed_of_the_time_before_the_first_look_at_a_namespace() -> None:
    new = sighting(Status.RUNNING)

    events = decide(Endpoint(), Seen(look=NOW, sighting=new), not_before=None, gap=False)

    assert events == (Discovered(seen_at=NOW.answered_at, absent_at=None, sighting=new),)
    assert fold(events).since == Window(not_before=new.created_at, seen_at=NOW.answered_at, gap=True)


def test_the_same_document_seen_again_makes_no_event() -> None:
    known = known_as(sighting(Status.RUNNING, configuration={"compute.scaling.maxReplica": 1}))

    again = sighting(Status.RUNNING, configuration={"compute.scaling.maxReplica": 1})

    assert decide(known, Seen(look=NOW, sighting=again), not_before=LAST, gap=False) == ()


def test_an_edit_that_shows_only_in_its_date_makes_no_event() -> None:
    known = known_as(sighting(updated_at=START, updated_by="ann"))

    touched = sighting(updated_at=LAST, updated_by="bob")

    assert decide(known, Seen(look=NOW, sighting=touched), not_before=LAST, gap=False) == ()


def test_a_last_look_at_the_very_instant_of_the_answer_bounds_the_change() -> None:
    known, seen = known_as(sighting(Status.PAUSED)), Seen(look=NOW, sighting=sighting(Status.RUNNING))

    [told] = decide(known, seen, not_before=NOW.answered_at, gap=False)

    assert isinstance(told, StatusChanged)
    assert told.window == Window(not_before=NOW.answered_at, seen_at=NOW.answered_at)


def test_a_changed_status_is_told_with_its_window_and_with_what_was_not_seen() -> None:
    known = known_as(sighting(Status.PAUSED))

    running = sighting(Status.RUNNING, updated_at=LAST, updated_by="ann", message="up")
    events = decide(known, Seen(look=NOW, sighting=running), not_before=LAST, gap=False)

    assert events == (
        StatusChanged(
            window=WINDOW,
            old=Status.PAUSED,
            new=Status.RUNNING,
            kind=Kind.SKIPPED,
            via=(Status.INITIALIZING,),
            updated_at=LAST,
            updated_by="ann",
            message="up",
            cause=Cause(by=By.PERSON, trigger=Trigger.RESUME),
        ),
    )
    assert apply_all(known, events).sighting == running
    assert apply_all(known, events).since == WINDOW


def test_an_unknown_status_is_kept_raw_and_becomes_known_again() -> None:
    known = known_as(sighting(Status.RUNNING))

    strange = decide(known, Seen(look=NOW, sighting=sighting(UnknownStatus("odd"))), not_before=LAST, gap=False)
    odd = apply_all(known, strange)
    back = decide(odd, Seen(look=look_at(70), sighting=sighting(Status.RUNNING)), not_before=NOW.asked_at, gap=False)

    assert odd.status == UnknownStatus("odd")
    assert [event.kind for event in (*strange, *back) if isinstance(event, StatusChanged)] == [Kind.UNKNOWN] * 2


def test_one_look_tells_everything_that_differs_the_status_first() -> None:
    known = known_as(
        sighting(Status.RUNNING, url="https://a", ready_replicas=1, configuration={"a": 1, "b": "x", "gone": True})
    )

    new = sighting(Status.PAUSED, url=None, ready_replicas=0, configuration={"a": 2, "b": "x", "here": "y"})
    events = decide(known, Seen(look=NOW, sighting=new), not_before=LAST, gap=False)

    assert [type(event) for event in events] == [StatusChanged, ReplicasChanged, UrlChanged, Reconfigured]
    assert isinstance(events[-1], Reconfigured)
    assert events[-1].changes == (
        Change(path="a", old=1, new=2),
        Change(path="gone", old=True, new=None),
        Change(path="here", old=None, new="y"),
    )
    assert apply_all(known, events).sighting == new


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            {"status": Status.PAUSED},
            StatusChanged(window=WINDOW, old=Status.RUNNING, new=Status.PAUSED, kind=Kind.DIRECT, message="idle"),
        ),
        ({"ready_replicas": 2}, ReplicasChanged(window=WINDOW, old_ready=1, old_target=3, ready=2, target=3)),
        ({"target_replicas": 4}, ReplicasChanged(window=WINDOW, old_ready=1, old_target=3, ready=1, target=4)),
        ({"url": "b"}, UrlChanged(window=WINDOW, old="a", new="b")),
        ({"message": "busy"}, MessageChanged(window=WINDOW, message="busy")),
        (
            {"configuration": {"a": 2}},
            Reconfigured(window=WINDOW, changes=(Change(path="a", old=1, new=2),), cause=EDITED),
        ),
    ],
)
def test_whatever_differs_alone_is_told_with_what_it_was_before(other: dict[str, Any], told: LifecycleEvent) -> None:
    first: dict[str, Any] = {"ready_replicas": 1, "target_replicas": 3, "url": "a", "message": "idle"}
    known = known_as(sighting(**first, configuration={"a": 1}))

    new = sighting(**{**first, "configuration": {"a": 1}, **other})
    events = decide(known, Seen(look=NOW, sighting=new), not_before=LAST, gap=False)

    assert events == (told,)
    assert apply_all(known, events).sighting == new


def test_an_edited_configuration_is_told_with_who_edited_it_and_when() -> None:
    known = known_as(sighting(updated_at=START, updated_by="ann", configuration={"a": 1}))

    edited = sighting(updated_at=LAST, updated_by="bob", configuration={"a": 2})
    events = decide(known, Seen(look=NOW, sighting=edited), not_before=LAST, gap=False, edited_at=START)

    assert events == (
        Reconfigured(
            window=WINDOW,
            changes=(Change(path="a", old=1, new=2),),
            updated_at=LAST,
            updated_by="bob",
            cause=replace(EDITED, editor="bob"),
        ),
    )
    assert apply_all(known, events).sighting == edited


def test_another_message_is_told_by_itself_only_while_the_status_stays() -> None:
    known = known_as(sighting(Status.PENDING, message="queued"))

    waiting = sighting(Status.PENDING, message="no GPU free")

    assert decide(known, Seen(look=NOW, sighting=waiting), not_before=LAST, gap=False) == (
        MessageChanged(window=WINDOW, message="no GPU free"),
    )


def test_a_null_in_the_configuration_is_the_same_as_no_such_path() -> None:
    known = known_as(sighting(configuration={"compute.scaling.scaleToZeroTimeout": None}))

    assert decide(known, Seen(look=NOW, sighting=sighting()), not_before=LAST, gap=False) == ()


def test_a_secret_that_changed_alone_is_a_reconfiguration_without_changes_and_told_once() -> None:
    known = known_as(sighting())

    seen = Seen(look=NOW, sighting=sighting(), changed_secrets=("model.secrets.TOKEN",))
    events = decide(known, seen, not_before=LAST, gap=False)
    again = decide(apply_all(known, events), seen, not_before=LAST, gap=False)

    assert events == (Reconfigured(window=WINDOW, changes=(), changed_secrets=("model.secrets.TOKEN",), cause=EDITED),)
    assert again == ()


def test_a_secret_that_changed_while_the_clock_is_behind_the_latest_event_is_rather_told_twice_than_never() -> None:
    known = known_as(sighting(), seconds=3600)

    for seconds in (60, 60, 70):
        seen = Seen(look=look_at(seconds), sighting=sighting(), changed_secrets=("model.secrets.TOKEN",))
        events = decide(known, seen, not_before=None, gap=False)
        known = apply_all(known, events)

        assert [type(event) for event in events] == [Reconfigured]


def test_the_order_of_changed_secrets_does_not_make_another_event() -> None:
    known = known_as(sighting())
    paths = ("model.env.B", "model.args.1", "model.secrets.A")

    one, other = (
        decide(known, Seen(look=NOW, sighting=sighting(), changed_secrets=order), not_before=LAST, gap=False)
        for order in (paths, paths[::-1])
    )

    assert one == other


def test_an_endpoint_that_is_not_found_is_deleted_once() -> None:
    known = known_as(sighting(Status.FAILED))

    events = decide(known, Missing(look=NOW), not_before=LAST, gap=False)
    gone = apply_all(known, events)

    assert events == (Deleted(window=WINDOW, old=Status.FAILED, end=End.NOT_FOUND, cause=DELETED),)
    assert gone.status is Status.ABSENT
    assert gone.since == gone.latest == WINDOW
    assert decide(gone, Missing(look=look_at(70)), not_before=NOW.asked_at, gap=False) == ()


@pytest.mark.parametrize("observation", [Missing(look=NOW), Unreadable(look=NOW, reason="status")])
def test_what_was_never_seen_can_neither_be_missed_nor_become_unreadable(observation: Missing | Unreadable) -> None:
    assert decide(Endpoint(), observation, not_before=LAST, gap=False) == ()


def test_a_name_used_again_ends_one_life_and_begins_another_each_in_its_own_stream() -> None:
    known = known_as(sighting(Status.RUNNING, created_at=BIRTHS[0]))

    reborn = sighting(Status.PENDING, created_at=BIRTHS[1])
    events = decide(known, Seen(look=NOW, sighting=reborn), not_before=LAST, gap=False)

    deleted = Deleted(window=WINDOW, old=Status.RUNNING, end=End.RECREATED, cause=DELETED)
    discovered = Discovered(seen_at=NOW.answered_at, absent_at=LAST, sighting=reborn)
    assert events == (deleted, discovered)
    assert by_life(known, events) == ((BIRTHS[0], (deleted,)), (BIRTHS[1], (discovered,)))


def test_a_stale_answer_of_an_earlier_life_changes_nothing() -> None:
    known = known_as(sighting(Status.PENDING, created_at=BIRTHS[1]))

    stale = sighting(Status.RUNNING, created_at=BIRTHS[0])

    assert decide(known, Seen(look=NOW, sighting=stale), not_before=LAST, gap=False) == ()


def test_no_events_add_up_to_an_endpoint_of_which_nothing_is_known() -> None:
    assert fold([]) == Endpoint()


def test_an_event_before_any_life_changes_nothing_and_belongs_to_no_stream() -> None:
    nothing = Endpoint()

    orphan = UrlChanged(window=WINDOW, old=None, new="https://a")

    assert evolve(nothing, orphan) == nothing
    assert by_life(nothing, (orphan,)) == ()


def test_a_document_that_can_be_read_again_is_told_also_where_it_says_what_it_said_before() -> None:
    running = sighting()
    blind = evolve(known_as(running), BecameUnreadable(window=WINDOW, reason="status.state"))

    events = decide(blind, Seen(look=look_at(70), sighting=running), not_before=NOW.asked_at, gap=False)

    assert [type(event) for event in events] == [BecameReadable]
    assert (blind.readable, apply_all(blind, events).readable) == (False, True)


def test_an_unreadable_document_is_told_once_and_what_changed_meanwhile_when_it_can_be_read_again() -> None:
    known = known_as(sighting(Status.RUNNING))

    blinded = decide(known, Unreadable(look=NOW, reason="status.state"), not_before=LAST, gap=False)
    blind = apply_all(known, blinded)
    still = decide(blind, Unreadable(look=look_at(70), reason="name"), not_before=NOW.asked_at, gap=False)
    failed = Seen(look=look_at(80), sighting=sighting(Status.FAILED))
    events = decide(blind, failed, not_before=look_at(70).asked_at, gap=False)

    blind_time = Window(
        not_before=NOW.answered_at,
        seen_at=look_at(80).answered_at,
        gap=True,
        blur_seconds=11.0,  # it may have failed before the first look that could not be read had its answer
    )
    assert blinded == (BecameUnreadable(window=WINDOW, reason="status.state"),)
    assert still == ()
    assert events == (
        BecameReadable(window=blind_time),
        StatusChanged(
            window=blind_time,
            old=Status.RUNNING,
            new=Status.FAILED,
            kind=Kind.DIRECT,
            cause=Cause(by=By.PLATFORM, trigger=Trigger.FAIL),
        ),
    )
    assert apply_all(blind, events).readable


def test_a_window_without_a_known_last_look_begins_where_that_of_the_latest_event_ends_and_may_reach_behind_it() -> (
    None
):
    known = known_as(sighting(Status.RUNNING))

    (changed,) = decide(known, Seen(look=NOW, sighting=sighting(Status.PAUSED)), not_before=None, gap=True)

    assert known.latest is not None
    assert isinstance(changed, StatusChanged)
    assert changed.window == Window(
        not_before=known.latest.seen_at, seen_at=NOW.answered_at, gap=True, blur_seconds=11.0
    )


@pytest.mark.parametrize(
    ("not_before", "begin"),
    [(None, NOW.answered_at), (LAST, LAST), (NOW.answered_at + timedelta(hours=1), NOW.answered_at)],
)
def test_a_window_that_follows_no_event_begins_at_the_last_look_that_was_before_it(
    not_before: datetime | None, begin: datetime
) -> None:
    window = window_of(Endpoint(), NOW, not_before=not_before, gap=True)

    assert window == Window(not_before=begin, seen_at=NOW.answered_at, gap=True)


def test_a_last_look_from_before_the_window_of_the_latest_event_widens_nothing() -> None:
    known = known_as(sighting(Status.RUNNING))

    paused = Seen(look=NOW, sighting=sighting(Status.PAUSED))

    long_ago = decide(known, paused, not_before=START - timedelta(hours=1), gap=False)
    assert long_ago == decide(known, paused, not_before=None, gap=False)


def test_what_changes_twice_around_one_look_has_two_windows_that_meet_and_the_second_says_how_far_it_is_blurred() -> (
    None
):
    known = known_as(sighting(Status.RUNNING))
    paused = Seen(look=NOW, sighting=sighting(Status.PAUSED))
    known = apply_all(known, decide(known, paused, not_before=LAST, gap=False))

    # Asked for the same time as before: it may have been resumed while the answer was on its way.
    later = Seen(look=look_at(70), sighting=sighting(Status.PENDING))
    (resumed,) = decide(known, later, not_before=NOW.asked_at, gap=False)

    assert isinstance(resumed, StatusChanged)
    assert resumed.window == Window(not_before=NOW.answered_at, seen_at=look_at(70).answered_at, blur_seconds=1.0)


def test_a_window_holds_when_the_wall_clock_jumped_back_an_hour() -> None:
    known = known_as(sighting(Status.RUNNING))

    hour = timedelta(hours=1)
    back = replace(NOW, asked_at=NOW.asked_at - hour, answered_at=NOW.answered_at - hour)
    (changed,) = decide(known, Seen(look=back, sighting=sighting(Status.PAUSED)), not_before=LAST, gap=False)

    assert isinstance(changed, StatusChanged)
    assert known.latest is not None
    moment = known.latest.seen_at
    assert changed.window == Window(not_before=moment, seen_at=moment, blur_seconds=11.0)


@pytest.mark.parametrize(
    ("created", "absent"), [(timedelta(seconds=-30), timedelta(seconds=-30)), (timedelta(seconds=5), timedelta(0))]
)
def test_an_endpoint_that_appears_after_the_clock_jumped_back_was_absent_until_it_was_created(
    created: timedelta, absent: timedelta
) -> None:
    new, later = sighting(created_at=NOW.answered_at + created), NOW.answered_at + timedelta(hours=1)

    events = decide(Endpoint(), Seen(look=NOW, sighting=new), not_before=later, gap=False)

    assert events == (Discovered(seen_at=NOW.answered_at, absent_at=NOW.answered_at + absent, sighting=new),)


def test_an_endpoint_may_be_absent_up_to_the_very_instant_at_which_it_is_seen() -> None:
    (discovered,) = decide(Endpoint(), Seen(look=NOW, sighting=sighting()), not_before=NOW.answered_at, gap=False)

    assert isinstance(discovered, Discovered)
    assert discovered.absent_at == NOW.answered_at


def test_a_look_asked_for_before_another_was_answered_is_late_whatever_the_wall_clock_says() -> None:
    sweep = Look(asked_at=START + timedelta(hours=9), answered_at=START + timedelta(hours=9), asked=1.0, answered=4.0)
    pause = Look(asked_at=START, answered_at=START, asked=2.0, answered=3.0)
    fresh = replace(pause, asked=3.0, answered=5.0)

    assert is_late(sweep, pause)
    assert not is_late(fresh, pause)


@pytest.mark.parametrize("microseconds", range(20))
def test_an_endpoint_that_says_it_was_created_in_the_year_1_upsets_no_window(microseconds: int) -> None:
    beginning, known = datetime.min.replace(tzinfo=UTC), Endpoint()  # what Go writes for an instant that it has not

    for turn, status in enumerate([Status.RUNNING, Status.PAUSED, Status.RUNNING, Status.PAUSED]):
        look = look_at(60 * turn + microseconds / 1_000_000)
        seen = Seen(look=look, sighting=sighting(status, created_at=beginning))
        known = apply_all(known, decide(known, seen, not_before=None, gap=False))

    assert known.latest is not None
    assert known.latest.seen_at == look_at(180 + microseconds / 1_000_000).answered_at

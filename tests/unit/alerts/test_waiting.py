"""What becomes an incident by lasting."""

from datetime import datetime, timedelta

import pytest

from events import streams
from events.catalogue import Event
from events.catalogue.incidents import Severity
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable
from service.config import Incidents
from service.subscribers.alerts.waiting import Instant, Wait, Waiting, can_tell, evidence, onset, seconds_left
from statemachine.model import BecameUnreadable, End
from statemachine.status import Status
from tests.unit.alerts.stories import NOON, TGI, Told, changed, deleted, discovered, life, window

STUCK = f"incident/stuck/{TGI}"
LIMITS = Incidents(stuck_for=timedelta(minutes=45), unreachable_for=timedelta(minutes=2))


def followed(story: Told, waiting: Waiting | None = None, *, now: datetime = NOON, monotonic: float = 0.0) -> Waiting:
    waiting = waiting or Waiting()
    for recorded, event in story.all:
        waiting.apply(story.fleet, recorded, event, Instant(now=now, monotonic=monotonic))
    return waiting


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ABSENT])
def test_only_what_moves_can_be_stuck(status: Status) -> None:
    story = Told()
    story.tell(life(), discovered(status))

    assert (STUCK in followed(story).all) == (status in {Status.PENDING, Status.INITIALIZING, Status.UPDATING})


def test_time_in_motion_counts_over_all_its_statuses() -> None:
    story, waiting = Told(), Waiting()
    course: tuple[Event, ...] = (
        discovered(Status.PENDING, before=NOON),
        changed(Status.PENDING, Status.INITIALIZING, at=NOON + timedelta(minutes=1)),
        changed(Status.INITIALIZING, Status.PENDING, at=NOON + timedelta(minutes=2)),
    )

    for minutes, event in enumerate(course):
        recorded = story.tell(life(), event)
        waiting.apply(story.fleet, recorded, event, Instant(now=NOON, monotonic=60.0 * minutes))

    assert seconds_left(waiting.all[STUCK], LIMITS, monotonic=120.0) == 43 * 60


def test_a_motion_that_comes_to_rest_or_is_deleted_is_forgotten() -> None:
    for event in (changed(Status.INITIALIZING, Status.RUNNING), deleted(Status.INITIALIZING, end=End.NOT_FOUND)):
        story = Told()
        story.tell(life(), discovered(Status.INITIALIZING))
        story.tell(life(), event)

        assert followed(story).all == {}


def test_what_was_already_so_long_before_this_process_is_due_that_much_earlier() -> None:
    story = Told()
    story.tell(life(), discovered(Status.PENDING, at=NOON))

    (wait,) = followed(story, now=NOON + timedelta(minutes=40), monotonic=1000.0).all.values()

    assert seconds_left(wait, LIMITS, monotonic=1000.0) == 5 * 60


def test_a_namespace_that_cannot_be_read_is_one_until_it_can() -> None:
    story, stream = Told(), streams.namespace("acme")
    story.tell(stream, NamespaceUnreachable(since=NOON, error="timeout", detail="no answer in 30 s"))

    (wait,) = followed(story).all.values()
    found = onset(wait, LIMITS, story.fleet)

    assert seconds_left(wait, LIMITS, monotonic=0.0) == 120
    assert found.severity is Severity.CRITICAL
    assert found.reason == "not readable for longer than 2 min: no answer in 30 s"

    story.tell(stream, NamespaceRecovered(since=NOON, seen_at=NOON))

    assert followed(story).all == {}


def test_a_restart_begins_the_time_of_a_namespace_anew_and_of_no_endpoint() -> None:
    story = Told()
    story.tell(life(), discovered(Status.PENDING))
    story.tell(streams.namespace("acme"), NamespaceUnreachable(since=NOON, error="timeout", detail=""))
    waiting = followed(story, now=NOON + timedelta(minutes=10))

    waiting.restart("unreachable", Instant(now=NOON + timedelta(minutes=10), monotonic=0.0))

    left = {wait.rule: seconds_left(wait, LIMITS, monotonic=0.0) for wait in waiting.all.values()}
    assert left == {"stuck": 35 * 60, "unreachable": 2 * 60}


def one_that_waits() -> tuple[Told, Wait]:
    story = Told()
    story.tell(life(), discovered(Status.INITIALIZING))
    return story, followed(story).all[STUCK]


def test_the_incident_rests_on_the_stream_as_it_was_seen() -> None:
    story, wait = one_that_waits()

    assert list(evidence(wait, story.fleet)) == [(life(), 1)]
    assert onset(wait, LIMITS, story.fleet).reason == "its status is initializing, not settled for longer than 45 min"


def test_nothing_is_stuck_that_was_not_seen_lately() -> None:
    story, wait = one_that_waits()

    assert can_tell(wait, story.fleet, NOON, NOON + timedelta(minutes=2))
    assert not can_tell(wait, story.fleet, NOON, NOON + timedelta(minutes=2, seconds=1))
    assert not can_tell(wait, story.fleet, None, NOON)


def test_nothing_is_stuck_in_a_namespace_that_has_trouble_of_its_own() -> None:
    for ailment in (
        NamespaceUnreachable(since=NOON, error="timeout", detail=""),
        DisappearanceSuspected(seen_at=NOON, missing=("tgi",), known=1),
    ):
        story, wait = one_that_waits()
        story.tell(streams.namespace("acme"), ailment)

        assert not can_tell(wait, story.fleet, NOON, NOON)


def test_nothing_is_stuck_whose_document_cannot_be_read() -> None:
    story, wait = one_that_waits()
    story.tell(life(), BecameUnreadable(window=window(NOON), reason="status: not a text"))

    assert not can_tell(wait, story.fleet, NOON, NOON)

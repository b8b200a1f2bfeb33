"""What an event can be found by."""

from datetime import UTC, datetime

import pytest

from events.catalogue import Event
from events.catalogue.acts import Confirmed, Intended, Warned
from events.catalogue.daemon import DaemonStopped
from events.facets import Facets, facets
from statemachine.model import Cause, Deleted, Discovered, End, Kind, Reconfigured, Sighting, StatusChanged, Window
from statemachine.status import Status, UnknownStatus
from statemachine.table import By

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = Window(not_before=NOON, seen_at=NOON)
OURS = Cause(by=By.PERSON, intent="i1")


def changed(new: Status | UnknownStatus, cause: Cause) -> StatusChanged:
    return StatusChanged(window=WINDOW, old=Status.RUNNING, new=new, kind=Kind.DIRECT, cause=cause)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            Discovered(seen_at=NOON, absent_at=None, sighting=Sighting(status=Status.FAILED, created_at=NOON)),
            Facets(status="failed"),
        ),
        (changed(Status.PAUSED, OURS), Facets(status="paused", cause="person", intent="i1")),
        (changed(UnknownStatus("hibernating"), Cause()), Facets(status="hibernating", cause="unknown")),
        (Reconfigured(window=WINDOW, changes=(), cause=OURS), Facets(cause="person", intent="i1")),
        (
            Deleted(window=WINDOW, old=Status.PAUSED, end=End.NOT_FOUND, cause=Cause(by=By.PERSON)),
            Facets(status="absent", cause="person"),
        ),
        (
            Warned(
                policy="idle",
                revision="1",
                life=NOON,
                cause=3,
                edge_seconds=1,
                command="pause",
                due_at=NOON,
                reason="r",
            ),
            Facets(policy="idle"),
        ),
        (
            Intended(
                intent="i1",
                command="pause",
                life=NOON,
                version=2,
                evidence=(3,),
                reason="r",
                deadline=NOON,
                policy="idle",
            ),
            Facets(policy="idle", intent="i1"),
        ),
        (Confirmed(intent="i1", status="paused", seen_at=NOON), Facets(intent="i1")),
        (DaemonStopped(reason="asked to"), Facets()),
    ],
)
def test_an_event_is_found_by_what_it_says(event: Event, expected: Facets) -> None:
    assert facets(event) == expected

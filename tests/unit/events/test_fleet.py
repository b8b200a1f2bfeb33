"""The view of the fleet: what it still knows when the machine's clock is set back."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from events.catalogue import Event
from events.catalogue.keepers import HoldPlaced
from events.views.fleet import Fleet
from statemachine.model import Discovered
from statemachine.status import Status
from tests.contract.told import ACTS, BORN, LIFE, STORY, TGI, at, changed, sighting


class Told:
    """A fleet to which one event after the other is told."""

    def __init__(self) -> None:
        self.fleet = Fleet()

    def tell(self, stream: str, event: Event, time: datetime) -> None:
        position = self.fleet.position + 1
        recorded = replace(STORY[0], position=position, version=position, stream=stream, instant=time.isoformat())
        self.fleet.apply(recorded, event)

    def held(self, now: datetime) -> bool:
        return self.fleet.held(self.fleet.known(TGI), now) is not None


def hold(*, until: datetime) -> HoldPlaced:
    return HoldPlaced(hold="h", author="person:ann", reason="a demo", until=until)


def test_a_hold_outlasts_a_fact_that_is_told_of_a_later_time_as_the_clock_was_set_back() -> None:
    told = Told()
    told.tell(LIFE, Discovered(seen_at=at(0), absent_at=None, sighting=sighting(Status.PAUSED)), at(0))
    told.tell(ACTS, hold(until=at(10)), at(5))

    told.tell(LIFE, changed(20, Status.PAUSED, Status.PENDING), at(20))  # no earlier than what was seen before

    assert told.held(at(6))
    assert not told.held(at(10))


def test_what_was_over_for_more_than_a_day_when_a_status_began_is_forgotten() -> None:
    told = Told()
    told.tell(LIFE, Discovered(seen_at=at(0), absent_at=None, sighting=sighting(Status.PAUSED)), BORN)
    told.tell(ACTS, hold(until=at(10)), at(5))

    late = at(10) + timedelta(days=1)
    told.tell(LIFE, changed(0, Status.PAUSED, Status.PENDING), late)

    assert not told.fleet.known(TGI).holds

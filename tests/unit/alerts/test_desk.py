"""The decisions: pure, and made once."""

from dataclasses import replace
from datetime import timedelta

from events.catalogue.incidents import Fired, Resolved, Severity
from events.catalogue.notifications import Message, Notified
from events.streams import Subject
from events.views.fleet import Fleet
from events.views.incidents import Incidents
from service.subscribers.alerts.desk import Desk, Entry
from service.subscribers.alerts.rules import Onset, Over
from tests.unit.alerts.stories import NOON, settings

ABOUT = Subject("acme", "tgi")
ONSET = Onset(rule="failed", severity=Severity.CRITICAL, subject=ABOUT, reason="it failed", cause=4, at=NOON)
OVER = Over(rule="failed", subject=ABOUT, reason="it runs", cause=9, at=NOON + timedelta(minutes=3))


def desk(*taken: Entry) -> Desk:
    incidents = Incidents()
    for entry in taken:
        incidents.take(entry.stream, entry.event)
    return Desk(fleet=Fleet(), incidents=incidents, settings=settings(), now=NOON)


def kinds(entries: tuple[Entry, ...]) -> list[type]:
    return [type(entry.event) for entry in entries]


def test_an_onset_is_an_incident_and_a_message_to_each_channel() -> None:
    entries = desk().decide(ONSET)

    assert kinds(entries) == [Fired, Notified]
    assert entries[1].stream == "delivery/pager"
    assert isinstance(entries[1].event, Notified)
    assert entries[1].event.incidents == (entries[0].id,)
    assert entries[1].event.why == "rule failed, by route page to channel pager"


def test_the_same_onset_is_the_same_decision_whenever_it_is_made() -> None:
    later = Desk(fleet=Fleet(), incidents=Incidents(), settings=settings(), now=NOON + timedelta(hours=1))

    assert [entry.id for entry in later.decide(ONSET)] == [entry.id for entry in desk().decide(ONSET)]


def test_what_is_open_is_not_opened_and_what_ended_not_opened_again() -> None:
    begun = desk().decide(ONSET)
    ended = desk(*begun).decide(OVER)

    assert desk(*begun).decide(replace(ONSET, cause=6)) == ()
    assert replace(desk(*begun, *ended), decided=frozenset({begun[0].id})).decide(ONSET) == ()
    assert kinds(desk(*begun, *ended).decide(replace(ONSET, cause=12))) == [Fired, Notified]


def test_an_end_goes_to_the_channels_that_were_told() -> None:
    (resolved, notified) = desk(*desk().decide(ONSET)).decide(OVER)

    assert isinstance(resolved.event, Resolved)
    assert isinstance(notified.event, Notified)
    assert (notified.stream, notified.event.message) == ("delivery/pager", Message.RESOLVED)


def test_the_end_of_what_nobody_was_told_of_is_recorded_and_not_sent() -> None:
    begun = desk().decide(replace(ONSET, arrival=True))

    assert kinds(begun) == [Fired]
    assert kinds(desk(*begun).decide(OVER)) == [Resolved]


def test_an_end_from_before_the_beginning_or_of_nothing_is_none() -> None:
    assert desk(*desk().decide(ONSET)).decide(replace(OVER, cause=3)) == ()
    assert desk().decide(OVER) == ()


def test_what_was_not_told_is_told_in_one_message_a_channel() -> None:
    first = desk().decide(replace(ONSET, arrival=True))
    second = desk().decide(replace(ONSET, subject=Subject("beta", "chat"), arrival=True))
    at = desk(*first, *second)

    (entry,) = at.tell_arrivals()

    assert isinstance(entry.event, Notified)
    assert (entry.event.message, entry.event.subject) == (Message.ARRIVAL, "")
    assert set(entry.event.incidents) == {first[0].id, second[0].id}
    assert desk(*first, *second, entry).tell_arrivals() == ()

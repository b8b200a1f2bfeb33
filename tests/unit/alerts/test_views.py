"""The folds of incidents and letters."""

from typing import Any

from events import streams
from events.catalogue.incidents import Fired, Resolved, Severity
from events.catalogue.notifications import Delivered, DeliveryFailing, Message, Notified, Superseded, Undeliverable
from events.streams import Subject
from events.views.incidents import RECENT, Incidents
from events.views.outbox import Outbox, State
from tests.unit.alerts.stories import NOON, Told

STREAM = streams.incident("failed", Subject("acme", "tgi"))
PAGER = streams.delivery("pager")


def fired(incident: str = "i1") -> Fired:
    return Fired(incident=incident, rule="failed", severity=Severity.CRITICAL, reason="", evidence=1, at=NOON)


def resolved(incident: str = "i1") -> Resolved:
    return Resolved(incident=incident, rule="failed", reason="", evidence=2, fired_at=NOON, at=NOON)


def notified(id_: str, message: Message = Message.FIRING, *incidents: str) -> Notified:
    return Notified(
        notification=id_,
        message=message,
        title=id_,
        text="",
        why="",
        subject="acme/tgi",
        incidents=incidents or ("i1",),
        evidence=1,
        at=NOON,
    )


def folded(view: Any, *told: tuple[str, Any]) -> Any:
    story = Told()
    for stream, event in told:
        recorded = story.tell(stream, event)
        view.apply(recorded, event)
        view.apply(recorded, event)  # what was taken in before changes nothing
    return view


def outbox(*told: tuple[str, Any]) -> Outbox:
    view: Outbox = folded(Outbox(), *told)
    return view


def test_an_incident_is_open_until_its_own_resolve() -> None:
    view = folded(Incidents(), (STREAM, fired()), (STREAM, resolved("another")))

    assert view.open[STREAM].position == 1
    assert view.open[STREAM].subject == Subject("acme", "tgi")

    view = folded(Incidents(), (STREAM, fired()), (STREAM, resolved()))

    assert view.open == {}
    assert view.find("i1").resolved == resolved()


def test_an_incident_that_ended_does_not_open_again_when_it_is_read_back() -> None:
    view = Incidents()
    view.take(STREAM, fired())
    view.take(STREAM, resolved())

    view.take(STREAM, fired(), position=7)

    assert view.open == {}
    assert [ended.position for ended in view.recent] == [0]


def test_no_more_is_known_of_incidents_than_of_those_that_are_open_or_ended_lately() -> None:
    view = Incidents()
    for number in range(RECENT + 5):
        view.take(STREAM, fired(f"i{number}"))
        view.take(STREAM, resolved(f"i{number}"))
    view.take(STREAM, fired("open"))

    assert view.find("i4") is None
    assert [known is None for known in map(view.find, ("i5", f"i{RECENT + 4}", "open"))] == [False] * 3
    assert len(view._streams) == len(view.still()._streams) == RECENT + 1


def test_an_incident_knows_the_channels_that_were_told() -> None:
    view = folded(
        Incidents(),
        (STREAM, fired()),
        (PAGER, notified("n1")),
        (streams.delivery("chat"), notified("n2", Message.ARRIVAL, "i1", "i0")),
        (streams.delivery("mail"), notified("n3", Message.WARNING)),
    )

    assert view.open[STREAM].told == {"pager", "chat"}


def test_a_letter_is_pending_until_it_ended() -> None:
    begun = ((STREAM, fired()), (PAGER, notified("n1")), (PAGER, DeliveryFailing(notification="n1", error="503")))

    (letter,) = outbox(*begun).pending.values()

    assert (letter.channel, letter.rule, letter.severity, letter.error) == ("pager", "failed", "critical", "503")
    for event, state, error in (
        (Delivered(notification="n1", attempts=2), State.DELIVERED, "503"),
        (Undeliverable(notification="n1", attempts=9, error="410"), State.UNDELIVERABLE, "410"),
        (Superseded(notification="n1", by="n2"), State.SUPERSEDED, "503"),
    ):
        view = outbox(*begun, (PAGER, event))
        assert view.pending == {}
        assert (view.ended[0].state, view.ended[0].error) == (state, error)


def test_a_resolve_knows_the_firing_that_was_never_delivered() -> None:
    firing, resolve = (PAGER, notified("n1")), (PAGER, notified("n2", Message.RESOLVED))
    gone = (PAGER, Undeliverable(notification="n1", attempts=9, error="503"))
    overtaken = (PAGER, Superseded(notification="n1", by="n2"))

    for told in ((firing, gone, resolve), (firing, resolve, gone), (firing, resolve, overtaken)):
        letter = outbox((STREAM, fired()), *told).pending["n2"]
        assert letter.untold == notified("n1")
        assert letter.rule == "failed"

    letter = outbox(firing, (PAGER, Delivered(notification="n1", attempts=1)), resolve).pending["n2"]
    assert letter.untold is None


def test_firing_and_resolve_find_each_other_in_their_own_channel_only() -> None:
    view = outbox(
        (PAGER, notified("n1")),
        (PAGER, notified("n2", Message.RESOLVED)),
        (streams.delivery("chat"), notified("n3", Message.RESOLVED)),
    )

    assert view.resolve(view.pending["n1"]) == view.pending["n2"]
    assert view.firing(view.pending["n2"]) == view.pending["n1"]
    assert view.firing(view.pending["n3"]) is None
    assert view.firing(view.pending["n1"]) is None


def test_a_resolve_finds_the_arrival_message_that_its_incident_stands_in() -> None:
    view = outbox(
        (PAGER, notified("n1", Message.ARRIVAL, "i0", "i1")),
        (PAGER, notified("n2", Message.RESOLVED, "i1")),
        (PAGER, notified("n3", Message.RESOLVED, "i2")),
    )

    assert view.arrival(view.pending["n2"]) == view.pending["n1"]
    assert view.arrival(view.pending["n3"]) is None

"""What people read."""

from datetime import timedelta

from events import streams
from events.catalogue.acts import Warned
from events.catalogue.incidents import Fired, Resolved, Severity
from events.streams import Subject
from events.views.incidents import Incident
from service.subscribers.alerts import wording
from service.subscribers.alerts.wording import Words
from statemachine.model import EndpointName
from statemachine.status import Status
from tests.unit.alerts.stories import BORN, NOON, Told, discovered

ABOUT = Subject("acme", "tgi")


def fired(rule: str = "failed", *, arrival: bool = False, incident: str = "i1") -> Fired:
    return Fired(
        incident=incident,
        rule=rule,
        severity=Severity.CRITICAL,
        reason="its status is failed: CUDA out of memory",
        evidence=42,
        at=NOON,
        arrival=arrival,
    )


def footed(subject: Subject = ABOUT, *, public_url: str | None = None) -> str:
    words = Words(title="title", text="what happened")
    return wording.footed(words, subject=subject, why="rule failed", evidence=42, public_url=public_url).text


def test_a_firing_says_what_and_since_when() -> None:
    words = wording.firing(ABOUT, fired())

    assert words.title == "acme/tgi: failed"
    assert words.text == (
        "acme/tgi: failed: its status is failed: CUDA out of memory.\nSeen so since 2026-03-02 12:00:00 UTC; critical."
    )


def test_a_resolve_tells_how_long_it_was() -> None:
    over = Resolved(
        incident="i1",
        rule="failed",
        reason="its status is running",
        evidence=50,
        fired_at=NOON,
        at=NOON + timedelta(minutes=12),
    )

    words = wording.resolved(ABOUT, over)

    assert words.title == "acme/tgi: over: failed for 12 min"
    assert "Over since 2026-03-02 12:12:00 UTC: its status is running." in words.text


def test_a_warning_says_when_why_and_how_to_keep_it() -> None:
    warned = Warned(
        policy="old",
        revision="r",
        life=BORN,
        cause=1,
        edge_seconds=900.0,
        command="scale_to_zero",
        due_at=NOON + timedelta(minutes=15),
        reason="running for 9 h, longer than 8 h",
    )

    words = wording.warning(ABOUT, warned, NOON)

    assert words.title == "acme/tgi: policy old will scale to zero it at 2026-03-02 12:15:00 UTC"
    assert "in 15 min: running for 9 h, longer than 8 h." in words.text
    assert "lamplighter hold acme/tgi --for 2h --reason …" in words.text


def test_every_message_says_why_it_was_sent_where_the_evidence_is_and_what_to_do() -> None:
    assert footed().splitlines() == [
        "what happened",
        "Why you get this: rule failed.",
        "Evidence: lamplighter events --after 41",
        "What to do: lamplighter explain acme/tgi",
    ]
    assert footed(Subject("acme")).endswith("lamplighter events --namespace acme")
    assert footed(Subject("")).endswith("lamplighter check-config")


def test_there_is_a_link_only_where_people_can_follow_it() -> None:
    assert "http" not in footed()
    assert footed(public_url="https://lamps.example/").endswith(
        "\nhttps://lamps.example/api/endpoints/acme/tgi/explain"
    )


def already(count: int) -> tuple[Told, list[Incident]]:
    story, incidents = Told(), []
    for number in range(count):
        name = EndpointName("acme", f"e{number}")
        edited_at = NOON - timedelta(days=number + 1)
        story.tell(streams.life(name, BORN), discovered(Status.FAILED, updated_at=edited_at))
        stream = streams.incident("failed", Subject("acme", name.name))
        incidents.append(Incident(stream=stream, position=0, fired=fired(arrival=True, incident=str(number))))
    return story, incidents


def test_what_was_wrong_already_is_counted_in_one_title() -> None:
    story, incidents = already(3)
    for name in ("slow", "slower"):
        story.tell(streams.life(EndpointName("acme", name), BORN), discovered(Status.INITIALIZING))

    words = wording.arrival(incidents, story.fleet, NOON)

    assert words.title == "already so when I arrived: 3 failed, 2 initializing, oldest edit 3 d ago"
    assert "- acme/e1: its status is failed: CUDA out of memory (edited 2 d ago)" in words.text.splitlines()


def test_a_long_list_is_cut_and_says_so() -> None:
    story, incidents = already(23)

    lines = wording.arrival(incidents, story.fleet, NOON).text.splitlines()

    assert len(lines) == 1 + wording.LISTED + 1
    assert lines[-1] == "… and 3 more"

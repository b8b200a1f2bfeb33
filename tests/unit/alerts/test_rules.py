"""What each event says of each condition."""

from datetime import timedelta

import pytest

from events import streams
from events.catalogue import Event
from events.catalogue.acts import Confirmed, Failed, Intended
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted
from events.catalogue.incidents import Severity
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, SuspicionEnded
from events.catalogue.parked import EventParked, EventReplayed, EventSkipped
from service.subscribers.alerts.rules import OF_ENDPOINTS, PHRASES, Onset, Over, Verdict, judge
from statemachine.model import End
from statemachine.status import Status, UnknownStatus
from tests.unit.alerts.stories import NOON, TGI, Told, changed, deleted, discovered, life

HOOK = streams.subscriber("hook/books")
ALIVE = [status for status in Status if status is not Status.ABSENT]


def verdicts(
    story: Told, stream: str, event: Event, *, actor: str = "somebody", parked: bool = False
) -> dict[str, Verdict]:
    recorded = story.tell(stream, event, actor=actor)
    return {verdict.rule: verdict for verdict in judge(story.fleet, recorded, event, parked=parked)}


def seen(status: Status | UnknownStatus) -> Told:
    story = Told()
    story.tell(life(), discovered(status, before=NOON - timedelta(minutes=1)))
    return story


@pytest.mark.parametrize("status", ALIVE)
def test_an_endpoint_that_failed_is_called_so_and_no_other(status: Status) -> None:
    found = verdicts(Told(), life(), discovered(status, before=NOON - timedelta(minutes=1)))

    assert isinstance(found["failed"], Onset) == (status in {Status.FAILED, Status.UPDATE_FAILED})


def test_the_platform_s_own_words_are_the_reason_of_a_failure() -> None:
    event = changed(Status.INITIALIZING, Status.FAILED, message="CUDA out of memory")

    found = verdicts(seen(Status.INITIALIZING), life(), event)["failed"]

    assert isinstance(found, Onset)
    assert found.severity is Severity.CRITICAL
    assert found.reason == "its status is failed: CUDA out of memory"
    assert (found.cause, found.at, found.arrival) == (2, NOON, False)


def test_what_was_so_at_the_first_sight_of_its_namespace_is_an_arrival() -> None:
    found = verdicts(Told(), life(), discovered(Status.FAILED))["failed"]

    assert isinstance(found, Onset)
    assert found.arrival


def test_an_endpoint_that_runs_again_ends_its_failure_its_waiting_and_its_failed_act() -> None:
    found = verdicts(seen(Status.FAILED), life(), changed(Status.FAILED, Status.INITIALIZING))

    assert isinstance(found["failed"], Over)
    assert isinstance(found["act_failed"], Over)
    assert "stuck" not in found

    found = verdicts(seen(Status.INITIALIZING), life(), changed(Status.INITIALIZING, Status.RUNNING))

    assert isinstance(found["stuck"], Over)
    assert found["stuck"].reason == "its status is running"


@pytest.mark.parametrize(
    ("end", "words"), [(End.NOT_FOUND, "it was deleted"), (End.RECREATED, "it was deleted and created again")]
)
def test_an_endpoint_that_is_gone_has_no_trouble(end: End, words: str) -> None:
    found = verdicts(seen(Status.FAILED), life(), deleted(Status.FAILED, end=end))

    assert found.keys() == set(OF_ENDPOINTS)
    assert {type(verdict) for verdict in found.values()} == {Over}
    assert {verdict.reason for verdict in found.values()} == {words}


def test_a_change_that_no_known_step_leads_to_is_told_and_ends_with_the_next_ordinary_one() -> None:
    story = seen(Status.PAUSED)

    strange = verdicts(story, life(), changed(Status.PAUSED, Status.UPDATING))["unexpected"]
    ordinary = verdicts(story, life(), changed(Status.UPDATING, Status.RUNNING))["unexpected"]

    assert isinstance(strange, Onset)
    assert strange.reason == "from paused to updating, which no known step leads to"
    assert isinstance(ordinary, Over)


def test_a_status_that_nobody_knows_is_told_as_it_came_and_ends_when_it_is_left() -> None:
    odd, story = UnknownStatus("meditating"), seen(Status.RUNNING)

    entered = verdicts(story, life(), changed(Status.RUNNING, odd))["unexpected"]
    left = verdicts(story, life(), changed(odd, Status.RUNNING))["unexpected"]

    assert isinstance(entered, Onset)
    assert "'meditating'" in entered.reason
    assert isinstance(left, Over)
    assert isinstance(verdicts(Told(), life(), discovered(odd))["unexpected"], Onset)


def intended(*, policy: str | None) -> Intended:
    return Intended(
        intent="i1",
        command="scale_to_zero",
        life=NOON,
        version=1,
        evidence=(1,),
        reason="running for 9 h",
        deadline=NOON,
        policy=policy,
    )


@pytest.mark.parametrize(
    ("policy", "severity", "who"),
    [("old", Severity.CRITICAL, "policy old"), (None, Severity.WARNING, "anna")],
)
def test_an_act_that_came_to_nothing_is_told_with_its_author(policy: str | None, severity: Severity, who: str) -> None:
    story, acts = seen(Status.RUNNING), streams.acts(TGI)
    story.tell(acts, intended(policy=policy), actor="anna")

    found = verdicts(story, acts, Failed(intent="i1", error="refused: 400", code=400), actor="anna")["act_failed"]

    assert isinstance(found, Onset)
    assert found.severity is severity
    assert found.reason == f"scale to zero by {who}: refused: 400"


def test_a_later_act_that_took_effect_ends_it() -> None:
    event = Confirmed(intent="i2", status="paused", seen_at=NOON)

    found = verdicts(seen(Status.RUNNING), streams.acts(TGI), event)

    assert isinstance(found["act_failed"], Over)


@pytest.mark.parametrize(
    ("stream", "event", "rule", "kind"),
    [
        (streams.namespace("acme"), NamespaceRecovered(since=NOON, seen_at=NOON), "unreachable", Over),
        (
            streams.namespace("acme"),
            DisappearanceSuspected(seen_at=NOON, missing=("a", "b"), known=9),
            "suspected",
            Onset,
        ),
        (streams.namespace("acme"), SuspicionEnded(seen_at=NOON, confirmed=False), "suspected", Over),
        (HOOK, EventParked(subscriber="hook/books", position=7, error="Rejected: 500"), "parked", Onset),
        (HOOK, EventReplayed(subscriber="hook/books", position=7, why=""), "parked", Over),
        (HOOK, EventSkipped(subscriber="hook/books", position=7, why="entered by hand"), "parked", Over),
        (streams.DAEMON, ConfigurationRefused(reason="line 3: not TOML"), "configuration", Onset),
        (streams.DAEMON, ConfigurationApplied(digest="d", changes={}), "configuration", Over),
        (
            streams.DAEMON,
            DaemonStarted(version="0.1.0", mode="observe", configuration="d", down_since=None),
            "configuration",
            Over,
        ),
    ],
)
def test_namespaces_and_the_daemon_have_their_own_rules(
    stream: str, event: Event, rule: str, kind: type[Verdict]
) -> None:
    found = verdicts(Told(), stream, event)

    assert found.keys() == {rule}
    assert isinstance(found[rule], kind)


@pytest.mark.parametrize("left", [EventReplayed, EventSkipped])
def test_as_long_as_something_is_set_aside_it_is_not_over(left: type[EventReplayed | EventSkipped]) -> None:
    event = left(subscriber="hook/books", position=7, why="it was the first of two")

    assert verdicts(Told(), HOOK, event, parked=True) == {}


def test_every_rule_has_words() -> None:
    assert set(OF_ENDPOINTS) < PHRASES.keys()

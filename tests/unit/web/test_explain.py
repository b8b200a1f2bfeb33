"""What is said of an endpoint, to the letter; and that nothing is said that was not seen."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from events import codec, streams
from events.catalogue import Confirmed, Event, Intended, NamespaceUnreachable
from events.record import Recorded
from events.views.fleet import Fleet, Health
from service.config import Configuration, load
from service.subscribers.plan import Moment, lines
from service.web import explain, render
from service.web.explain import Told
from statemachine.course import Starts
from statemachine.machine import Bounds, By, Clocks, Trigger, until
from statemachine.model import (
    BecameUnreadable,
    Cause,
    Discovered,
    EndpointName,
    Kind,
    Sighting,
    StatusChanged,
    Window,
    instant,
)
from statemachine.status import Status
from tests.unit.web.hands import CREATED, START

NAME = EndpointName("acme-labs", "whisper-tmp")
LIFE = streams.life(NAME, CREATED)
NOW = START + timedelta(minutes=2)
OBSERVE = """
mode = "observe"
[namespaces]
acme-labs = {}
[groups.experiments]
match = ["acme-labs/*"]
[[policies]]
name = "old"
groups = ["experiments"]
when = { max_age = "1h" }
"""
SIGHTING = Sighting(
    status=Status.RUNNING,
    created_at=CREATED,
    created_by="64f0c0ffee",
    updated_at=START - timedelta(days=23),
    updated_by="64f0c0ffee",
    ready_replicas=2,
    target_replicas=2,
)
FOUND = Discovered(seen_at=START, absent_at=None, sighting=SIGHTING)

DOCUMENT = b'{"status": {"createdBy": {"id": "64f0c0ffee", "name": "audio-bot"}}}'


def configuration(folder: Path, text: str = OBSERVE) -> Configuration:
    file = folder / "lamplighter.toml"
    file.write_text(text)
    return load(file)


def recorded(position: int, stream: str, event: Event, actor: str) -> Recorded:
    kind, schema, data = codec.encode(event)
    return Recorded(
        position=position,
        id=str(position),
        stream=stream,
        version=position,
        type=kind,
        schema=schema,
        instant=instant(START),
        actor=actor,
        data=data,
    )


def told(config: Configuration, *events: Event | tuple[Event, str], seen: float | None = 4.0) -> Told:
    fleet = Fleet()
    by_position: dict[int, Event] = {}
    for position, item in enumerate((FOUND, *events), 1):
        event, actor = item if isinstance(item, tuple) else (item, "watcher")
        stream = LIFE if actor == "watcher" else streams.acts(NAME)
        fleet.apply(recorded(position, stream, event, actor), event)
        by_position[position] = event
    known = fleet.known(NAME)
    moment = Moment(now=NOW, settled_at=START, looked_at=lambda _: NOW)
    shown = render.endpoint(
        known, fleet=fleet, settings=config.settings, now=NOW, watched=True, seen=seen, document=DOCUMENT
    )
    return Told(
        shown=shown,
        known=known,
        discovered=FOUND,
        cause=by_position[known.cause],
        health=Health(),
        lines=tuple(lines(known, fleet, config, moment)),
        settings=config.settings,
        now=NOW,
    )


def test_an_endpoint_that_was_there_before_is_told_with_no_claim_about_the_time_before(tmp_path: Path) -> None:
    sentences = list(explain.sentences(told(configuration(tmp_path))))

    assert sentences == [
        "running, 2 of 2 replicas, seen 4 s ago.",
        (
            "First seen 2 min ago; before that I know only: created by audio-bot 2026-01-05 09:30:00 UTC, "
            "edited by audio-bot 23 d 2 min ago."
        ),
        "It was running when it was first seen.",
        "No hold. Not protected.",
        "Next: old would pause it in 58 min: running for 2 min of 1 h (observe: it will not).",
        "Keep it: lamplighter hold acme-labs/whisper-tmp --for 2h --reason …",
    ]


def test_in_act_mode_it_says_what_will_be_done(tmp_path: Path) -> None:
    sentences = list(explain.sentences(told(configuration(tmp_path, OBSERVE.replace("observe", "act")))))

    assert "Next: old will pause it in 58 min: running for 2 min of 1 h." in sentences


def test_who_paused_it_and_why_is_told_with_its_place_in_the_log(tmp_path: Path) -> None:
    intended = Intended(
        intent="i1", command="pause", life=CREATED, version=1, evidence=(), reason="the demo is over", deadline=NOW
    )
    changed = StatusChanged(
        window=Window(not_before=START, seen_at=NOW, gap=True),
        old=Status.RUNNING,
        new=Status.PAUSED,
        kind=Kind.DIRECT,
        cause=Cause(by=By.PERSON, trigger=Trigger.PAUSE, editor="5ff5d5", intent="i1"),
    )
    confirmed = Confirmed(intent="i1", status="paused", seen_at=NOW)
    story = told(configuration(tmp_path), (intended, "person:ana"), changed, (confirmed, "person:ana"))

    text = " ".join(explain.sentences(story))

    assert "It went from running to paused between 2026-03-02 08:00:00 UTC and 2026-03-02 08:02:00 UTC" in text
    assert "nobody could look in between" in text
    assert "running → paused is one step: pause by a person; the doing of 5ff5d5, as our decision i1 asked." in text
    assert "person:ana asked to pause (position 2): the demo is over." in text
    assert "old does nothing: it is paused." in text
    assert "Keep it" not in text


def test_what_cannot_be_seen_now_is_told_as_of_before(tmp_path: Path) -> None:
    window = Window(not_before=START, seen_at=NOW)
    story = told(configuration(tmp_path), BecameUnreadable(window=window, reason="$.status"), seen=None)
    trouble = NamespaceUnreachable(since=START, error="unauthorized", detail="401: the token is refused")

    sentences = list(explain.sentences(replace(story, health=Health(unreachable=trouble))))

    assert sentences[0] == "running, 2 of 2 replicas, not looked at since the daemon started."
    assert sentences[1] == "Its document cannot be read: what stands here is the last that could be."
    assert sentences[2].startswith("acme-labs cannot be read since 2026-03-02 08:00:00 UTC (401: the token is refused)")


def test_a_protected_endpoint_that_no_policy_reaches_is_told_so(tmp_path: Path) -> None:
    text = """
mode = "act"
[namespaces]
acme-labs = {}
[groups.production]
match = ["acme-labs/*"]
protected = true
"""
    sentences = list(explain.sentences(told(configuration(tmp_path, text))))

    assert sentences[-2:] == [
        "No hold. Protected by group production.",
        "No policy reaches it (its groups: production).",
    ]


def of_starts(folder: Path, status: Status, *minutes: int) -> list[str]:
    """Return what is said of the starts of an endpoint that took so many minutes each."""
    took = tuple(Bounds(lower=timedelta(minutes=each), upper=timedelta(minutes=each, seconds=30)) for each in minutes)
    reading = until(Clocks(starts=Starts(count=len(took), took=took)), NOW)
    found = Discovered(seen_at=START, absent_at=None, sighting=Sighting(status=status, created_at=CREATED))
    lines_ = explain.sentences(replace(told(configuration(folder), found), starts=reading))
    return [line for line in lines_ if "start" in line]


def test_one_that_is_down_is_told_how_long_its_starts_took_as_far_as_they_were_seen(tmp_path: Path) -> None:
    one = "The one start that was seen whole was up within 3 min 30 s."
    few = "Of its last 3 starts half were up within 4 min 30 s."
    many = "Of its last 10 starts half were up within 5 min 30 s, nine in ten within 9 min 30 s."

    assert of_starts(tmp_path, Status.INITIALIZING, 3) == [one]
    assert of_starts(tmp_path, Status.PAUSED, 3, 4, 5) == [few]
    assert of_starts(tmp_path, Status.SCALED_TO_ZERO, *range(1, 11)) == [many]
    assert of_starts(tmp_path, Status.PAUSED) == []
    assert of_starts(tmp_path, Status.RUNNING, 3) == []

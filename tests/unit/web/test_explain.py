"""What is said of an endpoint, to the letter; and that nothing is said that was not seen."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from events import codec, streams
from events.catalogue import Event
from events.catalogue.acts import Confirmed, Failed, Intended, Warned
from events.catalogue.incidents import Fired, Severity
from events.catalogue.keepers import HoldPlaced, LeaseTaken
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceUnreachable
from events.record import Recorded
from events.views.fleet import Fleet, Health
from events.views.incidents import Incident
from service.config import Configuration, load
from service.leases import Lease
from service.leases.lease import Woken
from service.subscribers.plan import Moment, cases
from service.web import because, coming, explain, keepers, present, render, shapes, told as told_module
from service.web.told import Told
from statemachine.course import Starts
from statemachine.machine import Bounds, By, Clocks, Command, Permitted, Trigger, permits
from statemachine.model import (
    BecameUnreadable,
    Cause,
    Change,
    Deleted,
    Discovered,
    End,
    EndpointName,
    Kind,
    Reconfigured,
    Sighting,
    StatusChanged,
    Window,
    instant,
)
from statemachine.status import AnyStatus, Status, UnknownStatus
from tests.unit.web.hands import CREATED, START, discover, make_parts

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


def recorded(position: int, stream: str, event: Event, actor: str, *, version: int | None = None) -> Recorded:
    kind, schema, data = codec.encode(event)
    return Recorded(
        position=position,
        id=str(position),
        stream=stream,
        version=version or position,
        type=kind,
        schema=schema,
        instant=instant(START),
        actor=actor,
        data=data,
    )


def told(
    config: Configuration,
    *events: Event | tuple[Event, str],
    seen: float | None = 4.0,
    now: datetime = NOW,
    looked_at: datetime | None = None,
    settled_at: datetime = START,
    health: Health | None = None,
    **more: Any,
) -> Told:
    """Return what is known after its discovery and these events: by the watcher, or by the actor who is named."""
    fleet = Fleet()
    by_position: dict[int, Event] = {}
    changed: tuple[Recorded, Reconfigured] | None = None
    for position, item in enumerate((FOUND, *events), 1):
        event, actor = item if isinstance(item, tuple) else (item, "watcher")
        stream = LIFE if actor == "watcher" else streams.acts(NAME)
        if isinstance(event, LeaseTaken):
            stream = streams.lease(NAME)
        record = recorded(position, stream, event, actor)
        fleet.apply(record, event)
        by_position[position] = event
        changed = (record, event) if isinstance(event, Reconfigured) else changed
    fleet.namespaces = {} if health is None else {NAME.namespace: health}
    known = fleet.known(NAME)
    moment = Moment(now=now, settled_at=settled_at, looked_at=lambda _: looked_at or now)
    shown = render.endpoint(
        known, fleet=fleet, settings=config.settings, now=now, watched=True, seen=seen, document=DOCUMENT
    )
    gone = known.endpoint.sighting is None
    return Told(
        shown=shown,
        known=known,
        discovered=FOUND,
        cause=by_position[known.cause],
        health=health or Health(),
        cases=() if gone else tuple(cases(known, fleet, config, moment)),
        settings=config.settings,
        now=now,
        settled_at=settled_at,
        observe=None if config.acts(NAME.namespace) else present.why_observe(config, NAME.namespace),
        holds=render.holds(known.holds, fleet.all_holds, now),
        changed=changed,
        **more,
    )


def topics(story: Told) -> Mapping[str, tuple[str, ...]]:
    return {passage.topic: passage.sentences for passage in passages(story)}


def said(story: Told) -> list[str]:
    return [sentence for passage in passages(story) for sentence in passage.sentences]


def passages(story: Told) -> tuple[shapes.Passage, ...]:
    return explain.passages(story, coming.steps(story), tuple(keepers.keepers(story)))


def acting(folder: Path, text: str = "") -> Configuration:
    return configuration(folder, OBSERVE.replace("observe", "act") + text)


def changed(old: AnyStatus, new: AnyStatus, *, after: int = 60, gap: bool = False, **more: Any) -> StatusChanged:
    """Return a change that was seen so many seconds after the start, by the look after the one 12 seconds before."""
    seen_at = START + timedelta(seconds=after)
    window = Window(not_before=seen_at - timedelta(seconds=12), seen_at=seen_at, gap=gap)
    return StatusChanged(window=window, old=old, new=new, kind=more.pop("kind", Kind.DIRECT), **more)


def intended(intent: str, command: str, reason: str, **more: Any) -> Intended:
    return Intended(
        intent=intent,
        command=command,
        life=CREATED,
        version=1,
        reason=reason,
        deadline=NOW + timedelta(minutes=3),
        **{"evidence": (), **more},
    )


def lease(holder: str, *, minutes: int, pause_after: bool = False) -> Lease:
    return Lease(
        id=holder,
        holder=holder,
        reason="the night",
        since=START,
        until=NOW + timedelta(minutes=minutes),
        seconds=300.0,
        pause_after=pause_after,
    )


# --- how it is -------------------------------------------------------------------------------------------------------


def test_an_endpoint_that_was_there_before_is_told_with_no_claim_about_the_time_before(tmp_path: Path) -> None:
    assert topics(told(configuration(tmp_path))) == {
        "state": ("running, 2 of 2 replicas, seen 4 s ago.",),
        "why": (
            (
                "First seen 2 min ago; before that I know only: created by audio-bot 2026-01-05 09:30:00 UTC, "
                "edited by audio-bot 23 d 2 min ago."
            ),
            "It was running when it was first seen (position 1).",
        ),
        "next": (
            (
                "In 43 min, at 2026-03-02 08:45:00 UTC: old would warn that it is going to pause it 15 min later "
                "(observe: it will not)."
            ),
            (
                "In 58 min, at 2026-03-02 09:00:00 UTC: old would pause it: by then running for 1 h "
                "(observe: it will not)."
            ),
            "Keep it: lamplighter hold acme-labs/whisper-tmp --for 2h --reason …",
        ),
        "held": (
            "No hold. Not protected.",
            "Only observed: acme-labs is in observe mode (lamplighter.toml line 2).",
        ),
    }


def test_what_cannot_be_seen_now_is_told_as_of_before(tmp_path: Path) -> None:
    window = Window(not_before=START, seen_at=NOW)
    trouble = NamespaceUnreachable(since=START, error="unauthorized", detail="401: the token is refused")
    unreadable = BecameUnreadable(window=window, reason="$.status")
    story = told(acting(tmp_path), unreadable, seen=None, health=Health(unreachable=trouble))

    state, held = topics(story)["state"], topics(story)["held"]

    assert state[0] == "running, 2 of 2 replicas, not looked at since the daemon started."
    assert state[1] == "Its document cannot be read: what stands here is the last that could be."
    assert state[2].startswith("acme-labs cannot be read since 2026-03-02 08:00:00 UTC (401: the token is refused)")
    assert "old leaves it alone: its document cannot be read." in held
    assert coming.steps(story) == ()


def test_a_view_that_is_stale_is_called_so_and_no_act_is_promised_from_it(tmp_path: Path) -> None:
    story = told(acting(tmp_path), seen=190.0, looked_at=NOW - timedelta(seconds=190))

    assert topics(story)["state"] == (
        "running, 2 of 2 replicas, seen 3 min 10 s ago.",
        "That is too long ago to act on: it may have changed since.",
    )
    assert "old leaves it alone: it was not looked at lately." in topics(story)["held"]
    assert coming.steps(story) == ()


def test_a_namespace_whose_endpoints_vanished_together_is_told_with_their_number(tmp_path: Path) -> None:
    suspected = DisappearanceSuspected(seen_at=NOW, missing=("whisper-tmp", "b", "c"), known=4)
    story = told(acting(tmp_path), health=Health(suspected=suspected))

    assert topics(story)["state"][1] == (
        "3 of 4 endpoints of acme-labs vanished at once, acme-labs/whisper-tmp among them: "
        "nothing counts as deleted yet."
    )
    assert "old leaves it alone: many endpoints of its namespace vanished at once." in topics(story)["held"]
    assert coming.steps(story) == ()


# --- why -------------------------------------------------------------------------------------------------------------


def test_who_paused_it_and_why_is_told_with_its_place_in_the_log(tmp_path: Path) -> None:
    cause = Cause(by=By.PERSON, trigger=Trigger.PAUSE, editor="5ff5d5", intent="i1")
    story = told(
        configuration(tmp_path),
        (intended("i1", "pause", "the demo is over", evidence=(1,)), "person:ana"),
        changed(Status.RUNNING, Status.PAUSED, gap=True, cause=cause),
        (Confirmed(intent="i1", status="paused", seen_at=NOW), "person:ana"),
    )

    why = because.why(story)

    assert topics(story)["why"][1:] == (
        (
            "It went from running to paused between 2026-03-02 08:00:48 UTC and 2026-03-02 08:01:00 UTC; "
            "nobody could look in between (position 3)."
        ),
        "running → paused is one step: pause by a person; the doing of 5ff5d5, as our decision i1 asked.",
        "person:ana asked to pause (position 2): the demo is over. It rested on position 1.",
    )
    assert why is not None
    assert why.who is not None
    assert why.who.act is not None
    assert (why.position, why.old, why.new, why.gap, why.kind) == (3, "running", "paused", True, "direct")
    assert (why.who.by, why.who.editor, why.who.act.actor) == ("person", "5ff5d5", "person:ana")
    assert "old does nothing: it is paused." in topics(story)["next"]
    assert not any(sentence.startswith("Keep it") for sentence in said(story))


def test_what_somebody_did_past_lamplighter_is_told_as_that(tmp_path: Path) -> None:
    cause = Cause(by=By.PERSON, trigger=Trigger.PAUSE, editor="64f0c0ffee")
    story = told(acting(tmp_path), changed(Status.RUNNING, Status.PAUSED, cause=cause))

    assert topics(story)["why"][-2:] == (
        "running → paused is one step: pause by a person; the doing of audio-bot.",
        "Nobody asked Lamplighter for that: it was done at Hugging Face itself.",
    )
    assert topics(story)["next"][0] == "It stays paused until somebody resumes it: no request wakes it."


def test_of_what_the_platform_did_nobody_is_told_to_have_asked_for_it(tmp_path: Path) -> None:
    cause = Cause(by=By.PLATFORM)
    story = told(acting(tmp_path), changed(Status.RUNNING, Status.SCALED_TO_ZERO, cause=cause))

    assert "asked" not in " ".join(topics(story)["why"])
    assert topics(story)["next"][0] == "The next request to it wakes it, or a resume."


def test_an_act_that_came_to_nothing_is_told_beside_the_status_that_it_left(tmp_path: Path) -> None:
    story = told(
        acting(tmp_path),
        (intended("i1", "pause", "too old", policy="old"), "policy:old"),
        (Failed(intent="i1", error="403: the token may not do this.", code=403), "policy:old"),
    )

    assert topics(story)["why"][-1] == (
        "policy:old asked to pause (position 2): too old. It came to nothing: 403: the token may not do this."
    )


def test_a_failure_is_told_with_the_platforms_words_and_with_who_was_called(tmp_path: Path) -> None:
    fired = Fired(incident="n", rule="failed", severity=Severity.CRITICAL, reason="it failed", evidence=2, at=START)
    stream = streams.incident("failed", streams.Subject("acme-labs", "whisper-tmp"))
    incident = Incident(stream=stream, position=3, fired=fired, told=frozenset({"ops"}))
    broken = changed(Status.INITIALIZING, Status.FAILED, message="no GPU left", cause=Cause(by=By.PLATFORM))

    story = told(acting(tmp_path), broken, incidents=(incident,))

    assert topics(story)["why"][-2:] == (
        "Hugging Face says: no GPU left",
        "Incident failed (critical), open since 2026-03-02 08:00:00 UTC (position 3): it failed; told to ops.",
    )
    assert topics(story)["next"][0] == "It stays failed until somebody changes it, or resumes it."


def test_an_update_is_told_with_what_it_changed(tmp_path: Path) -> None:
    window = Window(not_before=START, seen_at=START + timedelta(seconds=12))
    paths = ("model.revision", "model.task", "compute.scaling.maxReplica", "tags")
    update = Reconfigured(
        window=window,
        changes=tuple(Change(path=path, old=None, new=number) for number, path in enumerate(paths)),
        changed_secrets=("model.secrets.TOKEN",),
        cause=Cause(by=By.PERSON, editor="64f0c0ffee"),
    )
    story = told(acting(tmp_path), update, changed(Status.RUNNING, Status.UPDATING))

    assert topics(story)["why"][-1] == (
        "Its configuration was last changed between 2026-03-02 08:00:00 UTC and 2026-03-02 08:00:12 UTC, by audio-bot "
        "(position 2): model.revision nothing → 0, model.task nothing → 1, compute.scaling.maxReplica nothing → 2 "
        "and 2 more."
    )
    assert "Until the update is over, what ran before serves." in topics(story)["next"]


def test_an_update_that_was_asked_for_here_is_told_by_the_name_of_who_asked(tmp_path: Path) -> None:
    window = Window(not_before=START, seen_at=START + timedelta(seconds=12))
    update = Reconfigured(
        window=window,
        changes=(Change(path="tags", old=None, new="x"),),
        cause=Cause(by=By.PERSON, editor="64f0c0ffee", intent="i1"),
    )
    asked = (intended("i1", "update", ""), "person:ana")
    seen = (Confirmed(intent="i1", status="running", seen_at=window.seen_at), "person:ana")

    here, elsewhere = told(acting(tmp_path), asked, update, seen), told(acting(tmp_path), update)

    assert topics(here)["why"][-1].endswith(
        "08:00:12 UTC, by person:ana, as asked at position 2 (position 3): tags nothing → x."
    )
    assert "by audio-bot (position 2)" in topics(elsewhere)["why"][-1]  # the act is not at hand any more


def test_one_that_is_gone_is_told_with_what_it_was_and_how_its_end_was_seen(tmp_path: Path) -> None:
    window = Window(not_before=START, seen_at=START + timedelta(seconds=12))
    deleted = Deleted(window=window, old=Status.RUNNING, end=End.NOT_FOUND, cause=Cause(by=By.PERSON))
    story = told(acting(tmp_path), deleted, seen=None)

    why = because.why(story)

    assert topics(story) == {
        "state": ("absent: it is gone.",),
        "why": (
            topics(story)["why"][0],
            (
                "It was running until it was gone, between 2026-03-02 08:00:00 UTC and 2026-03-02 08:00:12 UTC "
                "(position 2)."
            ),
            "Every page came without it, a look at it found nothing, and the token still named its namespace.",
            "Nobody asked Lamplighter for that: it was done at Hugging Face itself.",
        ),
        "next": ("That life is over. An endpoint that is created by this name begins a new one.",),
    }
    assert why is not None
    assert (why.type, why.old, why.new) == ("endpoint.deleted", "running", "absent")
    assert (coming.steps(story), list(keepers.keepers(story))) == ((), [])


def test_of_a_status_that_is_not_known_nothing_is_foretold(tmp_path: Path) -> None:
    story = told(acting(tmp_path), changed(Status.RUNNING, UnknownStatus("hibernating"), kind=Kind.UNKNOWN))

    assert topics(story)["state"][0].startswith("hibernating, ")
    assert topics(story)["next"][0] == (
        "What comes next cannot be told: hibernating is no status that Lamplighter knows. "
        "No policy acts on it; people can."
    )
    assert [step.kind for step in coming.steps(story)] == ["unknown"]
    assert isinstance(permits(UnknownStatus("hibernating"), Command.PAUSE), Permitted)


# --- what comes next -------------------------------------------------------------------------------------------------


def test_in_act_mode_it_says_what_will_be_done(tmp_path: Path) -> None:
    story = told(acting(tmp_path))

    assert "In 58 min, at 2026-03-02 09:00:00 UTC: old will pause it: by then running for 1 h." in said(story)
    assert [(step.kind, step.who, step.will) for step in coming.steps(story)] == [
        ("warn", "policy:old", True),
        ("act", "policy:old", True),
    ]


def test_who_was_warned_is_told_that_and_until_when_the_warning_keeps_its_word(tmp_path: Path) -> None:
    config, now = acting(tmp_path), START + timedelta(minutes=50)
    policy = config.settings.policies[0]
    warned = Warned(
        policy="old",
        revision=policy.revision,
        life=CREATED,
        cause=1,
        edge_seconds=900.0,
        command="pause",
        due_at=START + timedelta(minutes=65),
        reason="running for 50 min of 1 h",
    )

    story = told(config, (warned, "policy:old"), now=now, looked_at=now)

    assert topics(story)["next"][:1] == (
        (
            "In 15 min, at 2026-03-02 09:05:00 UTC: old will pause it: by then running for 1 h 5 min, "
            "longer than 1 h (warned 15 min before)."
        ),
    )


def test_what_is_due_is_said_to_come_now_and_the_settling_time_puts_it_off(tmp_path: Path) -> None:
    config, late = acting(tmp_path), START + timedelta(hours=2)
    soon = late + timedelta(minutes=1)

    due = told(config, now=late, looked_at=late)
    settling = told(config, now=late, looked_at=late, settled_at=late + timedelta(minutes=20))

    assert topics(due)["next"][0] == "Now: old will warn that it is going to pause it 15 min later."
    assert due.settles is False
    assert [(step.kind, step.at) for step in coming.steps(settling)] == [
        ("warn", late),
        ("settled", late + timedelta(minutes=20)),
        ("act", late + timedelta(minutes=20)),
    ]
    assert (
        "After a start or a new configuration no policy acts (settle) until 2026-03-02 10:20:00 UTC."
        in topics(settling)["held"]
    )
    assert told(config, now=soon, looked_at=soon, settled_at=late).settles is False


def test_a_hold_is_told_with_its_end_and_with_what_policies_do_after_it(tmp_path: Path) -> None:
    until = START + timedelta(hours=4)
    hold = HoldPlaced(hold="h", author="person:ana", reason="the demo is on Friday", until=until)
    story = told(acting(tmp_path), (hold, "person:ana"))

    assert topics(story)["next"][:3] == (
        "In 3 h 58 min, at 2026-03-02 12:00:00 UTC: the hold by person:ana ends, and what policies count begins anew.",
        (
            "In 3 h 58 min, at 2026-03-02 12:00:00 UTC: old will warn that it is going to pause it 15 min later, "
            "once the hold is over."
        ),
        (
            "In 4 h 13 min, at 2026-03-02 12:15:00 UTC: old will pause it, once the hold is over: "
            "by then running for 4 h 15 min, longer than 1 h."
        ),
    )
    assert [step.after for step in coming.steps(story)] == [(), ("held",), ("held",)]
    assert topics(story)["held"] == (
        "Held by person:ana until 2026-03-02 12:00:00 UTC: the demo is on Friday. Not protected.",
    )
    assert [(one.kind, one.who, one.until) for one in keepers.keepers(story)] == [("held", "person:ana", until)]


def test_leases_are_told_with_their_end_and_what_becomes_of_it_then(tmp_path: Path) -> None:
    until = NOW + timedelta(minutes=30)
    taken = LeaseTaken(lease="l", holder="person:ana", reason="the night", until=until, pause_after=True)
    woken = Woken(intent="i", position=7, was="paused")
    leases = (lease("person:ana", minutes=30, pause_after=True), lease("person:bo", minutes=10))
    config = acting(tmp_path)

    story = told(config, (taken, "person:ana"), leases=leases, woken=woken)
    left = told(config, (taken, "person:ana"), leases=leases)

    steps = coming.steps(story)
    assert [(step.kind, step.who) for step in steps] == [
        ("leaseEnds", "person:bo"),
        ("leaseEnds", "person:ana"),
        ("warn", "policy:old"),
        ("act", "policy:old"),
    ]
    assert steps[0].text == "the lease of person:bo ends, unless it is renewed"
    assert steps[1].text == (
        "the lease of person:ana ends, unless it is renewed; as a lease had woken it, it is paused then, if the last "
        "one asks for that and nobody touched it since"
    )
    assert coming.steps(left)[1].text.endswith("; it is left as it is then: no lease woke it")
    assert steps[3].after == ("leased",)
    assert topics(story)["held"][1] == (
        "Held awake by person:ana (the night) since 2026-03-02 08:00:00 UTC until 2026-03-02 08:32:00 UTC, "
        "unless renewed."
    )


def test_what_was_brought_back_is_left_alone_for_a_while_and_that_is_told(tmp_path: Path) -> None:
    resumed = Cause(by=By.PERSON, trigger=Trigger.RESUME)
    story = told(
        acting(tmp_path),
        changed(Status.RUNNING, Status.PAUSED, after=20),
        changed(Status.PAUSED, Status.RUNNING, after=60, kind=Kind.SKIPPED, via=(Status.PENDING,), cause=resumed),
    )

    assert "old leaves it alone: somebody brought it back: no act until 2026-03-03 08:01 UTC." in topics(story)["held"]
    assert [(step.kind, step.at, step.after) for step in coming.steps(story)] == [
        ("warn", START + timedelta(hours=24, seconds=60), ("broughtBack",)),
        ("act", START + timedelta(hours=24, minutes=15, seconds=60), ("broughtBack",)),
    ]


def test_an_act_that_is_under_way_is_told_with_when_it_is_given_up(tmp_path: Path) -> None:
    story = told(acting(tmp_path), (intended("i1", "pause", "too old", policy="old"), "policy:old"))

    assert topics(story)["next"] == (
        (
            "In 3 min, at 2026-03-02 08:05:00 UTC: the pause that policy:old asked for (position 2) is given up, "
            "unless its effect was seen by then."
        ),
    )
    assert "old leaves it alone: an act on it is under way." in topics(story)["held"]


def test_a_policy_by_requests_that_are_not_known_is_told_to_wait_for_them(tmp_path: Path) -> None:
    config = configuration(tmp_path, OBSERVE.replace("max_age", "idle"))

    story = told(config)

    assert "old leaves it alone: its requests are not known to the daemon: it counts as active." in said(story)
    assert [one.kind for one in keepers.keepers(story)] == ["observe", "noActivity"]
    assert coming.steps(story) == ()


def test_what_hugging_face_does_itself_when_nobody_calls_is_told(tmp_path: Path) -> None:
    change = Change(path="compute.scaling.scaleToZeroTimeout", old=None, new=20)
    update = Reconfigured(window=Window(not_before=START, seen_at=START), changes=(change,))

    story = told(acting(tmp_path), update)

    assert "Hugging Face itself scales it to zero after 20 min without a request." in topics(story)["next"]


def test_a_protected_endpoint_that_no_policy_reaches_is_told_so(tmp_path: Path) -> None:
    text = """
mode = "act"
[namespaces]
acme-labs = {}
[groups.production]
match = ["acme-labs/*"]
protected = true
"""
    story = told(configuration(tmp_path, text))

    assert topics(story)["held"] == (
        "No hold. Protected by group production.",
        "No policy reaches it (its groups: production).",
    )
    assert [one.kind for one in keepers.keepers(story)] == ["protected", "noPolicy"]


# --- starts ----------------------------------------------------------------------------------------------------------


def of_starts(
    folder: Path, status: Status, *minutes: int, under_way: Window | None = None, now: datetime = NOW
) -> list[str]:
    """Return what is said of the starts of an endpoint that took so many minutes each."""
    took = tuple(Bounds(lower=timedelta(minutes=each), upper=timedelta(minutes=each, seconds=30)) for each in minutes)
    clocks = Clocks(starts=Starts(count=len(took), took=took, under_way=under_way), unsettled=under_way)
    found = Discovered(seen_at=START, absent_at=None, sighting=Sighting(status=status, created_at=CREATED))
    story = told(configuration(folder), found, clocks=clocks, now=now, looked_at=now)
    return [line for line in topics(story)["next"] if "start" in line or "stuck" in line]


def test_one_that_is_down_is_told_how_long_its_starts_took_as_far_as_they_were_seen(tmp_path: Path) -> None:
    one = "The one start that was seen whole was up within 3 min 30 s."
    few = "Of its last 3 starts half were up within 4 min 30 s."
    many = "Of its last 10 starts half were up within 5 min 30 s, nine in ten within 9 min 30 s."

    assert of_starts(tmp_path, Status.INITIALIZING, 3) == [one]
    assert of_starts(tmp_path, Status.PAUSED, 3, 4, 5) == [few]
    assert of_starts(tmp_path, Status.SCALED_TO_ZERO, *range(1, 11)) == [many]
    assert of_starts(tmp_path, Status.PAUSED) == []
    assert of_starts(tmp_path, Status.RUNNING, 3) == []


@pytest.mark.parametrize(
    ("minutes", "after", "line"),
    [
        (
            (3, 4, 5),
            2,
            (
                "In 2 min 30 s, at 2026-03-02 08:04:30 UTC: it should be up: half of its last 3 starts were within "
                "4 min 30 s."
            ),
        ),
        (
            (3,),
            2,
            (
                "In 1 min 30 s, at 2026-03-02 08:03:30 UTC: it should be up: its one start that was seen was within "
                "3 min 30 s."
            ),
        ),
        (
            (3, 4, 5),
            5,
            "In 30 s, at 2026-03-02 08:05:30 UTC: it should be up: all of its last 3 starts were within 5 min 30 s.",
        ),
        ((3, 4, 5), 6, "It began to start 6 min 12 s ago: longer than all of its starts took."),
        (
            range(1, 11),
            6,
            (
                "In 3 min 30 s, at 2026-03-02 08:09:30 UTC: it should be up: nine in ten of its last 10 starts "
                "were within 9 min 30 s."
            ),
        ),
        (range(1, 11), 20, "It began to start 20 min 12 s ago: longer than nine in ten of its starts took."),
    ],
)
def test_a_start_that_is_under_way_is_told_with_when_it_should_be_over_and_when_that_is_an_incident(
    tmp_path: Path, minutes: tuple[int, ...], after: int, line: str
) -> None:
    left = Window(not_before=START - timedelta(seconds=12), seen_at=START)

    told_ = of_starts(tmp_path, Status.INITIALIZING, *minutes, under_way=left, now=START + timedelta(minutes=after))

    assert line in told_
    assert len(told_) == 2
    assert any(
        "at 2026-03-02 08:45:00 UTC: if it is still initializing then, or another status on the way" in each
        for each in told_
    )


# --- what it costs ---------------------------------------------------------------------------------------------------


async def test_what_comes_and_what_holds_it_is_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: Counter[str] = Counter()

    def counted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def once_more(*what: Any) -> Any:
            worked_out[name] += 1
            return work(*what)

        return once_more

    for module, name in ((coming, "steps"), (keepers, "keepers"), (because, "why"), (told_module, "line")):
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    parts = make_parts(tmp_path, text=OBSERVE)
    await discover(parts.log, str(NAME))
    await parts.live.catch_up()

    explained = await present.explanation(parts, NAME)

    assert explained.plan
    assert explained.held_by
    assert worked_out == {"steps": 1, "keepers": 1, "why": 1, "line": 1}

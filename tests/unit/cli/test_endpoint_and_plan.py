from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.cli import plan
from tests.unit.cli.hands import Run, SaidDaemon

TGI = "/api/endpoints/acme/tgi"
NOW = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)

UNKNOWN: dict[str, Any] = {
    "namespace": "acme",
    "name": "tgi",
    "endpoint": "acme/tgi",
    "status": "hibernating",
    "readable": False,
    "watched": True,
    "since": None,
    "created_at": None,
    "created_by": None,
    "updated_at": None,
    "updated_by": None,
    "ready_replicas": None,
    "target_replicas": None,
    "url": None,
    "message": None,
    "version": 1,
    "cause": 3,
    "position": 3,
    "seconds_since_seen": None,
    "groups": [],
    "protected": False,
    "hold": None,
    "open_acts": [],
    "document": None,
    "warnings": [],
    "holds": [],
    "acts": [],
    "plan": [],
}


def item(endpoint: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "policy": "idle",
        "verdict": verdict,
        "command": "scale_to_zero",
        "reason": "running for 9 h, longer than 8 h",
        "due_at": "2026-07-02T12:15:00Z",
        "next_at": None,
        "edge_seconds": None,
        "observe": None,
        **more,
    }


def planned(mode: str, *items: dict[str, Any], settled_at: str = "2026-07-02T11:00:00Z") -> dict[str, Any]:
    counts = {"protected": 0, "notDue": 0, "noPolicy": 0}
    return {"mode": mode, "settled_at": settled_at, "items": list(items), "not": counts}


def test_what_is_not_known_of_an_endpoint_is_called_unknown_and_never_zero(
    lamplighter: Run, daemon: SaidDaemon
) -> None:
    daemon.says("GET", TGI, (200, UNKNOWN))

    told, machine = lamplighter("show", "acme/tgi"), lamplighter("show", "acme/tgi", "--json")

    assert told.code == 0
    assert "acme/tgi: hibernating" in told.out
    assert "cannot be read" in told.out
    assert "replicas   unknown" in told.out
    assert "costs      unknown" in told.out
    assert "created    unknown by unknown" in told.out
    assert "None" not in told.out
    assert machine.document == UNKNOWN


def test_an_endpoint_is_shown_with_its_hold_and_what_is_under_way(lamplighter: Run, daemon: SaidDaemon) -> None:
    since = {"not_before": "2026-07-02T11:59:00Z", "seen_at": "2026-07-02T12:00:00Z", "gap": False}
    hold = {"id": "h", "author": "alice", "reason": "demo", "until": "2026-07-02T14:00:00Z", "everywhere": False}
    act = {"command": "pause", "actor": "policy:idle"}
    more = {
        "since": since,
        "hold": hold,
        "open_acts": [act],
        "ready_replicas": 1,
        "target_replicas": 2,
        "usd_per_hour": 1.6,
    }
    daemon.says("GET", TGI, (200, {**UNKNOWN, "readable": True, **more}))

    told = lamplighter("show", "acme/tgi")

    assert "replicas   1 of 2\n" in told.out
    assert "costs      about $1.60/h\n" in told.out
    assert "by alice until 2026-07-02 14:00:00 UTC: demo" in told.out
    assert "pause by policy:idle" in told.out


def test_what_an_endpoint_costs_that_nobody_could_look_at_for_long_is_told_with_its_age(
    lamplighter: Run, daemon: SaidDaemon
) -> None:
    old = {**UNKNOWN, "status": "running", "usd_per_hour": 1.6, "seconds_since_seen": 3 * 86400.0}
    daemon.says("GET", TGI, (200, old))

    assert "costs      about $1.60/h, as it was 3 d ago\n" in lamplighter("show", "acme/tgi").out


@pytest.mark.parametrize(
    ("who", "by"),
    [
        ({"intent": "i", "act": {"actor": "person:ana"}}, "person:ana"),
        ({"intent": "i", "act": None}, "our own decision"),
        ({"by": "person", "editor": "5ff5d596"}, "5ff5d596"),
        ({"by": "person", "editor": None}, "a person"),
        ({"by": "platform"}, "the platform"),
        (None, "whom is not known"),
    ],
)
def test_of_an_endpoint_that_is_gone_its_end_is_told_and_nothing_that_only_one_has_which_is_there(
    lamplighter: Run, daemon: SaidDaemon, who: Any, by: str
) -> None:
    since = {"not_before": "2026-07-02T11:59:00Z", "seen_at": "2026-07-02T12:00:00Z", "gap": False}
    daemon.says("GET", TGI, (200, {**UNKNOWN, "status": "absent", "readable": True, "since": since}))

    daemon.says("GET", f"{TGI}/explain", (200, {"why": {"who": who}}))

    told = lamplighter("show", "acme/tgi")

    assert told.out.splitlines() == [
        "acme/tgi: absent",
        f"  deleted   2026-07-02 12:00:00 UTC (11:59:00\N{EN DASH}12:00:00), by {by}",
        "  hold      none",
        "  position  3 in the log; its status began at 3",
    ]


def test_an_explanation_is_sentences_by_topic_the_state_first(lamplighter: Run, daemon: SaidDaemon) -> None:
    said = {"state": ["It runs."], "why": ["Since noon."], "next": ["Now: nothing.", "Keep it."], "held": ["No hold."]}
    passages = [{"topic": topic, "sentences": sentences} for topic, sentences in said.items()]
    daemon.says("GET", f"{TGI}/explain", (200, {"passages": passages}))

    assert lamplighter("explain", "acme/tgi").out == (
        "It runs.\n\nWhy\n  Since noon.\n\nWhat comes next\n  Now: nothing.\n  Keep it.\n\nWhat holds it\n  No hold.\n"
    )


def test_an_endpoint_that_nobody_ever_saw_is_gone(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", TGI, (404, {"error": "no endpoint acme/tgi was ever seen"}))

    told = lamplighter("show", "acme/tgi")

    assert (told.code, told.err) == (8, "no endpoint acme/tgi was ever seen\n")


def test_in_observe_the_plan_says_that_nothing_will_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    plan.show(planned("observe", item("acme/tgi", "later", observe="acme is in observe mode")), NOW)

    out = capsys.readouterr().out
    assert out.startswith("observe: nothing below will be done.\n")
    assert "WOULD" in out
    assert "WILL" not in out
    assert "scale to zero  acme/tgi  +15 min" in out


def test_in_act_the_plan_tells_what_waits_for_settle_and_what_stays_in_observe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    held_back = item("zoo/a", "act", observe="zoo is in observe mode")
    due = item("acme/tgi", "warn", due_at="2026-07-02T12:00:00Z")
    plan.show(planned("act", due, held_back, settled_at="2026-07-02T12:10:00Z"), NOW)

    out = capsys.readouterr().out
    assert out.startswith("act: nothing is done before 12:10:00 UTC (+10 min, settle).\n")
    assert "warn, then scale to zero" in out
    assert "would scale to zero (observe)" in out


def test_what_is_left_alone_is_told_with_its_reason_and_counted_when_it_is_much(
    capsys: pytest.CaptureFixture[str],
) -> None:
    held = item("acme/a", "protected", reason="held by alice")
    many = [item(f"acme/p{number}", "protected", reason="protected by group production") for number in range(4)]
    idle = item("acme/b", "notDue", reason="it is paused")
    counts = {"protected": 5, "notDue": 1, "noPolicy": 2}
    plan.show({**planned("act", held, *many, idle), "not": counts}, NOW)

    assert capsys.readouterr().out.splitlines()[2:] == [
        "Nothing is to be done, now or later.",
        "Not: 4 endpoints: protected by group production",
        "Not: acme/a: held by alice",
        "Not: acme/b: it is paused",
        "Not: 2 endpoints: in reach of no policy",
    ]


def test_what_is_true_of_several_is_said_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    paused = [item(f"acme/p{number}", "notDue", reason="it is paused") for number in range(4)]
    twice = [item("acme/a", "notDue", reason="it is failed", policy=policy) for policy in ("idle", "old")]
    plan.show(planned("act", *paused, *twice), NOW)

    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Not: 4 endpoints: they are paused",
        "Not: acme/a: it is failed",
    ]


def test_a_hold_on_everything_stands_at_the_head_of_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    hold = {"author": "person:ana", "until": "2026-07-02T14:00:00Z", "reason": "freeze"}
    plan.show({**planned("act", item("acme/tgi", "later")), "holds": [hold]}, NOW)

    assert capsys.readouterr().out.splitlines()[1] == (
        "! everything is held by person:ana until 2026-07-02 14:00:00 UTC: freeze"
    )


def test_the_plan_is_given_to_machines_as_the_daemon_said_it(lamplighter: Run, daemon: SaidDaemon) -> None:
    later = (NOW + timedelta(days=400)).isoformat()
    daemon.says("GET", "/api/plan", (200, planned("act", item("acme/tgi", "later", due_at=later))))

    assert lamplighter("plan", "--json").document["items"][0]["endpoint"] == "acme/tgi"
    assert lamplighter("plan").code == 0

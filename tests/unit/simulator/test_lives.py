"""The truth: lives run by themselves, the same whoever looks."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from service.simulator import Happening, State
from service.simulator.errors import Invalid, SimulatorError, Taken, Unknown
from service.simulator.lifecycle import Fate
from service.simulator.rules import EFFECTS, Effect
from service.simulator.simulator import Refusal
from tests.unit.simulator.hands import START, edges, on_hand, statuses

HOUR = 3600.0
ALL = [state for state in State if state is not State.ABSENT]


def test_a_new_endpoint_comes_up_by_itself_and_has_replicas_once_it_runs() -> None:
    simulator, clock = on_hand()

    simulator.create("acme", "tgi", min_replica=3, max_replica=3)
    clock.forward(HOUR)

    assert statuses(simulator, "tgi") == ["pending", "initializing", "running"]
    life = simulator.truth.find("acme", "tgi")
    assert life is not None
    assert life.ready_replicas(simulator.now()) == 3
    first, second, third = simulator.history
    assert 5 <= (second.at - first.at).total_seconds() <= 40
    assert 120 <= (third.at - second.at).total_seconds() <= 360


def test_running_is_not_ready_until_the_replica_answers() -> None:
    simulator, clock = on_hand()
    simulator.durations.answer_lag_seconds = (10.0, 10.0)
    simulator.create("acme", "tgi", start_seconds=100)

    clock.forward(100)
    life = simulator.truth.find("acme", "tgi")

    assert life is not None
    assert life.state is State.RUNNING
    assert life.ready_replicas(simulator.now()) == 1
    assert not life.answers(simulator.now())
    assert life.answers(simulator.now() + timedelta(seconds=10))


def test_start_seconds_are_kept_to() -> None:
    simulator, clock = on_hand()

    simulator.create("acme", "tgi", start_seconds=50)
    clock.forward(HOUR)

    assert (simulator.history[-1].at - START).total_seconds() == pytest.approx(50)


@pytest.mark.parametrize(("fate", "last"), [("ok", "running"), ("fails", "failed"), ("stuck", "initializing")])
def test_a_planned_fate_comes_true(fate: Fate, last: str) -> None:
    simulator, clock = on_hand()

    simulator.create("acme", "tgi", fate=fate)
    clock.forward(24 * HOUR)

    assert statuses(simulator, "tgi")[-1] == last


@pytest.mark.parametrize("state", [State.PAUSED, State.SCALED_TO_ZERO, State.FAILED])
@pytest.mark.parametrize(("fate", "last"), [("ok", "running"), ("fails", "failed"), ("stuck", "initializing")])
def test_what_is_sown_at_rest_meets_its_fate_at_its_first_start_and_not_again(
    fate: Fate, last: str, state: State
) -> None:
    simulator, clock = on_hand()

    simulator.create("acme", "tgi", state=state, fate=fate)
    clock.forward(24 * HOUR)
    simulator.act("acme", "tgi", "resume")
    clock.forward(24 * HOUR)
    first = statuses(simulator, "tgi")[-1]
    simulator.act("acme", "tgi", "pause")
    simulator.act("acme", "tgi", "resume")
    clock.forward(24 * HOUR)

    assert (first, statuses(simulator, "tgi")[-1]) == (last, "running")


def test_after_a_failed_start_a_resume_starts_anew() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", fate="fails")
    clock.forward(HOUR)

    simulator.act("acme", "tgi", "resume", actor="carol")
    clock.forward(HOUR)

    assert statuses(simulator, "tgi")[-3:] == ["pending", "initializing", "running"]
    assert simulator.history[-3].actor == "carol"
    assert simulator.history[-1].actor is None


def test_an_idle_endpoint_is_scaled_to_zero_and_a_request_puts_that_off_and_wakes_it() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="running", min_replica=0, scale_to_zero_timeout=15)
    clock.forward(14 * 60)
    simulator.act("acme", "tgi", "request")

    clock.forward(14 * 60)
    assert simulator.status("acme", "tgi") is State.RUNNING

    clock.forward(2 * 60)
    assert simulator.status("acme", "tgi") is State.SCALED_TO_ZERO
    assert simulator.history[-1].cause == "idle"

    simulator.act("acme", "tgi", "request", actor="users")
    clock.forward(10 * 60)
    assert simulator.status("acme", "tgi") is State.RUNNING
    assert "wake" in {happening.cause for happening in simulator.history}


def test_a_pause_calls_off_what_was_to_come() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", start_seconds=100)
    clock.forward(50)

    simulator.act("acme", "tgi", "pause")
    clock.forward(24 * HOUR)

    assert statuses(simulator, "tgi") == ["pending", "initializing", "paused"]


def test_a_stuck_start_goes_on_when_it_is_unstuck() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", start_seconds=100)
    clock.forward(50)
    simulator.act("acme", "tgi", "stick")
    clock.forward(5 * HOUR)
    assert simulator.status("acme", "tgi") is State.INITIALIZING

    simulator.act("acme", "tgi", "unstick")
    clock.forward(2)

    assert simulator.status("acme", "tgi") is State.RUNNING


@pytest.mark.parametrize("state", [State.PENDING, State.UPDATING])
def test_what_is_stuck_goes_on_from_any_status(state: State) -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state=state)
    simulator.act("acme", "tgi", "stick")
    clock.forward(24 * HOUR)
    assert simulator.status("acme", "tgi") is state

    simulator.act("acme", "tgi", "unstick")
    clock.forward(HOUR)

    assert simulator.status("acme", "tgi") is State.RUNNING


def test_what_is_settled_and_told_to_stick_sticks_at_its_next_start_alone() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="paused")
    simulator.act("acme", "tgi", "stick")

    for status in (State.INITIALIZING, State.RUNNING):
        simulator.act("acme", "tgi", "resume")
        clock.forward(24 * HOUR)
        assert simulator.status("acme", "tgi") is status
        simulator.act("acme", "tgi", "pause")


def test_an_update_brings_up_what_had_failed_and_can_be_stuck() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="failed")

    life = simulator.act("acme", "tgi", "update", document={"model": {"revision": "v2"}}, fate="stuck")
    clock.forward(24 * HOUR)
    assert (simulator.status("acme", "tgi"), life.answers(simulator.now())) == (State.UPDATING, False)

    simulator.act("acme", "tgi", "update", document={"model": {"revision": "v3"}}, fate="ok")
    clock.forward(HOUR)
    assert (simulator.status("acme", "tgi"), life.answers(simulator.now())) == (State.RUNNING, True)


def test_the_old_revision_serves_through_an_update_that_fails() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="running")
    clock.forward(60)

    simulator.act("acme", "tgi", "update", document={"model": {"revision": "v2"}}, fate="fails")
    life = simulator.truth.find("acme", "tgi")
    assert life is not None
    during = (life.state, life.answers(simulator.now()))
    clock.forward(HOUR)

    assert during == (State.UPDATING, True)
    assert simulator.status("acme", "tgi") is State.UPDATE_FAILED
    assert life.answers(simulator.now())
    assert life.document["model"]["revision"] == "v2"


def test_new_tags_need_no_new_revision() -> None:
    simulator, _ = on_hand()
    simulator.create("acme", "tgi", state="running")

    simulator.act("acme", "tgi", "update", document={"tags": ["a"]})

    assert simulator.status("acme", "tgi") is State.RUNNING


def test_a_deleted_endpoint_is_told_for_a_moment_and_its_name_is_then_free() -> None:
    simulator, clock = on_hand()
    first = simulator.create("acme", "tgi")
    clock.forward(60)
    simulator.act("acme", "tgi", "delete", actor="bob")
    assert simulator.status("acme", "tgi") is not State.ABSENT
    with pytest.raises(Taken):
        simulator.create("acme", "tgi")
    with pytest.raises(Unknown):
        simulator.act("acme", "tgi", "pause")

    clock.forward(1)
    assert simulator.status("acme", "tgi") is State.ABSENT
    assert (simulator.history[-1].cause, simulator.history[-1].actor) == ("delete", "bob")

    second = simulator.create("acme", "tgi")
    assert first < second
    assert simulator.history[-1].created_at == second


def test_what_vanished_comes_back_as_the_same_life() -> None:
    simulator, clock = on_hand()
    created_at = simulator.create("acme", "tgi", state="running", min_replica=0, scale_to_zero_timeout=15)

    simulator.act("acme", "tgi", "vanish")
    clock.forward(HOUR)
    simulator.act("acme", "tgi", "return")

    assert statuses(simulator, "tgi") == ["running", "absent", "scaledToZero"]
    assert {happening.created_at for happening in simulator.history} == {created_at}


def test_the_platform_pauses_what_nobody_pays_for() -> None:
    simulator, _ = on_hand()
    simulator.create("acme", "tgi", state="running")

    simulator.act("acme", "tgi", "suspend")

    assert (simulator.history[-1].new, simulator.history[-1].actor) == (State.PAUSED, None)


def test_a_resume_can_reset_the_scaling_as_it_did_in_2023() -> None:
    simulator, _ = on_hand()
    simulator.faults.resume_resets_scaling = True
    simulator.create("acme", "tgi", state="paused", min_replica=2, max_replica=4)

    life = simulator.act("acme", "tgi", "resume")

    assert life.document["compute"]["scaling"] == {"minReplica": 1, "maxReplica": 1, "scaleToZeroTimeout": None}


@pytest.mark.parametrize("verb", sorted(EFFECTS))
@pytest.mark.parametrize("state", ALL)
def test_every_command_in_every_status_does_what_the_rules_say_or_changes_nothing(state: State, verb: str) -> None:
    simulator, _ = on_hand()
    simulator.create("acme", "tgi", state=state)
    before = list(simulator.history)

    effect = EFFECTS[verb][state]
    if effect in {Effect.ALREADY_RUNNING, Effect.INVALID}:
        with pytest.raises(Invalid, match=effect.value if effect is Effect.ALREADY_RUNNING else "Invalid state"):
            simulator.act("acme", "tgi", verb, actor="bob")
        assert simulator.history == before
        return
    life = simulator.act("acme", "tgi", verb, actor="bob")

    moves = effect not in {Effect.SAME, Effect.EDIT} and not (effect is Effect.UPDATE and state is State.UPDATING)
    assert (len(simulator.history) > len(before)) == moves
    assert all(happening.actor == "bob" for happening in simulator.history[len(before) :])
    assert life.state is simulator.history[-1].new


def test_an_act_that_cannot_be_when_its_time_comes_is_found_among_the_refused() -> None:
    simulator, clock = on_hand()
    simulator.at(START + timedelta(hours=1), "acme", "tgi", "pause")

    clock.forward(2 * HOUR)

    assert simulator.history == []
    assert [refusal.reason for refusal in simulator.refused] == ["Endpoint not found: acme/tgi"]


def test_nothing_can_be_scheduled_in_the_past() -> None:
    simulator, clock = on_hand()
    clock.forward(HOUR)
    simulator.now()

    with pytest.raises(Invalid, match="already"):
        simulator.at(START, "acme", "tgi", "pause")


def test_every_edge_that_is_claimed_occurs() -> None:
    simulator, clock = on_hand(seed=3)
    faults = simulator.faults
    faults.p_fail_start = faults.p_fail_update = faults.p_update_restarts = 0.2
    faults.p_crash = 0.3
    for number in range(40):
        name = f"e-{number}"
        simulator.create("acme", name, scale_to_zero_timeout=15 if number % 3 == 0 else None)
        for hour in range(1, 48):
            verbs = ("update", "request", "pause", "resume", "scale_to_zero", "update", "resume", "fail", "resume")
            verb = verbs[(number * 7 + hour * hour) % 9]
            simulator.at(START + timedelta(hours=hour, seconds=number * 90), "acme", name, verb)
        simulator.at(START + timedelta(hours=48), "acme", name, "delete")

    clock.forward(50 * HOUR)

    up = ["pending", "initializing"]
    wanted = {
        ("absent", "pending"),
        ("pending", "initializing"),
        ("initializing", "running"),
        ("pending", "failed"),
        ("initializing", "failed"),
        ("running", "failed"),
        ("running", "updating"),
        ("running", "pending"),
        ("updating", "running"),
        ("updating", "updateFailed"),
        ("updateFailed", "updating"),
        ("running", "scaledToZero"),
        ("failed", "updating"),
        ("failed", "pending"),
        *(("scaledToZero", state) for state in up),
        *(("paused", state) for state in up),
        ("running", "paused"),
        ("scaledToZero", "paused"),
        ("failed", "paused"),
        ("updateFailed", "paused"),
        ("running", "absent"),
        ("paused", "absent"),
    }
    assert wanted <= edges(simulator)


def _busy(seed: int, look_seconds: float) -> tuple[list[Happening], list[Refusal]]:
    simulator, clock = on_hand(seed)
    simulator.faults.p_fail_start = simulator.faults.p_crash = 0.2
    for number in range(8):
        simulator.create("acme", f"e-{number}", scale_to_zero_timeout=20)
        for hour, verb in enumerate(("pause", "resume", "request", "update", "request", "delete"), start=1):
            simulator.at(START + timedelta(hours=hour, seconds=number), "acme", f"e-{number}", verb)
    passed = 0.0
    while passed < 8 * HOUR:
        clock.forward(look_seconds)
        passed += look_seconds
        simulator.now()
    return list(simulator.history), list(simulator.refused)


def test_the_same_seed_gives_the_same_day_whoever_looks() -> None:
    once = _busy(5, 8 * HOUR)

    assert _busy(5, 1.0) == once
    assert _busy(6, 8 * HOUR) != once


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), look_seconds=st.floats(100, 20_000))
def test_the_history_is_in_order_and_each_change_continues_the_one_before(seed: int, look_seconds: float) -> None:
    history, _ = _busy(seed, look_seconds)

    assert history == sorted(history, key=lambda happening: happening.at)
    for name in {happening.name for happening in history}:
        mine = [happening for happening in history if happening.name == name]
        assert mine[0].old is State.ABSENT
        assert all(before.new is after.old for before, after in pairwise(mine))


def test_a_clock_that_jumps_back_changes_nothing() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi")
    clock.forward(HOUR)
    before = simulator.history

    clock.forward(-2 * HOUR)

    assert simulator.history == before


@pytest.mark.parametrize(
    ("overrides", "said"),
    [({"state": "absent"}, "absent"), ({"min_replicas": 1}, "min_replicas"), ({"name": "A_b"}, "A_b")],
)
def test_a_seeding_that_makes_no_sense_is_refused_with_a_sentence(overrides: dict[str, Any], said: str) -> None:
    simulator, _ = on_hand()

    with pytest.raises(SimulatorError, match=said):
        simulator.create("acme", overrides.pop("name", "tgi"), **overrides)

    assert simulator.history == []

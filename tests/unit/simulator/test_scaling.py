"""Replicas follow the requests, between minReplica and maxReplica."""

from typing import Any

import pytest

from service.simulator import Simulator
from service.simulator.life import Life
from tests.unit.simulator.hands import HandClock, on_hand


def _running(**shape: Any) -> tuple[Simulator, HandClock, Life]:
    simulator, clock = on_hand()
    simulator.durations.answer_lag_seconds = (0.0, 0.0)
    simulator.durations.replica_seconds = (20.0, 20.0)
    simulator.create("acme", "tgi", state="running", **shape)
    life = simulator.truth.find("acme", "tgi")
    assert life is not None
    return simulator, clock, life


def _minute_of(simulator: Simulator, clock: HandClock, requests: int) -> None:
    for _ in range(requests):
        simulator.act("acme", "tgi", "request")
        clock.forward(60 / requests)


@pytest.mark.parametrize(
    ("measure", "replicas"),
    [
        ({"pendingRequests": 1}, 4),  # 120 a minute, two seconds each, are four under way
        ({"pendingRequests": 2}, 2),
        ({"pendingRequests": None}, 3),
        ({"hardwareUsage": 50}, 2),
        ({"hardwareUsage": 25}, 4),
        ({}, 2),
        (None, 2),
    ],
)
def test_requests_bring_replicas_by_the_measure(measure: dict[str, float] | None, replicas: int) -> None:
    simulator, clock, life = _running(max_replica=8, measure=measure)

    for _ in range(3):
        _minute_of(simulator, clock, 120)

    assert life.target_replicas == replicas


def test_a_further_replica_is_ready_a_while_after_it_is_wanted() -> None:
    simulator, clock, life = _running(max_replica=2, measure={"pendingRequests": 1})
    _minute_of(simulator, clock, 120)
    wanted_at = simulator.replica_history[-1].at

    ready = [life.ready_replicas(wanted_at), life.target_replicas]

    assert ready == [1, 2]
    assert life.ready_replicas(simulator.now()) == 2
    assert (life.ready_at[-1] - wanted_at).total_seconds() == 20


def test_replicas_that_are_no_longer_wanted_go_down_to_the_least_within_six_minutes() -> None:
    simulator, clock, life = _running(min_replica=2, max_replica=8, measure={"pendingRequests": 1})
    for _ in range(2):
        _minute_of(simulator, clock, 240)
    most = life.target_replicas

    clock.forward(30)
    simulator.now()
    meanwhile = life.target_replicas
    clock.forward(330)
    simulator.now()

    assert (most, meanwhile, life.target_replicas, life.ready_replicas(simulator.now())) == (8, 8, 2, 2)


def test_never_more_than_the_most() -> None:
    simulator, clock, life = _running(max_replica=3, measure={"pendingRequests": 1})

    _minute_of(simulator, clock, 600)

    assert life.target_replicas == 3


def test_an_update_of_the_scaling_holds_at_once() -> None:
    simulator, clock, life = _running()

    simulator.act("acme", "tgi", "update", document={"compute": {"scaling": {"minReplica": 3, "maxReplica": 3}}})
    at_once = (life.state.value, life.target_replicas, life.ready_replicas(simulator.now()))
    clock.forward(60)
    later = life.ready_replicas(simulator.now())
    simulator.act("acme", "tgi", "update", document={"compute": {"scaling": {"minReplica": 1, "maxReplica": 1}}})

    assert at_once == ("updating", 3, 1)
    assert later == 3
    assert (life.target_replicas, life.ready_replicas(simulator.now())) == (1, 1)


def test_scaled_replicas_go_down_also_after_an_update() -> None:
    simulator, clock, life = _running(max_replica=8, measure={"pendingRequests": 1})
    _minute_of(simulator, clock, 240)
    simulator.act("acme", "tgi", "update", document={"model": {"revision": "v2"}}, fate="ok")

    clock.forward(3600)
    simulator.now()

    assert (life.state.value, life.target_replicas) == ("running", 1)

"""A fleet of fifty lives for weeks, without HTTP: the bill adds up, every arrow occurs, and one seed is one story."""

from datetime import datetime
from fractions import Fraction
from functools import cache

import pytest

from service.simulator import Simulator, State
from service.simulator.bill import UNITS_PER_USD, Bill, billed_replicas
from service.simulator.life import Life
from tests.unit.simulator.fleet import USD_PER_QUARTER_DAY, is_continuous, lived, owed

SEED = 1
STOPPED = ("pending", "initializing", "running", "updating", "updateFailed", "scaledToZero", "failed")
# Every transition that there is evidence for, with what causes it.
ARROWS = {
    ("absent", "pending", "create"),
    ("pending", "initializing", "schedule"),
    ("initializing", "running", "become_ready"),
    ("pending", "failed", "fail"),
    ("initializing", "failed", "fail"),
    ("running", "failed", "fail"),
    ("running", "updating", "update"),
    ("updating", "running", "become_ready"),
    ("running", "pending", "update"),
    ("updating", "updateFailed", "update_fail"),
    ("updateFailed", "updating", "update"),
    ("running", "scaledToZero", "idle"),
    ("running", "scaledToZero", "scale_to_zero"),
    ("scaledToZero", "pending", "wake"),
    ("scaledToZero", "initializing", "wake"),
    ("scaledToZero", "pending", "resume"),
    ("scaledToZero", "initializing", "resume"),
    *((state, "paused", "pause") for state in STOPPED),
    ("paused", "pending", "resume"),
    ("paused", "initializing", "resume"),
    ("failed", "updating", "update"),
    ("failed", "pending", "resume"),
    *((state, "absent", "delete") for state in (*STOPPED, "paused")),
    *((state, "paused", "suspend") for state in ("initializing", "running", "updating", "updateFailed")),
}


@cache
def month() -> Simulator:
    return lived(SEED, 30)


def _billed(simulator: Simulator) -> dict[tuple[str, str, object], Fraction]:
    return {(one.namespace, one.name, one.created_at): Fraction(one.units, UNITS_PER_USD) for one in simulator.bill()}


def test_the_bill_is_what_the_histories_add_up_to() -> None:
    simulator = month()

    assert _billed(simulator) == owed(simulator)
    assert len(_billed(simulator)) > 50
    assert sum(charge.units for charge in simulator.bill()) > 1000 * UNITS_PER_USD
    assert is_continuous(simulator.history)


def test_every_arrow_occurs() -> None:
    seen = {(one.old.value, one.new.value, one.cause) for one in month().history}

    assert sorted(ARROWS - seen) == []
    assert sorted(seen - ARROWS) == []


def test_names_are_used_again_with_another_created_at() -> None:
    born = [one for one in month().history if one.old is State.ABSENT]

    assert len({(one.namespace, one.name) for one in born}) == 50
    assert len({(one.namespace, one.name, one.created_at) for one in born}) == len(born) > 50


def test_replicas_come_and_go_with_the_requests() -> None:
    sizes = {sized.replicas for sized in month().replica_history}

    assert {0, 1, 2, 3} <= sizes <= {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("days", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_one_seed_is_one_story_and_another_is_another(days: int) -> None:
    first, again, other = lived(SEED, days), lived(SEED, days), lived(SEED + 1, days)

    assert first.history == again.history
    assert first.replica_history == again.replica_history
    assert first.stretches() == again.stretches()
    assert [one.reason for one in first.refused] == [one.reason for one in again.refused]
    assert first.history != other.history
    assert first.stretches() != other.stretches()


def test_credits_never_let_a_namespace_owe_more_than_it_paid() -> None:
    simulator = month()

    owes = sum(charge.units for charge in simulator.bill("acme-credit"))

    # It is asked once a microsecond, in which all that runs owes a little.
    assert owes <= USD_PER_QUARTER_DAY * 4 * 30 * UNITS_PER_USD + 10**9
    assert any(one.cause == "suspend" for one in simulator.history)


MUTANTS = {
    "pending is paid": ("service.simulator.bill.billed_replicas", lambda life: life.target_replicas),
    "a replica more is free": ("service.simulator.bill.billed_replicas", lambda life: min(life.target_replicas, 1)),
    "all hardware costs the same": ("service.simulator.bill.micro_usd_per_hour", lambda document: 800_000),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_judge_finds_a_bill_that_is_wrong(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*MUTANTS[mutant])

    simulator = lived(SEED, 1)

    assert _billed(simulator) != owed(simulator)


def test_the_judge_finds_a_bill_that_does_not_notice_further_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Bill.read

    def read(bill: Bill, life: Life, now: datetime) -> bool:
        running = bill._open.get(life.order)
        more = running is not None and billed_replicas(life) > running.replicas
        return False if more else reads(bill, life, now)

    monkeypatch.setattr(Bill, "read", read)

    simulator = lived(SEED, 2)

    assert _billed(simulator) != owed(simulator)

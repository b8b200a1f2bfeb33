"""The bill: exact, as the truth moves, and nothing for what was before."""

from datetime import timedelta
from decimal import Decimal
from math import inf, nan

import pytest

from service.simulator import Simulator, State
from service.simulator.bill import BILLED, Billed
from service.simulator.errors import Invalid
from tests.unit.simulator.hands import START, HandClock, Served, on_hand, statuses

HOUR = 3600.0
L4 = Decimal("0.8")
ALL = [state for state in State if state is not State.ABSENT]


def _usd(simulator: Simulator, name: str | None = None) -> Decimal:
    return sum((charge.usd for charge in simulator.bill(name=name)), Decimal())


def test_every_status_has_a_rule() -> None:
    assert set(BILLED) == set(State)


@pytest.mark.parametrize("state", ALL)
def test_an_hour_in_each_status_costs_what_the_rule_says(state: State) -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state=state, min_replica=2, max_replica=2)
    simulator.act("acme", "tgi", "stick")

    clock.forward(HOUR)

    assert simulator.status("acme", "tgi") is state
    assert _usd(simulator) == (0 if BILLED[state] is Billed.NEVER else 2 * L4)


def test_an_update_that_failed_costs_nothing_where_nothing_was_up_before() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="failed")
    simulator.act("acme", "tgi", "update", document={"model": {"revision": "v2"}}, fate="fails")
    clock.forward(HOUR)
    before = _usd(simulator)

    clock.forward(HOUR)

    assert statuses(simulator, "tgi")[-1] == "updateFailed"
    assert before > 0
    assert _usd(simulator) == before


def test_a_start_is_paid_from_initializing_to_the_pause_to_the_microsecond() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", start_seconds=100, instance_type="nvidia-a100")
    clock.forward(1000.000_001)

    simulator.act("acme", "tgi", "pause")
    clock.forward(HOUR)

    (charge,) = simulator.bill()
    assert charge.billed == timedelta(seconds=1000 - 20, microseconds=1)
    assert charge.units == 2_500_000 * 980_000_001


def test_other_hardware_is_paid_from_the_update_on() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="running")
    clock.forward(HOUR)
    simulator.act("acme", "tgi", "update", document={"compute": {"instanceType": "nvidia-a100"}}, fate="ok")

    clock.forward(HOUR)

    assert _usd(simulator) == L4 + Decimal("2.5")
    assert [sized.hardware[2] for sized in simulator.replica_history] == ["nvidia-l4", "nvidia-a100"]


def test_two_lives_of_one_name_are_two_charges() -> None:
    simulator, clock = on_hand()
    simulator.faults.delete_linger_seconds = 0
    for _ in range(2):
        simulator.create("acme", "tgi", state="running")
        clock.forward(HOUR)
        simulator.act("acme", "tgi", "delete")
        clock.forward(HOUR)

    assert [charge.usd for charge in simulator.bill()] == [L4, L4]
    assert len({charge.created_at for charge in simulator.bill()}) == 2


def test_what_was_before_the_sowing_costs_nothing() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="running", created_days_ago=100)

    clock.forward(HOUR)

    assert _usd(simulator) == L4


def test_what_the_api_does_not_tell_is_paid_all_the_same() -> None:
    simulator, clock = on_hand()
    simulator.create("acme", "tgi", state="running")
    simulator.act("acme", "tgi", "vanish")

    clock.forward(HOUR)

    assert _usd(simulator) == L4


def test_the_bill_does_not_depend_on_who_looks() -> None:
    def owed(look_seconds: float) -> int:
        simulator, clock = on_hand()
        simulator.faults.p_crash = 0.5
        for number in range(5):
            simulator.create("acme", f"e-{number}")
            simulator.at(START + timedelta(hours=2, seconds=number), "acme", f"e-{number}", "pause")
        for _ in range(round(4 * HOUR / look_seconds)):
            clock.forward(look_seconds)
            simulator.bill()
        return sum(charge.units for charge in simulator.bill())

    assert owed(4 * HOUR) == owed(60) > 0


async def test_the_bill_is_told_by_endpoint_and_by_minute(served: Served) -> None:
    served.simulator.create("acme", "a", state="running")
    served.simulator.create("acme", "b", state="running", min_replica=3, max_replica=3)
    served.simulator.create("lab", "c", state="running")
    served.clock.forward(HOUR)

    everything = await served.json("GET", "/_simulator/bill")
    acme = await served.json("GET", "/_simulator/bill?namespace=acme")
    since = (START + timedelta(minutes=10)).isoformat()
    until = (START + timedelta(minutes=20)).isoformat()
    minutes = await served.json("GET", f"/_simulator/bill?namespace=acme&name=b&from={since}&to={until}&minutes=1")

    assert everything["usd"] == "4"
    assert [(one["name"], one["usd"], one["replica_seconds"]) for one in acme["charges"]] == [
        ("a", "0.8", 3600),
        ("b", "2.4", 10_800),
    ]
    # START is not on the minute: ten whole minutes are nine and the two ends.
    assert [one["replicas"] for one in minutes["charges"]] == [3] * 11
    assert sum(one["units"] for one in minutes["charges"]) == 3 * 800_000 * 600_000_000
    assert minutes["usd"] == "0.4"
    assert "no instant" in (await served.json("GET", "/_simulator/bill?from=monday", status=400))["error"]


def _credited(usd: float) -> tuple[Simulator, HandClock]:
    simulator, clock = on_hand()
    simulator.credits.pay("acme", usd)
    simulator.create("acme", "tgi", state="running")
    simulator.create("acme", "asleep", state="scaledToZero")
    simulator.create("lab", "other", state="running")
    return simulator, clock


def test_credits_that_run_out_pause_all_that_costs_money_at_that_instant() -> None:
    simulator, clock = _credited(2.0)

    clock.forward(24 * HOUR)

    (end,) = [one for one in simulator.history if one.cause == "suspend"]
    assert (end.at - START, end.name, end.actor) == (timedelta(hours=2.5), "tgi", None)
    assert simulator.status("acme", "asleep") is State.SCALED_TO_ZERO
    assert simulator.status("lab", "other") is State.RUNNING
    assert _usd(simulator, "tgi") == 2
    life = simulator.truth.find("acme", "tgi")
    assert life is not None
    assert "credits" in life.error


def test_without_credits_what_is_started_is_paused_again_at_once_until_more_is_paid() -> None:
    simulator, clock = _credited(2.0)
    clock.forward(24 * HOUR)

    simulator.act("acme", "tgi", "resume")
    clock.forward(HOUR)
    again = simulator.status("acme", "tgi")
    simulator.credits.pay("acme", 200.0)
    simulator.act("acme", "tgi", "resume")
    clock.forward(HOUR)

    assert again is State.PAUSED
    assert simulator.status("acme", "tgi") is State.RUNNING


def test_more_replicas_use_credits_up_sooner_and_a_pause_saves_them() -> None:
    simulator, clock = _credited(2.0)
    clock.forward(HOUR)
    simulator.act("acme", "tgi", "pause")
    clock.forward(24 * HOUR)
    simulator.act("acme", "tgi", "update", document={"compute": {"scaling": {"minReplica": 2, "maxReplica": 2}}})
    simulator.act("acme", "tgi", "resume", fate="ok")

    clock.forward(24 * HOUR)

    # 1.20 is left, at 1.60 an hour.
    initializing, end = (
        next(one for one in reversed(simulator.history) if one.new == new) for new in ("initializing", "paused")
    )
    assert end.at - initializing.at == timedelta(minutes=45)
    assert _usd(simulator, "tgi") == 2


@pytest.mark.parametrize("usd", [-1, inf, nan])
def test_credits_are_an_amount_that_can_be_spent(usd: float) -> None:
    simulator, _ = on_hand()

    with pytest.raises(Invalid, match="is no amount"):
        simulator.credits.pay("acme", usd)


async def test_credits_and_replicas_have_doors_of_their_own(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running", min_replica=2, max_replica=2)
    await served.json("POST", "/_simulator/credits", json={"namespace": "acme", "credits_usd": 0.8})
    served.clock.forward(HOUR)

    sizes = await served.json("GET", "/_simulator/replicas")
    refused = await served.json("POST", "/_simulator/credits", json={"namespace": "acme"}, status=422)

    assert [one["replicas"] for one in sizes] == [2, 0]
    assert (sizes[1]["at"], sizes[0]["hardware"][2]) == ((START + timedelta(minutes=30)).isoformat(), "nvidia-l4")
    assert "credits_usd" in refused["error"]

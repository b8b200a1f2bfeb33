"""The bundled scenario `acme`, counted by the simulator's truth: others build on each of these figures."""

from collections import Counter
from datetime import timedelta
from functools import cache

import pytest

from service.simulator import Simulator
from service.simulator.hardware import CATALOGUE
from service.simulator.life import Life
from service.simulator.scenario import Scenario, load, stage
from tests.unit.simulator.hands import HandClock, Served, on_hand

FOUR = ("acme-prod", "acme-staging", "acme-research", "acme-labs")
FORGOTTEN = {
    "acme-research/llama-70b-eval": ("running", "nvidia-h200", 1, 0, 41, "ml-evals"),
    "acme-labs/whisper-tmp": ("running", "nvidia-l40s", 2, 0, 23, "audio-bot"),
    "acme-staging/sdxl-fair": ("running", "nvidia-a100", 1, 3, 30, "ml-evals"),
    "acme-labs/embed-old": ("running", "nvidia-l4", 1, 0, 88, "dana"),
    "acme-research/tgi-stuck": ("initializing", "nvidia-t4", 1, 0, 6, "ml-infra"),
}
PRICES = {compute.place: compute.usd_per_hour for compute in CATALOGUE}


@cache
def acme() -> Scenario:
    return load("acme")


def staged(*, after_hours: float = 0) -> Simulator:
    simulator, clock = on_hand()
    stage(acme(), simulator)
    clock.forward(after_hours * 3600)
    simulator.now()
    return simulator


def lives(simulator: Simulator, *namespaces: str) -> list[Life]:
    return [life for life in simulator.truth.everything() if life.namespace in namespaces]


def place(life: Life) -> str:
    return f"{life.namespace}/{life.name}"


def requests(simulator: Simulator, life: Life, within: timedelta) -> int:
    since = (simulator.now() - within).timestamp() / 60
    return sum(count for minute, count in life.requests.items() if minute >= since)


def usd_per_hour(life: Life) -> float:
    wanted, where = life.document["compute"], life.document["provider"]
    hardware = (where["vendor"], where["region"], wanted["instanceType"], wanted["instanceSize"])
    return life.target_replicas * PRICES[hardware] if life.state in {"running", "initializing"} else 0.0


def steady(simulator: Simulator, lives: list[Life]) -> list[Life]:
    dark = simulator.faults.no_metrics
    called = [life for life in lives if requests(simulator, life, timedelta(hours=1))]
    return [life for life in called if (life.namespace, life.name) not in dark]


# As it is served, and still so at the end of a demonstration.
when = pytest.mark.parametrize("hours", [0, 1.5])


@when
def test_sixty_endpoints_are_in_these_statuses(hours: float) -> None:
    simulator = staged(after_hours=hours)

    counted = {name: Counter(life.state.value for life in lives(simulator, name)) for name in (*FOUR, "acme-demo")}

    assert counted["acme-prod"] == {"running": 13, "initializing": 1}
    rest = counted["acme-staging"] + counted["acme-research"] + counted["acme-labs"]
    assert rest == {"running": 22, "initializing": 1, "scaledToZero": 8, "paused": 7, "failed": 3}
    assert counted["acme-demo"] == {"running": 3, "paused": 1, "scaledToZero": 1}
    assert simulator.refused == []


@when
def test_they_burn_what_they_burn(hours: float) -> None:
    simulator = staged(after_hours=hours)
    forgotten = [life for life in lives(simulator, *FOUR) if place(life) in FORGOTTEN]

    assert sum(map(usd_per_hour, lives(simulator, *FOUR))) == pytest.approx(61.30)
    assert sum(map(usd_per_hour, lives(simulator, "acme-prod"))) == pytest.approx(25.40)
    assert sum(map(usd_per_hour, forgotten)) == pytest.approx(12.40)


@when
def test_five_are_forgotten(hours: float) -> None:
    simulator = staged(after_hours=hours)

    found = {
        place(life): (
            life.state.value,
            life.document["compute"]["instanceType"],
            life.target_replicas,
            requests(simulator, life, timedelta(days=14)),
            (simulator.now() - life.updated_at).days,
            life.updated_by,
        )
        for life in lives(simulator, *FOUR)
        if place(life) in FORGOTTEN
    }

    assert found == FORGOTTEN


@when
def test_all_others_that_run_are_called_or_tell_nothing(hours: float) -> None:
    simulator = staged(after_hours=hours)
    rest = [life for life in lives(simulator, *FOUR[1:]) if life.state == "running" and place(life) not in FORGOTTEN]
    production = [life for life in lives(simulator, "acme-prod") if life.state == "running"]
    dark = {f"{namespace}/{name}" for namespace, name in simulator.faults.no_metrics}

    assert len(steady(simulator, production)) == 13
    assert len(steady(simulator, rest)) == 14
    assert len(dark & {place(life) for life in rest}) == 4
    assert len(steady(simulator, lives(simulator, "acme-demo"))) == 3
    assert {life.updated_by for life in lives(simulator, "acme-prod")} == {"terraform-ci"}
    assert simulator.status("acme-prod", "chat") == "running"


def test_the_oldest_edit_of_a_failed_one_is_19_days_ago_and_the_last_request_at_the_fair_9() -> None:
    simulator = staged()
    failed = [life for life in lives(simulator, *FOUR) if life.state == "failed"]
    fair = simulator.truth.find("acme-staging", "sdxl-fair")

    assert max(simulator.now() - life.updated_at for life in failed).days == 19
    assert fair is not None
    assert (simulator.now().timestamp() / 60 - max(fair.requests)) / 1440 == pytest.approx(9, abs=0.01)


async def test_the_tokens_see_what_they_shall(served: Served) -> None:
    stage(acme(), served.simulator)
    platform, demo = ({"Authorization": f"Bearer hf_{name}"} for name in ("platform", "demo"))

    organisations = (await served.json("GET", "/api/whoami-v2", headers=platform))["orgs"]
    refused = await served.json("GET", "/v2/endpoint/acme-demo", headers=platform, status=401)
    page = await served.json("GET", "/v2/endpoint/acme-prod?limit=100", headers=platform)
    seen = await served.json("GET", "/v2/endpoint/acme-demo", headers=demo)

    assert [one["name"] for one in organisations] == sorted((*FOUR, "acme-demo"))
    assert "error" in refused
    assert (len(page["items"]), len(seen["items"])) == (14, 5)


def test_dana_left() -> None:
    people = staged().people

    everyone = {name for organisation in FOUR for name in people.members(organisation)}

    assert {"ml-evals", "audio-bot", "ml-infra", "terraform-ci", "platform"} <= everyone
    assert "dana" not in everyone


def test_it_holds_on_any_day() -> None:
    for days in (0, 200, 700):
        clock = HandClock()
        clock.forward(days * 86_400)
        simulator = Simulator(clock=clock)

        stage(acme(), simulator)

        assert len(lives(simulator, *FOUR)) == 55

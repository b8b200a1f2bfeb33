"""What the daemon says that endpoints cost, beside the simulator, in virtual time."""

import re
from typing import Any

import aiohttp
import pytest

from service.app import World, daemon
from service.huggingface import HuggingFace, Tokens
from service.masking import Masker
from service.parts import Parts
from service.prices import AGAIN_SECONDS, BELIEVED_SECONDS, LOOK_SECONDS
from service.simulator.orders import Order
from service.survey import Source, gather, reckon
from tests.integration.world import Scene, seldom

pytestmark = pytest.mark.looptime

NO_PRICES = Order(kind="5xx", path="/v2/provider/acme", count=10_000)
TWO = 'mode = "observe"\n[namespaces]\nacme = {}\nbeta = {}\n'


def stock(stage: Scene) -> None:
    stage.sim.create("acme", "chat", state="running", type="public", min_replica=2, max_replica=2)
    stage.sim.create("acme", "rest", state="paused", type="public")
    stage.sim.create("beta", "web", state="running", type="public", instance_type="nvidia-a100")


async def told(parts: Parts, path: str = "/api/status") -> Any:
    async with aiohttp.ClientSession(f"http://{parts.listen}") as http, http.get(path) as answer:
        return await (answer.json() if answer.content_type == "application/json" else answer.text())


def asked(stage: Scene) -> list[str]:
    return [one.path for one in stage.sim.requests if one.path.startswith("/v2/provider/")]


async def surveyed(stage: Scene) -> float | None:
    """Return what `lamplighter survey` says of the same endpoints at the same moment."""
    url = stage.sim.base_url
    tokens = Tokens(default=lambda: "hf_robot")
    async with HuggingFace(tokens=tokens, clock=stage.clock, masker=Masker(), api_url=url, hub_url=url) as hub:
        survey = await gather([Source(hub=hub)], now=stage.clock.now(), namespaces=["acme", "beta"])
    return reckon(survey, idle=survey.at - survey.since).usd_per_hour


async def test_the_daemon_and_a_survey_say_the_same(stage: Scene) -> None:
    stock(stage)
    async with stage.daemon(TWO) as parts:
        await stage.clock.sleep(30)
        status, figures = await told(parts), await told(parts, "/metrics")
        chat, rest = [await told(parts, f"/api/endpoints/acme/{name}") for name in ("chat", "rest")]
        by_survey = await surveyed(stage)

    burning = {one["namespace"]: (one["usd_per_hour"], one["unpriced"]) for one in status["namespaces"]}
    assert (status["usd_per_hour"], status["unpriced"]) == (pytest.approx(by_survey), 0)
    assert burning == {"acme": (1.6, 0), "beta": (pytest.approx(status["usd_per_hour"] - 1.6), 0)}
    assert (chat["usd_per_hour"], rest["usd_per_hour"]) == (1.6, 0.0)
    assert 'lamplighter_usd_per_hour{namespace="acme"} 1.6\n' in figures
    assert 'lamplighter_unpriced_endpoints{namespace="acme"} 0.0\n' in figures


async def test_of_a_namespace_that_cannot_be_read_the_cost_is_told_with_its_age_and_one_never_seen_is_named(
    stage: Scene,
) -> None:
    stock(stage)
    stage.sim.refuse("hf_robot", "beta", 403)
    async with stage.daemon(seldom(TWO)) as parts:
        await stage.clock.sleep(30)
        before = await told(parts)
        stage.sim.refuse("hf_robot", "acme", 403)
        await stage.clock.sleep(7200)
        after, figures = await told(parts), await told(parts, "/metrics")

    assert (before["usd_per_hour"], before["unseen"]) == (1.6, ["beta"])
    assert before["usd_seconds_old"] < 60
    assert (after["usd_per_hour"], after["unseen"]) == (1.6, ["beta"])
    assert 7100 < after["usd_seconds_old"] < 7300
    ages = dict(re.findall(r'lamplighter_usd_per_hour_age_seconds{namespace="(.*)"} (.*)', figures))
    assert 7100 < float(ages["acme"]) < 7300
    assert ages["beta"] == "+Inf"


async def test_prices_are_looked_at_seldom(stage: Scene) -> None:
    stock(stage)
    async with stage.daemon(seldom(TWO)):
        await stage.clock.sleep(2 * LOOK_SECONDS + 60)

    assert sorted(asked(stage)) == ["/v2/provider/acme"] * 3 + ["/v2/provider/beta"] * 3


async def test_without_prices_the_cost_is_unknown_and_nothing_else_is_amiss(stage: Scene) -> None:
    stock(stage)
    stage.sim.faults.orders.append(NO_PRICES)
    async with stage.daemon(seldom(TWO)) as parts:
        await stage.clock.sleep(30)
        before, figures = await told(parts), await told(parts, "/metrics")
        stage.sim.faults.orders.clear()
        await stage.clock.sleep(AGAIN_SECONDS + 120)
        after = await told(parts)

    acme = {one["namespace"]: one for one in before["namespaces"]}["acme"]
    assert (acme["usd_per_hour"], acme["unpriced"], acme["reachable"]) == (None, 1, True)
    assert (before["ready"], before["unpriced"], before["open_incidents"]) == (True, 1, [])
    assert before["usd_per_hour"] == pytest.approx(after["usd_per_hour"] - 1.6)
    assert after["unpriced"] == 0
    assert 'lamplighter_usd_per_hour{namespace="acme"}' not in figures
    assert 'lamplighter_unpriced_endpoints{namespace="acme"} 1.0\n' in figures


async def test_a_price_that_nobody_confirmed_for_a_day_is_not_known_any_more(stage: Scene) -> None:
    stock(stage)
    async with stage.daemon(seldom(TWO)) as parts:
        await stage.clock.sleep(30)
        stage.sim.faults.orders.append(NO_PRICES)
        await stage.clock.sleep(BELIEVED_SECONDS - 120)
        still = await told(parts, "/api/endpoints/acme/chat")
        await stage.clock.sleep(120)
        old = await told(parts, "/api/endpoints/acme/chat")

    assert (still["usd_per_hour"], old["usd_per_hour"]) == (1.6, None)


async def test_a_new_configuration_goes_on_with_the_prices_that_are_known(stage: Scene) -> None:
    stock(stage)
    world = World(clock=stage.clock, log=stage.log, reload=lambda: stage.configuration(seldom(TWO)))
    async with daemon(stage.configuration(TWO), world) as parts:
        await stage.clock.sleep(30)
        before = await told(parts)
        stage.sim.faults.orders.append(NO_PRICES)
        world.reloading.set()
        await stage.clock.sleep(30)
        after = await told(parts)

    assert len(asked(stage)) > 2
    assert before["usd_per_hour"] == after["usd_per_hour"] is not None


async def test_the_cost_of_a_status_that_nobody_knows_is_not_known(stage: Scene) -> None:
    stock(stage)
    async with stage.daemon(TWO) as parts:
        await stage.clock.sleep(30)
        stage.sim.faults.unknown_status["acme", "chat"] = "hibernating"
        await stage.clock.sleep(60)
        status = await told(parts)

    assert status["unpriced"] == 1
    assert {one["namespace"]: one["usd_per_hour"] for one in status["namespaces"]}["acme"] is None

"""Faults on demand: exactly the one that is asked for, at the request that it is meant for, and no other."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from service.simulator.errors import Invalid
from tests.unit.simulator.hands import START, Served

LIST, PAUSE = "/v2/endpoint/acme", "/v2/endpoint/acme/tgi/pause"


async def _order(served: Served, **order: Any) -> None:
    await served.json("POST", "/_simulator/faults", json={"orders": [order]})


async def _codes(served: Served, *requests: tuple[str, str]) -> list[int]:
    codes = []
    for method, path in requests:
        async with served.http.request(method, path) as response:
            codes.append(response.status)
    return codes


async def test_an_order_is_carried_out_as_often_as_it_says_and_then_gone(served: Served) -> None:
    await _order(served, kind="429", count=2)

    codes = await _codes(served, *[("GET", LIST)] * 4)

    assert codes == [429, 429, 200, 200]
    assert served.simulator.faults.told()["orders"] == []


async def test_an_order_is_meant_for_a_method_and_a_path(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running")
    await _order(served, kind="5xx", code=502, method="POST", path="*/pause", done=True)

    codes = await _codes(served, ("GET", LIST), ("GET", PAUSE.removesuffix("/pause")), ("POST", PAUSE), ("POST", PAUSE))

    assert codes == [200, 200, 502, 200]
    assert [one.actor for one in served.simulator.history if one.new == "paused"] == ["alice"]


@pytest.mark.parametrize("done", [True, False])
async def test_an_order_says_whether_the_write_was_done(served: Served, done: bool) -> None:
    served.simulator.create("acme", "tgi", state="running")
    await _order(served, kind="reset", done=done)

    with pytest.raises(aiohttp.ClientConnectionError):
        await _codes(served, ("POST", PAUSE))

    assert served.simulator.status("acme", "tgi") == ("paused" if done else "running")


@pytest.mark.parametrize(
    ("order", "header"),
    [
        ({}, None),
        ({"hint": "Retry-After"}, ("Retry-After", "20")),
        ({"hint": "Retry-After", "retry_after_seconds": 3}, ("Retry-After", "3")),
        ({"hint": "RateLimit"}, ("RateLimit", '"api";r=0;t=20')),
    ],
)
async def test_a_429_is_ordered_with_the_hint_or_without(
    served: Served, order: dict[str, Any], header: tuple[str, str] | None
) -> None:
    await _order(served, kind="429", **order)

    async with served.http.get(LIST) as response:
        hints = [(name, response.headers[name]) for name in ("Retry-After", "RateLimit") if name in response.headers]

    assert response.status == 429
    assert hints == ([] if header is None else [header])


@pytest.mark.parametrize(
    ("knob", "hints"), [("none", {""}), ("Retry-After", {"Retry-After"}), ("RateLimit", {"RateLimit"})]
)
async def test_the_hint_of_every_429_can_be_chosen(served: Served, knob: str, hints: set[str]) -> None:
    served.simulator.faults.turn({"p_429": 1, "hint_429": knob})
    seen = set()

    for _ in range(12):
        async with served.http.get(LIST) as response:
            seen.add(" ".join(name for name in ("Retry-After", "RateLimit") if name in response.headers))

    assert seen == hints


async def test_a_wrong_body_is_json_and_not_what_was_asked_for(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running")
    served.simulator.faults.turn({"p_wrong_body": 1})
    bodies = set()

    for _ in range(40):
        async with served.http.get(LIST) as response:
            assert (response.status, response.content_type) == (200, "application/json")
            bodies.add(await response.read())

    assert len(bodies) >= 5
    assert not any(isinstance(told := json.loads(body), dict) and told.get("items") == [] for body in bodies)
    served.simulator.faults.turn({"p_wrong_body": 0})
    await _order(served, kind="wrong_body", body='{"mine":1}', path="*/pause")
    assert await served.json("POST", PAUSE) == {"mine": 1}
    assert served.simulator.status("acme", "tgi") == "paused"


async def test_an_order_may_be_of_latency_alone(served: Served) -> None:
    await _order(served, latency_seconds=30)
    before = served.simulator.now()

    await _codes(served, ("GET", LIST), ("GET", LIST))

    assert (served.simulator.now() - before).total_seconds() == 30


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"kind": "418"}, "418.*kinds are 429, 5xx, reset"),
        ({"kind": "429", "times": 3}, "times.*an order has kind, count, method"),
        ({"kind": "429", "count": 0}, ">= 1"),
        ({"kind": "5xx", "code": 404}, ">= 500"),
    ],
)
async def test_an_order_that_cannot_be_is_refused(served: Served, order: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        served.simulator.faults.turn({"orders": [order]})

    assert served.simulator.faults.orders == []


@pytest.mark.parametrize(("chance"), [-0.1, 1.1, "often"])
def test_a_chance_is_from_0_to_1(served: Served, chance: object) -> None:
    with pytest.raises(Invalid, match="p_429"):
        served.simulator.faults.turn({"p_429": chance})


async def test_what_is_told_of_orders_can_be_turned_again(served: Served) -> None:
    await _order(served, kind="429", count=2, path="*/pause")

    told = served.simulator.faults.told()
    served.simulator.faults.turn(json.loads(json.dumps(told)))

    assert served.simulator.faults.told() == told
    assert told["orders"][0]["path"] == "*/pause"


async def test_a_server_whose_clock_is_wrong_stamps_and_dates_so(served: Served) -> None:
    served.simulator.create("acme", "before", state="running")
    served.simulator.faults.turn({"clock_skew_seconds": 90})
    served.simulator.create("acme", "tgi", state="running")
    served.clock.forward(3600)

    async with served.http.post(PAUSE) as response:
        status, date = (await response.json())["status"], parsedate_to_datetime(response.headers["Date"])
    before = (await served.json("GET", "/v2/endpoint/acme/before"))["status"]

    ahead = START + timedelta(seconds=90)
    assert abs(datetime.fromisoformat(status["createdAt"]) - ahead) < timedelta(seconds=1)
    assert abs(datetime.fromisoformat(status["updatedAt"]) - (ahead + timedelta(hours=1))) < timedelta(seconds=1)
    assert abs(date.astimezone(UTC) - (ahead + timedelta(hours=1))) <= timedelta(seconds=1)
    assert abs(datetime.fromisoformat(before["createdAt"]) - START) < timedelta(seconds=1)
    assert served.simulator.history[-1].at == START + timedelta(hours=1)


async def test_pages_by_place_shift_when_one_goes(served: Served) -> None:
    served.simulator.faults.turn({"shifting_pages": True, "delete_linger_seconds": 0})
    for number in range(6):
        served.simulator.create("acme", f"e-{number}")

    first = await served.json("GET", f"{LIST}?limit=3")
    served.simulator.act("acme", "e-0", "delete")
    second = await served.json("GET", LIST, params={"limit": "3", "cursor": first["nextCursor"]})

    seen = {item["name"] for page in (first, second) for item in page["items"]}
    assert "e-3" not in seen

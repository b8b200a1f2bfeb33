import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from service.simulator import create_app
from tests.unit.simulator.hands import START, Served, YieldingClock

PATH = "/v2/endpoint/acme/tgi/logs"
SEARCH = "/v3/endpoint/acme/tgi/logs"


async def _text(served: Served, query: str = "", *, status: int = 200) -> list[str]:
    async with served.http.get(f"{PATH}?{query}") as response:
        assert (response.status, response.content_type) == (status, "text/plain")
        return (await response.text()).splitlines()


async def _messages(served: Served, query: str = "") -> list[str]:
    told = await served.json("GET", f"{SEARCH}?{query}")
    return [line["message"] for line in told["logs"]]


async def _life(served: Served) -> None:
    """Let an endpoint start, answer for two minutes, refuse once, and fail."""
    served.simulator.create("acme", "tgi", start_seconds=100, type="public", repository="acme/parrot")
    served.clock.forward(160)
    for _ in range(2):
        await served.json("POST", "/serve/acme/tgi", json={"inputs": "x"})
        served.clock.forward(60)
    await served.json("POST", "/serve/acme/tgi", json={"inputs": 1}, status=422)
    served.clock.forward(60)


async def test_a_log_tells_the_start_and_the_traffic_in_order(served: Served) -> None:
    await _life(served)

    lines = await _text(served)

    instants = [datetime.fromisoformat(line.split()[0]) for line in lines]
    assert instants == sorted(instants)
    assert instants[0] >= START.replace(microsecond=0)
    assert [line.split(maxsplit=2)[1] for line in lines] == ["INFO", "INFO", "INFO", "INFO", "INFO", "WARN"]
    assert "downloading acme/parrot" in lines[1]
    assert "refused 1 requests with 422" in lines[-1]


async def test_a_log_is_cut_to_its_newest_lines_and_to_a_length(served: Served) -> None:
    await _life(served)
    whole = await _text(served)

    assert await _text(served, "tail=2") == whole[-2:]
    assert await _text(served, "tail=0") == []
    assert await _text(served, "tail=5000") == whole
    assert await _text(served, "line_max_length=30") == [line[:30] for line in whole]
    assert await _text(served, f"replica={await _replica(served)}") == whole
    for query in ("tail=x", "tail=-1", "line_max_length=0"):
        await served.json("GET", f"{PATH}?{query}", status=400)
    await served.json("GET", f"{PATH}?replica=nobody", status=404)


async def _replica(served: Served) -> str:
    [replica] = (await served.json("GET", "/v2/endpoint/acme/tgi/replica"))["items"]
    assert replica["status"] == "running"
    return str(replica["id"])


async def test_a_followed_log_goes_on_until_the_endpoint_is_paused(served: Served) -> None:
    await _life(served)
    served.simulator.clock = YieldingClock(served.clock)

    async with asyncio.timeout(5), served.http.get(f"{PATH}?follow=true&tail=1") as response:
        assert b"refused" in await response.content.readline()
        await served.json("POST", "/serve/acme/tgi", json={"inputs": "x"})
        assert b"answered 1 requests" in await response.content.readline()
        served.simulator.act("acme", "tgi", "pause")
        assert b"SIGTERM" in await response.content.readline()
        assert await response.content.read() == b""

    assert await _text(served, "follow=true&tail=0") == []  # what is down has no more to say


@pytest.fixture
async def alone(served: Served) -> AsyncIterator[tuple[str, YieldingClock]]:
    """Serve as the process does: aiohttp's test server would end a handler whose caller went; there nobody does."""
    served.simulator.clock = clock = YieldingClock(served.clock)
    runner = web.AppRunner(create_app(served.simulator), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", clock
    await runner.cleanup()


async def test_following_ends_when_the_caller_goes(served: Served, alone: tuple[str, YieldingClock]) -> None:
    await _life(served)
    url, clock = alone

    async with aiohttp.ClientSession(headers={"Authorization": "Bearer hf_alice"}) as http:
        response = await http.get(f"{url}{PATH}?follow=true")
        await response.content.readline()
        assert await clock.ticks_on()
        response.close()

        async with asyncio.timeout(5):
            while await clock.ticks_on():
                pass


async def test_a_followed_log_can_be_torn_like_any_answer(served: Served) -> None:
    await _life(served)
    served.simulator.faults.p_truncated = 1

    async with asyncio.timeout(5), served.http.get(f"{PATH}?follow=true") as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_logs_are_searched_by_what_is_asked(served: Served) -> None:
    await _life(served)
    everything = await _messages(served)
    last = int(served.clock.now().timestamp())

    assert len(everything) == 6
    assert await _messages(served, "search=PARROT") == [everything[1]]
    assert await _messages(served, "level=warn") == [everything[-1]]
    assert await _messages(served, "tail=3&limit=1") == [everything[3]]
    assert await _messages(served, f"since={last - 100}") == everything[-1:]
    assert await _messages(served, f"until={START.isoformat().replace('+00:00', 'Z')}") == []
    for query in ("level=loud", "since=yesterday", "limit=0"):
        await served.json("GET", f"{SEARCH}?{query}", status=400)


async def test_where_log_search_is_off_it_says_501(served: Served) -> None:
    await _life(served)
    served.simulator.faults.log_search = False

    await served.json("GET", SEARCH, status=501)


@pytest.mark.parametrize("path", [PATH, SEARCH, "/v2/endpoint/acme/tgi/replica", "/v2/endpoint/acme/tgi/open-metrics"])
async def test_who_may_not_see_the_endpoint_sees_nothing_of_it(served: Served, path: str) -> None:
    await served.json("GET", path, status=404)
    served.simulator.create("acme", "tgi", state="running")
    served.simulator.revoke("hf_alice", "acme")

    await served.json("GET", path, status=404)
    await served.json("GET", path, headers={"Authorization": ""}, status=401)


async def test_replicas_come_up_one_by_one(served: Served) -> None:
    served.simulator.durations.replica_seconds = (30.0, 30.0)
    served.simulator.create("acme", "tgi", start_seconds=100, min_replica=3, max_replica=3)

    async def told() -> list[Any]:
        items = (await served.json("GET", "/v2/endpoint/acme/tgi/replica"))["items"]
        return [(one["status"], one["startedAt"] is not None) for one in items]

    starting = await told()
    served.clock.forward(131)
    later = await told()
    served.simulator.act("acme", "tgi", "pause")

    assert starting == [("initializing", False)] * 3
    assert later == [("running", True)] * 2 + [("initializing", False)]
    assert await told() == []

"""The whole daemon over HTTP, beside the simulator, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from events.catalogue.acts import Confirmed, Intended, Warned
from events.catalogue.keepers import HoldPlaced
from service.parts import Parts
from service.web.routes import ROUTES
from tests.integration.world import ACT, Scene

pytestmark = pytest.mark.looptime

OBSERVE = 'mode = "observe"\n[namespaces]\nacme = {}\n'
MIXED = 'mode = "act"\n[namespaces]\nacme = {}\nbeta = {}\n'
COMMANDS = ("pause", "resume", "scale-to-zero")


class Caller:
    """Asks a running daemon as its command line does."""

    def __init__(self, http: aiohttp.ClientSession, parts: Parts) -> None:
        self.http = http
        self.parts = parts

    async def __call__(self, method: str, path: str, *, code: int = 200, actor: str = "ana", **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.parts.token}", "X-Lamplighter-Actor": actor}
        headers |= arguments.pop("headers", {})
        async with self.http.request(method, path, headers=headers, **arguments) as response:
            assert response.status == code, await response.text()
            return await response.json()


@asynccontextmanager
async def called(stage: Scene, text: str = ACT) -> AsyncIterator[Caller]:
    async with stage.daemon(text) as parts, aiohttp.ClientSession(f"http://{parts.listen}") as http:
        yield Caller(http, parts)


# --- who may call ----------------------------------------------------------------------------------------------------


async def test_a_foreign_page_a_foreign_host_and_a_tokenless_write_change_nothing_at_any_address(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        host, head = ask.parts.listen, await stage.log.head()
        bad: list[tuple[int, dict[str, str]]] = [
            (421, {"Host": f"evil.example:{host.rpartition(':')[2]}"}),
            (403, {"Origin": "https://evil.example"}),
            (403, {"Origin": "null"}),
            (403, {"Sec-Fetch-Site": "cross-site"}),
            (401, {"Authorization": ""}),
            (401, {"Authorization": "Bearer ll_some-other-token"}),
            (401, {"Authorization": f"Basic {ask.parts.token}"}),
        ]
        writes = [route for route in ROUTES if route.method != "GET"]
        for route in writes:
            await stage.clock.sleep(15)  # wrong tokens that come faster are told to wait
            for code, headers in bad:
                path = route.path.format(namespace="acme", name="tgi", token="ci", lease="l-1")
                refused = await ask(route.method, path, code=code, headers=headers, json={"for": "2h"})
                assert refused["error"]

        assert len(writes) == 18
        assert await stage.log.head() == head
    assert not [request for request in stage.sim.requests if request.write]


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
async def test_in_observe_mode_no_command_is_sent_and_the_line_to_change_is_named(stage: Scene, command: str) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage, OBSERVE) as ask:
        document = await ask("POST", f"/api/endpoints/acme/tgi/{command}", code=403)

    assert document["outcome"] == "notAllowed"
    assert "lamplighter.toml line 3" in document["error"]
    assert not [request for request in stage.sim.requests if request.write]
    assert not await stage.events(Intended)


async def test_a_command_is_done_and_whoever_reads_next_sees_it(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        done = await ask("POST", "/api/endpoints/acme/tgi/pause", json={"reason": "the demo  is over"})
        shown = await ask("GET", "/api/endpoints/acme/tgi")
        again = await ask("POST", "/api/endpoints/acme/tgi/pause")

    assert done["outcome"] == "done"
    assert done["status"] == shown["status"] == "paused"
    assert [(act["intent"], act["actor"], act["outcome"]) for act in shown["acts"]] == [
        (done["intent"], "person:ana", "confirmed")
    ]
    assert again == {"outcome": "nothingToDo", "status": "paused"}
    (intended,) = await stage.events(Intended)
    assert isinstance(intended, Intended)
    assert intended.reason == "the demo is over"
    assert len(await stage.events(Confirmed)) == 1


async def test_a_command_for_what_is_not_there_says_so(stage: Scene) -> None:
    async with called(stage) as ask:
        gone = await ask("POST", "/api/endpoints/acme/nobody/pause", code=404)
        elsewhere = await ask("POST", "/api/endpoints/elsewhere/tgi/pause", code=403)

    assert gone["outcome"] == "cannotApply"
    assert "elsewhere" in elsewhere["error"]


async def test_an_endpoint_that_cannot_be_looked_at_is_not_written_to(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        stage.sim.faults.bad_tokens.add("hf_robot")
        document = await ask("POST", "/api/endpoints/acme/tgi/pause", code=409)

    assert document["outcome"] == "cannotApply"
    assert not [request for request in stage.sim.requests if request.write]


async def test_the_actor_is_sanitised_and_is_token_when_nobody_says(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage, OBSERVE) as ask:
        for actor in ("ana@build-7", "evil: watcher/<b>", ""):
            await ask("POST", "/api/endpoints/acme/tgi/hold", code=201, actor=actor, json={"for": "1h"})

    authors = [event.author for event in await stage.events(HoldPlaced) if isinstance(event, HoldPlaced)]
    assert authors == ["person:ana@build-7", "person:evilwatcherb", "person:token"]


# --- holds -----------------------------------------------------------------------------------------------------------


async def test_a_hold_is_taken_in_observe_mode_shown_at_once_and_lifted(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage, ACT.replace('"act"', '"observe"')) as ask:
        path = "/api/endpoints/acme/tgi/hold"
        placed = await ask("POST", path, code=201, json={"for": "2h", "reason": "load test"})
        shown = await ask("GET", "/api/endpoints/acme/tgi")
        plan = await ask("GET", "/api/plan")
        lifted = [await ask("DELETE", path) for _ in range(2)]

    assert placed == shown["hold"] == shown["holds"][0]
    assert (placed["author"], placed["reason"], placed["everywhere"]) == ("person:ana", "load test", False)
    assert [(item["verdict"], "load test" in item["reason"]) for item in plan["items"]] == [("protected", True)]
    assert plan["not"] == {"protected": 1, "notDue": 0, "noPolicy": 0}
    assert [answer["lifted"] for answer in lifted] == [1, 0]


async def test_a_hold_asked_twice_with_one_key_is_one_hold_with_its_first_end(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        key = {"Idempotency-Key": "once"}
        first = await ask("POST", "/api/hold", code=201, json={"for": "2h"}, headers=key)
        await stage.clock.sleep(60)
        second = await ask("POST", "/api/hold", code=201, json={"for": "2h"}, headers=key)
        status = await ask("GET", "/api/status")
        shown = await ask("GET", "/api/endpoints/acme/tgi")
        await ask("DELETE", "/api/hold")
        await ask("POST", "/api/hold", code=409, json={"for": "2h"}, headers=key)

    assert first == second == shown["hold"]
    assert status["holds"] == [first]
    assert len(await stage.events(HoldPlaced)) == 1


async def test_a_token_in_a_reason_does_not_reach_the_log(stage: Scene) -> None:
    secret = "hf_abcdefghijklmnopqrstuvwxyz123456"
    async with called(stage) as ask:
        await ask("POST", "/api/hold", code=201, json={"for": "2h", "reason": f"see {secret}"})

    assert not [event for event in await stage.recorded(HoldPlaced) if secret.encode() in event.data]


async def test_a_hold_on_an_endpoint_that_was_never_seen_is_refused(stage: Scene) -> None:
    async with called(stage) as ask:
        await ask("POST", "/api/endpoints/acme/tpyo/hold", code=404, json={"for": "2h"})


# --- reading ---------------------------------------------------------------------------------------------------------


async def test_the_status_tells_what_cannot_be_read_beside_what_can(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    stage.sim.create("beta", "one", state="paused")
    async with called(stage, MIXED) as ask:
        stage.sim.faults.down_namespaces.add("beta")
        await stage.clock.sleep(120)
        status = await ask("GET", "/api/status")

    namespaces = {one["namespace"]: one for one in status["namespaces"]}
    assert namespaces["acme"]["mode"] == "act"
    assert namespaces["acme"]["reachable"] is True
    assert namespaces["acme"]["seconds_since_seen"] < 15
    assert namespaces["beta"]["reachable"] is False
    assert namespaces["beta"]["seconds_since_seen"] > 60
    assert namespaces["beta"]["unreachable"]["error"] == "server_error"
    assert status["endpoints"] == {"paused": 1, "running": 1}
    assert status["ready"] is True
    assert status["mode"] == "act"


async def test_an_endpoint_is_shown_with_its_masked_document_and_its_age(stage: Scene) -> None:
    stage.sim.create(
        "acme", "tgi", state="running", type="public", document={"model": {"env": {"KEY": "sesame-sesame"}}}
    )
    async with called(stage) as ask:
        await stage.clock.sleep(100)
        shown = await ask("GET", "/api/endpoints/acme/tgi")
        explained = await ask("GET", "/api/endpoints/acme/tgi/explain")

    assert shown["document"]["name"] == "tgi"
    assert "sesame" not in str(shown)
    assert shown["seconds_since_seen"] < 15
    assert shown["groups"] == ["experiments"]
    assert shown["plan"][0]["policy"] == "old"
    assert explained["sentences"][0].startswith("running, 1 of 1 replicas, seen ")
    assert explained["endpoint"]["status"] == "running"
    assert [event["type"] for event in explained["events"]] == ["endpoint.discovered"]


async def test_an_endpoint_that_is_gone_is_listed_only_on_demand_and_still_explained(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        stage.sim.act("acme", "tgi", "delete")
        await stage.clock.sleep(60)
        present = await ask("GET", "/api/endpoints")
        everything = await ask("GET", "/api/endpoints?gone=true")
        explained = await ask("GET", "/api/endpoints/acme/tgi/explain")

    assert present["items"] == []
    assert [item["status"] for item in everything["items"]] == ["absent"]
    assert explained["sentences"][0].startswith("absent")


async def test_what_an_explanation_foretells_is_what_happens_and_is_told_as_the_reason_then(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        await stage.clock.sleep(100)
        await ask("POST", "/api/endpoints/acme/tgi/hold", code=201, json={"for": "1h", "reason": "a demo"})
        before = await ask("GET", "/api/endpoints/acme/tgi/explain")
        steps = [(step["kind"], datetime.fromisoformat(step["at"])) for step in before["next"] if step["at"]]
        await stage.clock.sleep((steps[-1][1] - stage.clock.now()).total_seconds() + 60)
        after = await ask("GET", "/api/endpoints/acme/tgi/explain")

    happened = [record.time for record in await stage.recorded(Warned, Intended)]
    assert [kind for kind, _ in steps] == ["holdEnds", *["warn"] * (len(steps) - 2), "act"]
    assert all(
        timedelta() <= at - told < timedelta(seconds=5) for (_, told), at in zip(steps[1:], happened, strict=True)
    )
    assert next(keeper["kind"] for keeper in before["held_by"]) == "held"
    assert {step["after"][0] for step in before["next"] if step["kind"] == "act"} == {"held"}
    why = after["why"]
    assert (why["old"], why["new"], why["who"]["by"]) == ("running", "paused", "person")
    assert (why["who"]["act"]["actor"], why["who"]["act"]["policy"]) == ("policy:old", "old")
    assert after["sentences"] == [sentence for passage in after["passages"] for sentence in passage["sentences"]]
    assert [passage["topic"] for passage in after["passages"]] == ["state", "why", "next", "held"]


# --- waiting ---------------------------------------------------------------------------------------------------------


async def test_a_wait_is_answered_when_the_endpoint_is_ready(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", type="public", start_seconds=120)
    async with called(stage) as ask:
        answer = await ask("GET", "/api/endpoints/acme/tgi/wait?timeout=300.000")

    assert (answer["end"], answer["healthy"], answer["ready_replicas"]) == ("reached", True, 1)
    assert answer["url"]


async def test_two_hundred_callers_who_wait_cost_the_api_what_one_does(stage: Scene) -> None:
    async def requests_of(callers: int, name: str) -> int:
        stage.sim.create("acme", name, type="public", start_seconds=100)
        async with called(stage, OBSERVE) as ask:
            before = len(stage.sim.requests)
            async with asyncio.TaskGroup() as tasks:
                path = f"/api/endpoints/acme/{name}/wait?timeout=300"
                waits = [tasks.create_task(ask("GET", path)) for _ in range(callers)]
        assert {wait.result()["end"] for wait in waits} == {"reached"}
        return len([request for request in stage.sim.requests[before:] if request.path.startswith("/v2/")])

    one, many = await requests_of(1, "one"), await requests_of(200, "many")

    assert many <= one + 3


async def test_a_wait_whose_time_is_over_says_so(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="paused")
    async with called(stage) as ask:
        paused = await ask("GET", "/api/endpoints/acme/tgi/wait")
        over = await ask("GET", "/api/endpoints/acme/tgi/wait?for=running&timeout=30")
        elsewhere = await ask("GET", "/api/endpoints/elsewhere/tgi/wait", code=404)

    assert paused["end"] == "paused"
    assert over["end"] in {"timedOut", "paused"}
    assert "[namespaces]" in elsewhere["error"]


# --- the end ---------------------------------------------------------------------------------------------------------


async def test_a_command_that_takes_long_does_not_hold_up_the_end_of_the_daemon_and_its_intent_stays_open(
    stage: Scene,
) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        async with stage.daemon(ACT) as parts:
            stage.sim.faults.latency_seconds = (20.0, 20.0)
            ask = Caller(http, parts)
            address = f"http://{parts.listen}/api/endpoints/acme/tgi/pause"
            asked = tasks.create_task(ask("POST", address, code=503))
            for _ in range(100):
                if await stage.events(Intended):
                    break
                await stage.clock.sleep(0.5)
            began = loop.time()

        assert loop.time() - began < 5

    assert "is taken up when it is back" in asked.result()["error"]
    assert len(await stage.events(Intended)) == 1
    assert not await stage.events(Confirmed)

"""A survey of the simulated Hugging Face, in one loop and in virtual time: right, or plainly incomplete."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from service.clock import LoopClock
from service.doctor import Check, Verdict, examine_namespace
from service.huggingface import HuggingFace, Tokens
from service.masking import Masker
from service.ports import HubError
from service.simulator import Simulator, create_app
from service.survey import Source, Survey, gather, reckon
from statemachine.model import EndpointName

pytestmark = pytest.mark.looptime

START = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


class World:
    def __init__(self, simulator: Simulator, clock: LoopClock, stack: AsyncExitStack) -> None:
        self.simulator = simulator
        self.clock = clock
        self._stack = stack

    async def client(self, token: str) -> HuggingFace:
        client = HuggingFace(
            tokens=Tokens(default=lambda: token),
            clock=self.clock,
            masker=Masker(),
            api_url=self.simulator.base_url,
            hub_url=self.simulator.base_url,
        )
        return await self._stack.enter_async_context(client)

    async def survey(self, *tokens: str, namespaces: tuple[str, ...] = ()) -> Survey:
        sources = [Source(hub=await self.client(token), token_file=Path(token)) for token in tokens]
        return await gather(sources, now=self.clock.now(), namespaces=namespaces)

    async def examine(self, namespace: str, token: str = "hf_alice") -> dict[str, Check]:
        checks = await examine_namespace(await self.client(token), namespace, self.clock.now())
        return {check.what: check for check in checks}

    def writes(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.simulator.requests if request.write]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock = LoopClock(start=START)
    simulator = Simulator(clock=clock, seed=7)
    async with TestServer(create_app(simulator)) as server, AsyncExitStack() as stack:
        simulator.base_url = str(server.make_url("")).rstrip("/")
        yield World(simulator, clock, stack)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_everything_that_the_token_sees_is_found_priced_and_counted_and_nothing_is_written(world: World) -> None:
    world.simulator.create("alice", "mine", state="paused")
    for number in range(120):  # more than one page
        world.simulator.create("acme", f"e-{number}", state="running")

    found = await world.survey("hf_alice")

    assert len(found.found) == 121
    assert not found.closed
    assert found.namespaces == {"acme": Path("hf_alice"), "alice": Path("hf_alice")}
    assert reckon(found, idle=timedelta(days=3)).usd_per_hour == pytest.approx(120 * 0.8)
    assert world.writes() == []


async def test_a_namespace_that_one_token_may_not_read_is_read_with_the_next(world: World) -> None:
    world.simulator.create("acme", "one")
    world.simulator.grant("hf_alice", "acme")
    world.simulator.revoke("hf_bob", "acme")

    found = await world.survey("hf_bob", "hf_alice", namespaces=("acme",))

    assert found.namespaces == {"acme": Path("hf_alice")}
    assert [one.name for one in found.found] == [EndpointName("acme", "one")]


async def test_an_empty_list_for_a_token_that_does_not_name_the_namespace_is_not_taken_for_an_empty_namespace(
    world: World,
) -> None:
    world.simulator.create("acme", "one")
    world.simulator.revoke("hf_bob", "acme")

    found = await world.survey("hf_bob", namespaces=("acme", "bob"))

    assert found.namespaces == {"bob": Path("hf_bob")}
    assert [(closed.namespace, closed.sign) for closed in found.closed] == [("acme", "unauthorized")]
    assert "does not name it" in found.closed[0].error


async def test_a_bad_token_is_told_and_another_one_goes_on(world: World) -> None:
    world.simulator.create("acme", "one")
    world.simulator.faults.bad_tokens = {"bob"}

    found = await world.survey("hf_bob", "hf_alice")

    assert [one.name.name for one in found.found] == ["one"]
    assert "the token in hf_bob" in found.remarks[0]


async def test_without_any_good_token_there_is_no_survey_and_it_is_said_why(world: World) -> None:
    world.simulator.faults.bad_tokens = {"bob"}

    with pytest.raises(HubError, match="401"):
        await world.survey("hf_bob")


async def test_a_namespace_that_is_down_hides_no_other(world: World) -> None:
    world.simulator.create("acme", "one")
    world.simulator.create("beta", "two")
    world.simulator.faults.down_namespaces = {"beta"}

    found = await world.survey("hf_alice")

    assert [one.name.namespace for one in found.found] == ["acme"]
    assert [(closed.namespace, closed.sign) for closed in found.closed] == [("beta", "server_error")]


@pytest.mark.parametrize("kind", ["404", "501", "empty"])
async def test_an_endpoint_without_request_data_is_unknown_and_says_why(world: World, kind: str) -> None:
    world.simulator.create("acme", "one", state="running", created_days_ago=40, edited_days_ago=40)
    world.simulator.create("acme", "two", state="running", created_days_ago=40, edited_days_ago=40)
    world.simulator.faults.turn({"no_metrics": {"acme/one": kind}})

    found = {one.name.name: one for one in (await world.survey("hf_alice")).found}
    report = reckon(await world.survey("hf_alice"), idle=timedelta(days=3))

    assert (found["one"].requests, bool(found["one"].requests_unknown)) == (None, True)
    assert found["two"].requests is not None
    assert found["two"].requests.count == 0
    assert [one.name.name for one in report.quiet] == ["two"]
    assert report.blind == 1


async def test_an_unreadable_document_is_listed_as_such(world: World) -> None:
    world.simulator.create("acme", "broken", state="running")
    world.simulator.faults.unreadable = {("acme", "broken")}

    found = await world.survey("hf_alice")

    told = [one.unreadable for one in found.found] or list(found.remarks)
    assert told
    assert all(told)


async def test_a_doctor_tells_what_works_what_is_lacking_and_what_was_not_tried(world: World) -> None:
    world.simulator.create("acme", "blind", state="running")
    world.simulator.create("acme", "open", state="running")
    world.simulator.faults.turn({"no_metrics": {"acme/blind": "404"}})

    checks = await world.examine("acme")

    assert checks["identity"].says == "the token of alice"
    assert checks["list"].says == "2 endpoints"
    assert checks["metrics"].verdict is Verdict.OK  # of the other one
    assert checks["writes"].verdict is Verdict.NOT_TRIED
    assert world.writes() == []


async def test_a_doctor_says_what_is_missing_without_request_data(world: World) -> None:
    world.simulator.create("acme", "blind", state="running")
    world.simulator.faults.turn({"no_metrics": {"acme/blind": "empty"}})

    checks = await world.examine("acme")

    assert checks["metrics"].verdict is Verdict.LACKS
    assert "everything counts as active" in checks["metrics"].do


async def test_a_doctor_of_a_token_that_may_not_read_fails_and_tries_nothing_more(world: World) -> None:
    world.simulator.create("acme", "one")
    world.simulator.faults.bad_tokens = {"bob"}

    checks = await world.examine("acme", "hf_bob")

    assert {what: check.verdict for what, check in checks.items()} == {
        "identity": Verdict.FAILS,
        "list": Verdict.FAILS,
        "writes": Verdict.NOT_TRIED,
    }
    assert checks["list"].do


@pytest.mark.parametrize("seconds", [0, 95, -3600])
async def test_our_clock_is_held_against_theirs(world: World, seconds: int) -> None:
    hub = await world.client("hf_alice")
    world.simulator.faults.turn({"clock_skew_seconds": seconds})

    ahead = await hub.clock_ahead("alice")

    assert ahead is not None
    assert abs(ahead + timedelta(seconds=seconds)) < timedelta(seconds=2)


async def test_a_token_that_is_for_one_namespace_is_tried_on_no_other(world: World) -> None:
    world.simulator.create("acme", "one")
    world.simulator.create("beta", "two")
    world.simulator.faults.bad_tokens = {"bob"}
    tokens = {"acme": "hf_alice", "beta": "hf_bob"}
    sources = [Source(hub=await world.client(token), token_file=Path(token), only=of) for of, token in tokens.items()]

    found = await gather(sources, now=world.clock.now(), namespaces=list(tokens))

    assert found.namespaces == {"acme": Path("hf_alice")}
    assert [(closed.namespace, closed.sign) for closed in found.closed] == [("beta", "401")]
    asked = [request for request in world.simulator.requests if "/endpoint/beta" in request.path]
    assert {request.user for request in asked} == {"bob"}

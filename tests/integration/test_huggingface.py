"""The client against the simulator, in one loop and in virtual time."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from aiohttp.test_utils import TestServer

from service.clock import LoopClock
from service.huggingface import ActingHuggingFace, HuggingFace, Limits, ObserveOnly, Token, Tokens
from service.masking import MARK, Masker
from service.ports import (
    AlreadyRunning,
    Hardware,
    HubError,
    Item,
    NotFound,
    Reader,
    Refused,
    Unauthorized,
    Unavailable,
    Writer,
)
from service.simulator import Simulator, create_app
from statemachine.model import EndpointName, Missing, Seen, Unreadable
from statemachine.status import Status, UnknownStatus

pytestmark = pytest.mark.looptime

Client = TypeVar("Client", bound=HuggingFace)

START = datetime(2026, 3, 2, 6, 0, 0, tzinfo=UTC)
TGI = EndpointName("acme", "tgi")


@dataclass(frozen=True)
class World:
    simulator: Simulator
    clock: LoopClock
    url: str

    def reader(self, **how: Any) -> HuggingFace:
        return HuggingFace(**self._wiring(**how))

    def writer(self, *acting: str, **how: Any) -> ActingHuggingFace:
        return ActingHuggingFace(acting=frozenset(acting), **self._wiring(**how))

    def _wiring(self, **how: Any) -> dict[str, Any]:
        return {
            "tokens": Tokens(default=lambda: "hf_alice"),
            "clock": self.clock,
            "masker": Masker(),
            "dice": random.Random(7),
            "api_url": self.url,
            "hub_url": self.url,
        } | how

    def asked(self, start: int = 0) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.simulator.requests[start:]]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock = LoopClock(start=START)
    simulator = Simulator(clock=clock, seed=7)
    async with TestServer(create_app(simulator)) as server:
        simulator.base_url = str(server.make_url("")).rstrip("/")
        yield World(simulator, clock, simulator.base_url)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@asynccontextmanager
async def closing(client: Client) -> AsyncIterator[Client]:
    """Close the client, and see that it leaves no connection behind."""
    async with client:
        yield client
        connector = client._transport.open().connector
        assert connector is not None
        assert not connector._acquired
    assert connector.closed


def seen(item: Item | Missing) -> Seen:
    assert isinstance(item, Item)
    assert isinstance(item.observation, Seen)
    return item.observation


# --- looking ---------------------------------------------------------------------------------------------------------


async def test_a_namespace_of_250_endpoints_is_seen_whole(world: World) -> None:
    for number in range(250):
        world.simulator.create("acme", f"e-{number}", state="running")

    async with closing(world.reader()) as client:
        sweep = await client.sweep("acme")

    assert {name.name for name in sweep.items} == {f"e-{number}" for number in range(250)}
    assert sweep.nameless == 0
    assert world.asked() == ["GET /v2/endpoint/acme"] * 3
    assert all(isinstance(item.observation, Seen) for item in sweep.items.values())


async def test_an_empty_namespace_is_a_sweep_of_nothing(world: World) -> None:
    async with closing(world.reader()) as client:
        assert (await client.sweep("acme")).items == {}


async def test_a_look_tells_when_it_was_asked_and_answered(world: World) -> None:
    world.simulator.create("acme", "tgi", state="running")
    world.simulator.faults.latency_seconds = (3.0, 3.0)
    await world.clock.sleep(5)

    async with closing(world.reader()) as client:
        look = seen(await client.look(TGI)).look

    assert [look.asked, look.answered] == pytest.approx([5, 8])
    assert look.asked_at - START == timedelta(seconds=look.asked)
    assert look.answered_at - START == timedelta(seconds=look.answered)


async def test_each_item_of_a_sweep_has_the_look_of_its_page(world: World) -> None:
    for number in range(150):
        world.simulator.create("acme", f"e-{number:03}", state="running")
    world.simulator.faults.latency_seconds = (2.0, 2.0)

    async with closing(world.reader()) as client:
        sweep = await client.sweep("acme")

    looks = {round(item.observation.look.asked, 3) for item in sweep.items.values()}
    assert looks == {0, 2}
    assert [sweep.look.asked, sweep.look.answered] == pytest.approx([0, 4], abs=1e-3)


async def test_the_look_of_an_answer_that_came_at_the_second_try_is_that_of_the_second(world: World) -> None:
    world.simulator.create("acme", "tgi", state="running")
    world.simulator.faults.down = True

    async with closing(world.reader()) as client, asyncio.TaskGroup() as tasks:
        look = tasks.create_task(client.look(TGI))
        await asyncio.sleep(0.1)
        world.simulator.faults.down = False
        item = await look

    assert seen(item).look.asked > 0


async def test_what_did_not_change_is_the_same_object(world: World) -> None:
    world.simulator.create("acme", "tgi", state="running")
    await world.clock.sleep(3600)

    async with closing(world.reader()) as client:
        first = (await client.sweep("acme")).items[TGI]
        second = (await client.sweep("acme")).items[TGI]
        third = await client.look(TGI)

    assert seen(first).sighting is seen(second).sighting is seen(third).sighting
    assert first.document is second.document


async def test_one_that_is_not_there_is_missing_and_a_404_of_something_else_is_not(world: World) -> None:
    async with closing(world.reader()) as client:
        missing = await client.look(TGI)
        assert isinstance(missing, Missing)
        assert missing.look.asked <= missing.look.answered

        world.simulator.revoke("hf_alice", "acme")
        assert isinstance(await client.look(TGI), Missing)


async def test_an_unreadable_document_blinds_nobody_else(world: World) -> None:
    names = [f"e-{number}" for number in range(20)]
    for name in names:
        world.simulator.create("acme", name, state="running")
        world.simulator.faults.unreadable.add(("acme", name))
    world.simulator.create("acme", "tgi", state="running")

    async with closing(world.reader()) as client:
        sweep = await client.sweep("acme")
        looks = [await client.look(EndpointName("acme", name)) for name in names]

    seen(sweep.items[TGI])
    unreadable = [item for item in sweep.items.values() if isinstance(item.observation, Unreadable)]
    assert len(unreadable) + sweep.nameless == 20
    assert len(unreadable) > 0
    assert sweep.nameless > 0
    assert all(isinstance(item, Item) and isinstance(item.observation, Unreadable) for item in looks)
    assert "yesterday" not in repr((sweep, looks))


async def test_unknown_statuses_and_fields_are_no_trouble(world: World) -> None:
    world.simulator.create("acme", "tgi", state="running")
    world.simulator.faults.unknown_status[("acme", "tgi")] = "hibernating"
    world.simulator.faults.extra_fields = {"novel": {"secret": ["plainly"]}}

    async with closing(world.reader()) as client:
        item = (await client.sweep("acme")).items[TGI]

    assert seen(item).sighting.status == UnknownStatus("hibernating")
    assert b"plainly" not in item.document


async def test_no_secret_of_a_document_gets_through(world: World) -> None:
    world.simulator.create(
        "acme",
        "tgi",
        state="running",
        env={"A": "zqplain-env"},
        secrets={"B": "zqplain-secret"},
        args=["zqplain-arg"],
        image={"custom": {"url": "zqplain-image", "credentials": {"password": "zqplain-password"}}},
        tags=["hf_abcdefghijklmnopqrstuv", "fine"],
    )

    async with closing(world.reader()) as client:
        item = (await client.sweep("acme")).items[TGI]

    assert "zqplain" not in repr(item)
    assert "abcdefghijklmnopqrstuv" not in repr(item)
    assert seen(item).sighting.configuration["tags"] == f"{MARK}, fine"


async def test_a_changed_secret_is_told_and_a_half_sweep_does_not_lose_it(world: World) -> None:
    world.simulator.create("acme", "a", state="running", secrets={"DB": "old"})
    for number in range(120):
        world.simulator.create("acme", f"e-{number}", state="running")

    async with closing(world.reader()) as client:
        await client.sweep("acme")
        world.simulator.act("acme", "a", "update", document={"model": {"secrets": {"DB": "new"}}})
        world.simulator.faults.fail_page = ("acme", 1)
        with pytest.raises(Unavailable):
            await client.sweep("acme")
        world.simulator.faults.fail_page = None
        items = (await client.sweep("acme")).items

    changed = {name.name: told for name, item in items.items() if (told := seen(item).changed_secrets)}
    assert changed == {"a": ("model.secrets.DB",)}


async def test_a_page_that_fails_half_way_gives_no_part(world: World) -> None:
    for number in range(250):
        world.simulator.create("acme", f"e-{number}", state="running")
    world.simulator.faults.fail_page = ("acme", 1)

    async with closing(world.reader()) as client:
        with pytest.raises(Unavailable, match="list the endpoints of acme: 500"):
            await client.sweep("acme")


async def test_whoami_and_prices(world: World) -> None:
    world.simulator.grant("hf_alice", "acme")

    async with closing(world.reader()) as client:
        identity = await client.whoami("acme")
        prices = await client.prices("acme")

    assert (identity.name, identity.namespaces) == ("alice", ("alice", "acme"))
    assert prices[Hardware("aws", "us-east-1", "nvidia-l4", "x1")].usd_per_hour == 0.8


async def test_health_is_what_the_health_route_answers(world: World) -> None:
    world.simulator.create("acme", "up", state="running")
    world.simulator.create("acme", "off", state="paused")
    url = f"{world.url}/serve/acme"
    await world.clock.sleep(3600)

    async with closing(world.reader()) as client:
        assert await client.healthy(f"{url}/up", "/health", "acme")
        assert await client.healthy(f"{url}/up/", "health", "acme")
        assert not await client.healthy(f"{url}/off", "/health", "acme")
        assert not await client.healthy(f"{url}/nothing", "/health", "acme")


# --- writing ---------------------------------------------------------------------------------------------------------


async def test_an_acting_client_pauses_resumes_and_scales_to_zero(world: World) -> None:
    world.simulator.create("acme", "tgi", state="running")

    async with closing(world.writer("acme")) as client:
        assert seen(await client.pause(TGI)).sighting.status is Status.PAUSED
        assert world.simulator.status("acme", "tgi") == "paused"
        assert seen(await client.resume(TGI)).sighting.status in {Status.PENDING, Status.INITIALIZING}
        await world.clock.sleep(24 * 3600)
        if seen(await client.look(TGI)).sighting.status is Status.RUNNING:
            await client.scale_to_zero(TGI)
            assert world.simulator.status("acme", "tgi") == "scaledToZero"


async def test_resuming_what_runs_is_told_apart_from_other_refusals(world: World) -> None:
    world.simulator.create("acme", "tgi", state="running")
    world.simulator.create("acme", "off", state="paused")

    async with closing(world.writer("acme")) as client:
        with pytest.raises(AlreadyRunning) as raised:
            await client.resume(TGI)
        assert raised.value.code == 400
        assert "already running" in msgspec.json.decode(raised.value.body)["error"]
        with pytest.raises(Refused) as refused:
            await client.scale_to_zero(EndpointName("acme", "off"))
        assert not isinstance(refused.value, AlreadyRunning)


async def test_writing_to_what_is_not_there_is_not_found(world: World) -> None:
    async with closing(world.writer("acme")) as client:
        with pytest.raises(NotFound):
            await client.pause(TGI)


async def test_a_namespace_that_is_only_observed_is_never_written_to(world: World) -> None:
    world.simulator.create("prod", "tgi", state="running")
    name = EndpointName("prod", "tgi")

    async with closing(world.writer("acme")) as client:
        for act in (client.pause, client.resume, client.scale_to_zero):
            with pytest.raises(ObserveOnly, match=r"nothing was sent; set mode = \"act\""):
                await act(name)

    assert world.asked() == []


async def test_an_observing_client_has_nothing_to_write_with(world: World) -> None:
    world.simulator.create("acme", "tgi", state="running")
    writes = {name for name in vars(Writer) if not name.startswith("_")}
    reads = [name for name in vars(Reader) if not name.startswith("_")]
    arguments: dict[str, tuple[Any, ...]] = {
        "look": (TGI,),
        "healthy": (f"{world.url}/serve/acme/tgi", "/health", "acme"),
    }

    async with closing(world.reader()) as client:
        assert writes == {"create", "update", "delete", "pause", "resume", "scale_to_zero"}
        assert not [name for name in writes if hasattr(client, name)]
        assert not hasattr(client._transport, "post")
        for name in reads:
            await getattr(client, name)(*arguments.get(name, ("acme",)))

    assert len(reads) == 5
    assert {request.method for request in world.simulator.requests} == {"GET"}


# --- trouble ---------------------------------------------------------------------------------------------------------


def down(simulator: Simulator) -> None:
    simulator.faults.down = True


def knob(name: str) -> Callable[[Simulator], None]:
    return lambda simulator: setattr(simulator.faults, name, 1.0)


TROUBLES = [
    pytest.param(knob("p_429"), "rate_limited", id="429"),
    pytest.param(knob("p_5xx"), "server_error", id="5xx"),
    pytest.param(knob("p_reset"), "connection", id="reset"),
    pytest.param(knob("p_truncated"), "malformed", id="truncated"),
    pytest.param(knob("p_not_json"), "malformed", id="not_json"),
    pytest.param(down, "server_error", id="down"),
]


@pytest.mark.parametrize("break_it, word", TROUBLES)
async def test_a_lasting_fault_is_a_typed_error_after_a_bounded_number_of_tries(
    world: World, break_it: Callable[[Simulator], None], word: str
) -> None:
    world.simulator.create("acme", "tgi", state="running")
    break_it(world.simulator)

    async with closing(world.reader()) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.sweep("acme"),
            lambda: client.look(TGI),
            lambda: client.whoami("acme"),
            lambda: client.prices("acme"),
        ]
        for call in calls:
            start, before = len(world.simulator.requests), world.clock.monotonic()
            with pytest.raises(Unavailable) as raised:
                await call()
            assert raised.value.word == word
            # aiohttp itself sends a GET again, once, over a fresh connection when a kept one turns out to be closed
            assert 4 <= len(world.simulator.requests) - start <= 8
            assert world.clock.monotonic() - before < 91


@pytest.mark.parametrize("chance", ["p_429", "p_5xx", "p_reset", "p_truncated", "p_not_json"])
async def test_a_passing_fault_is_not_noticed(world: World, chance: str) -> None:
    world.simulator.create("acme", "tgi", state="running")
    setattr(world.simulator.faults, chance, 0.3)

    async with closing(world.reader(limits=Limits(tries=12, call_seconds=600))) as client:
        for _ in range(20):
            assert TGI in (await client.sweep("acme")).items


@pytest.mark.parametrize(
    "fault, word, sent",
    [
        ("p_429", "rate_limited", 2),
        ("p_5xx", "server_error", 1),
        ("p_reset", "connection", 1),
        ("p_truncated", "malformed", 1),
        ("p_not_json", "malformed", 1),
        ("p_lost_answer", "connection", 1),
        ("p_late_answer", "timeout", 1),
    ],
)
async def test_a_write_that_may_have_been_done_is_sent_once(world: World, fault: str, word: str, sent: int) -> None:
    world.simulator.create("acme", "tgi", state="running")
    setattr(world.simulator.faults, fault, 1.0)

    async with closing(world.writer("acme")) as client:
        with pytest.raises(Unavailable) as raised:
            await client.pause(TGI)

    assert raised.value.word == word
    assert world.asked() == ["POST /v2/endpoint/acme/tgi/pause"] * sent


async def test_a_silent_server_ends_every_call_in_time(world: World) -> None:
    world.simulator.faults.latency_seconds = (10_000.0, 10_000.0)

    async with closing(world.writer("acme")) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.sweep("acme"),
            lambda: client.look(TGI),
            lambda: client.whoami("acme"),
            lambda: client.prices("acme"),
            lambda: client.pause(TGI),
        ]
        for call in calls:
            before = world.clock.monotonic()
            with pytest.raises(Unavailable) as raised:
                await call()
            assert raised.value.word == "timeout"
            assert world.clock.monotonic() - before <= 90.1


async def test_a_bad_token_is_unauthorized_and_not_asked_twice(world: World) -> None:
    world.simulator.faults.bad_tokens.add("hf_alice")

    async with closing(world.reader()) as client:
        with pytest.raises(Unauthorized, match="HF_TOKEN or the saved login") as raised:
            await client.sweep("acme")

    assert "hf_alice" not in str(raised.value)
    assert len(world.simulator.requests) == 1


async def test_a_token_that_was_replaced_is_read_again_after_a_401(world: World, tmp_path: Path) -> None:
    world.simulator.create("acme", "tgi", state="running")
    path = tmp_path / "token"
    path.write_text("hf_alice")

    class Stale(Tokens):
        """Sees a file change only when told to look again, as on a file system that lies about times."""

        def of(self, namespace: str) -> Token:
            known = self._read.get(path)
            return known[1] if known else super().of(namespace)

    async with closing(world.writer("acme", tokens=Stale({"acme": path}))) as client:
        await client.sweep("acme")
        world.simulator.faults.bad_tokens.add("hf_alice")
        path.write_text("hf_carol")
        assert TGI in (await client.sweep("acme")).items
        assert [request.user for request in world.simulator.requests] == ["alice", "alice", "carol"]

        world.simulator.faults.bad_tokens.add("hf_carol")
        path.write_text("hf_dave")
        assert seen(await client.pause(TGI)).sighting.status is Status.PAUSED


async def test_a_token_that_another_namespace_lacks_blinds_only_that_one(world: World, tmp_path: Path) -> None:
    world.simulator.create("acme", "tgi", state="running")
    tokens = Tokens({"prod": tmp_path / "missing"}, default=lambda: "hf_alice")

    async with closing(world.reader(tokens=tokens)) as client:
        with pytest.raises(Unauthorized, match="missing"):
            await client.sweep("prod")
        assert TGI in (await client.sweep("acme")).items


@pytest.mark.parametrize("name", ["a/b", "..", "", "a?b", "a b", "a%2fb"])
async def test_what_cannot_be_a_name_is_not_asked_for(world: World, name: str) -> None:
    async with closing(world.writer("acme", name)) as client:
        with pytest.raises(NotFound):
            await client.look(EndpointName("acme", name))
        with pytest.raises(NotFound):
            await client.pause(EndpointName("acme", name))
        with pytest.raises(NotFound):
            await client.sweep(name)

    assert world.asked() == []


async def test_mixed_faults_end_in_a_right_answer_or_a_typed_error(world: World) -> None:
    for number in range(120):
        world.simulator.create("acme", f"e-{number}", state="running")
    faults = world.simulator.faults
    faults.latency_seconds = (0.0, 20.0)
    faults.p_429 = faults.p_5xx = faults.p_reset = faults.p_truncated = faults.p_not_json = 0.08
    told: dict[str, int] = {}

    async with closing(world.writer("acme")) as client:
        for number in range(40):
            try:
                told["right"] = told.get("right", 0) + (len((await client.sweep("acme")).items) == 120)
                await client.pause(EndpointName("acme", f"e-{number}"))
            except HubError as error:
                told[error.word] = told.get(error.word, 0) + 1

    assert told["right"] > 10
    assert len(told) > 2

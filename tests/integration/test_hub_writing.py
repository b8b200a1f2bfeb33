"""What is written under /v2 is seen by whoever reads next, whoever looked meanwhile and whatever was read anew."""

import asyncio

import pytest

from events.catalogue.acts import Abandoned, Confirmed, Failed
from service.app import World, daemon
from service.simulator.orders import Order
from statemachine.model import Discovered
from tests.integration.test_hub import CHAT, Hands, begun
from tests.integration.world import ACT, Scene

pytestmark = pytest.mark.looptime

SELDOM = ACT.replace("[namespaces]", '[poll]\nfast = "30s"\nslow = "30s"\n[namespaces]')
NEW = "/v2/endpoint/acme/new"
DOCUMENT = {
    "name": "new",
    "type": "public",
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {
        "accelerator": "cpu",
        "instanceType": "intel-icl",
        "instanceSize": "x1",
        "scaling": {"minReplica": 0, "maxReplica": 1},
    },
    "model": {
        "repository": "gpt2",
        "framework": "pytorch",
        "task": "text-generation",
        "image": {"huggingface": {}},
    },
}


def answer_late(stage: Scene, method: str, path: str, seconds: float) -> None:
    """Let a write take effect at the end of a long request."""
    stage.sim.faults.orders.append(Order(kind="", method=method, path=path, latency_seconds=seconds, at_arrival=False))


async def test_who_looks_for_what_is_being_created_does_not_spoil_its_creation(stage: Scene) -> None:
    async with begun(stage, SELDOM) as ask:
        for token in ("hf_ana", "hf_ben"):
            await ask("GET", "/api/whoami-v2", token=token)
        answer_late(stage, "POST", "/v2/endpoint/acme", 7.0)

        async with asyncio.TaskGroup() as tasks:
            creating = tasks.create_task(ask("POST", "/v2/endpoint/acme", json=DOCUMENT))
            for _ in range(5):
                await stage.clock.sleep(1)
                assert (await ask("GET", NEW, token="hf_ben"))[0] == 404

        assert creating.result()[0] == 200
        assert (await ask("GET", NEW))[0] == 200
        await stage.clock.sleep(120)
        assert len(await stage.events(Discovered, name="new")) == 1
        (end,) = await stage.events(Confirmed, Failed, Abandoned, name="new")
        assert isinstance(end, Confirmed)
        assert end.status == "pending"


@pytest.mark.parametrize(("method", "path", "sent"), [("POST", f"{CHAT}/pause", None), ("PUT", CHAT, {"tags": ["x"]})])
async def test_a_write_is_seen_by_the_next_read_though_somebody_looked_meanwhile(
    stage: Scene, method: str, path: str, sent: object
) -> None:
    async with begun(stage, SELDOM) as ask:
        for token in ("hf_ana", "hf_ben"):
            await ask("GET", "/api/whoami-v2", token=token)
        await stage.clock.sleep(31)
        answer_late(stage, method, path, 4.0)

        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(ask(method, path, json=sent))
            await stage.clock.sleep(2)
            await ask("GET", f"{CHAT}?fresh=1", token="hf_ben")
        _, told = writing.result()
        _, read = await ask("GET", CHAT)

        assert (read["status"]["state"], read.get("tags")) == (told["status"]["state"], told.get("tags"))
        assert read.get("tags") == ["x"] if sent else read["status"]["state"] == "paused"


async def test_what_was_written_is_seen_by_the_next_read_across_a_reload(stage: Scene) -> None:
    stage.sim.create("acme", "chat", state="running", type="public")
    other = stage.configuration(ACT.replace('"1h"', '"2h"'))
    world = World(clock=stage.clock, log=stage.log, reload=lambda: other)
    async with daemon(stage.configuration(ACT), world) as parts:
        while not parts.ready:
            await stage.clock.sleep(0.1)
        ask, old = Hands(stage, parts), parts.callers
        await stage.clock.sleep(20)

        async def seen() -> tuple[str, int]:
            listed = (await ask("GET", "/v2/endpoint/acme"))[1]["items"]
            return (await ask("GET", CHAT))[1]["status"]["state"], len(listed)

        assert (await ask("POST", f"{CHAT}/pause"))[0] == 200
        assert (await ask("POST", "/v2/endpoint/acme", json=DOCUMENT))[0] == 200
        before = await seen()
        stage.sim.faults.slow_list_seconds = 5.0
        world.reloading.set()
        while parts.callers is old:
            await stage.clock.sleep(0.01)
        after = await seen()
        await stage.clock.sleep(60)
        documents = await stage.log.board.scan("document")

    assert (before, after) == (("paused", 2), ("paused", 2))
    assert documents.keys() == {"acme/chat", "acme/new"}  # what was not saved before is saved by who came after
    assert b'"paused"' in documents["acme/chat"]

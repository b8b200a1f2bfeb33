"""The whole life of endpoints through `service.endpoint` at a daemon in act mode: its own /v2, its log, its waiting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from huggingface_hub.errors import HfHubHTTPError

from events.catalogue.acts import Confirmed, Failed, Intended
from service.endpoint import (
    InferenceEndpointError,
    InferenceEndpointFailed,
    InferenceEndpointGone,
    InferenceEndpointPaused,
    InferenceEndpoints,
    InferenceEndpointTimeoutError,
)
from tests.e2e.clients.cases import LEAST
from tests.integration.world import Scene

pytestmark = pytest.mark.looptime

ACTS = 'mode = "act"\n[namespaces]\nacme = {}\n'
OBSERVES = 'mode = "observe"\n[namespaces]\nacme = {}\n'
PLACE: dict[str, Any] = {"namespace": "acme"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """A client at a daemon, in the hands of alice, and what there is to see of what it does."""

    stage: Scene
    front: InferenceEndpoints

    async def written(self) -> list[tuple[str, str, bool]]:
        """Return each command in the log: who asked, what, and whether it was signed by who asked."""
        found = await self.stage.recorded(Intended)
        events = [(one.actor, event) for one, event in zip(found, await self.stage.events(Intended), strict=True)]
        return [(actor, event.command, event.borrowed) for actor, event in events if isinstance(event, Intended)]

    def upstream(self, *, write: bool) -> list[tuple[str | None, str]]:
        """Return who asked the management API for what."""
        return [
            (one.user, f"{one.method} {one.path}")
            for one in self.stage.sim.requests
            if one.write is write and one.path.startswith("/v2/")
        ]


@asynccontextmanager
async def begun(stage: Scene, text: str = ACTS) -> AsyncIterator[Hands]:
    async with (
        stage.daemon(text) as parts,
        InferenceEndpoints(f"http://{parts.listen}", token="hf_alice", clock=stage.clock) as front,
    ):
        yield Hands(stage=stage, front=front)


async def refused(asked: Any) -> tuple[int, str]:
    with pytest.raises(HfHubHTTPError) as raised:
        await asked
    return raised.value.response.status_code, raised.value.response.json()["error"]


async def test_from_its_creation_to_its_end(stage: Scene) -> None:
    stage.sim.grant("hf_alice", "acme")
    async with begun(stage) as hands:
        front = hands.front
        made = await front.create_inference_endpoint(
            "chat", **LEAST, **PLACE, min_replica=0, max_replica=2, env={"A": "b"}, secrets={"KEY": "sk-1"}, tags=["x"]
        )
        shown = [made.status, made.raw["model"]["env"]]
        await made.wait(timeout=3600)
        listed = [(one.name, one.status) for one in await front.list_inference_endpoints("acme")]
        got = await front.get_inference_endpoint("chat", **PLACE)
        kept = [got.status, got.url == made.url, got.raw["model"]["secrets"], got.raw["tags"]]

        updated: list[Any] = [(await got.update(max_replica=3, revision="0" * 40)).status]
        await got.wait(timeout=3600)
        updated += [got.status, got.revision, got.raw["compute"]["scaling"]["maxReplica"]]

        paused = [(await got.pause()).status, got.url, (await got.fetch()).status]
        resumed: list[Any] = [(await got.resume()).status in {"pending", "initializing"}]
        await got.wait(timeout=3600)
        again = await refused(got.resume(running_ok=False))
        resumed += [got.status, (await got.resume()).status]
        asleep = [(await got.scale_to_zero()).status, (await got.fetch()).status]
        await got.resume()
        await got.wait(timeout=3600)

        await got.delete()
        gone = await refused(front.get_inference_endpoint("chat", **PLACE))
        left = await front.list_inference_endpoints("acme")
        wrote = await hands.written()

    assert shown == ["pending", {"A": "b"}]  # a write is answered with what Hugging Face says, unmasked
    assert listed == [("chat", "running")]
    assert kept == ["running", True, {"KEY": "<masked>"}, ["x"]]
    assert updated == ["updating", "running", "0" * 40, 3]
    assert paused == ["paused", None, "paused"]
    assert resumed == [True, "running", "running"]
    assert again == (400, "Bad Request: endpoint 'chat' is already running")
    assert asleep == ["scaledToZero", "scaledToZero"]
    assert gone == (404, "Endpoint not found: acme/chat")
    assert left == []
    commands = ["create", "update", "pause", "resume", "scale_to_zero", "resume", "delete"]
    assert wrote == [("person:alice", command, True) for command in commands]
    assert {user for user, _ in hands.upstream(write=True)} == {"alice"}
    assert len(hands.upstream(write=True)) == len(commands)
    assert "alice" not in {user for user, _ in hands.upstream(write=False)}  # who reads and waits asks the daemon alone
    assert len(await stage.events(Confirmed)) == len(commands)


async def test_what_hugging_face_refuses_is_refused_in_its_own_words(stage: Scene) -> None:
    stage.sim.create("acme", "chat", state="running", type="public")
    async with begun(stage) as hands:
        straight = InferenceEndpoints(stage.sim.base_url, token="hf_bob", daemon=False, clock=stage.clock)
        calls: list[Any] = [
            lambda front: front.create_inference_endpoint("chat", **LEAST, **PLACE),
            lambda front: front.create_inference_endpoint("Bad_Name", **LEAST, **PLACE),
            lambda front: front.create_inference_endpoint("new", **{**LEAST, "framework": 7}, **PLACE),
            lambda front: front.update_inference_endpoint("chat", tags="one", **PLACE),
            lambda front: front.update_inference_endpoint("nobody", tags=["one"], **PLACE),
            lambda front: front.get_inference_endpoint("nobody", **PLACE),
            lambda front: front.pause_inference_endpoint("nobody", **PLACE),
            lambda front: front.delete_inference_endpoint("nobody", **PLACE),
        ]
        told = [(await refused(call(hands.front)), await refused(call(straight))) for call in calls]

    assert [ours for ours, _ in told] == [theirs for _, theirs in told]
    assert [code for (code, _), _ in told] == [409, 400, 422, 422, 404, 404, 404, 404]
    assert len(await stage.events(Failed)) == 4  # what was sent stands in the log, with how it ended


async def test_a_wait_ends_as_the_endpoint_does(stage: Scene) -> None:
    stage.sim.create("acme", "fails", fate="fails", type="public")
    for name in ("sticks", "stops", "goes"):
        stage.sim.create("acme", name, fate="stuck", type="public")
    async with begun(stage) as hands:
        held = {one.name: one for one in await hands.front.list_inference_endpoints("acme")}
        with pytest.raises(InferenceEndpointFailed):
            await held["fails"].wait(timeout=36_000)
        with pytest.raises(InferenceEndpointTimeoutError):
            await held["sticks"].wait(timeout=100)
        await held["stops"].pause()
        with pytest.raises(InferenceEndpointPaused):
            await held["stops"].wait(timeout=100)
        await held["goes"].delete()
        with pytest.raises(InferenceEndpointGone):
            await held["goes"].wait(timeout=100)
        with pytest.raises(InferenceEndpointError, match="it is paused and has no url"):
            _ = (await held["stops"].fetch()).client


async def test_where_a_daemon_only_observes_nothing_is_written(stage: Scene) -> None:
    stage.sim.create("acme", "chat", state="running", type="public")
    async with begun(stage, OBSERVES) as hands:
        chat = await hands.front.get_inference_endpoint("chat", **PLACE)
        told = [
            await refused(asked)
            for asked in (
                chat.pause(),
                chat.update(max_replica=9),
                chat.scale_to_zero(),
                chat.delete(),
                hands.front.create_inference_endpoint("new", **LEAST, **PLACE),
            )
        ]

    assert {code for code, _ in told} == {403}
    assert all("lamplighter.toml" in sentence for _, sentence in told)
    assert hands.upstream(write=True) == []

"""Waiting at a daemon: it watches for all who wait, and nobody else asks Hugging Face meanwhile.

The daemon's own API is asked as it is. What stands at `/v2` here is the simulator itself, so every document that a
client reads can be counted.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from service.endpoint import (
    InferenceEndpointFailed,
    InferenceEndpointGone,
    InferenceEndpointPaused,
    InferenceEndpoints,
    InferenceEndpointTimeoutError,
)
from tests.integration.world import Scene

pytestmark = pytest.mark.looptime

WATCHED = "[namespaces]\nacme = {}\n"


@dataclass
class Gate:
    """One address for the daemon's API and for the simulator's, and what was shown to the daemon."""

    stage: Scene
    daemon: str
    tokens: set[str | None] = field(default_factory=set)
    waits: int = 0

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        own = request.path.startswith("/api/endpoints/")
        if own:
            self.waits += 1
            self.tokens.add(request.headers.get("Authorization"))
        base = self.daemon if own else self.stage.sim.base_url
        headers = {key: value for key, value in request.headers.items() if key in {"Authorization", "Content-Type"}}
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                request.method, f"{base}{request.path_qs}", headers=headers, data=await request.read()
            ) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")

    def asked(self, user: str) -> list[str]:
        """Return what this user asked of Hugging Face, management API and endpoints alike."""
        return [f"{one.method} {one.path}" for one in self.stage.sim.requests if one.user == user]


@asynccontextmanager
async def gate(stage: Scene) -> AsyncIterator[tuple[Gate, InferenceEndpoints]]:
    async with stage.daemon(WATCHED) as parts:
        one = Gate(stage, f"http://{parts.listen}")
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", one.pass_on)
        async with TestServer(app) as server:
            front = InferenceEndpoints(str(server.make_url("")), token="hf_alice", clock=stage.clock)
            yield one, front


async def test_many_wait_and_each_reads_the_document_once(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", start_seconds=600, fate="ok")
    async with gate(stage) as (one, front), asyncio.TaskGroup() as tasks:
        endpoints = [await front.get_inference_endpoint("tgi", namespace="acme") for _ in range(20)]
        before = len(one.asked("alice"))
        for endpoint in endpoints:
            tasks.create_task(endpoint.wait(timeout=3600))

    assert all(endpoint.status == "running" and endpoint.url for endpoint in endpoints)
    assert one.asked("alice")[before:] == ["GET /v2/endpoint/acme/tgi"] * 20
    assert one.waits >= 20 * 600 / 50
    assert one.tokens == {None}  # Hugging Face's token is none of the daemon's own API


@pytest.mark.parametrize(
    ("verb", "error"),
    [("pause", InferenceEndpointPaused), ("fail", InferenceEndpointFailed), ("delete", InferenceEndpointGone)],
)
async def test_a_wait_ends_when_it_is_no_use(stage: Scene, verb: str, error: type[Exception]) -> None:
    stage.sim.create("acme", "tgi", state="initializing", fate="stuck")
    async with gate(stage) as (_, front):
        endpoint = await front.get_inference_endpoint("tgi", namespace="acme")

        async def later() -> None:
            await stage.clock.sleep(30)
            stage.sim.act("acme", "tgi", verb)

        began = stage.clock.monotonic()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(later())
            with pytest.raises(error):
                await endpoint.wait()

        assert stage.clock.monotonic() - began < 60


async def test_who_resumes_and_waits_is_not_told_that_it_is_paused(stage: Scene) -> None:
    """The daemon saw it paused; that it was resumed it learns at its next look."""
    stage.sim.create("acme", "tgi", state="paused", start_seconds=60, fate="ok")
    async with gate(stage) as (_, front):
        endpoint = await front.get_inference_endpoint("tgi", namespace="acme")
        await endpoint.resume()
        await endpoint.wait(timeout=600)

    assert endpoint.status == "running"


async def test_an_update_is_waited_for_to_its_end(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", fate="ok")
    async with gate(stage) as (_, front):
        endpoint = await front.get_inference_endpoint("tgi", namespace="acme")
        await endpoint.wait(timeout=60)
        began = stage.clock.now()
        await endpoint.update(revision="0123456789abcdef0123456789abcdef01234567")
        await endpoint.wait(timeout=600)

    ended = next(one.at for one in stage.sim.history if one.old == "updating" and one.at > began)
    assert (endpoint.status, endpoint.revision[:4]) == ("running", "0123")
    assert stage.clock.now() >= ended


async def test_the_time_limit_is_kept_and_the_error_says_what_was_missing(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="initializing", fate="stuck")
    async with gate(stage) as (_, front):
        endpoint = await front.get_inference_endpoint("tgi", namespace="acme")
        began = stage.clock.monotonic()

        with pytest.raises(InferenceEndpointTimeoutError, match="still waits for status running; it is initializing"):
            await endpoint.wait(timeout=75)

        assert stage.clock.monotonic() - began == pytest.approx(75, abs=0.01)

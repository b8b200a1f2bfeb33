"""Who writes and then waits is told of what was written, also by an API that lags behind."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from service.clock import LoopClock
from service.endpoint import InferenceEndpoint, InferenceEndpoints
from tests.e2e.clients.cases import LEAST
from tests.integration.hostile import Stage, served
from tests.unit.client.scripted import document

pytestmark = pytest.mark.looptime

GIVEN: dict[str, Any] = {"namespace": "acme"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with served() as one:
        yield one


def front(stage: Stage) -> InferenceEndpoints:
    clock = LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC))
    return InferenceEndpoints(stage.url, token="hf_x", daemon=False, clock=clock)


def tells(stage: Stage, *, wrote: Any, then: list[Any]) -> list[str]:
    """Let the server answer a write, and then one look after the other; return the list of what was looked at."""
    looks: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/up"):
            looks.append("health")
            return web.Response()
        if request.method != "GET":
            told = wrote
        else:
            told = then.pop(0) if len(then) > 1 else then[0]
            looks.append(str(told) if isinstance(told, int) else told["status"]["state"])
        if isinstance(told, int):
            return web.json_response({"error": "Bad Request: already running"}, status=told)
        told["status"]["url"] = told["status"]["url"] and f"{stage.url}/up"
        return web.json_response(told)

    stage.answer = answer
    return looks


def held(stage: Stage, state: str) -> InferenceEndpoint:
    return InferenceEndpoint.from_raw(document(state), "acme", api=front(stage))


async def test_an_update_is_not_over_while_the_api_tells_of_before_it(stage: Stage) -> None:
    updating, after = document("updating", edited=9), document(edited=9)
    looks = tells(stage, wrote=updating, then=[document(), document(), updating, after])

    endpoint = held(stage, "running")
    await endpoint.update(min_replica=2)
    await endpoint.wait(timeout=60)

    assert looks == ["running", "running", "updating", "running", "health"]
    assert endpoint.raw["status"]["updatedAt"] == after["status"]["updatedAt"]


async def test_a_resume_is_not_over_while_the_api_tells_that_it_is_paused(stage: Stage) -> None:
    looks = tells(stage, wrote=document("pending"), then=[document("paused"), document("pending"), document()])

    endpoint = held(stage, "paused")
    await endpoint.resume()
    await endpoint.wait(timeout=60)

    assert looks == ["paused", "pending", "running", "health"]


async def test_a_resume_of_what_runs_costs_no_second_look(stage: Stage) -> None:
    looks = tells(stage, wrote=400, then=[document()])

    endpoint = held(stage, "running")
    await endpoint.resume()
    await endpoint.wait(timeout=60)

    assert looks == ["running", "running", "health"]  # the first is the resume's own


async def test_what_was_created_a_moment_ago_may_not_be_there_yet(stage: Stage) -> None:
    looks = tells(stage, wrote=document("pending"), then=[404, document("pending"), document()])

    endpoint = await front(stage).create_inference_endpoint("tgi", **LEAST, **GIVEN)
    await endpoint.wait(timeout=60)

    assert looks == ["404", "pending", "running", "health"]


async def test_a_wait_without_time_looks_once(stage: Stage) -> None:
    looks = tells(stage, wrote=None, then=[document()])

    assert (await held(stage, "pending").wait(timeout=0)).status == "running"

    assert looks == ["running", "health"]

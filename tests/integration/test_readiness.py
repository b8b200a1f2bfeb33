"""Those who wait: they share one watch, and are told early when waiting is no use."""

import asyncio
import random

import pytest

from service.subscribers.ready import Answer, End
from tests.integration.world import Scene, endpoint

pytestmark = pytest.mark.looptime

WATCHED = "[namespaces]\nacme = {}\n"


async def wait_for(stage: Scene, what: str, *, seconds: float = 3600) -> Answer:
    async with stage.daemon(WATCHED) as parts:
        return await parts.readiness.wait(endpoint(what), seconds=seconds)


async def test_an_endpoint_is_ready_only_when_its_health_route_answers(stage: Scene) -> None:
    stage.sim.create("acme", "one", type="public", start_seconds=120)

    answer = await wait_for(stage, "acme/one")

    assert answer.end is End.REACHED
    assert answer.healthy
    assert answer.url is not None


@pytest.mark.parametrize(("act", "end"), [("pause", End.PAUSED), ("fail", End.FAILED), ("delete", End.GONE)])
async def test_a_wait_ends_early_when_it_is_no_use(stage: Scene, act: str, end: End) -> None:
    stage.sim.create("acme", "one", state="initializing", fate="stuck", type="public")
    started = stage.clock.monotonic()
    async with stage.daemon(WATCHED) as parts, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(parts.readiness.wait(endpoint("acme/one"), seconds=3600))
        await stage.clock.sleep(30)
        stage.sim.act("acme", "one", act)

    assert waiting.result().end is end
    assert stage.clock.monotonic() - started < 60


async def test_a_wait_whose_time_is_over_says_what_it_waited_for(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="initializing", fate="stuck", type="public")

    answer = await wait_for(stage, "acme/one", seconds=60)

    assert answer.end is End.TIMED_OUT
    assert answer.waiting_for == "status running; it is initializing"


async def test_a_name_that_never_was_is_gone_after_one_more_sweep(stage: Scene) -> None:
    answer = await wait_for(stage, "acme/nobody")

    assert answer.end is End.GONE


async def test_an_endpoint_that_runs_but_does_not_answer_is_not_ready(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.sim.act("acme", "one", "mute")

    answer = await wait_for(stage, "acme/one", seconds=60)

    assert answer.waiting_for == "its health route to answer 200"


async def test_two_hundred_waiters_cost_the_management_api_the_requests_of_one(stage: Scene) -> None:
    async def requests_of(waiters: int, name: str) -> int:
        stage.sim.create("acme", name, type="public", start_seconds=120)
        async with stage.daemon(WATCHED) as parts, asyncio.TaskGroup() as tasks:
            before = len(stage.sim.requests)
            for _ in range(waiters):
                wait = parts.readiness.wait(endpoint(f"acme/{name}"), seconds=3600)
                tasks.create_task(wait)
                await stage.clock.sleep(random.Random(waiters).uniform(0, 0.1))
        return len([r for r in stage.sim.requests[before:] if r.path.startswith("/v2/")])

    one, many = await requests_of(1, "one"), await requests_of(200, "two")

    assert many <= one * 1.2 + 20  # starting 200 of them takes some seconds, too


async def test_nothing_but_running_is_ever_probed(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.sim.act("acme", "one", "scale_to_zero")

    answer = await wait_for(stage, "acme/one", seconds=120)

    assert answer.end is End.TIMED_OUT
    assert str(stage.sim.status("acme", "one")) == "scaledToZero"

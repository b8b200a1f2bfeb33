"""A story ends: what would go on for ever fails, so that no defect and no mutant holds up whoever runs it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from tests.simulation.loop import Endless, run

MOST = 10_000


async def tries_at_once() -> None:
    while True:  # noqa: ASYNC110  # no event comes
        await asyncio.sleep(0)


async def tries_again_and_again() -> None:
    while True:  # noqa: ASYNC110  # nor here
        await asyncio.sleep(10)


async def lets_nobody_else_do_anything() -> None:
    loop = asyncio.get_running_loop()
    while True:
        loop.time()


async def lets_no_error_stop_it() -> None:
    while True:
        with suppress(Exception):
            async with asyncio.timeout(1):
                await asyncio.sleep(2)


@pytest.mark.parametrize(
    "forever", [tries_at_once, tries_again_and_again, lets_nobody_else_do_anything, lets_no_error_stop_it]
)
def test_a_story_that_would_go_on_for_ever_fails(forever: Callable[[], Awaitable[None]]) -> None:
    async def story() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.sleep(5))
            await forever()

    with pytest.raises(Endless, match=f"it has taken {MOST} steps"):
        run(story(), most_steps=MOST)


def test_a_story_in_which_nothing_is_left_to_happen_fails() -> None:
    async def story() -> None:
        await asyncio.sleep(60)
        await asyncio.Event().wait()

    with pytest.raises(Endless, match="stands still at 60 s"):
        run(story())


def test_a_week_passes_at_once_and_to_the_second() -> None:
    async def story() -> float:
        await asyncio.sleep(7 * 86_400)
        return asyncio.get_running_loop().time()

    assert run(story()) == pytest.approx(7 * 86_400, abs=1e-6)


@pytest.mark.parametrize("begun", [0.1, 2069.7966701831474, 87_151.3])
def test_whoever_waits_for_an_instant_by_a_clock_of_his_own_comes_there(begun: float) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(begun)
        zero = loop.time()
        for number in range(1000):
            until = loop.time() - zero + number / 7
            while (left := until - (loop.time() - zero)) > 0:  # noqa: ASYNC110  # nor here
                await asyncio.sleep(left)

    run(story(), most_steps=20_000)

"""A look that is shared: few for many who ask, and none that is older than the question."""

import asyncio

import pytest
from hypothesis import given, settings, strategies as st
from looptime import new_event_loop

from service.watch.shared import Shared


class World:
    """Something to look at, which takes a second; what is told is when the look began."""

    def __init__(self) -> None:
        self.shared: Shared[float] = Shared()
        self.began: list[float] = []
        self.error: Exception | None = None

    async def look(self) -> float:
        at = asyncio.get_running_loop().time()
        self.began.append(at)
        await asyncio.sleep(1)
        if self.error is not None:
            raise self.error
        return at

    async def ask(self, key: str = "chat") -> tuple[float, float]:
        """Return when it was asked, and when the look began that answered."""
        asked = asyncio.get_running_loop().time()
        return asked, await self.shared.look(key, self.look)


@pytest.mark.looptime
async def test_a_hundred_who_ask_at_once_cost_two_looks() -> None:
    world = World()

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(world.ask()) for _ in range(100)]

    assert len(world.began) == 2  # the first had begun when the others asked
    assert all(began >= at for at, began in (one.result() for one in asked))
    assert len(world.shared) == 0


@pytest.mark.looptime
async def test_who_asks_while_one_looks_is_told_by_the_next_look() -> None:
    world = World()

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(world.ask())
        await asyncio.sleep(0.5)
        late = [tasks.create_task(world.ask()) for _ in range(5)]

    start = first.result()[1]
    assert [one.result()[1] - start for one in late] == [1.0] * 5


@pytest.mark.looptime
async def test_each_thing_is_looked_at_by_itself() -> None:
    world = World()

    async with asyncio.TaskGroup() as tasks:
        for key in ("chat", "embed", "whisper"):
            tasks.create_task(world.ask(key))

    assert len(set(world.began)) == 1
    assert len(world.began) == 3


@pytest.mark.looptime
async def test_a_look_that_fails_fails_for_all_who_wait_for_it_and_for_nobody_later() -> None:
    world, raised = World(), []
    world.error = ValueError("no answer")

    async def fails() -> None:
        try:
            await world.ask()
        except ValueError as error:
            raised.append(error)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(fails())
    world.error = None

    assert (len(world.began), len(raised), len(world.shared)) == (2, 10, 0)
    assert (await world.ask())[1] == world.began[-1]


@pytest.mark.looptime
async def test_when_the_one_who_looks_leaves_another_one_looks() -> None:
    world = World()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.ask())
        await asyncio.sleep(0.2)
        others = [tasks.create_task(world.ask()) for _ in range(4)]
        await asyncio.sleep(1.0)  # the first of the others looks now
        late = [tasks.create_task(world.ask())]
        await asyncio.sleep(0.2)
        others[0].cancel()

        await asyncio.sleep(0.2)  # the second of the others does
        late.append(tasks.create_task(world.ask()))

    assert len(world.began) == 4
    assert {one.result()[1] for one in others[1:]} == {world.began[2]}
    assert {one.result()[1] for one in late} == {world.began[3]}
    assert len(world.shared) == 0


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(
        st.tuples(st.floats(0, 5), st.sampled_from(["chat", "embed"]), st.none() | st.floats(0, 2)),
        min_size=1,
        max_size=25,
    )
)
def test_whoever_asks_and_leaves_when_no_answer_is_older_than_its_question(
    plan: list[tuple[float, str, float | None]],
) -> None:
    async def play() -> None:
        world, answers = World(), []

        async def one(at: float, key: str, patience: float | None) -> None:
            await asyncio.sleep(at)
            try:
                async with asyncio.timeout(patience):
                    answers.append(await world.ask(key))
            except TimeoutError:
                pass

        async with asyncio.TaskGroup() as tasks:
            for at, key, patience in plan:
                tasks.create_task(one(at, key, patience))

        assert all(began >= asked for asked, began in answers)
        assert sum(patience is None for _, _, patience in plan) <= len(answers)
        assert len(world.shared) == 0

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(play())

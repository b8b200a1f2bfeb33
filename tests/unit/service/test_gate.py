"""So many at once, of one and of all: who finds no room waits, is told so in time, and is in nobody's way."""

import asyncio

import pytest

from service.gate import MOST_WAITING, WAIT_SECONDS, Gate, NoRoom

pytestmark = pytest.mark.looptime


class Crowd:
    """Those who go through a gate, each staying for some seconds."""

    def __init__(self, *, of_one: int = 2, of_all: int = 3) -> None:
        self.gate = Gate("reads", of_one=of_one, of_all=of_all)
        self.inside: list[str] = []
        self.most: dict[str, int] = {}
        self.most_of_all = 0

    async def go(self, who: str, seconds: float = 1.0) -> str:
        try:
            async with self.gate.through(who):
                self.inside.append(who)
                self.most[who] = max(self.most.get(who, 0), self.inside.count(who))
                self.most_of_all = max(self.most_of_all, len(self.inside))
                try:
                    await asyncio.sleep(seconds)
                finally:
                    self.inside.remove(who)
        except NoRoom as full:
            return "own" if full.own else "all"
        return "well"


async def test_no_more_than_so_many_of_one_and_of_all_are_inside_and_everybody_comes_in_turn() -> None:
    crowd = Crowd(of_all=5)

    async with asyncio.TaskGroup() as tasks:
        told = [tasks.create_task(crowd.go(who)) for _ in range(5) for who in ("ana", "ben", "zoe")]

    assert {one.result() for one in told} == {"well"}
    assert max(crowd.most.values()) == 2
    assert crowd.most_of_all == 5


async def test_who_fills_his_own_room_is_in_nobody_elses_way() -> None:
    crowd, loop = Crowd(), asyncio.get_running_loop()

    async with asyncio.TaskGroup() as tasks:
        slow = [tasks.create_task(crowd.go("ana", 60.0)) for _ in range(5)]
        await asyncio.sleep(0)
        at = loop.time()
        other = await crowd.go("ben", 0.0)
        took = loop.time() - at
        await asyncio.sleep(WAIT_SECONDS + 1)
        refused = [one.result() for one in slow if one.done()]

    assert (other, took) == ("well", 0.0)
    assert refused == ["own"] * 3
    assert [one.result() for one in slow].count("well") == 2


async def test_who_finds_the_room_of_all_full_is_told_that_it_is_not_his_own() -> None:
    crowd = Crowd()

    async with asyncio.TaskGroup() as tasks:
        for who in ("ana", "ben", "zoe"):
            tasks.create_task(crowd.go(who, 60.0))
        await asyncio.sleep(0)
        told = await crowd.go("kim")

    assert told == "all"


async def test_no_more_than_so_many_wait_and_the_next_is_told_at_once() -> None:
    crowd, loop = Crowd(), asyncio.get_running_loop()

    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(crowd.go("ana", 60.0)) for _ in range(2 + MOST_WAITING)]
        await asyncio.sleep(0)
        at = loop.time()
        told = await crowd.go("ana")
        took = loop.time() - at

    assert (told, took) == ("own", 0.0)
    assert [one.result() for one in waiting].count("own") == MOST_WAITING


async def test_who_goes_away_while_waiting_or_inside_leaves_room() -> None:
    crowd = Crowd(of_one=1, of_all=1)

    async with asyncio.TaskGroup() as tasks:
        gone = [tasks.create_task(crowd.go("ana", 60.0))]
        await asyncio.sleep(0)
        gone += [tasks.create_task(crowd.go(who)) for who in ("ana", "ben")]
        await asyncio.sleep(1)
        for one in gone:
            one.cancel()

    assert [await crowd.go("ana"), await crowd.go("ben")] == ["well"] * 2

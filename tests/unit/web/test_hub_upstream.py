"""What nobody watches is read with the caller's own token: few at once, one for all who ask the same, none kept."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.callers import READS_OF_ALL, READS_OF_ONE, RELAYS_OF_ONE, Callers, Connection
from service.gate import WAIT_SECONDS
from service.parts import Parts
from service.ports import Identity, Unavailable
from statemachine.model import EndpointName, Look, Missing
from tests.unit.unasked import Unasked
from tests.unit.web.hands import START, Caller, make_parts, served

pytestmark = pytest.mark.looptime

NOTHING = Missing(look=Look(asked_at=START, answered_at=START, asked=0.0, answered=0.0))


@dataclass
class Slow:
    """Hugging Face, each of whose answers takes its time."""

    seconds: float = 1.0
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    handed: int = 0

    def connect(self, token: str) -> Connection:
        return Connection(hub=Client(self, token.removeprefix("hf_")), writers={}, heard=lambda _: None)

    async def answer(self, user: str, what: str) -> None:
        self.asked.append(what)
        for who in (user, "all"):
            self.now[who] += 1
            self.most[who] = max(self.most[who], self.now[who])
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.now.subtract((user, "all"))


class Client(Unasked):
    """What signs with one token."""

    def __init__(self, world: Slow, user: str) -> None:
        self.world = world
        self.user = user

    async def whoami(self, namespace: str) -> Identity:
        return Identity(name=self.user, namespaces=(self.user, "acme"))

    async def look(self, name: EndpointName) -> Missing:
        await self.world.answer(self.user, str(name))
        return NOTHING

    async def relay(self, path: str, query: str, *, hub: bool = False) -> Any:
        await self.world.answer(self.user, path)
        raise Unavailable("it took too long", word="timeout")

    async def close(self) -> None:
        pass


def made(folder: Path, world: Slow) -> Parts:
    parts = make_parts(folder)
    parts.callers = Callers(world.connect, parts.clock)
    return parts


async def read(caller: Caller, user: str, path: str) -> tuple[int, str | None]:
    headers = {"Authorization": f"Bearer hf_{user}"}
    async with caller.http.get(f"/v2/endpoint/{user}/{path}", headers=headers) as response:
        await response.read()
        return response.status, response.headers.get("Retry-After")


async def test_one_user_and_all_together_have_no_more_reads_under_way_than_is_said(tmp_path: Path) -> None:
    world, users = Slow(), [f"u{number}" for number in range(12)]
    async with served(made(tmp_path, world)) as caller, asyncio.TaskGroup() as tasks:
        told = [tasks.create_task(read(caller, user, f"e{number}")) for user in users for number in range(6)]

    assert {one.result() for one in told} == {(404, None)}
    assert max(count for user, count in world.most.items() if user != "all") == READS_OF_ONE
    assert world.most["all"] <= READS_OF_ALL


async def test_who_has_too_many_under_way_is_told_to_wait_and_nobody_else_is(tmp_path: Path) -> None:
    world = Slow(seconds=WAIT_SECONDS * 3)
    async with served(made(tmp_path, world)) as caller, asyncio.TaskGroup() as tasks:
        greedy = [tasks.create_task(read(caller, "ana", f"e{number}")) for number in range(READS_OF_ONE + 2)]
        await asyncio.sleep(1)
        modest = tasks.create_task(read(caller, "ben", "e"))

    assert Counter(one.result() for one in greedy) == {(404, None): READS_OF_ONE, (429, "5"): 2}
    assert modest.result() == (404, None)


async def test_where_all_together_have_too_many_under_way_nobody_is_blamed(tmp_path: Path) -> None:
    world = Slow(seconds=WAIT_SECONDS * 3)
    async with served(made(tmp_path, world)) as caller, asyncio.TaskGroup() as tasks:
        for number in range(READS_OF_ALL):
            tasks.create_task(read(caller, f"u{number // READS_OF_ONE}", f"e{number}"))
        await asyncio.sleep(1)
        late = tasks.create_task(read(caller, "ana", "e"))

    assert late.result() == (503, "5")


async def test_equal_reads_of_one_token_under_way_are_shared_and_those_of_two_are_not(tmp_path: Path) -> None:
    world = Slow()
    async with served(made(tmp_path, world)) as caller, asyncio.TaskGroup() as tasks:
        told = [tasks.create_task(read(caller, "ana", "chat")) for _ in range(50)]
        tasks.create_task(read(caller, "ben", "chat"))

    assert {one.result() for one in told} == {(404, None)}
    assert Counter(world.asked) == {"ana/chat": 2, "ben/chat": 1}  # the first had begun when the others asked


async def test_what_is_handed_on_is_bounded_too(tmp_path: Path) -> None:
    world = Slow(seconds=WAIT_SECONDS * 3)
    async with served(made(tmp_path, world)) as caller, asyncio.TaskGroup() as tasks:
        told = [tasks.create_task(read(caller, "ana", f"e{n}/logs")) for n in range(RELAYS_OF_ONE + 3)]

    assert Counter(one.result() for one in told) == {(502, None): RELAYS_OF_ONE, (429, "5"): 3}

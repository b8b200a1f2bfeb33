"""A hold that is lifted, an event that is replayed or skipped: once a key, and answered as the first time.

`anew` is another process on the same log: it remembers nothing but what stands there.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from events import codec
from events.catalogue import Event
from events.catalogue.keepers import HoldLifted
from events.catalogue.parked import EventReplayed, EventSkipped
from events.log import EventLog, KeptLog
from events.memory import MemoryLog
from events.query import Query
from events.record import Recorded
from events.unit import CursorMove, Parked, Unit
from service.clock import LoopClock
from tests.contract.copies import archived
from tests.unit.web.hands import Caller, discover, make_parts, served

KEY = {"Idempotency-Key": "k-1"}
OTHER = {"Idempotency-Key": "k-2"}
HOLDS = ("/api/hold", "/api/endpoints/acme/tgi/hold")
PARKED = {"subscriber": "alerts", "position": 1, "why": "the pager was down"}

Begin = Callable[[], AbstractAsyncContextManager[Caller]]


class Subscriber:
    """Takes what it is given, or not; and counts."""

    name = "alerts"
    types = ()

    def __init__(self) -> None:
        self.given = 0
        self.error: Exception | None = None

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        self.given += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return None


@pytest.fixture
async def log() -> EventLog:
    made = MemoryLog()
    await discover(made, "acme/tgi")
    await made.append(
        [Unit(cursor=CursorMove(name="alerts", old=0, new=1), parking=Parked(name="alerts", position=1, error="down"))]
    )
    return made


@pytest.fixture
def subscriber() -> Subscriber:
    return Subscriber()


@pytest.fixture
def anew(tmp_path: Path, log: EventLog, subscriber: Subscriber) -> Begin:
    begun = itertools.count()

    @asynccontextmanager
    async def begin() -> AsyncIterator[Caller]:
        parts = make_parts(tmp_path, log=log)
        assert isinstance(parts.clock, LoopClock)
        parts.clock.jump(timedelta(minutes=next(begun)))
        parts.subscribers = (subscriber,)
        await parts.live.catch_up()
        async with served(parts) as caller:
            yield caller

    return begin


async def told(log: EventLog, *types: type[Event]) -> list[Event]:
    page = await log.read(Query(types=tuple(map(codec.type_of, types))))
    return [codec.decode(one) for one in page.events]


async def lift(caller: Caller, path: str, headers: dict[str, str]) -> Any:
    return (await caller.json("DELETE", path, token=True, headers=headers))["lifted"]


async def place(caller: Caller, path: str, count: int = 1) -> None:
    for _ in range(count):
        await caller.json("POST", path, code=201, token=True, json={"for": "2h"})


async def settle(caller: Caller, word: str, code: int, headers: dict[str, str], **what: Any) -> Any:
    return await caller.json("POST", f"/api/parked/{word}", code=code, token=True, headers=headers, json=PARKED | what)


@pytest.mark.parametrize("path", HOLDS)
async def test_holds_are_lifted_once_a_key_and_told_as_the_first_time(log: EventLog, anew: Begin, path: str) -> None:
    async with anew() as caller:
        await place(caller, path, 2)
        first = [await lift(caller, path, KEY) for _ in range(2)]
        await place(caller, path)
        later = await lift(caller, path, KEY)
    async with anew() as caller:
        after = await lift(caller, path, KEY)
        left = len(await told(log, HoldLifted))
        others = [await lift(caller, path, headers) for headers in (OTHER, OTHER, {}, {})]

    assert (first, later, after, left) == ([2, 2], 2, 2, 2)
    assert others == [1, 1, 0, 0]
    assert len(await told(log, HoldLifted)) == 3


@pytest.mark.parametrize("path", HOLDS)
async def test_that_nothing_was_held_is_told_again_whatever_is_held_since(anew: Begin, path: str) -> None:
    async with anew() as caller:
        first = await lift(caller, path, KEY)
        await place(caller, path)

        assert (first, await lift(caller, path, KEY), await lift(caller, path, {})) == (0, 0, 1)


async def test_another_callers_key_is_another_key(anew: Begin) -> None:
    async with anew() as caller:
        await place(caller, HOLDS[0])
        ana, ben = (KEY | {"X-Lamplighter-Actor": name} for name in ("ana", "ben"))
        assert [await lift(caller, HOLDS[0], who) for who in (ana, ben, ana)] == [1, 0, 1]


async def test_a_clock_that_was_put_back_lets_nothing_be_lifted_twice(log: EventLog, anew: Begin) -> None:
    async with anew() as caller:
        await place(caller, HOLDS[0], 2)
        await lift(caller, HOLDS[0], KEY)
    async with anew() as caller:
        assert isinstance(caller.parts.clock, LoopClock)
        caller.parts.clock.jump(timedelta(hours=-1))
        assert await lift(caller, HOLDS[0], KEY) == 2

    assert len(await told(log, HoldLifted)) == 2


async def test_a_lift_that_was_cut_short_is_brought_to_its_end(log: EventLog, anew: Begin) -> None:
    async with anew() as caller:
        await place(caller, HOLDS[0], 3)
        append, count = log.append, 0

        async def dies(units: Any) -> Any:
            nonlocal count
            count += 1
            if count == 2:
                raise RuntimeError("power cut")
            return await append(units)

        log.append = dies  # type: ignore[method-assign]
        await caller.json("DELETE", HOLDS[0], code=500, token=True, headers=KEY)
        log.append = append  # type: ignore[method-assign]
    async with anew() as caller:
        await place(caller, HOLDS[0])  # by somebody who came since

        assert [await lift(caller, HOLDS[0], headers) for headers in (KEY, KEY, {})] == [3, 3, 1]


@pytest.mark.parametrize("keys", [(KEY, OTHER), (KEY, {})])
@pytest.mark.parametrize("path", HOLDS)
async def test_two_who_lift_one_hold_at_once_lift_it_once(
    log: EventLog, anew: Begin, path: str, keys: tuple[dict[str, str], ...]
) -> None:
    append = log.append

    async def slowly(units: Any) -> Any:
        await asyncio.sleep(0.05)
        return await append(units)

    async with anew() as caller:
        await place(caller, path)
        log.append = slowly  # type: ignore[method-assign]
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(lift(caller, path, key)) for key in keys]
        log.append = append  # type: ignore[method-assign]
        first = [one.result() for one in asked]
    async with anew() as caller:
        again = [await lift(caller, path, key) for key in keys]

    assert sorted(first) == [0, 1]
    assert again == [count if key else 0 for count, key in zip(first, keys, strict=True)]
    assert len(await told(log, HoldLifted)) == 1


@pytest.mark.parametrize(("word", "kind"), [("replay", EventReplayed), ("skip", EventSkipped)])
async def test_what_was_settled_is_settled_once_a_key_and_told_as_the_first_time(
    log: EventLog, subscriber: Subscriber, anew: Begin, word: str, kind: type[Event]
) -> None:
    async with anew() as caller:
        first = [await settle(caller, word, 200, KEY) for _ in range(2)]
        await settle(caller, word, 404, OTHER)
        await settle(caller, word, 404, {})
    async with anew() as caller:
        after = await settle(caller, word, 200, KEY)
        await settle(caller, word, 404, OTHER)
        await settle(caller, word, 422, KEY, why="another reason")

    assert first == [after, after]
    assert (after["position"], after["subscriber"]) == (1, "alerts")
    assert len(await told(log, kind)) == 1
    assert subscriber.given == (1 if word == "replay" else 0)


async def test_two_at_once_with_one_key_are_one(log: EventLog, subscriber: Subscriber, anew: Begin) -> None:
    async with anew() as caller, asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(settle(caller, "replay", 200, KEY)) for _ in range(8)]

    assert len({one.result()["position"] for one in asked}) == 1
    assert subscriber.given == 1
    assert len(await told(log, EventReplayed)) == 1


async def test_what_was_replayed_in_vain_is_not_tried_again_by_the_same_request(
    subscriber: Subscriber, anew: Begin
) -> None:
    subscriber.error = RuntimeError("still down")
    async with anew() as caller:
        refused = [await settle(caller, "replay", 409, KEY) for _ in range(3)]
        subscriber.error = None
        refused.append(await settle(caller, "replay", 409, KEY))
        await settle(caller, "replay", 200, OTHER)

    assert len({one["detail"] for one in refused}) == 1
    assert subscriber.given == 2


async def test_what_was_tried_in_vain_is_no_answer_to_another_request_with_its_key(
    subscriber: Subscriber, anew: Begin
) -> None:
    subscriber.error = RuntimeError("still down")
    async with anew() as caller:
        await settle(caller, "replay", 409, KEY)
        await settle(caller, "replay", 422, KEY, position=2)

    assert subscriber.given == 1


async def test_what_was_replayed_is_known_also_when_what_tells_of_it_is_archived(
    log: KeptLog, subscriber: Subscriber, anew: Begin, tmp_path: Path
) -> None:
    async with anew() as caller:
        first = await settle(caller, "replay", 200, KEY)
    head = await log.head()
    await log.append([Unit(cursor=CursorMove(name="alerts", old=1, new=head))])
    await archived(log, tmp_path / "archive", head)
    async with anew() as caller:
        after = await settle(caller, "replay", 200, KEY)
        await settle(caller, "replay", 404, OTHER)

    assert (after, subscriber.given) == (first, 1)

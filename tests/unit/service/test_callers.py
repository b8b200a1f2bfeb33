"""Who calls with a token of Hugging Face: believed for a minute, forgotten after it, and bounded when it is wrong."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from service.access import Failures
from service.access.failures import EACH_SECONDS, OF_ALL, OF_ONE
from service.callers import (
    BELIEVED_SECONDS,
    MOST,
    MOST_HASHES,
    MOST_NEW,
    MOST_WAITING,
    REFUSED_SECONDS,
    Caller,
    Callers,
    Connection,
    TooManyRefused,
)
from service.clock import LoopClock
from service.ports import HubError, Identity, Unauthorized, Unavailable
from tests.unit.unasked import Unasked

pytestmark = pytest.mark.looptime

HERE, THERE = "10.0.0.1", "10.0.0.2"


class Client(Unasked):
    """What signs with a token; the only one who holds it."""

    def __init__(self, world: "World", token: str) -> None:
        self.world = world
        self.token = token
        self.is_closed = False

    async def whoami(self, namespace: str) -> Identity:
        self.world.asked.append(self.token)
        await self.world.answering()
        if self.is_closed:
            raise HubError("this client was closed under a question")
        if self.world.fails is not None:
            raise self.world.fails
        if "wrong" in self.token:
            raise Unauthorized("no", code=401, body="{}")
        return Identity(name=self.token.removeprefix("hf_"), namespaces=("acme",))

    async def close(self) -> None:
        self.is_closed = True
        self.world.closed.append(self.token)


async def at_once() -> None:
    """Answer without delay."""


@dataclass
class World:
    """Hugging Face, and the callers of a daemon."""

    clock: LoopClock = field(default_factory=lambda: LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC)))
    failures: Failures = field(default_factory=Failures)
    asked: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    clients: list[weakref.ref[Client]] = field(default_factory=list)
    answering: Callable[[], Awaitable[None]] = at_once
    fails: HubError | None = None

    def __post_init__(self) -> None:
        self.callers = Callers(self.connect, self.clock)

    def connect(self, token: str) -> Connection:
        client = Client(self, token)
        self.clients.append(weakref.ref(client))
        return Connection(hub=client, writers={}, heard=lambda _: None)

    @asynccontextmanager
    async def calling(self, token: str, address: str = HERE) -> AsyncIterator[Caller]:
        async with self.callers.calling(token, address=address, failures=self.failures) as caller:
            yield caller

    async def call(self, token: str, address: str = HERE) -> str:
        """Call, and return how it was answered."""
        try:
            async with self.calling(token, address) as caller:
                return caller.known.name
        except TooManyRefused as refused:
            return f"wait {refused.seconds}"
        except Unauthorized:
            return "wrong"
        except HubError:
            return "nobody can tell"
        except TimeoutError:
            return "over"

    async def follow(self, token: str) -> str:
        """Call for as long as one may, and return how that ended."""
        try:
            async with self.calling(token):
                await asyncio.sleep(1e6)
        except TimeoutError:
            return "ended"
        return "went on"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.callers.run())
            yield
            task.cancel()


# --- for how long ----------------------------------------------------------------------------------------------------


async def test_whoami_is_believed_for_a_minute_and_asked_once_for_all_who_come_together() -> None:
    world = World()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(50):
            tasks.create_task(world.call("hf_ana"))
    await world.clock.sleep(BELIEVED_SECONDS - 1)
    await world.call("hf_ana")
    assert world.asked == ["hf_ana"]

    await world.clock.sleep(1)
    assert await world.call("hf_ana") == "ana"
    assert world.asked == ["hf_ana"] * 2


async def test_a_token_is_held_by_nothing_when_its_minute_is_over() -> None:
    world = World()
    token = f"hf_{'held'}-by-nobody{len(world.asked)}"  # made here, so that no constant holds it

    async with world.running():
        await world.call(token)
        await world.clock.sleep(BELIEVED_SECONDS - 1)
        assert (len(world.callers), world.closed) == (1, [])
        await world.clock.sleep(1.1)
        assert (len(world.callers), world.closed) == (0, [token])
        world.asked.clear()
        world.closed.clear()

        gc.collect()
        assert [client() for client in world.clients] == [None]
        holders = [one for one in gc.get_referrers(token) if not isinstance(one, type(asyncio.current_task()))]
        assert [one for one in holders if type(one).__name__ not in {"coroutine", "frame"}] == []


async def test_a_client_is_not_closed_under_a_call_that_outlives_its_minute() -> None:
    world = World()

    async with world.running():
        async with world.calling("hf_ana"):
            for _ in range(5):
                await world.clock.sleep(BELIEVED_SECONDS + 5)
                await world.call("hf_ana")
            assert (len(world.clients), world.closed) == (1, [])
            await world.clock.sleep(BELIEVED_SECONDS)
        assert (len(world.callers), world.closed) == (0, ["hf_ana"])


async def test_each_goes_at_the_end_of_its_own_minute() -> None:
    world, left = World(), []

    async with world.running():
        for number in range(7):
            if number < 4:
                await world.call(f"hf_{number}")
            await world.clock.sleep(10)
            left.append(len(world.callers))
            await world.clock.sleep(10)

    assert left == [1, 2, 3, 3, 2, 1, 0]


async def test_a_client_is_not_closed_while_it_asks_anew_who_it_is() -> None:
    world = World()

    async def slowly() -> None:
        await world.clock.sleep(7)

    async def call_for(seconds: float) -> None:
        async with world.calling("hf_ana"):
            await world.clock.sleep(seconds)

    async with world.running(), asyncio.TaskGroup() as tasks:
        tasks.create_task(call_for(BELIEVED_SECONDS + 3))
        await world.clock.sleep(BELIEVED_SECONDS + 1)
        world.answering = slowly
        again = [tasks.create_task(world.call("hf_ana")) for _ in range(3)]

    assert {call.result() for call in again} == {"ana"}
    assert (len(world.clients), world.asked) == (1, ["hf_ana"] * 2)


async def test_no_more_are_kept_than_were_meant_and_those_who_called_last_stay() -> None:
    world = World()
    for number in range(MOST + 5):
        await world.call(f"hf_{number}")
        await world.call("hf_0")

    assert len(world.callers) == MOST
    assert world.closed == [f"hf_{number}" for number in range(1, 6)]


async def test_nobody_is_pushed_out_who_calls_or_is_asked_about() -> None:
    world = World()
    first = True

    async def slowly_once() -> None:
        nonlocal first
        if first:
            first = False
            await world.clock.sleep(3)

    async def call_for(seconds: float) -> None:
        async with world.calling("hf_ben"):
            await world.clock.sleep(seconds)

    await world.call("hf_ana")
    await world.clock.sleep(BELIEVED_SECONDS)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(call_for(10))
        await world.clock.sleep(0.1)
        world.answering = slowly_once
        call = tasks.create_task(world.call("hf_ana"))
        await world.clock.sleep(0.1)
        for number in range(MOST):
            await world.call(f"hf_{number}", f"10.9.{number}.1")
        assert len(world.callers) == MOST
        assert not {"hf_ana", "hf_ben"} & set(world.closed)

    assert call.result() == "ana"
    assert world.asked.count("hf_ana") == 2


# --- wrong ones ------------------------------------------------------------------------------------------------------


async def test_wrong_tokens_of_one_address_make_it_wait_and_nobody_else() -> None:
    world = World()
    await world.call("hf_known")

    told = [await world.call(f"hf_wrong{number}") for number in range(OF_ONE + 3)]

    assert told == ["wrong"] * OF_ONE + [f"wait {EACH_SECONDS:.0f}"] * 3
    assert world.asked == ["hf_known", *(f"hf_wrong{number}" for number in range(OF_ONE))]
    assert await world.call("hf_ana") == f"wait {EACH_SECONDS:.0f}"  # whether it is right cannot be known unasked
    assert await world.call("hf_ana", THERE) == "ana"
    assert await world.call("hf_known") == "known"
    await world.clock.sleep(EACH_SECONDS)
    assert await world.call("hf_bob") == "bob"


async def test_one_stale_script_keeps_no_right_token_out() -> None:
    world, told = World(), []

    async def script() -> None:
        while True:
            assert await world.call("hf_wrong-since-a-month") in {
                "wrong",
                *(f"wait {number}" for number in range(1, 7)),
            }
            await world.clock.sleep(5)

    async with world.running(), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(script())
        for number in range(20):
            await world.clock.sleep(122.5)
            told += [await world.call("hf_ana"), await world.call(f"hf_new{number}")]
        task.cancel()

    assert set(told) == {"ana", *(f"new{number}" for number in range(20))}
    assert world.asked.count("hf_wrong-since-a-month") == pytest.approx(20 * 122.5 / REFUSED_SECONDS, abs=2)


async def test_a_wrong_token_that_comes_in_a_loop_is_told_to_wait_and_asked_about_once_a_minute() -> None:
    world = World()
    async with world.running():
        told = [await world.call("hf_wrong") for _ in range(100)]

    assert told.count("wrong") == OF_ONE + 1  # the first was asked about
    assert world.asked == ["hf_wrong"]


async def test_a_403_shuts_no_token_out_for_a_minute() -> None:
    world = World()
    async with world.running():
        world.fails = Unauthorized("a proxy's page", code=403, body="<html>")
        await world.call("hf_ana")
        world.fails = None

        assert await world.call("hf_ana") == "ana"


async def test_a_token_that_was_right_is_asked_about_whatever_its_address_showed_since() -> None:
    world = World()
    async with world.running():
        await world.call("hf_ana")
        await world.clock.sleep(BELIEVED_SECONDS + 1)
        assert len(world.callers) == 0
        for number in range(OF_ONE):
            await world.call(f"hf_wrong{number}")

        assert [await world.call("hf_ben"), await world.call("hf_ana")] == [f"wait {EACH_SECONDS:.0f}", "ana"]

        await world.clock.sleep(BELIEVED_SECONDS + 1)
        world.fails = Unauthorized("revoked", code=401, body="{}")
        asked = len(world.asked)
        assert [await world.call("hf_ana") for _ in range(3)] == ["wrong"] * 3
        assert len(world.asked) == asked + 1
        world.fails = None
        await world.clock.sleep(REFUSED_SECONDS)
        for number in range(OF_ONE):
            await world.call(f"hf_wrong-too{number}")
        assert (await world.call("hf_ana")).startswith("wait")  # what it was before it was revoked is forgotten


async def test_no_more_hashes_are_kept_than_were_meant() -> None:
    world = World()
    for number in range(MOST_HASHES + 1):
        await world.call(f"hf_wrong{number}", f"10.{number % 200}.{number // 200}.1")
        await world.clock.sleep(0.01)
    before = len(world.asked)

    await world.call(f"hf_wrong{MOST_HASHES - 1}", "10.201.0.1")
    assert len(world.asked) == before
    assert (len(world.callers._refused), len(world.callers._right)) == (MOST_HASHES, 0)


async def test_right_tokens_that_come_together_from_one_address_are_all_let_in() -> None:
    world = World()

    async def slowly() -> None:
        await world.clock.sleep(0.2)

    world.answering = slowly
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(world.call(f"hf_right{number}")) for number in range(3 * OF_ONE)]

    assert [call.result() for call in calls] == [f"right{number}" for number in range(3 * OF_ONE)]


async def test_no_more_new_tokens_of_one_address_wait_than_were_meant() -> None:
    world = World()

    async def slowly() -> None:
        await world.clock.sleep(0.2)

    world.answering = slowly
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(world.call(f"hf_{number}")) for number in range(OF_ONE + MOST_WAITING + 7)]
        calls += [tasks.create_task(world.call("hf_0")) for _ in range(3)]

    assert [call.result() for call in calls].count("wait 1") == 7


async def test_wrong_tokens_of_many_addresses_keep_out_only_who_showed_some() -> None:
    world = World()
    for number in range(OF_ALL):
        await world.call(f"hf_wrong{number}", f"10.1.{number % 50}.1")

    assert (await world.call("hf_wrong", "10.1.0.1")).startswith("wait")
    assert await world.call("hf_ana", THERE) == "ana"


async def test_wrong_tokens_that_come_together_are_asked_about_no_more_often() -> None:
    world = World()

    async def slowly() -> None:
        await world.clock.sleep(3)

    world.answering = slowly
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(world.call(f"hf_wrong{number}")) for number in range(40)]
        await world.clock.sleep(1)
        other = tasks.create_task(world.call("hf_ana", THERE))

    assert [call.result() for call in calls].count("wrong") == OF_ONE
    assert other.result() == "ana"
    assert len(world.asked) == OF_ONE + 1


async def test_no_more_are_asked_about_at_once_than_were_meant() -> None:
    world = World()

    async def slowly() -> None:
        await world.clock.sleep(3)

    world.answering = slowly
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(world.call(f"hf_{number}", f"10.2.{number}.1")) for number in range(MOST_NEW + 20)]

    assert [call.result() for call in calls].count("wait 1") == 20


async def test_one_wrong_token_is_asked_about_once_for_all_who_come_together_with_it() -> None:
    world = World()

    async def slowly() -> None:
        await world.clock.sleep(3)

    world.answering = slowly
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(world.call("hf_wrong")) for _ in range(40)]

    assert {call.result() for call in calls} == {"wrong"}
    assert world.asked == ["hf_wrong"]
    assert len(world.callers) == 0


async def test_an_outage_is_nobodys_wrong_token_and_keeps_nobody() -> None:
    world = World(fails=Unavailable("nobody is there", word="connection"))
    for _ in range(3 * OF_ONE):
        assert await world.call("hf_ana") == "nobody can tell"

    world.fails = None
    assert len(world.callers) == 0
    assert await world.call("hf_ana") == "ana"


async def test_a_token_that_is_refused_after_its_minute_opens_nothing_more() -> None:
    world = World()
    await world.call("hf_ana")
    world.fails = Unauthorized("revoked", code=401, body="{}")
    assert await world.call("hf_ana") == "ana"

    await world.clock.sleep(BELIEVED_SECONDS)

    assert await world.call("hf_ana") == "wrong"
    assert (len(world.callers), world.closed) == (0, ["hf_ana"])


async def test_who_hangs_up_while_whoami_is_asked_leaves_nothing_behind() -> None:
    world = World()
    world.answering = asyncio.Event().wait  # type: ignore[assignment]
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(world.call("hf_ana"))
        await world.clock.sleep(1)
        call.cancel()

    assert (len(world.callers), world.closed) == (0, ["hf_ana"])


# --- the end of a configuration --------------------------------------------------------------------------------------


async def test_when_a_configuration_ends_so_does_every_call_and_none_begins() -> None:
    world = World()
    waiting = asyncio.Event()

    async def never() -> None:
        await waiting.wait()

    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(world.follow("hf_ana")) for _ in range(3)]
        await world.clock.sleep(1)
        world.answering = never
        asked = tasks.create_task(world.call("hf_new"))
        await world.clock.sleep(1)
        await world.callers.aclose()
        waiting.set()
        late = [await world.call("hf_ana"), await world.call("hf_late")]

    assert [call.result() for call in calls] == ["ended"] * 3
    assert [asked.result(), *late] == ["over"] * 3
    assert len(world.callers) == 0
    assert sorted(world.closed) == ["hf_ana", "hf_new"]
    assert "hf_late" not in world.asked


async def test_a_configurations_end_ends_the_calls_of_a_token_that_was_revoked_since() -> None:
    world = World()

    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(world.follow("hf_ana"))
        await world.clock.sleep(BELIEVED_SECONDS + 1)
        world.fails = Unauthorized("revoked", code=401, body="{}")
        assert await world.call("hf_ana") == "wrong"
        await world.callers.aclose()
        await world.callers.aclose()

    assert call.result() == "ended"
    assert world.closed == ["hf_ana"]


async def test_an_end_that_comes_twice_is_one() -> None:
    world = World()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(world.callers.aclose)
        await world.call("hf_ana")
        await world.callers.aclose()

    assert world.closed == ["hf_ana"]

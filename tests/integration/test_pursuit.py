"""An act that gets no answer: what is sent again, what is not, and who need not wait for it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from events.catalogue.acts import Abandoned, Confirmed, Intended
from events.memory import MemoryLog
from events.query import Page, Query
from service.app import World, once
from service.commands import Done, GivenUp
from service.parts import Parts
from service.ports import Item, Unavailable
from service.simulator import Happening
from statemachine.machine import Command
from statemachine.model import EndpointName, Missing
from tests.integration.open_acts import AT_ONCE, BOTH, ONE, leave_a_pause_open
from tests.integration.world import Scene, endpoint

pytestmark = pytest.mark.looptime

HOUR = 3600.0


def pauses(stage: Scene) -> list[Happening]:
    return [happening for happening in stage.sim.history if happening.cause == "pause"]


def lose_the_first_pause(parts: Parts) -> None:
    """Let the first pause come to nothing, without an answer."""
    writer = parts.commander.writers["acme"]
    pause = writer.pause

    async def lost(name: EndpointName) -> Item:
        writer.pause = pause  # type: ignore[method-assign]
        raise Unavailable("nobody answered", word="timeout")

    writer.pause = lost  # type: ignore[method-assign]


async def test_a_write_that_takes_effect_after_its_time_limit_is_not_sent_again(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon(AT_ONCE.replace('"1h"', '"99h"')) as parts:
        writer = parts.commander.writers["acme"]
        pause = writer.pause

        async def given_up_after_30_seconds(name: EndpointName) -> Item:
            writer.pause = pause  # type: ignore[method-assign]
            asyncio.get_running_loop().call_later(40, stage.sim.act, "acme", "one", "pause")
            await stage.clock.sleep(30)
            raise Unavailable("no answer within 30 s", word="timeout")

        async def undo() -> None:
            while not pauses(stage):
                await stage.clock.sleep(0.5)
            stage.sim.act("acme", "one", "resume", actor="ann")

        writer.pause = given_up_after_30_seconds  # type: ignore[method-assign]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(undo())
            await parts.desk.ask(ONE, Command.PAUSE, actor="person:bob", key="1")
        await stage.clock.sleep(120)

    assert len(pauses(stage)) == 1


@pytest.mark.parametrize(("asked", "waited"), [(45.0, 45.0), (86400.0, 60.0)])
@pytest.mark.parametrize("word", ["rate_limited", "server_error"])
async def test_who_asks_to_be_left_alone_is_not_looked_at_before_but_for_a_minute_at_most(
    stage: Scene, word: str, asked: float, waited: float
) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon(AT_ONCE.replace('"1h"', '"99h"')) as parts:
        writer, pause, look = parts.commander.writers["acme"], parts.commander.writers["acme"].pause, parts.watch.look
        refused_at, looked = float("inf"), list[float]()

        async def refused(name: EndpointName) -> Item:
            nonlocal refused_at
            writer.pause = pause  # type: ignore[method-assign]
            refused_at = stage.clock.monotonic()
            raise Unavailable("not now", word=word, wait_seconds=asked)

        async def noted(name: EndpointName) -> Item | Missing:
            looked.append(stage.clock.monotonic())
            return await look(name)

        writer.pause = refused  # type: ignore[method-assign]
        parts.watch.look = noted  # type: ignore[method-assign]
        outcome = await parts.desk.ask(ONE, Command.PAUSE, actor="person:bob", key="1")

    assert isinstance(outcome, Done)
    assert min(at for at in looked if at > refused_at) - refused_at == pytest.approx(waited, abs=1)


async def test_the_end_of_an_act_is_not_told_while_what_was_sent_may_still_take_effect(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon(AT_ONCE) as parts:
        writer = parts.commander.writers["acme"]

        async def takes_effect_later(name: EndpointName) -> Item:
            asyncio.get_running_loop().call_later(10, stage.sim.act, "acme", "one", "pause")
            raise Unavailable("the connection was cut", word="connection")

        writer.pause = takes_effect_later  # type: ignore[method-assign]
        while not await stage.events(Intended):
            await stage.clock.sleep(1)
        until = stage.clock.now() + timedelta(hours=9)
        await parts.holds.place(ONE, author="person:ann", reason="a demo", until=until, key="1")
        await stage.clock.sleep(60)

    assert len(pauses(stage)) == 1
    assert [type(event) for event in await stage.events(Abandoned, Confirmed)] == [Confirmed]


class Interrupted(MemoryLog):
    """A log where something happens while a question is answered: who asked for changes, and only the newest one."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def read(self, query: Query) -> Page:
        page = await super().read(query)
        if self.meanwhile is not None and query.stream is not None and query.types and query.limit == 1:
            await self.meanwhile()
        return page


class Sluggish(MemoryLog):
    """A log that lets whoever follows all of it wait for what was written after some position."""

    slow_after: int | None = None
    seconds = 0.0

    async def read(self, query: Query) -> Page:
        page = await super().read(query)
        if self.slow_after is not None and not query.types and query.after >= self.slow_after and page.events:
            await asyncio.sleep(self.seconds)
        return page


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 1.5])
async def test_a_command_is_sent_as_soon_as_the_views_know_that_it_was_meant(stage: Scene, seconds: float) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.log = log = Sluggish()

    async with stage.daemon(AT_ONCE.replace('"1h"', '"99h"')) as parts:
        writer = parts.commander.writers["acme"]
        pause, sent = writer.pause, list[float]()

        async def noted(name: EndpointName) -> Item:
            sent.append(stage.clock.monotonic())
            return await pause(name)

        async def follow(position: int) -> float:
            await parts.live.reach(position)
            return stage.clock.monotonic()

        writer.pause = noted  # type: ignore[method-assign]
        log.slow_after, log.seconds = await log.head(), seconds
        async with asyncio.TaskGroup() as tasks:
            shown = tasks.create_task(follow(log.slow_after + 1))
            asked = tasks.create_task(parts.desk.ask(ONE, Command.PAUSE, actor="person:bob", key="1"))

    assert isinstance(asked.result(), Done)
    assert sent == [pytest.approx(shown.result(), abs=0.0001)]


async def test_views_that_stand_still_do_not_keep_a_command_from_being_sent(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.log = log = Sluggish()

    async with stage.daemon(AT_ONCE.replace('"1h"', '"99h"')) as parts:
        log.slow_after, log.seconds = await log.head(), HOUR
        outcome = await parts.desk.ask(ONE, Command.PAUSE, actor="person:bob", key="1")

    assert isinstance(outcome, Done)
    assert len(pauses(stage)) == 1


async def test_a_hold_that_is_granted_while_an_act_is_weighed_again_prevents_it(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.log = log = Interrupted()

    async with stage.daemon(AT_ONCE) as parts:
        lose_the_first_pause(parts)
        until = stage.clock.now() + timedelta(hours=9)

        async def hold() -> None:
            log.meanwhile = None
            await parts.holds.place(ONE, author="person:ann", reason="a demo", until=until, key="1")
            await parts.live.reach(await log.head())

        log.meanwhile = hold
        await stage.clock.sleep(2 * HOUR)

    (abandoned,) = await stage.events(Abandoned)
    assert isinstance(abandoned, Abandoned)
    assert abandoned.reason == "held by person:ann: a demo"
    assert [request for request in stage.sim.requests if request.write] == []


async def test_a_command_that_had_to_wait_beyond_its_deadline_is_not_sent(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon() as parts:
        lose_the_first_pause(parts)
        async with asyncio.TaskGroup() as tasks:
            first = parts.desk.ask(ONE, Command.PAUSE, actor="person:ann", key="1")
            tasks.create_task(first)
            await stage.clock.sleep(1)
            second = tasks.create_task(parts.desk.ask(ONE, Command.SCALE_TO_ZERO, actor="person:bob", key="1"))
            await stage.clock.sleep(0.5)
            stage.sim.faults.down = True
            await stage.clock.sleep(600)
            stage.sim.faults.down = False

    outcome = second.result()
    assert isinstance(outcome, GivenUp)
    assert "ask again" in outcome.reason
    assert [request for request in stage.sim.requests if request.write] == []


async def test_in_one_round_an_act_without_an_answer_does_not_keep_others_from_theirs(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.sim.create("beta", "two", state="running", type="public")
    await leave_a_pause_open(stage, BOTH)

    for _ in range(2):  # the first one reads a configuration that is new to it
        async with once(stage.configuration(BOTH), World(clock=stage.clock, log=stage.log, chance=random.Random(1))):
            pass

    assert [pause.name for pause in pauses(stage)] == ["two"]


async def test_of_endpoints_that_nobody_acts_on_any_more_no_turn_is_kept(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon() as parts:
        during = 0

        async def count_turns() -> None:
            nonlocal during
            while not await stage.events(Intended):
                await stage.clock.sleep(0.01)
            during = len(parts.commander.turns)

        stage.sim.faults.latency_seconds = (0.5, 0.5)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(count_turns())
            asked = [
                tasks.create_task(parts.desk.ask(endpoint(f"acme/{name}"), Command.PAUSE, actor="ann", key="1"))
                for name in ("one", "nonsense", "more-nonsense")
            ]

    done, *others = (task.result() for task in asked)
    assert isinstance(done, Done)
    assert "there is no endpoint acme/nonsense" in str(others)
    assert during == 1
    assert len(parts.commander.turns) == 0

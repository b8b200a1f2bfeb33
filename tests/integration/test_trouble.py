"""What must not stop the daemon, nor be stopped by it: reloads in the middle, holds in between, stores that fail."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from events import codec, streams
from events.catalogue.acts import Intended
from events.catalogue.daemon import ConfigurationRefused
from events.catalogue.keepers import HoldPlaced
from events.errors import LogUnusable
from events.memory import MemoryLog
from events.query import Page, Query
from events.unit import Result, Unit, Write
from service.app import World, daemon, once
from service.commands import CannotApply, GivenUp
from service.commands.acts import tell
from statemachine.machine import Command
from tests.integration.open_acts import leave_a_pause_open
from tests.integration.world import ACT, Scene, endpoint

pytestmark = pytest.mark.looptime

OBSERVE = ACT.replace('mode = "act"', 'mode = "observe"')
HOUR = 3600.0


async def test_a_reload_to_observe_stops_a_command_that_is_still_looking(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    texts = iter([OBSERVE])
    world = World(
        clock=stage.clock,
        log=stage.log,
        chance=random.Random(1),
        reload=lambda: stage.configuration(next(texts)),
    )

    async with daemon(stage.configuration(), world) as parts:
        await stage.clock.sleep(10)
        stage.sim.faults.latency_seconds = (4.0, 4.0)
        async with asyncio.TaskGroup() as tasks:
            ask = parts.desk.ask(endpoint("acme/one"), Command.PAUSE, actor="person:ann", key="1")
            asked = tasks.create_task(ask)
            await stage.clock.sleep(1)
            world.reloading.set()
        await stage.clock.sleep(60)

    assert isinstance(asked.result(), GivenUp | CannotApply)
    assert [request for request in stage.sim.requests if request.write] == []


class HoldsFirst(MemoryLog):
    """A log in which a person's hold is always a moment ahead of a policy's intent."""

    hold: Unit | None = None

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        intends = any(isinstance(d.event, Intended) for u in units for w in u.streams.values() for d in w.drafts)
        if intends and self.hold is not None:
            hold, self.hold = self.hold, None
            await super().append([hold])
        return await super().append(units)


@pytest.mark.parametrize("everything", [False, True])
async def test_a_hold_that_comes_a_moment_before_the_intent_prevents_it(stage: Scene, *, everything: bool) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.log = log = HoldsFirst()
    stream = streams.EVERYTHING if everything else streams.acts(endpoint("acme/one"))

    async with stage.daemon():
        await stage.clock.sleep(HOUR - 100)
        now = stage.clock.now()
        placed = HoldPlaced(hold="h", author="person:ann", reason="wait", until=now + timedelta(hours=3))
        draft = codec.decision("h", placed, time=now, actor="person:ann")
        log.hold = Unit(streams={stream: Write(expected=await log.version(stream), drafts=(draft,))})
        await stage.clock.sleep(HOUR)

    assert len(await stage.events(HoldPlaced)) == 1
    assert await stage.events(Intended) == []
    assert [request for request in stage.sim.requests if request.write] == []


async def test_an_open_intent_in_a_namespace_that_is_no_longer_watched_blinds_nobody(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.sim.create("beta", "two", state="running", type="public")
    async with stage.daemon() as parts:
        intended = parts.commander.intend(
            endpoint("acme/one"),
            Command.PAUSE,
            life=parts.live.fleet.known(endpoint("acme/one")).life or stage.clock.now(),
            policy="old",
            revision="r",
            cause=1,
            reason="left open",
            evidence=(1,),
        )
        await tell(stage.log, stage.clock, endpoint("acme/one"), intended, id_=intended.intent, actor="policy:old")

    async with stage.daemon("[namespaces]\nbeta = {}\n") as parts:
        await stage.clock.sleep(30)
        assert parts.live.fleet.known(endpoint("beta/two")).life is not None
        assert parts.live.fleet.known(endpoint("acme/one")).open != {}


class FailsForAWhile(MemoryLog):
    """A log on a disk that is full, or cannot be read, while `broken` says so."""

    broken = False

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        if self.broken:
            raise LogUnusable("no space left on the device: make room")
        return await super().append(units)

    async def read(self, query: Query) -> Page:
        if self.broken:
            raise LogUnusable("the disk does not answer")
        return await super().read(query)


async def test_a_store_that_fails_for_an_hour_stops_nothing_for_good(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.log = log = FailsForAWhile()
    world = World(
        clock=stage.clock,
        log=log,
        chance=random.Random(1),
        reload=lambda: stage.configuration("mode = 7"),
    )

    async with daemon(stage.configuration(), world):
        await stage.clock.sleep(60)
        log.broken = True
        stage.sim.act("acme", "one", "pause", actor="ann")
        world.reloading.set()
        await stage.clock.sleep(HOUR)
        log.broken = False
        await stage.clock.sleep(120)
        world.reloading.set()
        await stage.clock.sleep(60)

    assert len(await stage.recorded()) > 0
    (refused,) = await stage.events(ConfigurationRefused)
    assert isinstance(refused, ConfigurationRefused)
    assert "lamplighter.toml: cannot be used; mode: " in refused.reason, "one line, as it is printed"
    seen = await stage.recorded(name="one")
    assert "endpoint.status_changed" in {recorded.type for recorded in seen}


async def test_a_store_that_fails_at_the_end_does_not_hold_it_up(stage: Scene) -> None:
    stage.log = log = FailsForAWhile()

    async with stage.daemon():
        await stage.clock.sleep(60)
        log.broken = True
        started = stage.clock.monotonic()

    assert stage.clock.monotonic() - started < 5


async def test_one_round_ends_although_an_intent_is_open_and_its_namespace_does_not_answer(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    await leave_a_pause_open(stage, ACT)

    world = World(clock=stage.clock, log=stage.log, chance=random.Random(1))
    started = stage.clock.monotonic()
    async with once(stage.configuration(), world) as done:
        assert not done.whole

    assert stage.clock.monotonic() - started < 600

"""One configuration follows another: what must not get lost in between, and what must not be done too early."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from events.catalogue.daemon import ConfigurationApplied
from events.errors import LogUnusable
from events.memory import MemoryLog
from events.unit import Result, Unit
from service.app import World, daemon
from service.commands import CannotApply, Done, Outcome
from statemachine.machine import Command
from statemachine.model import Discovered
from tests.integration.world import ACT, Scene, endpoint

pytestmark = pytest.mark.looptime

HOUR = 3600.0
AT_ONCE = ACT.replace('settle = "1m"', 'settle = "30m"').replace('warn = ["15m", "5m"]', "warn = []")


def world(stage: Scene, text: str) -> World:
    return World(clock=stage.clock, log=stage.log, chance=random.Random(1), reload=lambda: stage.configuration(text))


def tells(units: Sequence[Unit], kind: type) -> bool:
    return any(isinstance(draft.event, kind) for u in units for w in u.streams.values() for draft in w.drafts)


class FailsOnce(MemoryLog):
    """A log that fails at the next event of one kind: before it is on disk, or after (`lost`) and unacknowledged."""

    at: type | None = None
    lost = False

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        if self.at is None or not tells(units, self.at):
            return await super().append(units)
        self.at = None
        if self.lost:
            await super().append(units)
        raise LogUnusable("the disk does not answer")


@pytest.mark.parametrize("lost", [False, True])
async def test_a_configuration_that_the_log_could_not_take_at_first_settles_all_the_same(
    stage: Scene, *, lost: bool
) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.log = log = FailsOnce()
    log.lost = lost
    act = world(stage, AT_ONCE)

    async with daemon(stage.configuration(AT_ONCE.replace('"act"', '"observe"')), act):
        await stage.clock.sleep(3 * HOUR)
        log.at = ConfigurationApplied
        act.reloading.set()
        await stage.clock.sleep(25 * 60)
        early = [request for request in stage.sim.requests if request.write]
        await stage.clock.sleep(10 * 60)

    assert early == []
    assert len(await stage.events(ConfigurationApplied)) == 2
    assert len([request for request in stage.sim.requests if request.write]) == 1


async def test_a_reload_does_not_cut_short_the_time_to_settle_after_a_clock_has_jumped(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    same = world(stage, AT_ONCE)

    async with daemon(stage.configuration(AT_ONCE), same):
        await stage.clock.sleep(HOUR / 2 + 60)
        stage.clock.jump(timedelta(hours=5))
        await stage.clock.sleep(120)
        same.reloading.set()
        await stage.clock.sleep(20 * 60)
        early = [request for request in stage.sim.requests if request.write]

    assert early == []


async def test_a_command_right_after_a_reload_knows_the_endpoint(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    other = world(stage, ACT.replace('"1h"', '"2h"'))

    async with daemon(stage.configuration(), other) as parts:
        await stage.clock.sleep(30)
        scan = stage.log.board.scan

        async def slowly(kind: str) -> dict[str, bytes]:
            await stage.clock.sleep(1)
            return await scan(kind)

        stage.log.board.scan = slowly  # type: ignore[method-assign]
        other.reloading.set()
        outcomes: list[Outcome] = []
        async with asyncio.timeout(10):
            while not outcomes or not isinstance(outcomes[-1], Done):
                await stage.clock.sleep(0.1)
                key = str(len(outcomes))
                outcomes.append(await parts.desk.ask(endpoint("acme/one"), Command.PAUSE, actor="person:ann", key=key))

    assert {"absent" in outcome.reason for outcome in outcomes if isinstance(outcome, CannotApply)} <= {False}


async def test_an_endpoint_whose_discovery_was_written_but_not_acknowledged_is_followed_on(stage: Scene) -> None:
    stage.log = log = FailsOnce()
    log.at, log.lost = Discovered, True

    async with stage.daemon() as parts:
        stage.sim.create("acme", "one", state="running", type="public")
        await stage.clock.sleep(60)
        stage.sim.act("acme", "one", "pause", actor="ann")
        await stage.clock.sleep(60)
        status = parts.live.fleet.known(endpoint("acme/one")).endpoint.status

    assert str(status) == "paused"
    assert len(await stage.events(Discovered)) == 1


async def test_a_second_life_that_was_written_but_not_acknowledged_is_told_once(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.sim.faults.delete_linger_seconds = 0.0
    stage.log = log = FailsOnce()

    async with stage.daemon() as parts:
        await stage.clock.sleep(60)
        log.at, log.lost = Discovered, True
        stage.sim.act("acme", "one", "delete", actor="ann")
        stage.sim.create("acme", "one", state="running", type="public")
        await stage.clock.sleep(60)
        stage.sim.act("acme", "one", "pause", actor="ann")
        await stage.clock.sleep(60)
        status = parts.live.fleet.known(endpoint("acme/one")).endpoint.status

    assert str(status) == "paused"
    assert len(await stage.events(Discovered)) == 2

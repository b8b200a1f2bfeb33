"""`lamplighter once` against the simulator: what it says when not everything could be done."""

import random
from collections.abc import Sequence

import pytest

from events.catalogue.acts import Intended
from events.errors import LogUnusable
from events.memory import MemoryLog
from events.unit import Result, Unit
from service.app import World
from service.cli.exits import Stop
from service.cli.rounds import Round, play
from service.cli.running import foreseen
from tests.integration.open_acts import BOTH, leave_a_pause_open
from tests.integration.world import ACT, Scene

pytestmark = pytest.mark.looptime


async def one_round(stage: Scene, text: str) -> Round:
    return await play(stage.configuration(text), World(clock=stage.clock, log=stage.log, chance=random.Random(1)))


async def test_an_act_that_one_round_left_open_is_named_and_makes_the_round_fail(
    stage: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    await leave_a_pause_open(stage, ACT)
    (intended,) = await stage.recorded(Intended)

    done = await one_round(stage, ACT)
    done.show()

    assert not done.well
    (act,) = done.document["open"]
    assert (act["endpoint"], act["command"], act["actor"]) == ("acme/one", "pause", "policy:old")
    assert act["position"] == intended.position
    said = f"! acme/one: pause, meant by policy:old at position {intended.position}, is still open"
    assert said in capsys.readouterr().err

    stage.sim.faults.down_namespaces.clear()
    assert (await one_round(stage, ACT)).document["open"] == []


async def test_an_open_act_where_nobody_looks_any_more_does_not_make_every_round_fail(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.sim.create("beta", "two", state="running", type="public")
    await leave_a_pause_open(stage, BOTH)

    done = await one_round(stage, "[namespaces]\nbeta = {}\n")

    assert done.well


class Filling(MemoryLog):
    """A log on a disk that is full when `full` says so."""

    full = False

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        if self.full:
            raise LogUnusable("the disk is full. Make room: what was not acknowledged is tried again")
        return await super().append(units)


async def test_a_disk_that_becomes_full_ends_a_round_with_one_sentence(stage: Scene) -> None:
    stage.log = log = Filling()
    await one_round(stage, ACT)
    stage.sim.create("acme", "one", state="running", type="public")
    log.full = True

    with pytest.raises(Stop, match="the disk is full"), foreseen():
        await one_round(stage, ACT)

"""A daemon on a log that was changed behind its back."""

import random

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from events.memory import MemoryLog
from events.transfer.incoming import UNFINISHED
from service.app import World
from service.cli.exits import Stop
from service.cli.rounds import play
from service.cli.running import foreseen
from tests.integration.world import ACT, Scene

pytestmark = pytest.mark.looptime


async def one_round(stage: Scene, *, despite_broken_chain: bool = False) -> None:
    chance = random.Random(1)
    world = World(clock=stage.clock, log=stage.log, chance=chance, despite_broken_chain=despite_broken_chain)
    with foreseen():
        await play(stage.configuration(ACT), world)


def change(stage: Scene, position: int) -> None:
    assert isinstance(stage.log, MemoryLog)
    events = stage.log.store.events
    events[position - 1] = replace(events[position - 1], actor="nobody")


async def test_nothing_is_started_on_a_log_that_was_changed_and_its_place_is_named(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    await one_round(stage)
    change(stage, 2)
    before = await stage.log.head()

    with pytest.raises(Stop, match=r"the log is broken at position 2: .*Nothing is started on it.*--despite-broken-ch"):
        await one_round(stage)

    assert before >= 2
    assert await stage.log.head() == before


async def test_who_says_so_goes_on_with_it_and_every_start_tells(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    await one_round(stage)
    change(stage, 2)
    stage.sim.create("acme", "two", state="running", type="public")
    before = await stage.log.head()

    for _ in range(2):
        with capture_logs() as lines:
            await one_round(stage, despite_broken_chain=True)
        assert [line["position"] for line in lines if line["event"] == "chain_broken"] == [2]

    assert await stage.log.head() > before


async def test_nothing_is_started_on_half_an_import(stage: Scene) -> None:
    await stage.log.board.put(UNFINISHED, {"file": b"log.jsonl"})

    with pytest.raises(Stop, match=r"`lamplighter log import log.jsonl` was cut short"):
        await one_round(stage)

    assert await stage.log.head() == 0

"""What a lease woke is put back to rest only while it is its doing: whoever else was at it meanwhile is believed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from events.catalogue.acts import Confirmed
from service.commands import Done, GivenUp, Outcome
from service.leases import Lease
from service.parts import Parts
from service.ports import Item, Unavailable
from statemachine.model import EndpointName, Missing, StatusChanged
from statemachine.table import By
from tests.integration.world import Scene, endpoint

pytestmark = pytest.mark.looptime(noop_cycles=4)  # sockets on loopback are ready at once

ONE = endpoint("acme/one")
ANA = "person:ana"
PLAIN = 'mode = "act"\n[namespaces]\nacme = {}\n'


async def taken_and_woken(parts: Parts) -> tuple[Lease, Outcome]:
    lease = await parts.leases.take(
        ONE, holder=ANA, key="k", reason="a test", span=timedelta(minutes=2), pause_after=True
    )
    return lease, await parts.leases.ensure(ONE, lease=lease.id, actor=ANA, key="k", reason="", desk=parts.desk)


async def test_whoever_repeats_what_was_just_done_for_a_lease_is_not_taken_for_the_lease(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=60)
    async with stage.daemon(PLAIN) as parts:
        writer = parts.commander.writers["acme"]
        resume = writer.resume

        async def undone_and_repeated(name: EndpointName) -> Item:
            item = await resume(name)
            stage.sim.act("acme", "one", "pause", actor="bob")
            asyncio.get_running_loop().call_later(1.5, stage.sim.act, "acme", "one", "resume")
            return item

        writer.resume = undone_and_repeated  # type: ignore[method-assign]
        lease, woken = await taken_and_woken(parts)
        told = await parts.leases.release(ONE, lease.id, actor=ANA, commander=parts.commander)
        await stage.clock.sleep(120)

    changes = [event for event in await stage.events(StatusChanged) if isinstance(event, StatusChanged)]
    ours = [event.cause.intent is not None for event in changes if str(event.new) == "pending"]
    assert isinstance(woken, Done)
    assert len(await stage.events(Confirmed)) == 1
    assert ours == [True, False]
    assert changes[2].cause.by is By.PERSON
    assert told is not None
    assert told.kept == "somebody else was at it since a lease resumed it"
    assert str(stage.sim.status("acme", "one")) == "running"


async def test_what_was_put_back_without_an_answer_and_woken_again_by_somebody_is_not_put_back_twice(
    stage: Scene,
) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=60)
    async with stage.daemon(PLAIN) as parts:
        lease, _ = await taken_and_woken(parts)
        writer, pause = parts.commander.writers["acme"], parts.commander.writers["acme"].pause

        async def lost(name: EndpointName) -> Item:
            writer.pause = pause  # type: ignore[method-assign]
            stage.sim.act("acme", "one", "pause", actor="robot")
            await stage.clock.sleep(2)
            stage.sim.act("acme", "one", "resume", actor="alice")
            raise Unavailable("the connection was cut", word="connection")

        writer.pause = lost  # type: ignore[method-assign]
        await parts.leases.release(ONE, lease.id, actor=ANA, commander=parts.commander)
        await stage.clock.sleep(300)

    assert [happening.cause for happening in stage.sim.history].count("pause") == 1
    assert str(stage.sim.status("acme", "one")) == "running"


async def test_nor_is_it_where_nobody_could_look_right_after(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=60)
    async with stage.daemon(PLAIN) as parts:
        lease, _ = await taken_and_woken(parts)
        writer, pause = parts.commander.writers["acme"], parts.commander.writers["acme"].pause
        carry_out, look, given_up = parts.commander.carry_out, parts.watch.look, 0

        async def lost(name: EndpointName) -> Item:
            writer.pause = pause  # type: ignore[method-assign]
            stage.sim.act("acme", "one", "pause", actor="robot")
            await stage.clock.sleep(2)
            stage.sim.act("acme", "one", "resume", actor="alice")
            raise Unavailable("the connection was cut", word="connection")

        async def carried_out(*what: Any, **more: Any) -> Outcome:
            nonlocal given_up
            outcome = await carry_out(*what, **more)
            given_up += isinstance(outcome, GivenUp)
            if given_up == 1:
                parts.watch.look = blind  # type: ignore[method-assign]
            return outcome

        async def blind(name: EndpointName) -> Item | Missing:
            parts.watch.look = look  # type: ignore[method-assign]
            raise Unavailable(f"nobody answers about {name}", word="connection")

        writer.pause = lost  # type: ignore[method-assign]
        parts.commander.carry_out = carried_out  # type: ignore[method-assign]
        await parts.leases.release(ONE, lease.id, actor=ANA, commander=parts.commander)
        await stage.clock.sleep(300)

    assert given_up >= 1
    assert [happening.cause for happening in stage.sim.history].count("pause") == 1
    assert str(stage.sim.status("acme", "one")) == "running"

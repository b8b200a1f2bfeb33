"""The watcher against the simulator: what it sees, and what it must not believe."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable, SuspicionEnded
from events.unit import Result, Unit
from service.watch.track import Track
from statemachine.machine import Command
from statemachine.model import BecameUnreadable, Deleted, Discovered, StatusChanged
from statemachine.status import Status, UnknownStatus
from tests.integration.world import Scene, endpoint

pytestmark = pytest.mark.looptime

OBSERVE = """
[namespaces]
acme = {}
"""


def fleet_of(stage: Scene, count: int, namespace: str = "acme") -> None:
    for number in range(count):
        stage.sim.create(namespace, f"endpoint-{number:03}", state="running", type="public")


async def test_a_namespace_of_250_endpoints_is_seen_whole(stage: Scene) -> None:
    fleet_of(stage, 250)

    async with stage.daemon(OBSERVE):
        await stage.clock.sleep(5)

    assert len(await stage.events(Discovered)) == 250


async def test_a_page_that_fails_half_way_deletes_nothing_and_is_the_namespaces_own_trouble(stage: Scene) -> None:
    fleet_of(stage, 250)

    async with stage.daemon(OBSERVE):
        stage.sim.faults.fail_page = ("acme", 1)
        await stage.clock.sleep(600)
        stage.sim.faults.fail_page = None
        await stage.clock.sleep(60)

    assert await stage.events(Deleted, StatusChanged) == []
    assert len(await stage.events(NamespaceUnreachable)) == 1
    assert len(await stage.events(NamespaceRecovered)) == 1


@pytest.mark.parametrize("count", [1, 3, 40])
async def test_a_token_that_loses_its_organisation_deletes_nothing(stage: Scene, count: int) -> None:
    fleet_of(stage, count)
    stage.sim.grant("robot", "acme")

    async with stage.daemon(OBSERVE):
        stage.sim.revoke("robot", "acme")
        await stage.clock.sleep(3600)
        stage.sim.grant("robot", "acme")
        await stage.clock.sleep(60)

    assert await stage.events(Deleted) == []
    suspected = await stage.events(DisappearanceSuspected)
    assert [len(event.missing) for event in suspected if isinstance(event, DisappearanceSuspected)] == [count]
    ended = await stage.events(SuspicionEnded)
    assert [event.confirmed for event in ended if isinstance(event, SuspicionEnded)] == [False]


async def test_a_crowd_that_was_really_deleted_is_believed_after_two_sweeps_five_minutes_apart(stage: Scene) -> None:
    fleet_of(stage, 40)

    async with stage.daemon(OBSERVE):
        for number in range(30):
            stage.sim.act("acme", f"endpoint-{number:03}", "delete")
        await stage.clock.sleep(240)
        before = await stage.events(Deleted)
        await stage.clock.sleep(240)

    assert before == []
    assert len(await stage.events(Deleted)) == 30


async def test_a_deleted_endpoint_is_gone_only_after_a_404(stage: Scene) -> None:
    fleet_of(stage, 3)

    async with stage.daemon(OBSERVE):
        stage.sim.act("acme", "endpoint-001", "delete")
        await stage.clock.sleep(60)

    (gone,) = await stage.recorded(Deleted)
    assert gone.stream.startswith("endpoint/acme/endpoint-001/")
    asked = [request for request in stage.sim.requests if request.path.endswith("/endpoint-001")]
    assert asked[-1].status == 404


async def test_a_name_that_is_created_again_has_two_lives_in_two_streams(stage: Scene) -> None:
    fleet_of(stage, 1)

    async with stage.daemon(OBSERVE):
        stage.sim.act("acme", "endpoint-000", "delete")
        await stage.clock.sleep(1.5)
        stage.sim.create("acme", "endpoint-000", state="running")
        await stage.clock.sleep(60)

    discovered = await stage.recorded(Discovered, name="endpoint-000")
    assert len({recorded.stream for recorded in discovered}) == 2
    assert len(await stage.events(Deleted)) == 1


async def overtaken_sweep(stage: Scene) -> list[tuple[str, str]]:
    """Let a slow list be asked for before our pause and answered after it; return the changes that were recorded."""
    stage.sim.create("acme", "one", state="running", type="public")
    text = 'mode = "act"\n[poll]\nfast = "3s"\nslow = "3s"\n[namespaces]\nacme = {}\n'
    async with stage.daemon(text) as parts:
        stage.sim.faults.slow_list_seconds = 5.0
        await stage.clock.sleep(5)
        await parts.desk.ask(endpoint("acme/one"), Command.PAUSE, actor="person:ann", key="1")
        await stage.clock.sleep(30)
    changed = await stage.events(StatusChanged)
    return [(str(event.old), str(event.new)) for event in changed if isinstance(event, StatusChanged)]


async def test_a_sweep_that_our_own_pause_overtook_undoes_nothing_in_the_log(stage: Scene) -> None:
    assert await overtaken_sweep(stage) == [("running", "paused")]


async def test_without_the_order_of_looks_the_same_sweep_would_undo_it(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Track, "is_late", lambda self, look: False)

    assert ("paused", "running") in await overtaken_sweep(stage)


async def test_an_unreadable_document_blinds_nobody_else(stage: Scene) -> None:
    fleet_of(stage, 3)

    async with stage.daemon(OBSERVE):
        stage.sim.faults.unreadable.add(("acme", "endpoint-001"))
        await stage.clock.sleep(30)
        stage.sim.act("acme", "endpoint-002", "pause")
        await stage.clock.sleep(30)

    (unreadable,) = await stage.recorded(BecameUnreadable)
    assert "endpoint-001" in unreadable.stream
    (changed,) = await stage.recorded(StatusChanged)
    assert "endpoint-002" in changed.stream


async def test_an_unknown_status_is_kept_as_it_came(stage: Scene) -> None:
    fleet_of(stage, 1)

    async with stage.daemon(OBSERVE):
        stage.sim.faults.unknown_status["acme", "endpoint-000"] = "hibernating"
        await stage.clock.sleep(60)
        del stage.sim.faults.unknown_status["acme", "endpoint-000"]
        await stage.clock.sleep(60)

    changed = [event for event in await stage.events(StatusChanged) if isinstance(event, StatusChanged)]
    assert [event.new for event in changed] == [UnknownStatus("hibernating"), Status.RUNNING]


async def test_a_namespace_that_is_down_does_not_hold_up_another(stage: Scene) -> None:
    fleet_of(stage, 2)
    fleet_of(stage, 2, "beta")

    async with stage.daemon("[namespaces]\nacme = {}\nbeta = {}\n"):
        stage.sim.faults.down_namespaces.add("acme")
        await stage.clock.sleep(60)
        stage.sim.act("beta", "endpoint-000", "pause")
        await stage.clock.sleep(30)

    (changed,) = await stage.recorded(StatusChanged)
    assert "beta/endpoint-000" in changed.stream
    (trouble,) = await stage.recorded(NamespaceUnreachable)
    assert trouble.stream == "namespace/acme"


async def test_an_outage_that_the_watcher_and_a_caller_meet_at_once_is_told_once_and_so_is_its_end(
    stage: Scene,
) -> None:
    fleet_of(stage, 2)

    async with stage.daemon(OBSERVE) as parts:
        await stage.clock.sleep(60)
        append, watcher = stage.log.append, parts.watch.of("acme")

        async def slowly(units: Sequence[Unit]) -> list[Result]:
            results = await append(units)
            await stage.clock.sleep(120)  # longer than the two, each with its repetitions, lie apart
            return results

        async def both() -> None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watcher.sweep())
                tasks.create_task(parts.watch.sweep_for_all("acme"))

        stage.log.append = slowly  # type: ignore[method-assign]
        stage.sim.faults.down_namespaces.add("acme")
        await both()
        stage.sim.faults.down_namespaces.clear()
        await both()

    assert len(await stage.events(NamespaceUnreachable)) == 1
    assert len(await stage.events(NamespaceRecovered)) == 1


async def test_a_restart_continues_the_log_and_its_windows_begin_at_the_last_good_look(stage: Scene) -> None:
    fleet_of(stage, 2)
    async with stage.daemon(OBSERVE):
        await stage.clock.sleep(120)
    stopped_at = stage.clock.now()
    stage.sim.act("acme", "endpoint-000", "pause")
    await stage.clock.sleep(300)

    async with stage.daemon(OBSERVE):
        await stage.clock.sleep(30)

    assert len(await stage.events(Discovered)) == 2
    (changed,) = await stage.events(StatusChanged)
    assert isinstance(changed, StatusChanged)
    assert changed.window.gap
    assert timedelta() <= stopped_at - changed.window.not_before <= timedelta(seconds=15)


async def test_a_crowd_of_which_one_returns_is_still_believed_in_the_end(stage: Scene) -> None:
    fleet_of(stage, 30)

    async with stage.daemon(OBSERVE):
        for number in range(10):
            stage.sim.act("acme", f"endpoint-{number:03}", "delete")
        await stage.clock.sleep(60)
        stage.sim.create("acme", "endpoint-000", state="running", type="public")
        await stage.clock.sleep(900)

    ended = [event for event in await stage.events(SuspicionEnded) if isinstance(event, SuspicionEnded)]
    assert [event.confirmed for event in ended] == [True]
    assert len(await stage.events(Deleted)) == 10


async def test_what_was_made_while_nobody_looked_is_discovered_with_a_gap(stage: Scene) -> None:
    fleet_of(stage, 1)
    async with stage.daemon(OBSERVE):
        await stage.clock.sleep(60)
    await stage.clock.sleep(3600)
    stage.sim.create("acme", "new", state="running", type="public")

    async with stage.daemon(OBSERVE):
        await stage.clock.sleep(30)
        stage.sim.create("acme", "newer", state="running", type="public")
        await stage.clock.sleep(30)

    (new,) = await stage.events(Discovered, name="new")
    (newer,) = await stage.events(Discovered, name="newer")
    assert isinstance(new, Discovered)
    assert isinstance(newer, Discovered)
    assert (new.gap, newer.gap) == (True, False)


async def test_deletions_cost_one_question_for_whose_token_it_is_a_sweep(stage: Scene) -> None:
    fleet_of(stage, 30)

    async with stage.daemon(OBSERVE):
        for number in range(5):
            stage.sim.act("acme", f"endpoint-{number:03}", "delete")
        await stage.clock.sleep(60)

    assert len(await stage.events(Deleted)) == 5
    assert len([request for request in stage.sim.requests if "whoami" in request.path]) <= 2

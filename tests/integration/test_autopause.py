"""The policies at work against the simulator, judged by its history and by the requests it received."""

from datetime import timedelta

import pytest

from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.record import Recorded
from service.ports import Refused
from service.simulator import Happening
from statemachine.machine import Command
from statemachine.model import StatusChanged
from tests.integration.world import ACT, Scene, endpoint, seldom

pytestmark = pytest.mark.looptime

HOUR = 3600.0


def pauses(stage: Scene, name: str = "one") -> list[Happening]:
    return [happening for happening in stage.sim.history if happening.name == name and happening.cause == "pause"]


def types(recorded: list[Recorded]) -> list[str]:
    return [event.type for event in recorded]


async def test_an_endpoint_past_its_max_age_is_warned_about_paused_once_and_verified(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon():
        await stage.clock.sleep(8 * HOUR)

    assert len(pauses(stage)) == 1
    told = await stage.recorded(Warned, Intended, Confirmed)
    assert types(told) == ["act.warned", "act.warned", "act.intended", "act.confirmed"]
    (intended,) = await stage.events(Intended)
    assert isinstance(intended, Intended)
    assert intended.evidence[1:] == (told[0].position, told[1].position)
    assert intended.policy == "old"
    assert intended.scaling["compute.scaling.maxReplica"] == 1


async def test_the_last_warning_gives_its_whole_edge_even_when_the_daemon_came_late(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon("[namespaces]\nacme = {}\n"):
        await stage.clock.sleep(5 * HOUR)

    async with stage.daemon():
        started = stage.clock.now()
        await stage.clock.sleep(HOUR)

    (pause,) = pauses(stage)
    warned = [event for event in await stage.events(Warned) if isinstance(event, Warned)]
    assert pause.at - started >= timedelta(minutes=15)
    assert pause.at >= max(event.due_at for event in warned)


async def test_a_hold_placed_after_the_warning_prevents_the_pause(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon() as parts:
        await stage.clock.sleep(HOUR - 600)
        assert len(await stage.events(Warned)) == 1
        until = stage.clock.now() + timedelta(hours=2)
        await parts.holds.place(endpoint("acme/one"), author="person:ann", reason="a demo", until=until, key="1")
        await stage.clock.sleep(2 * HOUR)
        while_held = pauses(stage)
        await stage.clock.sleep(HOUR)

    assert while_held == []
    (pause,) = pauses(stage)
    assert pause.at >= until + timedelta(minutes=15), "after the hold it is warned of anew"


async def test_a_protected_endpoint_and_one_in_no_group_are_left_alone(stage: Scene) -> None:
    stage.sim.create("acme", "prod-one", state="running", type="public")
    stage.sim.create("acme", "two", state="running", type="public")
    text = ACT.replace('match = ["acme/*"]', 'match = ["acme/prod-*"]') + (
        '[groups.production]\nmatch = ["acme/prod-*"]\nprotected = true\n'
    )

    async with stage.daemon(text):
        await stage.clock.sleep(8 * HOUR)

    assert [request for request in stage.sim.requests if request.write] == []


async def test_what_a_person_brought_back_is_left_alone_for_a_day(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon(seldom(ACT)):
        await stage.clock.sleep(2 * HOUR)
        assert len(pauses(stage)) == 1
        stage.sim.act("acme", "one", "resume", actor="ann")
        await stage.clock.sleep(23 * HOUR)
        within_a_day = len(pauses(stage))
        await stage.clock.sleep(4 * HOUR)

    assert within_a_day == 1
    assert len(pauses(stage)) == 2


async def test_nothing_is_done_while_its_namespace_cannot_be_read(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon():
        await stage.clock.sleep(HOUR - 120)
        stage.sim.faults.down = True
        await stage.clock.sleep(2 * HOUR)
        stage.sim.faults.down = False
        await stage.clock.sleep(HOUR)

    assert len(pauses(stage)) == 1
    assert len(await stage.events(Intended)) == 1
    writes = [request for request in stage.sim.requests if request.write]
    assert len(writes) == 1


async def test_an_answer_that_was_lost_is_looked_for_and_not_sent_again(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon() as parts:
        stage.sim.faults.p_lost_answer = 1.0
        await parts.desk.ask(endpoint("acme/one"), Command.PAUSE, actor="person:ann", key="1")

    assert len(pauses(stage)) == 1
    assert len([request for request in stage.sim.requests if request.write]) == 1
    (confirmed,) = await stage.events(Confirmed)
    assert isinstance(confirmed, Confirmed)
    assert confirmed.late


async def test_a_command_that_the_api_refuses_fails_with_its_own_words(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon() as parts:
        await stage.clock.sleep(10)

        async def refuse(name: object) -> None:
            raise Refused("the API refused it", code=400, body="no credits")

        parts.commander.writers["acme"].pause = refuse  # type: ignore[method-assign,assignment]
        outcome = await parts.desk.ask(endpoint("acme/one"), Command.PAUSE, actor="person:ann", key="1")

    (failed,) = await stage.events(Failed)
    assert isinstance(failed, Failed)
    assert failed.code == 400
    assert getattr(outcome, "body", None) == "no credits"


async def test_asking_twice_with_one_key_is_one_command(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")

    async with stage.daemon() as parts:
        for _ in range(2):
            await parts.desk.ask(endpoint("acme/one"), Command.PAUSE, actor="person:ann", key="1")

    assert len(await stage.events(Intended)) == 1
    assert len(pauses(stage)) == 1


async def test_a_wall_clock_that_leaps_ahead_pauses_nothing_before_it_has_settled(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    text = ACT.replace('settle = "1m"', 'settle = "30m"').replace('warn = ["15m", "5m"]', "warn = []")

    async with stage.daemon(text):
        await stage.clock.sleep(60)
        stage.clock.jump(timedelta(hours=5))
        await stage.clock.sleep(20 * 60)
        early = pauses(stage)

    assert early == []


async def test_in_observe_mode_a_day_with_every_policy_due_writes_nothing(stage: Scene) -> None:
    for number in range(5):
        stage.sim.create("acme", f"endpoint-{number}", state="running", type="public")

    async with stage.daemon(seldom(ACT.replace('mode = "act"', 'mode = "observe"'))) as parts:
        await stage.clock.sleep(24 * HOUR)
        plan = parts.autopause.plan()
        outcome = await parts.desk.ask(endpoint("acme/endpoint-0"), Command.PAUSE, actor="person:ann", key="1")

    assert len(plan) == 5
    assert all(line.observe and "lamplighter.toml line" in line.observe for line in plan)
    assert "lamplighter.toml line" in str(outcome)
    assert [request for request in stage.sim.requests if request.write] == []
    assert await stage.events(Warned, Intended, Abandoned, StatusChanged) == []


async def test_a_policy_reaches_the_endpoints_that_carry_its_groups_tags(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public", tags=["scratch", "gpu"])
    stage.sim.create("acme", "two", state="running", type="public", tags=["gpu"])

    async with stage.daemon(ACT.replace('match = ["acme/*"]', 'tags = ["scratch"]')):
        await stage.clock.sleep(2 * HOUR)

    assert len(pauses(stage, "one")) == 1
    assert pauses(stage, "two") == []

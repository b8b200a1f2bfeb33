"""Who needs an endpoint awake: woken once, let alone by policies meanwhile, put back to rest after the last one."""

import asyncio
import json
import random
from datetime import timedelta

import aiohttp
import pytest

from events import streams
from events.catalogue.acts import Abandoned, Intended, Warned
from events.catalogue.keepers import LeaseExpired, LeaseReleased, LeaseTaken
from service.app import World, once
from service.commands import Done, GivenUp, NotAllowed, NothingToDo
from service.leases import Lease, Released
from service.leases.lease import GRACE_SECONDS
from service.parts import Parts
from service.simulator.orders import Order
from service.subscribers.plan import Verdict
from service.subscribers.ready import End, Goal
from statemachine.machine import Command
from tests.integration.open_acts import AT_ONCE, leave_a_pause_open
from tests.integration.world import ACT, Scene, endpoint, seldom

pytestmark = pytest.mark.looptime

ONE = endpoint("acme/one")
HOUR = 3600.0
ANA, BEN = "person:ana", "person:ben"
PLAIN = 'mode = "act"\n[namespaces]\nacme = {}\n'
OBSERVE = 'mode = "observe"\n[namespaces]\nacme = {}\n'
PROTECTED = PLAIN + '[groups.shown]\nmatch = ["acme/*"]\nprotected = true\n'


async def take(parts: Parts, who: str = ANA, *, seconds: float = 120, pause_after: bool = True) -> Lease:
    span = timedelta(seconds=seconds)
    return await parts.leases.take(ONE, holder=who, key="k", reason="a test", span=span, pause_after=pause_after)


async def wake(parts: Parts, lease: Lease | None, who: str = ANA) -> object:
    return await parts.leases.ensure(
        ONE, lease=lease.id if lease else None, actor=who, key=f"k-{who}", reason="", desk=parts.desk
    )


async def release(parts: Parts, lease: Lease) -> Released:
    told = await parts.leases.release(ONE, lease.id, actor=lease.holder, commander=parts.commander)
    assert told is not None
    return told


async def paused(stage: Scene, *, status: str = "paused") -> None:
    async with asyncio.timeout(300):
        while str(stage.sim.status("acme", "one")) != status:
            await stage.clock.sleep(1)


def writes(stage: Scene) -> list[str]:
    return [request.path.rpartition("/")[2] for request in stage.sim.requests if request.write]


async def test_ten_who_need_it_at_once_make_one_resume_and_one_pause_after_the_last(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=60)
    async with stage.daemon(PLAIN) as parts:
        people = [f"person:{number}" for number in range(10)]
        leases = [await take(parts, who) for who in people]
        async with asyncio.TaskGroup() as tasks:
            woken = [tasks.create_task(wake(parts, lease, lease.holder)) for lease in leases]
        await parts.readiness.wait(ONE, seconds=HOUR)
        told = []
        for lease in leases:
            told.append(await release(parts, lease))
            await stage.clock.sleep(5)
            last = lease is leases[-1]
            assert last or str(stage.sim.status("acme", "one")) == "running"
        await paused(stage)

    assert [type(task.result()) for task in woken] == [Done] * 10
    assert writes(stage) == ["resume", "pause"]
    assert [one.left for one in told] == list(range(9, -1, -1))
    assert [one.kept for one in told][-2:] == ["held awake by person:9 (a test)", None]
    assert told[0].kept == "held awake by person:1 (a test), person:2 (a test), person:3 (a test), 6 more"
    assert [event.actor for event in await stage.recorded(Intended)][1] == "person:9"
    assert [len(await stage.events(kind)) for kind in (LeaseTaken, LeaseReleased)] == [10, 10]


async def test_what_somebody_else_had_running_is_left_running(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts)
        woken = await wake(parts, lease)
        told = await release(parts, lease)
        await stage.clock.sleep(600)

    assert isinstance(woken, NothingToDo)
    assert told.kept == "no lease resumed it: somebody else had it running"
    assert writes(stage) == []


@pytest.mark.parametrize("acts", [("pause", "resume"), ("update",)])
async def test_what_somebody_touched_since_is_left_as_it_is(stage: Scene, acts: tuple[str, ...]) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts, seconds=HOUR)
        await wake(parts, lease)
        await parts.readiness.wait(ONE, seconds=HOUR)
        for verb in acts:
            stage.sim.act("acme", "one", verb)
            await stage.clock.sleep(60)
        await parts.readiness.wait(ONE, seconds=HOUR)
        told = await release(parts, lease)
        await stage.clock.sleep(600)

    assert told.kept == "somebody else was at it since a lease resumed it"
    assert writes(stage) == ["resume"]


async def test_a_person_who_resumes_what_a_lease_woke_wants_it_to_run_on(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts)
        await wake(parts, lease)
        async with aiohttp.ClientSession(f"http://{parts.listen}") as http:
            headers = {"Authorization": f"Bearer {parts.token}"}
            async with http.post("/api/endpoints/acme/one/resume", headers=headers, json={}) as answer:
                assert (answer.status, (await answer.json())["outcome"]) == (200, "nothingToDo")
        told = await release(parts, lease)
        await stage.clock.sleep(600)

    assert told.kept == "no lease resumed it: somebody else had it running"
    assert writes(stage) == ["resume"]


async def test_a_configuration_that_was_replaced_lets_nothing_begin(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts:
        await stage.clock.sleep(60)
        parts.commander.end()
        outcome = await parts.desk.ask(ONE, Command.PAUSE, actor="person:ann", key="late")

    assert isinstance(outcome, GivenUp)
    assert writes(stage) == []


async def test_whoever_asks_without_a_lease_wants_it_to_run_on(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts)
        await wake(parts, lease)
        await wake(parts, None, BEN)
        told = await release(parts, lease)
        await stage.clock.sleep(600)

    assert told.kept == "no lease resumed it: somebody else had it running"
    assert writes(stage) == ["resume"]


async def test_what_is_protected_or_held_is_left_running(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PROTECTED) as parts:
        lease = await take(parts)
        await wake(parts, lease)
        protected = await release(parts, lease)
        await stage.clock.sleep(60)
    async with stage.daemon(PLAIN) as parts:
        await parts.desk.ask(ONE, Command.PAUSE, actor=ANA, key="off")
        await paused(stage)
        lease = await take(parts, BEN)
        await wake(parts, lease, BEN)
        until = stage.clock.now() + timedelta(hours=2)
        await parts.holds.place(ONE, author=ANA, reason="a demo", until=until, key="h")
        await parts.live.reach(await stage.log.head())
        held = await release(parts, lease)
        await stage.clock.sleep(600)

    assert protected.kept == "it is protected by group shown"
    assert held.kept is not None
    assert held.kept.startswith("it is held by person:ana until")
    assert writes(stage) == ["resume", "pause", "resume"]


async def test_in_observe_mode_nothing_is_sent_and_the_answers_say_so(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public")
    async with stage.daemon(OBSERVE) as parts:
        lease = await take(parts)
        refused = await wake(parts, lease)
        told = await release(parts, lease)

    assert isinstance(refused, NotAllowed)
    assert "observe" in refused.reason
    assert told.kept == "no lease resumed it: somebody else had it running"
    assert writes(stage) == []


async def test_what_was_scaled_to_zero_is_scaled_to_zero_again(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public", start_seconds=30)
    stage.sim.act("acme", "one", "scale_to_zero")
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts, seconds=HOUR)
        await wake(parts, lease)
        await parts.readiness.wait(ONE, seconds=HOUR)
        await release(parts, lease)
        await paused(stage, status="scaledToZero")

    assert writes(stage) == ["resume", "scale-to-zero"]


async def test_a_lease_that_is_not_renewed_expires_and_counts_as_the_last_one(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts, seconds=60)
        await wake(parts, lease)
        for _ in range(10):
            await stage.clock.sleep(40)
            assert await parts.leases.renew(ONE, lease.id) is not None
        running = str(stage.sim.status("acme", "one"))
        await paused(stage)
        gone = await parts.leases.renew(ONE, lease.id)

    assert running == "running"
    assert gone is None
    (expired,) = await stage.events(LeaseExpired)
    assert isinstance(expired, LeaseExpired)
    assert expired.holder == ANA


async def test_a_daemon_that_was_away_lets_every_holder_come_back(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts, seconds=60)
        await wake(parts, lease)
        await parts.readiness.wait(ONE, seconds=50)
    await stage.clock.sleep(HOUR)
    async with stage.daemon(PLAIN) as parts:
        await stage.clock.sleep(GRACE_SECONDS - 20)
        (kept,) = parts.leases.of(ONE)
        renewed = await parts.leases.renew(ONE, lease.id)
        running = str(stage.sim.status("acme", "one"))
        told = await release(parts, kept)
        await paused(stage)

    assert running == "running"
    assert renewed is not None
    assert told.kept is None
    assert writes(stage) == ["resume", "pause"]


async def test_a_holder_that_does_not_come_back_after_a_restart_is_let_go_after_its_grace(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        await wake(parts, await take(parts, seconds=60))
    async with stage.daemon(PLAIN) as parts:
        await paused(stage)
        left = parts.leases.of(ONE)

    assert left == ()
    assert len(await stage.events(LeaseExpired)) == 1


async def test_a_pause_that_is_owed_is_done_by_the_next_daemon(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts, seconds=HOUR)
        await wake(parts, lease)
        await parts.readiness.wait(ONE, seconds=HOUR)
        stage.sim.faults.down_namespaces.add("acme")
        await release(parts, lease)
        await stage.clock.sleep(30)
    stage.sim.faults.down_namespaces.clear()
    async with stage.daemon(PLAIN):
        await paused(stage)

    assert writes(stage)[-1] == "pause"


async def test_a_clock_that_jumps_ends_no_lease(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts:
        await take(parts, seconds=60)
        stage.clock.jump(timedelta(days=1))
        await stage.clock.sleep(30)
        kept = parts.leases.of(ONE)
        stage.clock.jump(timedelta(days=-2))
        await stage.clock.sleep(40)
        ended = parts.leases.of(ONE)

    assert len(kept) == 1
    assert ended == ()


async def test_no_policy_acts_while_somebody_needs_it_and_it_begins_anew_after(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(seldom(ACT)) as parts:
        await stage.clock.sleep(0.8 * HOUR)  # it was warned of
        lease = await take(parts, seconds=4 * HOUR, pause_after=False)
        await stage.clock.sleep(3 * HOUR)
        (line,) = parts.autopause.plan()
        running = str(stage.sim.status("acme", "one"))
        await release(parts, lease)
        ended_at = stage.clock.now()
        await stage.clock.sleep(10 * 60)
        still = str(stage.sim.status("acme", "one"))
        await stage.clock.sleep(15 * 60)

    assert line.verdict is Verdict.PROTECTED
    assert line.reason.startswith("held awake by person:ana since ")
    assert (running, still, str(stage.sim.status("acme", "one"))) == ("running", "running", "paused")
    anew = [event for event in await stage.recorded(Warned) if event.time >= ended_at]
    assert len(anew) == 2


async def test_what_a_policy_decided_before_a_lease_came_is_not_done(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts:
        known = parts.live.fleet.known(ONE)
        intended = parts.commander.intend(
            ONE,
            Command.PAUSE,
            life=known.life or stage.clock.now(),
            policy="old",
            revision="r",
            cause=known.cause,
            reason="too long",
            evidence=(known.cause,),
        )
        await take(parts)
        seen = {streams.lease(ONE): known.leases_version}
        outcome = await parts.commander.carry_out(ONE, intended, actor="policy:old", seen=seen)

    assert isinstance(outcome, GivenUp)
    assert writes(stage) == []


async def test_what_a_policy_meant_before_a_lease_came_is_given_up(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    await leave_a_pause_open(stage, AT_ONCE)
    async with stage.daemon(AT_ONCE.replace('"1h"', '"99h"')) as parts:
        await take(parts, seconds=HOUR)
        stage.sim.faults.down_namespaces.clear()
        async with asyncio.timeout(120):
            while parts.live.fleet.known(ONE).open:
                await stage.clock.sleep(1)

    (given_up,) = await stage.events(Abandoned)
    assert isinstance(given_up, Abandoned)
    assert given_up.reason == "held awake by person:ana"
    assert str(stage.sim.status("acme", "one")) == "running"


async def test_who_needs_it_while_it_is_put_back_to_rest_gets_it_awake(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        for seconds in (0.0, 0.05, 1.0, 4.0):
            lease = await take(parts, f"person:a{seconds}", seconds=HOUR)
            await wake(parts, lease, lease.holder)
            await parts.readiness.wait(ONE, seconds=HOUR)
            await release(parts, lease)
            await stage.clock.sleep(seconds)
            other = await take(parts, f"person:b{seconds}", seconds=HOUR)
            await wake(parts, other, other.holder)
            ready = await parts.readiness.wait(ONE, seconds=HOUR)
            await stage.clock.sleep(120)

            assert ready.end is End.REACHED
            assert str(stage.sim.status("acme", "one")) == "running"
            await release(parts, other)
            await stage.clock.sleep(120)
            assert str(stage.sim.status("acme", "one")) == "paused"


async def test_a_lease_that_comes_after_the_pause_was_decided_and_before_it_is_meant_stops_it(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts, seconds=HOUR)
        await wake(parts, lease)
        await parts.readiness.wait(ONE, seconds=HOUR)
        async with parts.commander.turns.of(ONE):  # as if another act were under way
            await release(parts, lease)
            await stage.clock.sleep(10)
            await take(parts, BEN, seconds=HOUR)
        await stage.clock.sleep(60)

    assert writes(stage) == ["resume"]


async def test_who_asks_while_an_act_is_under_way_is_told_of_what_it_leaves(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public", start_seconds=30)
    async with stage.daemon(PLAIN) as parts, asyncio.TaskGroup() as tasks:
        async with parts.commander.turns.of(ONE):
            woken = tasks.create_task(wake(parts, None))
            await stage.clock.sleep(5)
            stage.sim.act("acme", "one", "pause")
        outcome = await woken

    assert isinstance(outcome, Done)
    assert writes(stage) == ["resume"]


async def test_a_round_without_a_daemon_keeps_a_lease_for_its_grace_and_no_longer(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts:
        await take(parts, seconds=60)
    world = World(clock=stage.clock, log=stage.log, chance=random.Random(1))
    kept = []
    for seconds in (100, 60, 60):
        await stage.clock.sleep(seconds)
        async with once(stage.configuration(PLAIN), world) as done:
            await done.live.reach(await stage.log.head())
            kept.append(len(done.live.fleet.known(ONE).leases))

    assert kept == [1, 1, 0]


async def test_the_same_request_is_the_same_lease(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts:
        first, again = await take(parts), await take(parts)

    assert first == again
    assert len(await stage.events(LeaseTaken)) == 1


async def test_over_http_a_lease_is_taken_listed_explained_renewed_and_given_back(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts, aiohttp.ClientSession(f"http://{parts.listen}") as http:
        head = {"Authorization": f"Bearer {parts.token}", "X-Lamplighter-Actor": "ana"}
        path = "/api/endpoints/acme/one/leases"
        async with http.post(path, headers=head, json={"for": "5m", "reason": "night", "pause_after": True}) as answer:
            assert answer.status == 201
            lease = await answer.json()
        async with http.get("/api/leases") as answer:
            listed = (await answer.json())["items"]
        async with http.get("/api/endpoints/acme/one/explain") as answer:
            explained = await answer.json()
        async with http.put(f"{path}/{lease['lease']}", headers=head, json={"for": "10m"}) as answer:
            renewed = await answer.json()
        async with http.delete(f"{path}/{lease['lease']}", headers=head) as answer:
            released = await answer.json()
        async with http.delete(f"{path}/{lease['lease']}", headers=head) as answer:
            again = answer.status
        async with http.post(path, headers=head, json={"for": "2d"}) as answer:
            long = answer.status

    assert [one["lease"] for one in listed] == [lease["lease"]]
    assert lease["holder"] == "person:ana"
    assert any(line.startswith("Held awake by person:ana (night) since ") for line in explained["sentences"])
    assert renewed["seconds"] == 600
    assert released == {
        "lease": lease["lease"],
        "left": 0,
        "then": "kept",
        "why": "no lease resumed it: somebody else had it running",
    }
    assert (again, long) == (404, 400)


async def test_who_follows_a_wait_is_told_what_is_missing_and_then_all_that_a_client_needs(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=60)
    async with stage.daemon(PLAIN) as parts, aiohttp.ClientSession(f"http://{parts.listen}") as http:
        await wake(parts, None)
        await parts.readiness.wait(ONE, seconds=HOUR)
        await parts.desk.ask(ONE, Command.PAUSE, actor=ANA, key="off")
        await wake(parts, None, BEN)  # the second start knows how long the first one took
        await parts.live.reach(await stage.log.head())
        head = {"Accept": "text/event-stream"}
        async with http.get("/api/endpoints/acme/one/wait?timeout=300", headers=head) as answer:
            blocks = [block.split("\n") for block in (await answer.text()).strip().split("\n\n")]
    told = [(block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: "))) for block in blocks]
    word, end = told[-1]

    assert [word for word, _ in told[:-1]] == ["progress"] * (len(told) - 1)
    assert (word, end["end"]) == ("end", "reached")
    assert told[0][1]["waiting_for"].startswith("status running; it is ")
    assert end["expected"]["starts"] >= 1
    assert end["expected"]["p50_seconds"] >= 50
    assert end["health"].startswith(end["url"])
    assert end["url"] in end["snippets"]["inference_client"]
    compile(end["snippets"]["inference_client"], "snippet", "exec")


async def test_ready_means_the_revision_that_was_asked_for(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    async with stage.daemon(PLAIN) as parts:
        answer = await parts.readiness.wait(ONE, goal=Goal(revision="f" * 40), seconds=30)

    assert answer.waiting_for.startswith(f"revision {'f' * 40}; it has ")


async def test_a_lease_that_comes_while_a_pause_is_put_off_by_a_429_keeps_it_awake(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="running", type="public")
    stage.sim.faults.orders.append(Order(kind="429", path="*/pause", hint="Retry-After", retry_after_seconds=30))
    async with stage.daemon(seldom(ACT)) as parts:
        async with asyncio.timeout(2 * HOUR):
            while not writes(stage):
                await stage.clock.sleep(1)
        lease = await take(parts, seconds=600)
        await stage.clock.sleep(120)

        assert parts.live.fleet.known(ONE).leases.keys() == {lease.id}
        assert str(stage.sim.status("acme", "one")) == "running"

    assert writes(stage) == ["pause"]
    assert len(await stage.events(Abandoned)) == 1


async def test_a_resume_whose_answer_was_lost_may_be_anothers_and_is_not_put_back(stage: Scene) -> None:
    stage.sim.create("acme", "one", state="paused", type="public", start_seconds=60)
    stage.sim.faults.orders.append(Order(kind="reset", path="*/resume", done=False))
    async with stage.daemon(PLAIN) as parts:
        lease = await take(parts)
        async with asyncio.TaskGroup() as tasks:
            waking = tasks.create_task(wake(parts, lease))
            while not writes(stage):
                await stage.clock.sleep(0.1)
            stage.sim.act("acme", "one", "resume", actor="bob")
        told = await release(parts, lease)
        await stage.clock.sleep(120)

    assert isinstance(waking.result(), Done)
    assert told.kept == "no lease resumed it: somebody else had it running"
    assert writes(stage) == ["resume"]

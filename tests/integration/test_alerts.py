"""From what happened to what stands in the outboxes: the subscriber on a log, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from events import codec, streams
from events.catalogue import Event
from events.catalogue.acts import Warned
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted
from events.catalogue.incidents import Fired, Resolved
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable, SuspicionEnded
from events.catalogue.notifications import Delivered, Message, Notified
from events.delivery import Patience, drain
from events.memory import MemoryLog
from events.parking import skip
from events.query import Query
from events.record import Recorded
from events.unit import CursorMove, Unit
from events.views import incidents
from service.clock import LoopClock
from service.config import Settings
from service.subscribers.alerts import Alerts, rules
from statemachine.model import Discovered, EndpointName
from statemachine.status import Status
from tests.unit.alerts.stories import BORN, NOON, TGI, by_rule, changed, deleted, discovered, life, settings, tell, told

pytestmark = pytest.mark.looptime
ACME = streams.namespace("acme")


class Stage:
    """A log, a clock, and alerts that can be killed and started again."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.clock = LoopClock(start=NOON)  # first asked inside the test: a fixture lies before virtual time
        self.seen = True

    def alerts(self, configured: Settings | None = None) -> Alerts:
        return Alerts(log=self.log, clock=self.clock, settings=configured or settings(), looked_at=self.looked_at)

    def looked_at(self, namespace: str) -> datetime | None:
        return self.clock.now() if self.seen else None

    @asynccontextmanager
    async def running(self, configured: Settings | None = None) -> AsyncIterator[Alerts]:
        alerts = self.alerts(configured)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(alerts.run())
            await self.clock.sleep(0.1)
            yield alerts
            task.cancel()

    async def tell(self, stream: str, *events: Any) -> int:
        position = await tell(self.log, stream, *events, at=self.clock.now())
        await self.clock.sleep(0.1)
        return position

    async def messages(self) -> list[tuple[str, str]]:
        return [(notified.message.value, notified.title) for notified in await told(self.log, Notified)]

    def since(self, seconds: float) -> datetime:
        return NOON + timedelta(seconds=seconds)


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def known(stage: Stage, status: Status) -> None:
    """An endpoint that was seen to appear, as nothing to call anybody for."""
    await stage.tell(life(), discovered(status, before=NOON - timedelta(minutes=1)))


async def test_a_failure_is_told_once_and_its_end_with_its_duration(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.INITIALIZING)
        await stage.tell(life(), changed(Status.INITIALIZING, Status.FAILED, at=stage.since(60), message="no GPU"))
        await stage.tell(life(), changed(Status.FAILED, Status.UPDATE_FAILED, at=stage.since(90)))
        await stage.tell(life(), changed(Status.UPDATE_FAILED, Status.RUNNING, at=stage.since(780)))

    (fired,), (resolved,) = await told(stage.log, Fired), await told(stage.log, Resolved)
    assert (fired.rule, fired.severity, fired.evidence) == ("failed", "critical", 2)
    assert resolved.incident == fired.incident
    assert await stage.messages() == [
        ("firing", "acme/tgi: failed"),
        ("resolved", "acme/tgi: over: failed for 12 min"),
    ]


async def test_the_incident_its_messages_and_the_cursor_are_one_unit(stage: Stage) -> None:
    routes = {"page": {"channel": "pager"}, "chat": {"channel": "chat", "rules": ["failed"]}}
    async with stage.running(settings(alerts=routes)):
        await known(stage, Status.RUNNING)
        position = await stage.tell(life(), changed(Status.RUNNING, Status.FAILED))

        page = await stage.log.read(Query(after=position))
        assert [recorded.stream for recorded in page.events] == [
            "incident/failed/acme/tgi",
            "delivery/pager",
            "delivery/chat",
        ]
        assert await stage.log.cursor("alerts") == position


async def test_two_changes_in_one_commit_are_two_messages_in_order(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.RUNNING)
        await stage.tell(life(), changed(Status.RUNNING, Status.FAILED), changed(Status.FAILED, Status.RUNNING))

    assert [message for message, _ in await stage.messages()] == ["firing", "resolved"]


async def test_a_deleted_endpoint_ends_its_incidents(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.FAILED)
        await stage.tell(life(), deleted(Status.FAILED))

    (resolved,) = await told(stage.log, Resolved)
    assert resolved.reason == "it was deleted"


async def test_a_route_that_wants_nothing_of_it_gets_nothing_but_the_log_knows(stage: Stage) -> None:
    async with stage.running(settings(alerts={"page": {"channel": "pager", "rules": ["stuck"]}})):
        await known(stage, Status.FAILED)
        await stage.clock.sleep(60)

    assert len(await told(stage.log, Fired)) == 1
    assert await stage.messages() == []


async def test_what_was_so_on_arrival_is_one_message_and_pages_nobody(stage: Stage) -> None:
    async with stage.running():
        for number in range(3):
            name = EndpointName("acme", f"old{number}")
            await stage.tell(streams.life(name, BORN), discovered(Status.FAILED))
            await stage.clock.sleep(5)  # shorter than the wait for more
        await stage.tell(streams.life(EndpointName("acme", "slow"), BORN), discovered(Status.INITIALIZING))
        assert await stage.messages() == []
        await stage.clock.sleep(12)

    assert await stage.messages() == [
        ("arrival", "already so when I arrived: 3 failed, 1 initializing, oldest edit 19 d ago")
    ]
    assert all(fired.arrival for fired in await told(stage.log, Fired))


async def test_the_end_of_what_was_so_on_arrival_is_told_to_who_was_told_of_it(stage: Stage) -> None:
    early, late = EndpointName("acme", "early"), EndpointName("acme", "late")
    async with stage.running():
        for name in (early, late):
            await stage.tell(streams.life(name, BORN), discovered(Status.FAILED))
        await stage.tell(streams.life(early, BORN), changed(Status.FAILED, Status.RUNNING))
        await stage.clock.sleep(12)
        await stage.tell(streams.life(late, BORN), changed(Status.FAILED, Status.RUNNING, at=stage.since(60)))

    assert len(await told(stage.log, Resolved)) == 2
    assert await stage.messages() == [
        ("arrival", "already so when I arrived: 1 failed, oldest edit 19 d ago"),
        ("resolved", "acme/late: over: failed for 1 min"),
    ]


async def test_a_new_channel_is_told_in_one_message_what_is_open(stage: Stage) -> None:
    async with stage.running() as alerts:
        await known(stage, Status.RUNNING)
        await stage.tell(life(), changed(Status.RUNNING, Status.FAILED))
        alerts.configure(settings(alerts={"page": {"channel": "pager"}, "more": {"channel": "chat"}}))
        await stage.clock.sleep(12)

    arrivals = await stage.log.read(Query(stream=streams.delivery("chat")))
    assert [codec.decode(recorded).message for recorded in arrivals.events] == [Message.ARRIVAL]  # type: ignore[union-attr]
    assert await stage.messages() == [
        ("firing", "acme/tgi: failed"),
        ("arrival", "already so: 1 failed"),
    ]


async def test_an_endpoint_that_moves_too_long_is_stuck_until_it_rests(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.PENDING)
        await stage.clock.sleep(44 * 60)
        assert await told(stage.log, Fired) == []
        await stage.clock.sleep(2 * 60)
        assert [fired.rule for fired in await told(stage.log, Fired)] == ["stuck"]
        await stage.tell(life(), changed(Status.PENDING, Status.RUNNING, at=stage.since(52 * 60)))

    assert await stage.messages() == [
        ("firing", "acme/tgi: stuck"),
        ("resolved", "acme/tgi: over: stuck for 52 min"),
    ]


async def test_a_clock_that_jumps_calls_nobody(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.PENDING)
        stage.clock.jump(timedelta(days=1))
        await stage.clock.sleep(40 * 60)

    assert await told(stage.log, Fired) == []


async def test_what_is_stuck_on_arrival_counts_from_the_first_sight(stage: Stage) -> None:
    async with stage.running():
        await stage.tell(life(), discovered(Status.INITIALIZING))
        await stage.clock.sleep(44 * 60)
        assert await told(stage.log, Fired) == []
        await stage.clock.sleep(2 * 60)

    assert await stage.messages() == [("firing", "acme/tgi: stuck")]


async def test_after_a_restart_nothing_is_stuck_before_it_was_looked_at(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.PENDING)
    await stage.clock.sleep(3600)
    stage.seen = False
    async with stage.running():
        await stage.clock.sleep(600)
        assert await told(stage.log, Fired) == []

        stage.seen = True
        await stage.clock.sleep(40)
        assert [fired.rule for fired in await told(stage.log, Fired)] == ["stuck"]


async def test_a_change_that_came_first_refutes_what_time_made_due(stage: Stage) -> None:
    await tell(stage.log, life(), discovered(Status.PENDING, before=NOON))
    alerts = stage.alerts()
    await alerts.once()
    await stage.clock.sleep(46 * 60)
    await tell(stage.log, life(), changed(Status.PENDING, Status.RUNNING))

    await alerts.tick()

    assert await told(stage.log, Fired) == []


async def test_an_unreachable_namespace_calls_after_its_time_and_mutes_its_endpoints(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.PENDING)
        await stage.tell(ACME, NamespaceUnreachable(since=stage.clock.now(), error="timeout", detail="no answer"))
        await stage.clock.sleep(60)
        assert await told(stage.log, Fired) == []
        await stage.clock.sleep(3600)
        assert by_rule(await told(stage.log, Fired)).keys() == {"unreachable"}

        await stage.tell(ACME, NamespaceRecovered(since=stage.since(0), seen_at=stage.since(3660)))

    assert (await stage.messages())[-1] == ("resolved", "acme: over: unreachable for 1 h 1 min")


async def test_a_short_outage_calls_nobody(stage: Stage) -> None:
    async with stage.running():
        await stage.tell(ACME, NamespaceUnreachable(since=stage.clock.now(), error="timeout", detail=""))
        await stage.clock.sleep(90)
        await stage.tell(ACME, NamespaceRecovered(since=NOON, seen_at=stage.clock.now()))
        await stage.clock.sleep(600)

    assert await told(stage.log, Fired) == []


async def test_an_outage_from_before_a_restart_counts_from_the_start_on(stage: Stage) -> None:
    async with stage.running():
        await stage.tell(ACME, NamespaceUnreachable(since=stage.clock.now(), error="timeout", detail=""))
        await stage.clock.sleep(5)
    await stage.clock.sleep(3600)

    async with stage.running():
        await stage.clock.sleep(100)
        assert await told(stage.log, Fired) == []
        await stage.clock.sleep(30)
        assert [fired.rule for fired in await told(stage.log, Fired)] == ["unreachable"]


async def test_endpoints_that_vanish_together_are_told_as_suspicion(stage: Stage) -> None:
    async with stage.running():
        await stage.tell(ACME, DisappearanceSuspected(seen_at=NOON, missing=("a", "b", "c"), known=4))
        await stage.tell(ACME, SuspicionEnded(seen_at=stage.since(300), confirmed=False))

    fired, resolved = (await told(stage.log, Fired))[0], (await told(stage.log, Resolved))[0]
    assert fired.reason == "3 of 4 are missing from one sweep; nothing counts as deleted yet"
    assert resolved.reason == "they were seen again"


async def test_a_bad_configuration_is_told_to_every_route_until_a_good_one_is_in_force(stage: Stage) -> None:
    async with stage.running(settings(alerts={"page": {"channel": "pager", "namespaces": ["elsewhere"]}})):
        await stage.tell(streams.DAEMON, ConfigurationRefused(reason="line 3: not TOML"))
        await stage.tell(streams.DAEMON, ConfigurationApplied(digest="d", changes={}))

    assert [title for _, title in await stage.messages()] == [
        "lamplighter: configuration refused",
        "lamplighter: over: configuration refused for 0 s",
    ]


async def test_people_are_told_when_events_are_set_aside_and_when_all_are_settled(stage: Stage) -> None:
    class Books:
        name = "hook/books"
        types = ("daemon.started",)

        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            raise KeyError(f"no page {recorded.position}")

    started = DaemonStarted(version="1", mode="observe", configuration="d", down_since=None)
    async with stage.running():
        await stage.tell(streams.DAEMON, started, started)
        await drain(stage.log, Books(), stage.clock, Patience(retries=()))
        await stage.clock.sleep(0.1)
        aside = [(row.name, row.position) for row in await stage.log.parked()]
        for name, position in aside:
            assert await told(stage.log, Resolved) == []
            await skip(stage.log, name, position, actor="person:ann", why="by hand", now=stage.clock.now())
            await stage.clock.sleep(0.1)

    (fired,), (resolved,) = await told(stage.log, Fired), await told(stage.log, Resolved)
    notified = await told(stage.log, Notified)
    assert len(aside) == 2
    assert (fired.rule, fired.severity, resolved.incident) == ("parked", "warning", fired.incident)
    assert fired.reason == "hook/books could not take position 1: KeyError: 'no page 1'"
    assert "What to do: lamplighter parked" in notified[0].text
    assert [one.title for one in notified] == [
        "lamplighter: events set aside",
        "lamplighter: over: events set aside for 0 s",
    ]


async def test_they_are_told_also_of_an_event_that_the_alerts_themselves_could_not_take(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(*_: object, **__: object) -> None:
        raise KeyError("spoon")

    await known(stage, Status.RUNNING)
    async with stage.running():
        with monkeypatch.context() as patch:
            patch.setattr(rules, "_endpoint", spoiled)
            await stage.tell(life(), changed(Status.RUNNING, Status.FAILED))
            await stage.clock.sleep(60)

    (fired,) = await told(stage.log, Fired)
    assert (fired.rule, fired.evidence) == ("parked", 3)
    assert fired.reason == "alerts could not take position 2: KeyError: 'spoon'"
    assert [row.position for row in await stage.log.parked()] == [2]


async def test_a_policy_s_warning_goes_to_its_routes_and_is_no_incident(stage: Stage) -> None:
    warned = Warned(
        policy="old",
        revision="r",
        life=BORN,
        cause=1,
        edge_seconds=900.0,
        command="pause",
        due_at=NOON + timedelta(minutes=15),
        reason="running for 9 h",
    )
    routes = {"page": {"channel": "pager", "rules": ["failed"]}, "chat": {"channel": "chat", "rules": ["warning"]}}
    async with stage.running(settings(alerts=routes)):
        await stage.tell(streams.acts(TGI), warned)

    (notified,) = await told(stage.log, Notified)
    assert notified.message is Message.WARNING
    assert notified.incidents == ()
    assert "lamplighter hold acme/tgi --for 2h --reason" in notified.text
    assert (await stage.log.version(streams.delivery("chat")), await told(stage.log, Fired)) == (1, [])


async def test_a_letter_that_was_delivered_meanwhile_does_not_hold_up_the_next(stage: Stage) -> None:
    async with stage.running():
        await known(stage, Status.RUNNING)
        await stage.tell(life(), changed(Status.RUNNING, Status.FAILED))
        (notified,) = await told(stage.log, Notified)
        await stage.tell(streams.delivery("pager"), Delivered(notification=notified.notification, attempts=1))
        await stage.tell(life(), changed(Status.FAILED, Status.RUNNING))

    assert [message for message, _ in await stage.messages()] == ["firing", "resolved"]


async def life_of_one(stage: Stage) -> None:
    await known(stage, Status.RUNNING)
    await stage.tell(life(), changed(Status.RUNNING, Status.FAILED))
    await stage.tell(life(), changed(Status.FAILED, Status.RUNNING))
    await stage.tell(life(), changed(Status.RUNNING, Status.FAILED))
    await stage.tell(streams.life(EndpointName("acme", "old"), BORN), discovered(Status.FAILED))
    await stage.clock.sleep(12)


async def test_a_restart_decides_nothing_anew_and_goes_on_where_it_was(stage: Stage) -> None:
    async with stage.running():
        await life_of_one(stage)
    before = await stage.log.head()

    async with stage.running():
        await stage.clock.sleep(60)
        assert await stage.log.head() == before
        await stage.tell(life(), changed(Status.FAILED, Status.RUNNING))

    assert len(await told(stage.log, Resolved)) == 2


async def test_a_replay_from_the_beginning_decides_nothing_anew(stage: Stage) -> None:
    async with stage.running():
        await life_of_one(stage)
    before = await stage.log.head()
    stage.log.store.move("alerts", 0)

    async with stage.running():
        await stage.clock.sleep(60)

    assert await stage.log.head() == before


async def test_what_ended_so_long_ago_that_only_the_log_knows_it_is_not_opened_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "RECENT", 1)
    async with stage.running():
        await life_of_one(stage)
        await stage.tell(life(), changed(Status.FAILED, Status.RUNNING))
    (first, *_) = await told(stage.log, Fired)
    stage.log.store.move("alerts", 0)
    alerts = stage.alerts()
    await alerts.restore()

    again = await stage.log.read(Query(types=alerts.types, before=first.evidence + 1))

    assert [await alerts.handle(recorded, codec.decode(recorded)) for recorded in again.events] == [None, None]


async def test_an_event_that_is_handed_over_twice_is_decided_once(stage: Stage) -> None:
    alerts = stage.alerts()
    await tell(stage.log, life(), discovered(Status.FAILED, before=NOON - timedelta(minutes=1)))
    await alerts.restore()
    (recorded,) = (await stage.log.read(Query(types=(codec.type_of(Discovered),)))).events

    first = await alerts.handle(recorded, codec.decode(recorded))
    again = await alerts.handle(recorded, codec.decode(recorded))

    assert first is not None
    assert again == first
    await stage.log.append([Unit(streams=first.streams, cursor=CursorMove(name="alerts", old=0, new=1))])
    assert len(await told(stage.log, Fired, Notified)) == 2


async def test_once_tells_what_is_so_without_waiting_for_more(stage: Stage) -> None:
    await tell(stage.log, life(), discovered(Status.FAILED))
    await tell(stage.log, ACME, NamespaceUnreachable(since=NOON - timedelta(hours=1), error="timeout", detail=""))

    await stage.alerts().once()

    assert [message for message, _ in await stage.messages()] == ["firing", "arrival"]
    before = await stage.log.head()
    await stage.alerts().once()
    assert await stage.log.head() == before

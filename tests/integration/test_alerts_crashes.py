"""Alerts that are killed at any instant say the same as alerts that are left alone."""

import asyncio
from collections import Counter
from random import Random

import pytest

from events import streams
from events.catalogue.incidents import Fired, Resolved
from events.catalogue.notifications import Delivered, Message, Notified, Superseded
from events.memory import MemoryLog
from events.query import Query
from events.views.outbox import Outbox
from events.views.saved import FLEET, OUTBOX
from events.views.saved.fleet import EverywhereRow
from service import shelf
from service.clock import LoopClock
from service.live import Live
from service.shelf import BOARD
from service.subscribers.alerts import Alerts
from service.subscribers.outbox import Courier, Outgoing, Rejected
from statemachine.model import EndpointName
from statemachine.status import Status
from tests.unit.alerts.stories import BORN, NOON, changed, discovered, settings, tell, told

pytestmark = pytest.mark.looptime

STATUSES = [Status.PENDING, Status.INITIALIZING, Status.RUNNING, Status.FAILED, Status.UPDATING, Status.PAUSED]
NAMES = [EndpointName("acme", f"e{number}") for number in range(4)]


class Mailbox:
    """A channel that is down now and then, and keeps what it took."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.took: list[Outgoing] = []

    async def send(self, message: Outgoing) -> None:
        await asyncio.sleep(self.chance.uniform(0, 0.3))
        if self.chance.random() < 0.3:
            raise Rejected("answered 503")
        self.took.append(message)
        await asyncio.sleep(self.chance.uniform(0, 0.3))


async def play(seed: int, *, crashes: bool) -> tuple[MemoryLog, Mailbox]:
    """Let the same things happen to some endpoints, with alerts that are killed at any instant, or never."""
    history, chaos = Random(seed), Random(-seed - 1)
    log, clock, mailbox = MemoryLog(), LoopClock(start=NOON), Mailbox(Random(seed))

    async def watch() -> None:
        statuses = dict.fromkeys(NAMES, Status.RUNNING)
        for name in NAMES:
            await tell(log, streams.life(name, BORN), discovered(Status.RUNNING, at=clock.now(), before=NOON))
        for _ in range(60):
            await clock.sleep(history.choice([0.0, 0.1, 1.0, 60.0, 600.0, 1800.0]))
            name = history.choice(NAMES)
            new = history.choice([status for status in STATUSES if status is not statuses[name]])
            await tell(log, streams.life(name, BORN), changed(statuses[name], new, at=clock.now()))
            statuses[name] = new

    async def alert() -> None:
        async with asyncio.TaskGroup() as tasks:
            alerts = Alerts(log=log, clock=clock, settings=settings(), looked_at=lambda _: clock.now())
            courier = Courier(log=log, clock=clock, channels={"pager": mailbox}, chance=Random(seed))
            tasks.create_task(alerts.run())
            tasks.create_task(courier.run())

    async with asyncio.TaskGroup() as tasks:
        live = Live(log, clock)
        following = [tasks.create_task(live.run()), tasks.create_task(live.keep())]
        watching = tasks.create_task(watch())
        while True:
            alerting = tasks.create_task(alert())
            seconds = chaos.choice([0.0, 0.05, 0.4, 5.0, 900.0]) if crashes else None
            await asyncio.wait([watching], timeout=seconds)
            over = watching.done()
            if over:
                await clock.sleep(86400)  # until the last letter is delivered
            alerting.cancel()
            await asyncio.wait([alerting])
            if over:
                for task in following:
                    task.cancel()
                return log, mailbox


async def incidents(log: MemoryLog) -> list[tuple[str, str, str]]:
    """Return what was fired and resolved, by what it was about: positions and ids differ from run to run."""
    page = await log.read(Query(types=("incident.fired", "incident.resolved"), limit=10_000))
    events = await told(log, Fired, Resolved)
    return sorted(
        (recorded.stream, type(event).__name__, str(event.at))
        for recorded, event in zip(page.events, events, strict=True)
    )


@pytest.mark.parametrize("seed", range(8))
async def test_killed_or_not_the_same_is_told(seed: int) -> None:
    killed = await killed_or_not(seed)

    assert not await killed.board.scan(BOARD)


async def killed_or_not(seed: int) -> MemoryLog:
    calm, _ = await play(seed, crashes=False)
    killed, mailbox = await play(seed, crashes=True)

    assert await incidents(killed) == await incidents(calm)
    assert await incidents(calm)
    notified = Counter((one.message, one.incidents) for one in await told(killed, Notified))
    assert set(notified.values()) == {1}
    assert {of for message, (of,) in notified if message is Message.FIRING} == {
        fired.incident for fired in await told(killed, Fired)
    }
    ended = {one.notification for one in await told(killed, Delivered, Superseded)}
    assert ended == {one.notification for one in await told(killed, Notified)}
    assert {message.id for message in mailbox.took} >= {one.notification for one in await told(killed, Delivered)}
    return killed


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "FEWEST", 3)


@pytest.mark.parametrize("seed", range(3))
async def test_killed_or_not_the_same_is_told_by_those_that_begin_with_a_snapshot(seed: int, often: None) -> None:
    killed = await killed_or_not(seed)

    assert (await killed.board.scan(BOARD)).keys() == {"alerts", "views"}


def known(alerts: Alerts) -> dict[str, object]:
    """Return all that alerts know of the log."""
    incidents = Outbox(alerts._incidents)
    return {
        "fleet": [row for row in FLEET.rows(alerts._fleet) if not isinstance(row, EverywhereRow)],
        "waiting": alerts._waiting.all,
        "incidents": list(OUTBOX.rows(incidents)),
    }


@pytest.mark.parametrize("seed", range(3))
async def test_alerts_that_begin_with_snapshots_know_what_those_know_that_read_everything(
    seed: int, often: None
) -> None:
    log, _ = await play(seed, crashes=True)
    clock = LoopClock(start=NOON)
    begun, read = (Alerts(log=log, clock=clock, settings=settings(), looked_at=lambda _: None) for _ in range(2))
    await begun.restore()
    kept = begun._kept

    log.store.board.pop(BOARD)
    await read.restore()

    assert kept > 50
    assert known(begun) == known(read)

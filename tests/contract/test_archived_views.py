"""What is known of events goes on when they lie in an archive: by a snapshot, else by reading the archive again."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from events import codec, streams
from events.anchor import Anchor, Segment
from events.catalogue.log import LogFoundBroken
from events.errors import LogError
from events.log import EventLog, KeptLog
from events.memory import MemoryLog
from events.query import Query
from events.record import Draft, Recorded
from events.unit import CursorMove, Unit
from service.archiving import keep_views
from service.clock import SystemClock
from service.config import Settings
from service.inspection import Inspection
from service.journal import Journal
from service.live import Live
from service.past import fleet_at, newest, position_at, time_of, timeline_of, uptime_between
from service.shelf import BOARD
from service.subscribers.alerts import Alerts
from service.subscribers.outbox.book import Book
from service.watch.facts import record
from service.watch.track import Track
from statemachine.model import BecameUnreadable
from tests.contract.copies import archived
from tests.contract.disks import NOON, added, append, draft, everything, unit
from tests.contract.kept import folded, shown
from tests.contract.told import LIFE, STORY, TGI, window

CUT = 36


async def tell(log: EventLog, story: Sequence[Recorded]) -> None:
    for told in story:
        draft = Draft(id=told.id, event=codec.decode(told), time=told.time, actor=told.actor)
        await added(log, unit(told.stream, told.version - 1, draft))
    await append(log, Unit(cursor=CursorMove(name="alerts", old=0, new=len(story))))


@pytest.fixture
async def shelved(log: KeptLog, tmp_path: Path) -> list[Segment]:
    """Tell the story to a log, and archive the beginning of it as the command does."""
    await tell(log, STORY)
    await keep_views(log, SystemClock())
    return await archived(log, tmp_path / "shelf", CUT)


async def begun(log: EventLog) -> Live:
    live = Live(log, SystemClock())
    assert isinstance(await log.verify(since=await live.recall()), Anchor)
    await live.catch_up()
    return live


async def alerts_of(log: EventLog) -> tuple[object, ...]:
    alerts = Alerts(log=log, clock=SystemClock(), settings=Settings(), looked_at=lambda _: None)
    await alerts.restore(swept=True)
    waits = {key: (wait.since, wait.cause) for key, wait in alerts._waiting.all.items()}
    return alerts._fleet.endpoints, alerts._fleet.namespaces, waits, alerts._incidents.open


async def letters_of(log: EventLog) -> tuple[object, ...]:
    book = Book(log=log, clock=SystemClock())
    await book.open()
    return tuple(book.outbox.pending)


async def forget(log: EventLog) -> None:
    """Take every snapshot away, as a redaction does."""
    await log.board.put(BOARD, dict.fromkeys(await log.board.scan(BOARD)))


@pytest.mark.parametrize("remembered", [True, False], ids=["by snapshot", "by archive"])
async def test_views_alerts_and_outbox_are_as_if_nothing_had_been_archived(
    log: KeptLog, shelved: list[Segment], remembered: bool
) -> None:
    whole = MemoryLog()
    await tell(whole, STORY)
    told = await everything(log)
    if not remembered:
        await forget(log)

    live = await begun(log)

    assert told[0].position == CUT + 1
    assert shown(live.views) == shown(folded([*STORY[:CUT], *told]))
    assert await alerts_of(log) == await alerts_of(whole)
    assert await letters_of(log) == await letters_of(whole) != ()


async def test_a_snapshot_needs_no_archive_and_without_both_nothing_begins(
    log: KeptLog, shelved: list[Segment]
) -> None:
    for segment in shelved:
        remove(segment)

    await begun(log)
    await alerts_of(log)
    await forget(log)

    with pytest.raises(LogError, match=r"lie in the archive .* not there: bring it back"):
        await begun(log)
    with pytest.raises(LogError, match="bring it back"):
        await alerts_of(log)
    with pytest.raises(LogError, match="bring it back"):
        await letters_of(log)


def remove(segment: Segment) -> None:
    Path(segment.path).unlink()


@pytest.mark.parametrize("away", [False, True], ids=["archive there", "archive away"])
async def test_an_inspection_finds_nothing_wrong_with_a_log_that_was_archived(
    log: KeptLog, shelved: list[Segment], away: bool
) -> None:
    live = await begun(log)
    if away:
        remove(shelved[0])

    finding = await Inspection(log=log, live=live, clock=SystemClock()).inspect()

    assert finding.broken is None
    assert await log.board.scan(BOARD) != {}


async def test_an_inspection_still_sees_a_view_that_is_not_of_the_log(log: KeptLog, shelved: list[Segment]) -> None:
    live = await begun(log)
    live.fleet.endpoints.pop(TGI)

    finding = await Inspection(log=log, live=live, clock=SystemClock()).inspect()

    assert finding.broken is not None
    assert "fleet" in finding.broken


async def test_that_a_log_is_sound_again_is_told_also_when_it_is_archived_that_it_was_broken(
    log: KeptLog, tmp_path: Path
) -> None:
    broken = LogFoundBroken(at=NOON, position=1, why="changed")
    await added(log, unit(streams.LOG, 0, codec.fact(streams.LOG, 1, broken, time=NOON, actor="daemon")))
    alerts = Alerts(log=log, clock=SystemClock(), settings=Settings(), looked_at=lambda _: None)
    await alerts.once()
    await keep_views(log, SystemClock())
    await archived(log, tmp_path / "shelf", await log.head())
    inspection = Inspection(log=log, live=await begun(log), clock=SystemClock())

    await inspection.inspect()
    await alerts.once()
    await inspection.inspect()

    assert [event.type for event in await everything(log)].count("log.found_sound") == 1
    assert not (await begun(log)).incidents.open


async def test_nothing_is_archived_that_the_alerts_have_never_read(log: KeptLog) -> None:
    await added(log, unit(LIFE, 0, draft("a")))

    with pytest.raises(LogError, match="'alerts' has never read this log: let the daemon run"):
        await keep_views(log, SystemClock())


async def test_a_watcher_that_has_to_read_a_life_whose_beginning_is_archived_begins_anew(
    log: KeptLog, shelved: list[Segment]
) -> None:
    known = (await begun(log)).fleet.endpoints[TGI]
    stale = Track(endpoint=known.endpoint, life=known.life, version=known.version - 1)
    happened = BecameUnreadable(window=window(99), reason="no JSON")

    with pytest.raises(LogError, match="how the life of acme/tgi began lies in an archive"):
        await record(log, {TGI: stale}, {TGI: [happened]})

    assert await log.version(LIFE) == known.version


async def test_a_round_that_finds_no_new_configuration_has_settled_also_when_that_is_archived(
    log: KeptLog, shelved: list[Segment]
) -> None:
    journal = Journal(log, SystemClock(), (await begun(log)).views.configured.still())

    settled = await journal.settled_at(timedelta(minutes=15))

    assert settled == (await everything(log))[0].time + timedelta(minutes=15)


async def test_what_is_asked_of_the_past_is_as_if_nothing_had_been_archived(log: KeptLog, tmp_path: Path) -> None:
    await tell(log, STORY)
    before = await past(log)
    await keep_views(log, SystemClock())

    (segment,) = await archived(log, tmp_path / "shelf", CUT)

    assert await past(log) == before
    remove(segment)
    with pytest.raises(LogError, match="not there: bring it back"):
        await past(log)


async def past(log: EventLog) -> tuple[object, ...]:
    """Ask everything that can be asked of an earlier time, before the archive's end and after it."""
    end, early = STORY[-1].time, STORY[10].time
    periods = [(None, end), (early, end), (None, early)]
    acts = Query(namespace="acme", name="tgi", types=("hold.placed",), until=end)
    return (
        [await position_at(log, instant) for instant in (early, STORY[CUT].time, early - timedelta(days=1))],
        [await time_of(log, position) for position in (1, 11, CUT, CUT + 1, len(STORY), 10_000)],
        [(await fleet_at(log, TGI, position)).endpoints for position in (5, CUT, CUT + 1, len(STORY))],
        (await timeline_of(log, TGI)).stretches(end),
        [(await uptime_between(log, since, until, wanted=lambda _: True)).lives for since, until in periods],
        [await newest(log, acts, most=most) for most in (1, 1000)],
    )

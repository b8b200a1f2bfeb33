"""The log is proved while the daemon runs: what is wrong is found, told once, and ends when it is mended."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from events.catalogue.incidents import Fired, Resolved
from events.catalogue.log import LogFoundBroken, LogFoundSound
from events.catalogue.notifications import Notified
from events.errors import LogError, LogUnusable
from events.memory import MemoryLog
from events.query import Page, Query
from events.sqlite import SqliteLog, driver, index
from events.sqlite.index import STEP
from events.sqlite.plans import NEAR
from events.sqlite.reindexing import reindex
from events.transfer.shelving import Order, shelve
from events.views.uptime import Uptime
from service import findings
from service.clock import LoopClock
from service.inspection import FIRST_SECONDS, Inspection
from service.live import Live
from service.shelf import BOARD, VIEWS
from service.subscribers.alerts import Alerts
from service.web.metrics import PartsCollector
from tests.contract.disks import DISKS, Disk, added, draft, everything, unit
from tests.contract.kept import folded, shown
from tests.contract.test_snapshots import told as lives_of
from tests.unit.alerts.stories import NOON, settings, told
from tests.unit.web.hands import make_parts

pytestmark = pytest.mark.looptime


class Stage:
    """A log with some history, its views, and what inspects them."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.clock = LoopClock(start=NOON)
        self.live = Live(log, self.clock)
        self.inspection = Inspection(log=log, live=self.live, clock=self.clock)

    async def events(self) -> list[Any]:
        return await told(self.log, LogFoundBroken, LogFoundSound)


@pytest.fixture
async def stage() -> Stage:
    log = MemoryLog()
    await added(log, *lives_of(1, 2, count=400))
    found = Stage(log)
    await found.live.catch_up()
    await found.live.save()
    return found


def change(log: MemoryLog, position: int) -> Any:
    """Change an event behind the log's back; return what it was."""
    events = log.store.events
    was, events[position - 1] = events[position - 1], structs.replace(events[position - 1], actor="nobody")
    return was


async def test_a_log_that_is_whole_is_found_sound_and_nothing_is_written_about_it(stage: Stage) -> None:
    head = await stage.log.head()

    finding = await stage.inspection.inspect()

    assert (finding.broken, finding.position) == (None, head)
    assert stage.inspection.finding == finding
    assert await stage.log.head() == head


async def test_a_change_in_the_past_is_told_once_and_when_it_is_mended(stage: Stage) -> None:
    was = change(stage.log, 17)
    for _ in range(2):
        assert "broken at position 17" in str((await stage.inspection.inspect()).broken)
    (broken,) = await stage.events()

    stage.log.store.events[16] = was
    await stage.live.catch_up()
    for _ in range(2):
        assert (await stage.inspection.inspect()).broken is None

    _, sound = await stage.events()
    assert "log verify" in broken.why
    assert (type(broken), type(sound)) == (LogFoundBroken, LogFoundSound)


async def test_views_that_are_not_what_the_log_says_are_told_and_their_snapshot_is_no_more(stage: Stage) -> None:
    stage.live.views.uptime = Uptime()
    stage.live.views.uptime.position = stage.live.views.position

    finding = await stage.inspection.inspect()
    await stage.live.catch_up()
    await stage.live.save()

    assert finding.broken is not None
    assert finding.broken.startswith("what is shown of uptime is not what the log says up to position")
    assert VIEWS not in await stage.log.board.scan(BOARD), "none is written of views that are wrong"
    again = Live(stage.log, stage.clock)
    await again.recall()
    await again.catch_up()
    assert shown(again.views) == shown(folded(await everything(stage.log)))


async def test_a_snapshot_that_was_being_written_does_not_come_back_when_it_is_forgotten(stage: Stage) -> None:
    await added(stage.log, unit("log", 0, draft("a")))
    await stage.live.catch_up()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.live.save())
        await asyncio.sleep(0)
        await stage.live.forget()
    await stage.live.save()

    assert VIEWS not in await stage.log.board.scan(BOARD)


async def test_people_are_called_about_a_broken_log_and_told_when_it_is_over(stage: Stage) -> None:
    alerts = Alerts(log=stage.log, clock=stage.clock, settings=settings(), looked_at=lambda _: None)
    await alerts.once()
    before = len(await told(stage.log, Notified))
    was = change(stage.log, 17)
    await stage.inspection.inspect()
    await alerts.once()
    stage.log.store.events[16] = was
    await stage.live.catch_up()
    await stage.inspection.inspect()
    await alerts.once()

    (fired,) = [each for each in await told(stage.log, Fired) if each.rule == "log"]
    (resolved,) = [each for each in await told(stage.log, Resolved) if each.rule == "log"]
    messages = [
        each.title for each in (await told(stage.log, Notified))[before:] if each.incidents == (fired.incident,)
    ]
    assert (fired.severity, resolved.incident) == ("critical", fired.incident)
    assert messages[0] == "lamplighter: log broken"
    assert messages[1].startswith("lamplighter: over: log broken")


async def test_it_begins_a_while_after_the_start_and_survives_a_log_that_cannot_be_used(tmp_path: Path) -> None:
    class Sick(MemoryLog):
        sick = True

        async def verify(self, **asked: Any) -> Any:
            if self.sick:
                raise LogUnusable("the disk gave an error")
            return await super().verify(**asked)

    stage = Stage(Sick())
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(stage.inspection.run())
        await stage.clock.sleep(FIRST_SECONDS + 1)
        early = stage.inspection.finding
        Sick.sick = False
        await stage.clock.sleep(86_400)
        late = stage.inspection.finding
        task.cancel()
    assert early is None
    assert late is not None


async def test_an_event_that_is_not_found_any_more_is_told_though_every_link_holds(tmp_path: Path) -> None:
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    await added(log, unit("daemon", 0, draft("a")))
    live = Live(log, LoopClock(start=NOON))
    await live.catch_up()
    inspection = Inspection(log=log, live=live, clock=LoopClock(start=NOON))
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        con.execute("UPDATE head SET known = 1")
    finding = await inspection.inspect()
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        con.execute("UPDATE head SET known = 0")

    assert "wrong at position 1, in its table ids" in str(finding.broken)
    assert "run `lamplighter log reindex`" in str(finding.broken)
    assert [event.why for event in await told(log, LogFoundBroken)] == [finding.broken]
    assert (await inspection.inspect()).broken is None
    await log.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE position = 2",
        "UPDATE events SET data = 'x' WHERE type = 'log.found_broken'",
        "UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE type = 'log.found_broken'",
    ],
    ids=["an event before", "what was told", "a text of what was told"],
)
async def test_what_is_broken_is_told_though_what_was_told_before_cannot_be_read(tmp_path: Path, damage: str) -> None:
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    await added(log, *lives_of(1, 2, count=20))
    live = Live(log, LoopClock(start=NOON))
    await live.catch_up()
    inspection = Inspection(log=log, live=live, clock=LoopClock(start=NOON))
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        driver.script(con, "DROP TRIGGER events_keep; UPDATE events SET actor = actor || '!' WHERE position = 1")
    await inspection.inspect()
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        driver.script(con, "UPDATE events SET actor = rtrim(actor, '!') WHERE position = 1; DELETE FROM board")
        driver.script(con, damage)
    finding = await inspection.inspect()
    with closing(driver.connect(log.path)) as con:
        (times,) = con.execute("SELECT count(*) FROM events WHERE type = 'log.found_broken'").fetchone()

    assert "broken at position 1:" not in str(finding.broken)
    assert times == 2
    await log.close()


async def test_an_index_by_which_nothing_can_be_asked_any_more_is_told(tmp_path: Path) -> None:
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    await added(log, *lives_of(1, 2, count=20))
    live = Live(log, LoopClock(start=NOON))
    await live.catch_up()
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        con.execute("DELETE FROM lateness")

    finding = await Inspection(log=log, live=live, clock=LoopClock(start=NOON)).inspect()

    assert "in its table lateness: its one row is not there" in str(finding.broken)
    with pytest.raises(LogUnusable, match="run `lamplighter log reindex`"):
        await log.read(Query())
    await log.close()
    reindex(log.path, "a test", lambda done, whole: None)
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    assert [event.why for event in await told(log, LogFoundBroken)] == [finding.broken]
    await log.close()


async def test_what_is_wrong_with_the_index_is_told_once_also_where_the_index_hides_that_it_was(tmp_path: Path) -> None:
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    await added(log, *lives_of(1, 2, count=STEP + NEAR))
    live = Live(log, LoopClock(start=NOON))
    await live.catch_up()
    inspection = Inspection(log=log, live=live, clock=LoopClock(start=NOON))
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        driver.script(con, "DELETE FROM followers WHERE position = (SELECT min(position) FROM followers)")
    await inspection.inspect()
    await added(log, unit("acts/acme/tgi", 0, *(draft(f"later {number}") for number in range(STEP))))
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        of_it = "(SELECT kind FROM kinds WHERE type = 'log.found_broken')"
        driver.script(con, f"DELETE FROM entries WHERE kind = {of_it}; DELETE FROM kinds WHERE kind = {of_it}")  # noqa: S608 - a constant
    await live.catch_up()

    for _ in range(2):
        await inspection.inspect()

    hidden = await log.read(Query(types=("log.found_broken",)))
    told_of = [event for event in await everything(log) if event.type == "log.found_broken"]
    assert (hidden.events, len(told_of)) == ((), 1)
    await log.close()


@pytest.mark.parametrize("row", [None, b'{"newest": 0, "upto": 0}', b"no row of ours"])
async def test_what_was_told_is_known_whatever_the_board_remembers_of_it(stage: Stage, row: bytes | None) -> None:
    change(stage.log, 17)
    await stage.inspection.inspect()
    await stage.log.board.put(findings.BOARD, {findings.KEY: row})
    for _ in range(2):
        await stage.inspection.inspect()

    assert len(await stage.events()) == 1


async def test_a_later_inspection_reads_only_what_came_since_to_know_what_was_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await findings.newest(stage.log, stage.clock)
    await added(stage.log, unit("acts/acme/tgi", 0, *(draft(f"later {number}") for number in range(10))))
    asked: list[Query] = []
    read = stage.log.read

    async def reading(query: Query) -> Page:
        asked.append(query)
        return await read(query)

    monkeypatch.setattr(stage.log, "read", reading)
    await findings.newest(stage.log, stage.clock)

    assert max(query.before - query.after for query in asked if query.before is not None) < 30


async def test_what_an_older_version_left_is_told_with_what_to_do_until_that_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "STEP", 1)
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    await added(log, *lives_of(1, 2, count=20))
    with monkeypatch.context() as patch:
        patch.setattr("events.sqlite.rows.tidy", lambda con: None)  # as that version did
        async for _ in shelve(log, tmp_path, Order(last=10, actor="person:ana", now=NOON), lambda done, whole: None):
            pass
    for _ in range(2):
        await inspected(log)
    await log.close()
    reindex(log.path, "a test", lambda done, whole: None)
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    for _ in range(2):
        await inspected(log)

    (broken,), sound = await told(log, LogFoundBroken), await told(log, LogFoundSound)
    assert broken.why.startswith("the index of the log is wrong, in its table kinds: no event needs its row ")
    assert "An older version left such rows when it archived or redacted. No event is lost" in broken.why
    assert broken.why.count("stop the daemon and run `lamplighter log reindex`") == broken.why.count("reindex") == 1
    assert len(sound) == 1
    await log.close()


async def inspected(log: SqliteLog) -> None:
    live = Live(log, LoopClock(start=NOON))
    await live.catch_up()
    await Inspection(log=log, live=live, clock=LoopClock(start=NOON)).inspect()


async def test_what_was_found_is_shown_in_figures_and_unknown_before(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    before = {metric.name for metric in PartsCollector(parts, ()).collect()}
    await parts.inspection.inspect()

    sound = {metric.name: metric for metric in PartsCollector(parts, ()).collect()}["lamplighter_log_sound"]

    assert "lamplighter_log_sound" not in before
    assert [sample.value for sample in sound.samples] == [1]


@pytest.fixture(params=list(DISKS))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return DISKS[request.param](tmp_path)


async def test_an_archived_beginning_is_folded_from_its_files_where_no_snapshot_spares_it(
    disk: Disk, tmp_path: Path
) -> None:
    log: Any = await disk.open()
    await added(log, *lives_of(1, 2, count=300))
    history = await everything(log)
    order = Order(last=100, actor="person:ana", now=NOON)
    async for _ in shelve(log, tmp_path / "archive", order, lambda done, whole: None):
        pass
    more = (await log.read(Query(after=len(history)))).events

    live = Live(log, LoopClock(start=NOON))
    await live.recall()
    await live.catch_up()

    assert shown(live.views) == shown(folded([*history, *more]))
    assert (await Inspection(log=log, live=live, clock=LoopClock(start=NOON)).inspect()).broken is None
    for file in (tmp_path / "archive").iterdir():
        file.unlink()
    with pytest.raises(LogError, match="which is not there: bring it back"):
        await Live(log, LoopClock(start=NOON)).catch_up()
    await disk.crash(log)

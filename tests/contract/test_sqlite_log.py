"""What holds for the log on SQLite alone: the file, its one holder, its commits, and what a failing disk does."""

import asyncio
import os
import random
import resource
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from events import chain
from events.anchor import BEGINNING, Anchor, NotRedacted, Redaction
from events.errors import LogError, LogHeld, LogUnusable
from events.query import Query
from events.record import Recorded
from events.sqlite import driver, index, ledger
from events.sqlite.backup import back_up
from events.sqlite.file import WAL_BYTES
from events.sqlite.ledger import Ledger
from events.sqlite.log import SqliteLog, _Call, open_readonly
from events.sqlite.writer import Job, Writer
from events.unit import Appended, CursorMove, Parked, StaleVersion, Unit
from tests.contract.disks import NOON, SqliteDisk, added, append, draft, everything, reasons, unit
from tests.contract.filesystems import small

ROOT = Path(__file__).parents[2]


@pytest.fixture
def disk(tmp_path: Path) -> SqliteDisk:
    return SqliteDisk(tmp_path)


@pytest.fixture
async def log(disk: SqliteDisk) -> AsyncIterator[SqliteLog]:
    opened = await disk.open()
    yield opened
    await disk.crash(opened)


# --- one holder ------------------------------------------------------------------------------------------------------


async def test_a_second_log_on_one_file_is_refused_with_the_name_of_the_holder(log: SqliteLog) -> None:
    with pytest.raises(LogHeld) as refused:
        await SqliteLog.open(log.path, holder="the second")

    assert f"is held by process {os.getpid()} on " in str(refused.value)
    assert "(a test)" in str(refused.value)
    assert "Stop that one" in str(refused.value)


async def test_another_name_of_the_same_file_is_refused_too(log: SqliteLog, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.symlink_to(log.path)

    with pytest.raises(LogHeld):
        await SqliteLog.open(other, holder="the second")


async def test_the_lock_ends_with_the_log(disk: SqliteDisk) -> None:
    first = await disk.open()
    await first.close()

    second = await disk.open()

    assert await second.head() == 0
    await second.close()


async def opened_at_last(disk: SqliteDisk) -> SqliteLog:
    async with asyncio.timeout(10):
        while True:
            with suppress(LogHeld):
                return await disk.open()


async def test_a_log_that_was_not_opened_after_all_is_let_go_of(
    disk: SqliteDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: SqliteLog) -> None:
        raise LogUnusable("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteLog, "identify", fail)
        with pytest.raises(LogUnusable):
            await disk.open()

    await disk.crash(await opened_at_last(disk))


async def test_whoever_gives_up_opening_a_log_lets_go_of_it(disk: SqliteDisk) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await disk.open()

    await disk.crash(await opened_at_last(disk))


async def test_a_reader_needs_no_lock_and_writes_nothing(log: SqliteLog) -> None:
    before = await added(log, unit("daemon", 0, draft("a")))
    await log.board.put("freshness", {"acme": b"12:00"})

    reader = await open_readonly(log.path)

    assert list((await reader.read(Query())).events) == before
    assert (await reader.head(), await reader.version("daemon")) == (1, 1)
    assert (await reader.cursor("alerts"), await reader.parked()) == (0, [])
    assert reader.log_id == log.log_id
    assert await reader.board.get("freshness", "acme") == b"12:00"
    with pytest.raises(LogUnusable, match="open for reading only"):
        await reader.board.put("freshness", {"acme": b"12:01"})
    await reader.close()


@pytest.mark.parametrize("end", ["closed", "crashed"])
async def test_a_reader_reads_what_no_daemon_holds(disk: SqliteDisk, end: str) -> None:
    log = await disk.open()
    await added(log, unit("daemon", 0, draft("a")))
    await (log.close() if end == "closed" else disk.crash(log))

    reader = await open_readonly(disk.path)

    assert await reader.head() == 1
    await reader.close()


async def test_without_the_lock_a_second_log_would_come_in(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", lambda descriptor, operation: None)  # the mutant

    second = await SqliteLog.open(log.path, holder="the second")

    await second.close()


# --- the file --------------------------------------------------------------------------------------------------------


async def test_file_and_new_folders_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "share" / "lamplighter" / "log.db"

    log = await SqliteLog.open(path, holder="a test")
    await added(log, unit("daemon", 0, draft("a")))

    files = [*path.parent.iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {file.name for file in files} == {"log.db", "log.db.lock", "log.db-shm", "log.db-wal"}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}
    await log.close()
    assert {file.name for file in path.parent.iterdir()} == {"log.db", "log.db.lock"}


def database(path: Path, sql: str) -> None:
    con = driver.connect(path, driver.MAKE)
    driver.script(con, sql)
    con.close()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"this is a text, and long enough to be taken for the head of a database" * 20, "it is not a SQLite database"),
        ("CREATE TABLE recipes (name)", "no log of Lamplighter. Name another file"),
        ("PRAGMA application_id = 0x4c414d50; PRAGMA user_version = 99; CREATE TABLE t (a)", "Upgrade this one"),
    ],
)
async def test_a_file_that_is_no_log_of_ours_is_refused_untouched(
    tmp_path: Path, content: bytes | str, told: str
) -> None:
    path = tmp_path / "log.db"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        database(path, content)
    before = path.read_bytes()

    for attempt in (SqliteLog.open(path, holder="a test"), open_readonly(path)):
        with pytest.raises(LogUnusable, match=told):
            await attempt

    assert path.read_bytes() == before


async def test_a_path_that_cannot_be_a_log_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LogUnusable, match="Is a directory"):
        await SqliteLog.open(tmp_path, holder="a test")
    with pytest.raises(LogUnusable, match="Not a directory"):
        await SqliteLog.open(tmp_path / "file" / "log.db", holder="a test")
    with pytest.raises(LogUnusable, match="Is it there"):
        await open_readonly(tmp_path / "nothing.db")
    with pytest.raises(LogUnusable, match="is empty"):
        await open_readonly(tmp_path / "file")


@pytest.mark.parametrize(
    "name", ["a b?mode=memory#c%20.db", ":memory:", "file:log.db?mode=memory", os.fsdecode(b"l\xf6g.db")]
)
async def test_a_name_is_that_of_a_file_whatever_it_looks_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    log = await SqliteLog.open(Path(name), holder="a test")
    await added(log, unit("daemon", 0, draft("a")))
    beside = await open_readonly(Path(name))

    copied = await asyncio.to_thread(back_up, Path(name), Path(f"{name}.bak"), lambda _done, _of: None)

    assert copied == await beside.anchor(1)
    await beside.close()
    await log.close()
    assert names(tmp_path) == {name, f"{name}.lock", f"{name}.bak"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_refused_file_can_be_opened_once_it_is_right(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    database(path, "CREATE TABLE recipes (name)")
    with pytest.raises(LogUnusable):
        await SqliteLog.open(path, holder="a test")
    path.unlink()

    log = await SqliteLog.open(path, holder="a test")

    assert await log.head() == 0
    await log.close()


@pytest.mark.parametrize("sql", ["UPDATE events SET actor = 'nobody'", "DELETE FROM events"])
async def test_the_file_itself_refuses_to_be_rewritten(log: SqliteLog, sql: str) -> None:
    await added(log, unit("daemon", 0, draft("a")))

    con = driver.connect(log.path, driver.MAKE)
    with pytest.raises(driver.ConstraintError, match="never rewritten"):
        driver.script(con, sql)
    con.close()


async def test_every_row_holds_its_link_of_the_chain(log: SqliteLog) -> None:
    await added(log, unit("daemon", 0, draft("a"), draft("b")), unit("namespace/acme", 0, draft("c")))
    await added(log, unit("daemon", 2, draft("d")))

    con = driver.connect(log.path, driver.MAKE)
    rows = con.execute("SELECT data_hash, hash FROM events ORDER BY position").fetchall()
    head = con.execute("SELECT position, hash FROM head").fetchone()
    con.close()

    previous = chain.GENESIS
    for recorded, (data_hash, linked) in zip(await everything(log), rows, strict=True):
        assert data_hash == chain.digest(recorded.data)
        assert linked == chain.link(previous, recorded, data_hash)
        previous = linked
    assert head == (4, previous)


async def test_what_a_stream_is_about_stands_in_columns_of_its_own(log: SqliteLog) -> None:
    await added(log, unit("acts/acme/tgi", 0, draft("a")), unit("daemon", 0, draft("b")))

    con = driver.connect(log.path, driver.MAKE)
    assert con.execute("SELECT namespace, name FROM events ORDER BY position").fetchall() == [
        ("acme", "tgi"),
        (None, None),
    ]
    con.close()


# --- what was taken out is gone --------------------------------------------------------------------------------------


SECRET = "hf_" + "Zq7" * 20


def bytes_of(log: SqliteLog) -> bytes:
    """Return what every file of the log holds: the database, the write-ahead log, and what lies beside them."""
    return b"".join(file.read_bytes() for file in sorted(log.path.parent.iterdir()))


async def test_no_byte_of_a_redacted_text_is_left_in_any_file(log: SqliteLog) -> None:
    for number in range(30):  # pages are split while the secret lies in them, and old copies of it stay behind
        reasons_ = (f"{number} {n} {SECRET if (number, n) == (3, 5) else 'x' * n}" for n in range(20))
        await added(log, unit("daemon", 20 * number, *(draft(text, id_=text[:5]) for text in reasons_)))
    await log.board.put("snapshot", {"fleet": SECRET.encode() * 100})
    await log.board.put("document", {"acme/tgi": SECRET.encode() * 100})
    [where] = [recorded.position for recorded in await everything(log) if SECRET.encode() in recorded.data]
    assert SECRET.encode() in bytes_of(log)

    result = await log.redact(Redaction(position=where, why="a leak", actor="ann", time=NOON))

    assert isinstance(result, Recorded)
    assert SECRET.encode() not in bytes_of(log)
    assert isinstance(await log.verify(), Anchor)
    await added(log, unit("daemon", 600, draft("it goes on")))


async def test_without_writing_the_file_anew_it_would_still_hold_the_text(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "scrub", lambda writer: None)  # the mutant
    await added(log, unit("daemon", 0, draft(SECRET, id_="1")))

    await log.redact(Redaction(position=1, why="a leak", actor="ann", time=NOON))

    assert SECRET.encode() in bytes_of(log)


async def test_a_reader_that_keeps_old_pages_is_told_of_and_asking_again_ends_it(log: SqliteLog) -> None:
    await added(log, unit("daemon", 0, draft(SECRET, id_="1")))
    assert log._writer._con is not None
    log._writer._con.execute("PRAGMA busy_timeout = 50")
    order = Redaction(position=1, why="a leak", actor="ann", time=NOON)

    with closing(driver.connect(log.path, driver.MAKE)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        with pytest.raises(LogUnusable, match="somebody else reads the log"):
            await log.redact(order)
        assert SECRET.encode() in bytes_of(log)
    again = await log.redact(order)

    assert isinstance(again, NotRedacted)
    assert "it is already" in str(again)
    assert SECRET.encode() not in bytes_of(log)


# --- commits ---------------------------------------------------------------------------------------------------------


class Counting:
    """Stands before the writer and counts its groups."""

    def __init__(self, log: SqliteLog) -> None:
        self.groups: list[int] = []
        self._commit = log._writer.commit
        log._writer.commit = self  # type: ignore[method-assign]

    def __call__(self, jobs: Sequence[Job], ids: Sequence[str] = ()) -> list[object]:
        self.groups.append(len(jobs))
        return self._commit(jobs, ids)


async def test_64_producers_share_their_commits(log: SqliteLog) -> None:
    counting = Counting(log)

    async def produce(stream: str) -> None:
        for version in range(10):
            await added(log, unit(stream, version, draft(f"{stream} {version}")))

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for number in range(64):
            tasks.create_task(produce(f"namespace/{number}"))

    assert sum(counting.groups) == 640
    assert len(counting.groups) < 64
    assert [recorded.position for recorded in await everything(log)] == list(range(1, 641))


async def test_a_group_is_bounded_and_a_call_is_never_split(log: SqliteLog) -> None:
    counting = Counting(log)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for number in range(4):
            units = [unit(f"namespace/{number}", version, draft(f"{number} {version}")) for version in range(300)]
            tasks.create_task(append(log, *units))

    assert counting.groups == [600, 600]


async def test_closing_finishes_what_was_accepted(disk: SqliteDisk) -> None:
    log = await disk.open()
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(append(log, unit(f"namespace/{n}", 0, draft(str(n))))) for n in range(20)]
        await asyncio.sleep(0)
        await log.close()

    assert all(isinstance(result, Appended) for call in calls for result in call.result())
    log = await disk.open()
    assert await log.head() == 20
    await log.close()


async def test_the_write_ahead_log_stays_bounded(log: SqliteLog) -> None:
    for number in range(15):
        await log.board.put("document", {str(row): os.urandom(200_000) for row in range(10)})
        await added(log, unit("daemon", number, draft(str(number))))

    wal = log.path.with_name("log.db-wal")
    assert wal.stat().st_size < WAL_BYTES < 15 * 2_000_000


# --- a failing disk --------------------------------------------------------------------------------------------------


async def acknowledged_and_lost(disk: SqliteDisk, log: SqliteLog) -> int:
    """Append, cut the power at the moment of the first acknowledgement, and count what was acknowledged in vain."""
    results = await append(log, *(unit(f"namespace/{number}", 0, draft(str(number))) for number in range(50)))
    log._waiting.clear()
    await disk.crash(log)

    after = await disk.open()
    lost = len(results) - await after.head()
    await after.close()
    return lost


class Hasty(SqliteLog):
    """The mutant: it acknowledges what it has only put into its queue."""

    async def _hand_in(self, jobs: Sequence[Job], ids: Sequence[str] = ()) -> list[object]:
        call = _Call(jobs, ids, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        return [Appended(events=()) for _ in jobs]


async def test_an_acknowledgement_before_the_commit_would_be_found(disk: SqliteDisk, tmp_path: Path) -> None:
    assert await acknowledged_and_lost(disk, await disk.open()) == 0

    hasty_disk = SqliteDisk(tmp_path / "hasty")
    hasty = await Hasty.open(hasty_disk.path, holder="a mutant")
    assert await acknowledged_and_lost(hasty_disk, hasty) == 50


class FailingConnection:
    """A connection whose next COMMIT fails: before it reached the disk, or after."""

    def __init__(self, con: driver.Connection, *, reached_the_disk: bool) -> None:
        self._con = con
        self._reached_the_disk = reached_the_disk

    def execute(self, sql: str, *values: Any) -> Any:
        if sql == "COMMIT":
            if self._reached_the_disk:
                self._con.execute(sql)
            raise apsw.IOError("disk I/O error")
        return self._con.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def fail_next_commit(writer: Writer, *, reached_the_disk: bool) -> None:
    assert writer._con is not None
    writer._con = FailingConnection(writer._con, reached_the_disk=reached_the_disk)  # type: ignore[assignment]


@pytest.mark.parametrize("reached_the_disk", [False, True])
async def test_a_failed_commit_fails_its_whole_group_and_a_retry_is_harmless(
    log: SqliteLog, reached_the_disk: bool
) -> None:
    units = [unit(f"namespace/{number}", 0, draft(str(number))) for number in range(5)]
    fail_next_commit(log._writer, reached_the_disk=reached_the_disk)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(failing(log, one)) for one in units]
    errors = [call.result() for call in calls]
    retried = await added(log, *units)

    assert len({id(error) for error in errors}) == 5
    assert all("disk I/O error" in str(error) for error in errors)
    assert [recorded.position for recorded in retried] == [1, 2, 3, 4, 5]
    assert await everything(log) == retried


async def failing(log: SqliteLog, one: Unit) -> LogUnusable:
    with pytest.raises(LogUnusable) as caught:
        await append(log, one)
    return caught.value


async def test_who_waits_is_woken_by_a_commit_whose_answer_was_lost(log: SqliteLog) -> None:
    fail_next_commit(log._writer, reached_the_disk=True)

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(log.beyond(0))
        await failing(log, unit("daemon", 0, draft("a")))


async def test_a_full_disk_is_told_and_the_log_goes_on_when_there_is_room(log: SqliteLog) -> None:
    await added(log, unit("daemon", 0, draft("a")))
    assert log._writer._con is not None
    log._writer._con.execute("PRAGMA max_page_count = 1")

    big = [unit("daemon", 1, *(draft(f"{n} {'x' * 500}") for n in range(300)), cursor=move(0, 1))]
    with pytest.raises(LogUnusable, match="the disk is full"):
        await log.append(big)
    with_room = await added(log, *big)

    assert with_room[-1].position == 301
    assert await log.cursor("alerts") == 1
    assert [recorded.position for recorded in await everything(log)] == list(range(1, 302))


async def test_a_real_disk_that_is_full_is_told_and_the_log_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with small(tmp_path / "small", size=1 << 20) as folder:
        log = await SqliteLog.open(folder / "log.db", holder="a test")
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(600_000))

        acknowledged = await until_it_is_full(log)
        assert await everything(log) == acknowledged != []
        assert await log.cursor("alerts") == len(acknowledged)
        await failing(log, much(len(acknowledged)))
        ballast.unlink()
        acknowledged += await added(log, much(len(acknowledged)))

        assert await everything(log) == acknowledged
        assert await log.cursor("alerts") == len(acknowledged)
        assert isinstance(await log.verify(), Anchor)
        await log.close()


def much(expected: int) -> Unit:
    """Return a unit of 8 kilobytes."""
    drafts = [draft(f"{expected + number} {'x' * 400}") for number in range(20)]
    return unit("daemon", expected, *drafts, cursor=move(expected, expected + 20))


async def until_it_is_full(log: SqliteLog) -> list[Recorded]:
    """Append until the log refuses, with the reason; return what was acknowledged."""
    acknowledged: list[Recorded] = []

    async def fill() -> None:
        while True:
            acknowledged.extend(await added(log, much(len(acknowledged))))

    with pytest.raises(LogUnusable, match=r"the disk is full\. Make room"):
        await fill()
    return acknowledged


async def test_a_real_error_of_the_disk_is_told_and_the_log_goes_on(log: SqliteLog) -> None:
    before = await added(log, much(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = log.path.with_name("log.db-wal").stat().st_size

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))  # no file may grow beyond it: writing fails with EFBIG
    try:
        error = await failing(log, much(20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "the disk gave an error. Look into the kernel's log, and check the disk" in str(error)
    assert await everything(log) == before
    before += await added(log, much(20))
    assert await everything(log) == before
    assert isinstance(await log.verify(), Anchor)


def move(old: int, new: int) -> CursorMove:
    return CursorMove(name="alerts", old=old, new=new)


async def test_a_disk_that_stays_away_fails_every_call_until_it_is_back(log: SqliteLog, tmp_path: Path) -> None:
    away = tmp_path / "away"
    fail_next_commit(log._writer, reached_the_disk=False)
    log._writer.path = away / "log.db"

    for _ in range(2):
        await failing(log, unit("daemon", 0, draft("a")))
    log._writer.path = log.path

    assert reasons(await added(log, unit("daemon", 0, draft("a")))) == ["a"]


async def test_nobody_is_told_of_what_was_not_written_while_the_disk_is_away(log: SqliteLog, tmp_path: Path) -> None:
    fail_next_commit(log._writer, reached_the_disk=False)
    log._writer.path = tmp_path / "away" / "log.db"
    await failing(log, unit("daemon", 0, draft("a"), draft("b")))
    log._writer.path = log.path

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await log.beyond(0)


@pytest.mark.parametrize("gone", range(1, 8))
async def test_a_log_that_lacks_an_event_can_still_be_asked_by_time(log: SqliteLog, gone: int) -> None:
    await added(log, unit("daemon", 0, *(draft(str(minutes), minutes=minutes) for minutes in range(1, 8))))
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        con.execute("DROP TRIGGER events_stay")
        con.execute("DELETE FROM events WHERE position = ?", (gone,))

    page = await log.read(Query(since=NOON + timedelta(minutes=3), until=NOON + timedelta(minutes=6)))

    assert [event.position for event in page.events] == [place for place in (3, 4, 5) if place != gone]


async def test_a_damaged_text_that_a_writer_meets_is_told_as_damage_and_holds_up_nobody_else(log: SqliteLog) -> None:
    again = unit("daemon", 0, draft("a"))
    await added(log, again)
    with closing(driver.connect(log.path, driver.MAKE)) as con:
        driver.script(con, "DROP TRIGGER events_keep; UPDATE events SET actor = CAST(x'ff' AS TEXT)")

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        refused = tasks.create_task(failing(log, again))
        taken = tasks.create_task(added(log, unit("acme", 0, draft("b"))))

    assert "it is damaged" in str(refused.result())
    assert "defect" not in str(refused.result())
    assert [recorded.position for recorded in taken.result()] == [2]


async def test_a_question_that_fails_leaves_nothing_open(log: SqliteLog) -> None:
    await added(log, unit("daemon", 0, draft("a")))

    def fail(con: driver.Connection) -> None:
        con.execute("BEGIN")
        raise RecursionError

    with pytest.raises(RecursionError):
        await log.ask(fail)

    assert len((await log.read(Query())).events) == 1


class Deferring:
    """The mutant: a connection whose transactions take the write lock only when they first write."""

    def __init__(self, con: driver.Connection) -> None:
        self._con = con

    def execute(self, sql: str, *values: Any) -> Any:
        return self._con.execute("BEGIN" if sql == "BEGIN IMMEDIATE" else sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


async def interfered(log: SqliteLog) -> None:
    """Append while another program tries to write between what the transaction reads and what it writes."""

    def meddle(ledger: Ledger) -> None:
        ledger.cursor("alerts")
        with closing(driver.connect(log.path, driver.MAKE)) as other, suppress(driver.Error):
            other.execute("INSERT INTO board VALUES ('meddling', 'x', x'00')")
        ledger.move("alerts", 1)

    await log._hand_in([meddle])


async def test_another_program_that_writes_meanwhile_has_to_wait(log: SqliteLog) -> None:
    await interfered(log)

    assert await log.cursor("alerts") == 1
    assert await log.board.scan("meddling") == {}


async def test_a_transaction_that_takes_the_lock_late_would_lose_it(log: SqliteLog) -> None:
    assert log._writer._con is not None
    log._writer._con = Deferring(log._writer._con)  # type: ignore[assignment]

    with pytest.raises(LogUnusable, match="another program keeps it locked"):
        await interfered(log)


@pytest.mark.parametrize(("name", "error"), [("alerts", "\ud800"), ("\ud800", "x")])
async def test_one_unit_that_the_store_cannot_take_fails_alone(log: SqliteLog, name: str, error: str) -> None:
    aside, move = Parked(name=name, position=1, error=error), CursorMove(name=name, old=0, new=1)
    no_unicode = replace(unit("namespace/acme", 0, draft("b")), parking=aside, cursor=move)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        neighbour = tasks.create_task(added(log, unit("daemon", 0, draft("a"))))
        with pytest.raises(LogError, match="This is a defect") as caught:
            await append(log, no_unicode)

    assert not isinstance(caught.value, LogUnusable)
    assert [recorded.position for recorded in neighbour.result()] == [1]
    assert await log.head() == 1
    assert reasons(await added(log, unit("namespace/acme", 0, draft("b")))) == ["b"]


# --- kill -9 ---------------------------------------------------------------------------------------------------------


def killed_while_writing(path: Path, acknowledgements: int) -> list[str]:
    """Let a process write until it has told of so many, kill it, and return what it told."""
    command = [sys.executable, "-m", "tests.contract.writing_process", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        told = [process.stdout.readline() for _ in range(acknowledgements)]
        process.kill()
        told += process.stdout.readlines()
    return [line.removesuffix("\n") for line in told if line.endswith("\n")]


@pytest.mark.parametrize("rounds", [5, pytest.param(100, marks=pytest.mark.slow)])
async def test_kill_9_loses_nothing_that_was_acknowledged(disk: SqliteDisk, rounds: int) -> None:
    chance = random.Random(rounds)
    ledger: dict[int, str] = {}
    proven = BEGINNING
    for _ in range(rounds):
        for line in killed_while_writing(disk.path, chance.randrange(1, 60)):
            position, _, id_ = line.partition(" ")
            assert ledger.setdefault(int(position), id_) == id_, "a position was used twice"
        log = await disk.open()
        found = await log.verify(since=proven)
        await disk.crash(log)
        assert isinstance(found, Anchor), found
        assert found.position >= max(ledger)
        proven = found

    log = await disk.open()
    stored = await everything(log)
    assert [recorded.position for recorded in stored] == list(range(1, len(stored) + 1))
    assert len({recorded.id for recorded in stored}) == len(stored)
    assert {recorded.position: recorded.id for recorded in stored}.items() >= ledger.items()
    assert await log.verify() == proven
    await log.close()


async def test_a_second_process_is_refused_and_told_who_holds_the_log(log: SqliteLog) -> None:
    command = [sys.executable, "-m", "tests.contract.writing_process", str(log.path)]

    second = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert second.returncode != 0
    assert f"LogHeld: the log {log.path} is held by process {os.getpid()}" in second.stderr


# --- what the ledger has in mind --------------------------------------------------------------------------------------


async def test_versions_that_are_forgotten_within_a_group_are_found_again(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "STREAMS", 1)  # each stream puts the one before out of mind

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(append(log, unit("namespace/acme", 0, draft("a"))))
        tasks.create_task(append(log, unit("daemon", 0, draft("b"))))
        second = tasks.create_task(append(log, unit("namespace/acme", 0, draft("c"))))

    [told], [late] = first.result(), second.result()
    assert isinstance(told, Appended)
    assert late == StaleVersion(stream="namespace/acme", expected=0, actual=1)
    assert isinstance(await log.verify(), Anchor)


async def test_ids_are_learned_also_where_every_group_is_a_step_of_the_index(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "STEP", 2)
    monkeypatch.setattr(index, "IDS", 4)
    for number in range(8):
        drafts = (draft(f"{number} a"), draft(f"{number} b"))
        await added(log, unit("daemon", 2 * number, *drafts))

    assert len(log._writer._ledger._known) < 8
    assert reasons(await added(log, unit("daemon", 0, draft("0 a"), draft("0 b")))) == ["0 a", "0 b"]
    assert await log.head() == 16

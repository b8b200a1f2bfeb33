"""What a log on SQLite keeps beside its events is proven against them, and can be made anew from them."""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from events import streams
from events.anchor import Anchor, Misindexed, Redaction
from events.catalogue import Event
from events.catalogue.acts import Confirmed, Intended, Warned
from events.errors import LogHeld, LogUnusable
from events.log import KeptLog
from events.memory import MemoryLog
from events.query import Query
from events.record import Draft, Recorded
from events.sqlite import SqliteLog, checks, driver, index, open_readonly, proving, reindexing
from events.sqlite.index import TABLES
from events.sqlite.proving import prove
from events.sqlite.reindexing import reindex
from events.unit import Unit, Write
from statemachine.model import Cause, Discovered, EndpointName, Kind, Sighting, StatusChanged, Window
from statemachine.status import Status, UnknownStatus
from statemachine.table import By
from tests.contract.copies import archived
from tests.contract.disks import NOON, SqliteDisk, added, draft, unit
from tests.contract.test_queries import LOGS, QUERIES, TIGHT, limits, write

ROOT = Path(__file__).parents[2]
TGI, TEI = EndpointName("acme", "tgi"), EndpointName("beta", "tei")
WINDOW = Window(not_before=NOON, seen_at=NOON)
ARCHIVED, INDEXED, KNOWN, HEAD = 3, 14, 12, 17
SECRET = "an unheard-of status"


def nothing(_done: int, _of: int) -> None:
    """Show no progress."""


def intended(intent: str, policy: str | None) -> Intended:
    return Intended(
        intent=intent, command="pause", life=NOON, version=1, evidence=(1,), reason="r", deadline=NOON, policy=policy
    )


async def fill(log: KeptLog) -> None:
    """Write events that are found in every way: before the archive's end, in the index, and beyond it."""
    by_us = Cause(by=By.PERSON, intent="i1")
    warned = Warned(
        policy="idle", revision="1", life=NOON, cause=1, edge_seconds=9, command="pause", due_at=NOON, reason="r"
    )
    story: list[tuple[str, int, Event]] = [
        (streams.life(TGI, NOON), 0, seen(TGI, Status.RUNNING)),
        (streams.acts(TGI), 0, intended("i0", "old")),
        ("daemon", 0, draft("a").event),
        (streams.acts(TGI), 1, warned),
        (streams.acts(TGI), 2, intended("i1", "idle")),
        (streams.life(TGI, NOON), 1, turned(Status.PAUSED, by_us)),
        (streams.acts(TGI), 3, Confirmed(intent="i1", status="paused", seen_at=NOON)),
        (streams.acts(TGI), 4, Confirmed(intent="i0", status="paused", seen_at=NOON)),
        (streams.life(TEI, NOON), 0, seen(TEI, UnknownStatus(SECRET))),
        (streams.namespace("beta"), 0, draft("b").event),
        (streams.acts(TEI), 0, intended("i2", None)),
        ("daemon", 1, draft("c").event),
        (streams.acts(TEI), 1, intended("i3", "idle")),
        (streams.acts(TEI), 2, Confirmed(intent="i3", status="paused", seen_at=NOON)),
        (streams.acts(TEI), 3, intended("i4", "old")),
    ]
    for number, (stream, version, event) in enumerate(story):
        minutes = 3 if number == 6 else number
        made = Draft(id=f"e{number}", event=event, time=NOON + timedelta(minutes=minutes), actor=f"actor {number % 2}")
        await added(log, Unit(streams={stream: Write(expected=version, drafts=(made,))}))


def seen(_name: EndpointName, status: Status | UnknownStatus) -> Discovered:
    return Discovered(seen_at=NOON, absent_at=None, sighting=Sighting(status=status, created_at=NOON))


def turned(status: Status, cause: Cause) -> StatusChanged:
    return StatusChanged(window=WINDOW, old=Status.RUNNING, new=status, kind=Kind.DIRECT, cause=cause)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a log with an archive and a redacted event, whose index does not reach to its end."""
    folder = tmp_path_factory.mktemp("sound")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "STEP", 7)
        patch.setattr(index, "IDS", 6)
        asyncio.run(_make(folder))
    return folder / "log.db"


async def _make(folder: Path) -> None:
    log = await SqliteDisk(folder).open()
    await fill(log)
    await log.redact(Redaction(position=9, why="a name", actor="ann", time=NOON, fields=("sighting.status",)))
    await archived(log, folder / "shelf", ARCHIVED)
    await log.close()


class Patient:
    """A copy of a sound log, and what is found when something was done to it."""

    def __init__(self, sound: Path, folder: Path) -> None:
        self.path = folder / "log.db"
        self._sound = sound.read_bytes()
        with closing(driver.connect(sound, driver.MAKE)) as con:
            self.rows = {table: con.execute(f"SELECT * FROM {table}").fetchall() for table in (*TABLES, "head")}  # noqa: S608
            self.columns = {
                table: [row[1] for row in con.execute(f"PRAGMA table_info({table})")] for table in (*TABLES, "head")
            }

    def suffer(self, sql: str, values: tuple[Any, ...] = ()) -> Misindexed | str | None:
        """Return what is found after a statement; `impossible` if it cannot be done."""
        self.path.write_bytes(self._sound)
        with closing(driver.connect(self.path, driver.MAKE)) as con:
            driver.script(con, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            try:
                con.execute(sql, values)
            except driver.REFUSALS:
                return "impossible"
        return next(filter(None, prove(self.path)), None)

    def flip(self, table: str, text: bytes) -> Misindexed | None:
        """Return what is found when one bit of a text in a table flips on disk, where SQLite keeps it twice."""
        with closing(driver.connect(self.path, driver.MAKE)) as con:
            (root,) = con.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
            (size,) = con.execute("PRAGMA page_size").fetchone()
        raw = bytearray(self._sound)
        raw[raw.index(text, (root - 1) * size, root * size)] ^= 2
        self.path.write_bytes(raw)
        return next(filter(None, prove(self.path)), None)

    def lose(self, table: str, number: int) -> Misindexed | str | None:
        where, values = self._row(table, number)
        return self.suffer(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608

    def change(self, table: str, number: int, column: int, value: int | str) -> Misindexed | str | None:
        where, values = self._row(table, number)
        column %= len(values)
        if values[column] == value:
            return "as before"
        return self.suffer(f"UPDATE {table} SET {self.columns[table][column]} = ? WHERE {where}", (value, *values))  # noqa: S608

    def gain(self, table: str, row: tuple[Any, ...]) -> Misindexed | str | None:
        return self.suffer(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608

    def _row(self, table: str, number: int) -> tuple[str, tuple[Any, ...]]:
        row = self.rows[table][number % len(self.rows[table])]
        return " AND ".join(f"{name} IS ?" for name in self.columns[table]), row

    def is_needed(self, table: str, number: int) -> bool:
        """Return whether a row says something of events that are in the log."""
        row = self.rows[table][number % len(self.rows[table])]
        return table != "intents" or row[2] > ARCHIVED


@pytest.fixture
def patient(sound: Path, tmp_path: Path) -> Patient:
    return Patient(sound, tmp_path)


@pytest.fixture(scope="module")
def same_patient(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    return Patient(sound, tmp_path_factory.mktemp("patient"))


def test_the_index_of_a_log_that_nobody_touched_is_found_right(patient: Patient) -> None:
    assert patient.suffer("UPDATE cursors SET position = 1") is None
    [head] = patient.rows["head"]
    assert (head[1], head[4], head[5]) == (HEAD, INDEXED, KNOWN)
    assert all(patient.rows[table] for table in TABLES)


# --- any row ----------------------------------------------------------------------------------------------------------

ANY = st.sampled_from(TABLES)
NUMBERS = st.integers(0, 50)
VALUES = st.one_of(
    st.integers(-2, HEAD + 3), st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from(["", "x", "i0", "old"])
)


@given(table=ANY, number=NUMBERS)
@settings(max_examples=40)
def test_any_row_that_is_lost_is_missed(same_patient: Patient, table: str, number: int) -> None:
    found = same_patient.lose(table, number)

    assert isinstance(found, Misindexed) or not same_patient.is_needed(table, number)


@given(table=ANY | st.just("head"), number=NUMBERS, column=NUMBERS, value=VALUES)
@settings(max_examples=60)
def test_any_row_that_was_changed_is_found(
    same_patient: Patient, table: str, number: int, column: int, value: int | str
) -> None:
    if table == "head":
        column = 4 + column % 2
    found = same_patient.change(table, number, column, value)

    assert found is not None or not same_patient.is_needed(table, number)


@given(data=st.data(), table=ANY)
@settings(max_examples=60)
def test_any_row_that_was_added_is_found(same_patient: Patient, table: str, data: st.DataObject) -> None:
    like = data.draw(st.sampled_from(same_patient.rows[table]))
    row = tuple(data.draw(st.just(value) | VALUES) for value in like)

    found = same_patient.gain(table, row)

    assert found is not None or (table == "intents" and row[2] == 2)


def everything(patient: Patient) -> Iterator[tuple[str, Callable[[], Misindexed | str | None]]]:
    """Yield whatever can be done to a row of the index, each with what says what it is."""
    for table in (*TABLES, "head"):
        for number in range(len(patient.rows[table])):
            if not patient.is_needed(table, number):
                continue
            if table != "head":
                yield f"{table} {number} lost", partial(patient.lose, table, number)
            for column in range(len(patient.columns[table])):
                if table == "head" and column not in {4, 5}:
                    continue
                for value in (-1, 0, 1, 2, 5, HEAD, HEAD + 1, "", "x", "idle"):
                    name = f"{table} {number} {patient.columns[table][column]} = {value!r}"
                    yield name, partial(patient.change, table, number, column, value)


@pytest.mark.slow
def test_every_column_of_every_row_is_watched(patient: Patient) -> None:
    assert [name for name, do in everything(patient) if do() is None] == []


# --- where it is wrong ------------------------------------------------------------------------------------------------

DAMAGES: list[tuple[str, str, int | None]] = [
    ("DELETE FROM ids WHERE position = 5", "ids", 5),
    ("UPDATE ids SET crc = crc + 1 WHERE position = 6", "ids", 6),
    ("INSERT INTO ids VALUES (1, 7)", "ids", 7),
    ("INSERT INTO ids VALUES (1, 15)", "ids", 15),
    ("DELETE FROM streams WHERE name = 'acts/acme/tgi'", "streams", 4),
    ("INSERT INTO streams VALUES (99, 'x')", "streams", None),
    ("DELETE FROM versions WHERE position = 8", "versions", 8),
    ("UPDATE versions SET version = version + 1 WHERE position = 8", "versions", 8),
    ("INSERT INTO versions VALUES (99, 8, 1)", "versions", 8),
    ("UPDATE kinds SET policy = 'other' WHERE type = 'act.warned'", "kinds", 4),
    ("UPDATE intents SET policy = 'other' WHERE intent = 'i0'", "kinds", 8),
    ("INSERT INTO intents VALUES ('', 'idle', 5)", "intents", 5),
    ("INSERT INTO kinds VALUES (99, 'x', '', '', '', '')", "kinds", None),
    ("DELETE FROM subjects WHERE namespace = 'beta' AND name = ''", "subjects", 9),
    ("DELETE FROM subjects WHERE name = 'tei'", "subjects", 9),
    ("INSERT INTO subjects VALUES (0, 'gamma', '')", "subjects", None),
    ("INSERT INTO subjects VALUES (99, 'acme', 'x')", "subjects", None),
    ("DELETE FROM entries WHERE subject = 0 AND position = 12", "entries", 12),
    ("DELETE FROM entries WHERE subject > 0 AND position = 10", "entries", 10),
    ("INSERT INTO entries VALUES (99, 1, 10)", "entries", 10),
    ("INSERT INTO entries SELECT 0, kind, 16 FROM kinds LIMIT 1", "entries", 16),
    ("UPDATE members SET kind = kind + 1 WHERE position = 6", "members", 6),
    ("INSERT INTO members VALUES (99, 6, 1)", "members", 6),
    ("DELETE FROM followers WHERE position = 7", "followers", 7),
    ("INSERT INTO followers VALUES ('i9', 7)", "followers", 7),
    ("UPDATE intents SET policy = 'other' WHERE intent = 'i4'", "intents", 15),
    ("DELETE FROM intents WHERE intent = 'i4'", "intents", 15),
    ("UPDATE intents SET position = 2 WHERE intent = 'i1'", "intents", 5),
    ("INSERT INTO intents VALUES ('i9', 'idle', 4)", "intents", 4),
    ("UPDATE lateness SET seconds = 0", "lateness", None),
    ("UPDATE lateness SET latest = NULL", "lateness", None),
    ("DELETE FROM lateness", "lateness", None),
    ("UPDATE head SET indexed = 18", "head", None),
    ("UPDATE head SET known = 2", "head", None),
    ("UPDATE head SET indexed = 13", "entries", 14),
    ("UPDATE head SET known = 11", "ids", 12),
    ("UPDATE head SET known = 13", "ids", 13),
    ("DROP TABLE followers", "followers", None),
]


def wrong(patient: Patient) -> list[str]:
    """Return what is done to an index without the place being named where it was done."""
    overlooked = []
    for sql, table, position in DAMAGES:
        found = patient.suffer(sql)
        if not isinstance(found, Misindexed) or (found.table, found.position) != (table, position):
            overlooked.append(f"{sql}: {found}")
    return overlooked


def test_the_table_and_the_position_are_named(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "SLICE", 2)

    assert wrong(patient) == []
    assert str(patient.suffer(DAMAGES[0][0])) == (
        "the index of the log is wrong at position 5, in its table ids: the event is not found by its id. No event is "
        "lost: stop the daemon and run `lamplighter log reindex`"
    )


@pytest.mark.parametrize(
    ("table", "text"), [("kinds", b"act.confirmed"), ("subjects", b"acmetgi"), ("streams", b"acts/beta/tei")]
)
def test_a_bit_that_flips_on_disk_in_one_of_two_copies_is_found(patient: Patient, table: str, text: bytes) -> None:
    patient.suffer("UPDATE head SET known = known")

    found = patient.flip(table, text)

    assert isinstance(found, Misindexed)
    assert found.table == table
    assert "its pages do not agree" in found.why


def test_a_latest_time_that_is_no_text_is_a_finding(patient: Patient) -> None:
    no_text = "UPDATE lateness SET latest = CAST(x'b2' || substr(CAST(latest AS BLOB), 2) AS TEXT)"

    assert isinstance(patient.suffer(no_text), Misindexed)


def without(table: str) -> tuple[object, str, object]:
    return proving, "LACKS", tuple(lack for lack in checks.LACKS if lack.table != table)


def overlooking(self: Any, _: driver.Connection) -> None:
    self.done = True


MUTANTS: dict[str, tuple[object, str, object]] = {
    "it does not look for ids": (proving, "OF_IDS", ()),
    "it does not look for intents": (proving, "OF_INTENTS", ()),
    **{
        f"it does not look into {table}": without(table)
        for table in ("streams", "versions", "kinds", "subjects", "entries", "members", "followers")
    },
    "it does not count": (proving.Along, "_astray", lambda self, con: None),
    "it does not look for what is unused": (proving.Unused, "go_on", overlooking),
    "it does not look at times": (proving.Late, "go_on", overlooking),
    "it does not look whose an intent is": (proving.Meant, "go_on", overlooking),
    "it does not look whether it can be at all": (proving, "impossible", lambda con: None),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_proof_that_overlooks_something_would_be_found(
    patient: Patient, mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*MUTANTS[mutant])

    if MUTANTS[mutant][1] == "impossible":
        with pytest.raises((driver.Error, TypeError)):  # it stumbles over what it should have looked for
            wrong(patient)
    else:
        assert wrong(patient)


async def test_what_is_written_archived_and_redacted_during_a_proof_does_not_upset_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "STEP", 3)
    monkeypatch.setattr(index, "IDS", 3)
    monkeypatch.setattr(proving, "SLICE", 2)
    log = await SqliteDisk(tmp_path).open()
    await fill(log)
    slices = prove(log.path)
    found = [next(slices) for _ in range(3)]

    await archived(log, tmp_path / "shelf", 3)
    found += [next(slices) for _ in range(9)]
    await log.redact(Redaction(position=9, why="a name", actor="ann", time=NOON, fields=("sighting.status",)))
    found += [next(slices) for _ in range(4)]
    for number in range(7):
        await added(log, unit("x", number, draft(f"more {number}")))
    found += list(slices)
    await log.close()

    assert set(found) == {None}


# --- made anew --------------------------------------------------------------------------------------------------------


def spoilt(path: Path, *statements: str) -> None:
    with closing(driver.connect(path, driver.MAKE)) as con:
        driver.script(con, "; ".join(statements))


@pytest.mark.parametrize("damage", [*(sql for sql, _, _ in DAMAGES), "; ".join(f"DROP TABLE {t}" for t in TABLES)])
def test_whatever_was_done_to_an_index_it_is_as_before_when_it_was_made_anew(patient: Patient, damage: str) -> None:
    patient.path.write_bytes(patient._sound)
    spoilt(patient.path, damage)

    done = reindex(patient.path, "a test", nothing)

    assert list(filter(None, prove(patient.path))) == []
    assert (done.events, done.unread) == (HEAD - ARCHIVED, ())
    with closing(driver.connect(patient.path, driver.MAKE)) as con:
        assert con.execute("SELECT indexed, known FROM head").fetchall() == [(HEAD, HEAD)]
        for table in ("intents", "lateness"):
            assert con.execute(f"SELECT * FROM {table}").fetchall() == patient.rows[table]  # noqa: S608


def test_an_archive_that_is_not_there_is_told_and_what_was_known_of_it_stays(patient: Patient, sound: Path) -> None:
    [file] = (sound.parent / "shelf").iterdir()
    away = file.rename(file.with_suffix(".away"))
    patient.path.write_bytes(patient._sound)
    try:
        done = reindex(patient.path, "a test", nothing)
    finally:
        away.rename(file)

    [unread] = done.unread
    assert "which is not there" in unread
    with closing(driver.connect(patient.path, driver.MAKE)) as con:
        assert con.execute("SELECT * FROM intents").fetchall() == patient.rows["intents"]
    assert list(filter(None, prove(patient.path))) == []


@pytest.mark.parametrize("examples", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_every_query_over_a_new_index_is_answered_as_by_a_log_in_memory(examples: int) -> None:
    @settings(deadline=None, max_examples=examples)
    @given(
        writes=LOGS,
        queries=st.lists(QUERIES, min_size=20, max_size=20),
        tight=TIGHT,
        lost=st.lists(st.sampled_from(TABLES), min_size=1),
    )
    def held(writes: list[Any], queries: list[Query], tight: dict[str, int], lost: list[str]) -> None:
        with tempfile.TemporaryDirectory() as folder, limits(tight):
            asyncio.run(run(SqliteDisk(Path(folder)), writes, queries, lost))

    held()


async def run(disk: SqliteDisk, writes: list[Any], queries: list[Query], lost: list[str]) -> None:
    log, memory = await disk.open(), MemoryLog()
    await write(log, writes)
    await write(memory, writes)
    await log.close()
    spoilt(disk.path, *(f"DELETE FROM {table}" for table in lost))  # noqa: S608
    reindex(disk.path, "a test", nothing)
    log = await disk.open()
    try:
        for query in queries:
            assert await log.read(query) == await memory.read(query)
            assert await log.count(query) == await memory.count(query)
        assert await log.verify_index() is None
        again = [one for unit in _again(writes) for one in await added(log, unit)]
        assert [one.position for one in again] == list(range(1, len(writes) + 1))
    finally:
        await disk.crash(log)


def _again(writes: list[Any]) -> Iterator[Unit]:
    """Yield what was written, as somebody hands it in who was not told that it stands."""
    for number, ((stream, event), at, actor) in enumerate(writes):
        made = Draft(id=f"d{number}", event=event, time=at, actor=actor)
        yield Unit(streams={stream: Write(expected=0, drafts=(made,))})


KILLED = """
import os, signal, sys
from pathlib import Path
from events.sqlite import reindexing
reindexing.SLICE = 4
def progress(done, of):
    if done >= 8:
        os.kill(os.getpid(), signal.SIGKILL)
reindexing.reindex(Path(sys.argv[1]), "a test", progress)
"""


def test_a_death_on_the_way_leaves_the_index_that_there_was(patient: Patient) -> None:
    patient.path.write_bytes(patient._sound)
    spoilt(patient.path, "DELETE FROM followers WHERE position = 7")

    ended = subprocess.run([sys.executable, "-c", KILLED, str(patient.path)], cwd=ROOT, check=False, timeout=60)

    assert ended.returncode == -signal.SIGKILL
    with closing(driver.connect(patient.path, driver.MAKE)) as con:
        assert con.execute("SELECT * FROM head").fetchall() == patient.rows["head"]
        assert len(con.execute("SELECT * FROM followers").fetchall()) == len(patient.rows["followers"]) - 1
    reindex(patient.path, "a test", nothing)
    assert list(filter(None, prove(patient.path))) == []


def test_a_step_that_were_kept_at_once_would_be_left_by_halves(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def committing(con: driver.Connection, first: int, last: int) -> None:  # the mutant
        index.extend(con, first, last)
        con.execute("COMMIT")
        raise KeyboardInterrupt

    monkeypatch.setattr(reindexing, "SLICE", 4)
    monkeypatch.setattr(reindexing, "extend", committing)
    patient.path.write_bytes(patient._sound)

    with pytest.raises(KeyboardInterrupt):
        reindex(patient.path, "a test", nothing)

    with closing(driver.connect(patient.path, driver.MAKE)) as con:
        assert con.execute("SELECT * FROM head").fetchall() != patient.rows["head"]


async def test_an_index_is_not_made_anew_while_a_daemon_holds_the_log(tmp_path: Path) -> None:
    log = await SqliteDisk(tmp_path).open()

    with pytest.raises(LogHeld, match="a test"):
        reindex(log.path, "another", nothing)

    await log.close()


# --- what a start says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sql", [sql for sql, table, _ in DAMAGES if table == "head" or "DROP" in sql or "16" in sql])
async def test_a_log_whose_index_cannot_be_right_is_not_opened_and_what_to_do_is_said(
    patient: Patient, sql: str
) -> None:
    patient.path.write_bytes(patient._sound)
    spoilt(patient.path, sql)

    with pytest.raises(LogUnusable, match="run `lamplighter log reindex`"):
        await SqliteLog.open(patient.path, holder="a test")
    reader = await open_readonly(patient.path)
    assert isinstance(await reader.verify(), Anchor)
    assert isinstance(await reader.verify_index(), Misindexed)
    await reader.close()

    reindex(patient.path, "a test", nothing)
    log = await SqliteLog.open(patient.path, holder="a test")
    assert await log.verify_index() is None
    await log.close()


async def test_who_appends_to_a_wrong_index_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "STEP", 3)
    log = await SqliteDisk(tmp_path).open()
    await added(log, unit("daemon", 0, draft("a"), draft("b")))
    spoilt(log.path, "INSERT INTO streams VALUES (1, 'daemon'); INSERT INTO versions VALUES (1, 2, 2)")

    with pytest.raises(
        LogUnusable, match=r"nothing can be appended\. No event is lost: .* run `lamplighter log reindex`"
    ):
        await added(log, unit("daemon", 2, draft("c")))

    assert await log.head() == 2
    await log.close()


async def test_who_reads_by_a_wrong_index_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.sqlite.plans.NEAR", 0)
    log = await SqliteDisk(tmp_path).open()
    await added(log, *(unit("daemon", at, draft(f"{at}", actor=f"{at % 2}")) for at in range(index.STEP)))
    spoilt(log.path, "INSERT INTO entries VALUES (0, 1, 9999); UPDATE head SET position = 9999, indexed = 9999")

    with pytest.raises(LogUnusable, match="an event at position 9999, which is not there"):
        await log.read(Query(types=("daemon.stopped",), newest_first=True))

    await SqliteDisk(tmp_path).crash(log)


def test_no_text_that_was_taken_out_is_left_in_the_index(sound: Path) -> None:
    assert SECRET.encode() not in sound.read_bytes()


async def test_a_kind_that_were_left_would_hold_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "STEP", 1)
    monkeypatch.setattr("events.sqlite.ledger.tidy", lambda con: None)  # the mutant
    log = await SqliteDisk(tmp_path).open()
    await fill(log)

    done = await log.redact(Redaction(position=9, why="a name", actor="ann", time=NOON, fields=("sighting.status",)))

    assert isinstance(done, Recorded)
    found = await log.verify_index()
    assert found is not None
    assert found.table == "kinds"
    await log.close()
    assert SECRET.encode() in log.path.read_bytes()

"""A log that an older version made is brought to the present schema, with a way back."""

import asyncio
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest
from structlog.testing import capture_logs

from events import chain, codec
from events.anchor import Anchor
from events.errors import LogUnusable
from events.facets import Facets, facets
from events.query import Query
from events.record import Recorded
from events.sqlite import SqliteLog, driver, migrating, open_readonly, plans
from events.streams import subject
from statemachine.model import instant
from tests.contract.disks import NOON, added, draft, everything, unit
from tests.contract.filesystems import small
from tests.contract.test_event_types import EXAMPLES, stored

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "tests" / "contract" / "schemas"  # each as it was first made
CONTENT = """
    SELECT position, id, stream, version, type, schema, time, actor, namespace, name, data, data_hash, hash
    FROM events ORDER BY position
"""


Example = tuple[str, int, bytes]  # type, schema and payload


def examples() -> Iterator[Example]:
    """Yield every event that there is an example of, and two that nobody understands."""
    for example in EXAMPLES:
        old = stored(example)
        yield old.type, old.schema, old.data
    yield "daemon.exploded", 7, b"{}"
    yield "act.intended", 1, b'{"intent":'


def old_log(path: Path, old: int = 1, *, times: int = 1) -> None:
    """Make a log as an older version did."""
    with closing(driver.connect(path, driver.MAKE)) as con:
        made = (SCHEMAS / f"sqlite-{old}.sql").read_text()
        driver.script(con, f"PRAGMA journal_mode = WAL; BEGIN; {made} COMMIT;")
        con.execute("BEGIN")
        previous = chain.GENESIS
        for position, example in enumerate([*examples()] * times, start=1):
            previous = _insert(con, old, position, example, previous)
        con.execute("UPDATE head SET position = (SELECT max(position) FROM events), hash = ?", (previous,))
        con.execute("INSERT INTO cursors VALUES ('alerts', 3)")
        con.execute("INSERT INTO parked VALUES (2, 'alerts', 'KeyError')")
        con.execute("INSERT INTO board VALUES ('freshness', 'acme', x'31')")
        con.execute("COMMIT")


def _insert(con: driver.Connection, old: int, position: int, example: tuple[str, int, bytes], previous: bytes) -> bytes:
    type_, schema, data = example
    event = Recorded(
        position=position,
        id=str(position),
        stream="acts/acme/tgi" if position % 2 else "daemon",
        version=(position + 1) // 2,
        type=type_,
        schema=schema,
        instant=instant(NOON),
        actor="test",
        data=data,
    )
    about, data_hash = subject(event.stream), chain.digest(data)
    linked = chain.link(previous, event, data_hash)
    columns = {
        **{name: getattr(event, name) for name in ("position", "id", "stream", "version", "type", "schema", "actor")},
        "time": instant(NOON),
        "namespace": about.namespace,
        "name": about.name,
        "data": data.decode(),
        "data_hash": data_hash,
        "hash": linked,
        **({} if old == 1 else found_by(event)),
    }
    marks = ", ".join("?" * len(columns))
    con.execute(f"INSERT INTO events ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608
    return linked


def found_by(event: Recorded) -> dict[str, str | None]:
    try:
        facets_ = facets(codec.decode(event))
    except codec.Undecodable:
        facets_ = Facets()
    return {name: getattr(facets_, name) for name in ("status", "cause", "policy", "intent")}


def content(path: Path) -> list[tuple[Any, ...]]:
    """Return what every version of the schema holds of an event."""
    with closing(driver.connect(path, driver.MAKE)) as con:
        return con.execute(CONTENT).fetchall()


def schema(path: Path) -> int:
    with closing(driver.connect(path, driver.MAKE)) as con:
        assert con.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        version: int = con.execute("PRAGMA user_version").fetchone()[0]
        return version


@pytest.fixture(params=[1, 2])
def old(request: pytest.FixtureRequest) -> int:
    """Return the schema that a log has at first."""
    return int(request.param)


@pytest.fixture
def path(tmp_path: Path, old: int) -> Path:
    path = tmp_path / "log.db"
    old_log(path, old)
    return path


async def migrated(path: Path) -> SqliteLog:
    return await SqliteLog.open(path, holder="a test")


async def test_an_old_log_is_brought_to_the_present_schema_and_is_whole_and_works(path: Path) -> None:
    before = content(path)

    log = await migrated(path)

    events = len(before)
    assert content(path) == before
    assert isinstance(await log.verify(), Anchor)
    assert (await log.head(), await log.cursor("alerts")) == (events, 3)
    assert [parked.position for parked in await log.parked()] == [2]
    assert await log.board.get("freshness", "acme") == b"1"
    [new] = await added(log, unit("daemon", await log.version("daemon"), draft("a")))
    assert new.position == events + 1
    assert isinstance(await log.verify(), Anchor)
    await log.close()


async def test_what_events_are_asked_for_by_is_worked_out_from_what_they_say(path: Path) -> None:
    log = await migrated(path)

    with closing(driver.connect(path, driver.MAKE)) as con:
        rows = con.execute("SELECT status, cause, policy, intent, redacted FROM events ORDER BY position").fetchall()
    found = {None, *(row[0] for row in rows)}
    for recorded, row in zip(await everything(log), rows, strict=True):
        assert row == (*found_by(recorded).values(), None)
    assert found >= {None, "absent", "running"}
    await log.close()


def shape(path: Path) -> tuple[list[Any], list[Any], set[str]]:
    """Return tables with their columns, indexes with theirs, and triggers, whatever they were made by."""
    with closing(driver.connect(path, driver.MAKE)) as con:
        names = [row[0] for row in con.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        tables = [(name, con.execute(f"PRAGMA table_xinfo({name})").fetchall()) for name in names]
        indexes = [
            (name, index[1:], con.execute(f"PRAGMA index_xinfo({index[1]})").fetchall())
            for name in names
            for index in sorted(con.execute(f"PRAGMA index_list({name})"), key=lambda index: index[1])
        ]
        triggers = con.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        return tables, indexes, {re.sub(r"\s+", " ", row[0]) for row in triggers}


async def test_every_event_is_found_by_what_it_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "EVERY", 10)
    monkeypatch.setattr(plans, "NEAR", 0)
    log = await migrated(path)

    events = await everything(log)
    for type_ in {event.type for event in events}:
        asked = Query(types=(type_,), namespace="acme")
        expected = [event for event in events if event.type == type_ and event.stream.startswith("acts/acme/")]
        assert list((await log.read(asked)).events) == expected
        assert await log.count(replace(asked, name="tgi")) == len(expected)
    await log.close()


async def test_a_log_that_was_brought_here_is_like_one_that_was_made_here(path: Path, tmp_path: Path) -> None:
    await (await migrated(path)).close()
    await (await migrated(tmp_path / "new.db")).close()

    assert shape(path) == shape(tmp_path / "new.db")
    with closing(driver.connect(path, driver.MAKE)) as con:
        assert con.execute("PRAGMA freelist_count").fetchone() == (0,)


async def test_a_log_that_cannot_be_made_smaller_is_migrated_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cramped(driver.Connection):
        def execute(self, sql: str, *values: Any) -> Any:  # type: ignore[override]
            if sql == "VACUUM":
                raise apsw.FullError("database or disk is full")
            return super().execute(sql, *values)

    monkeypatch.setattr(driver, "Connection", Cramped)
    before = content(path)
    with capture_logs() as lines:
        log = await migrated(path)

    assert "log_keeps_free_room" in [line["event"] for line in lines]
    assert isinstance(await log.verify(), Anchor)
    await log.close()
    assert content(path) == before


async def test_a_copy_is_kept_and_the_way_back_that_is_told_leads_back(path: Path, old: int) -> None:
    before = content(path)
    with capture_logs() as lines:
        await (await migrated(path)).close()
    copy = path.with_name(f"log.db.schema-{old}.bak")

    assert (schema(path), schema(copy)) == (3, old)
    assert content(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    told = lines[-1]
    assert (told["event"], told["copy"]) == ("log_migrated", str(copy))
    assert told["way_back"].startswith("stop, install the older version, then: ")
    command = told["way_back"].partition(": ")[2]
    await asyncio.to_thread(subprocess.run, ["sh", "-c", command], check=True)
    assert (schema(path), content(path)) == (old, before)
    assert not copy.exists()


async def test_progress_is_told(path: Path, old: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "EVERY", 10)

    with capture_logs() as lines:
        await (await migrated(path)).close()

    events = len(content(path))
    read = [] if old > 1 else list(range(10, events + 1, 10))
    assert [line["done"] for line in lines if "done" in line] == read
    assert [line["indexed"] for line in lines if "indexed" in line] == [*range(10, events, 10), events]


async def test_what_only_reads_does_not_migrate_and_says_what_to_do(path: Path, old: int) -> None:
    with pytest.raises(LogUnusable, match=f"has schema {old}, and this version reads 3: start the daemon once"):
        await open_readonly(path)

    assert schema(path) == old


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from events.sqlite import SqliteLog, migrating

whole = migrating.extend

def fatal(con, first, last):
    if first > int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(con, first, last)

migrating.EVERY = 5
migrating.extend = fatal
asyncio.run(SqliteLog.open(Path(sys.argv[1]), holder="a victim"))
"""


async def test_a_migration_that_is_killed_leaves_the_old_log_whole(path: Path, old: int) -> None:
    before = content(path)
    command = [sys.executable, "-c", KILLED, str(path), str(len(before) // 2)]

    victim = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, timeout=60, check=False)

    assert victim.returncode == -9
    assert (schema(path), content(path)) == (old, before)
    log = await migrated(path)

    assert isinstance(await log.verify(), Anchor)
    assert content(path) == before
    await log.close()
    assert [copy.name for copy in path.parent.glob("*.bak*")] == [
        f"log.db.schema-{old}.bak"
    ]  # the copy serves every attempt


async def test_a_copy_of_something_else_is_left_alone(path: Path, old: int) -> None:
    foreign = path.with_name(f"log.db.schema-{old}.bak")
    foreign.write_bytes(b"not a log")

    await (await migrated(path)).close()

    assert foreign.read_bytes() == b"not a log"
    assert schema(path.with_name(f"log.db.schema-{old}.2.bak")) == old


async def test_without_room_for_the_copy_nothing_is_begun(tmp_path: Path) -> None:
    made = tmp_path / "made.db"
    old_log(made, times=20)
    with small(tmp_path / "small", size=2 * made.stat().st_size) as folder:
        path = folder / "log.db"
        shutil.copy(made, path)

        with pytest.raises(LogUnusable, match=r"no room for that: [\d.]+ MB are needed.*nothing was changed"):
            await migrated(path)

        assert schema(path) == 1
        assert {file.name for file in folder.iterdir()} <= {"log.db", "log.db.lock", "log.db-wal", "log.db-shm"}


async def test_a_disk_that_fills_up_meanwhile_leaves_the_old_log_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "_require_room", lambda con, path: None)  # somebody else takes the room
    made = tmp_path / "made.db"
    old_log(made, times=20)
    for number, times in enumerate((1.5, 2.5)):  # there is no room for the copy, or none for the migration
        with small(tmp_path / str(number), size=int(times * made.stat().st_size)) as folder:
            path = folder / "log.db"
            shutil.copy(made, path)

            with pytest.raises(LogUnusable, match="the disk is full"):
                await migrated(path)

            assert (schema(path), content(path)) == (1, content(made))
            assert not list(folder.glob("*.part"))

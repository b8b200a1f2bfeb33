"""How SQLite answers: by its indexes, in the log's order, without a sort and without reading what does not match."""

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from events.query import Query
from events.sqlite import SqliteLog, driver, index, plans, rows
from events.sqlite.file import open_for_reading
from events.sqlite.reader import _count, _page
from tests.contract.disks import NOON, added, draft, unit

LIFE = "endpoint/acme/tgi/2026-11-20T12:00:00.000000Z"
SUBJECTS: list[dict[str, Any]] = [
    {},
    {"namespace": "acme"},
    {"namespace": "acme", "name": "tgi"},
    {"name": "tgi"},
    {"globs": (("acme/*", "*/tei"),)},
    {"namespace": "acme", "globs": (("*/t*",),)},
    {"stream": LIFE},
]
KINDS: list[dict[str, Any]] = [
    {},
    {"types": ("daemon.stopped",)},
    {"types": ("daemon.stopped", "act.warned")},
    {"statuses": ("running", "failed"), "cause": "person"},
    {"actor": "watcher"},
    {"policy": "idle"},
    {"intent": "i1", "evidence": (1, 3)},
]
PLACES: list[dict[str, Any]] = [
    {},
    {"since": NOON + timedelta(minutes=2)},
    {"until": NOON + timedelta(minutes=4)},
    {"since": NOON, "until": NOON + timedelta(minutes=4), "after": 1, "before": 6},
]
SMALL = {"head", "lateness", "there", "kinds", "subjects", "CONSTANT"}  # of one row, or one for each kind or endpoint


@pytest.fixture
async def con(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[driver.Connection]:
    monkeypatch.setattr(index, "STEP", 5)  # of sixteen events, one is not in the index
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    for minute in range(8):
        await added(log, unit(LIFE, minute, draft(f"l{minute}", minutes=minute)))
        await added(log, unit("namespace/acme", minute, draft(f"n{minute}", minutes=minute, actor="ann")))
    await log.close()
    opened = open_for_reading(tmp_path / "log.db")
    yield opened
    opened.close()


def steps(con: driver.Connection, query: Query) -> list[str]:
    """Return what SQLite says of how it does each statement of a query, page and count."""
    asked: list[tuple[str, Any]] = []

    def note(_: object, sql: str, values: Any) -> bool:
        asked.append((sql, values))
        return True

    con.exec_trace = note
    _page(con, query)
    _count(con, query)
    con.exec_trace = None
    selects = [(sql, values) for sql, values in asked if sql.split()[0] in {"SELECT", "WITH"}]
    assert len(selects) > 3
    return [row[3] for sql, values in selects for row in con.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize("few", [-1, 4000])
async def test_no_query_sorts_or_reads_the_whole_table(
    con: driver.Connection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(plans, "NEAR", 0)
    monkeypatch.setattr(plans, "MOST_SUBJECTS", 0)
    monkeypatch.setattr(plans, "RARE", few)
    for (subject, kind, place), newest_first in product(product(SUBJECTS, KINDS, PLACES), (False, True)):
        query = Query(**subject, **kind, **place, newest_first=newest_first)
        for step in steps(con, query):
            assert "TEMP B-TREE" not in step, query
            assert not step.startswith("SCAN") or step.split()[1] in SMALL, (step, query)


async def test_a_statement_that_sorts_is_told_as_such(con: driver.Connection) -> None:
    sql = "SELECT position FROM events WHERE type IN ('daemon.stopped', 'act.warned') AND namespace = 'acme'"
    said = [row[3] for row in con.execute(f"EXPLAIN QUERY PLAN {sql} ORDER BY time, position")]

    assert any("TEMP B-TREE" in step for step in said)


@pytest.mark.parametrize("step", [1, 3, index.STEP])
async def test_what_is_not_in_the_index_yet_is_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(index, "STEP", step)
    monkeypatch.setattr(plans, "NEAR", 0)
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    for minute in range(8):
        await added(log, unit(LIFE, minute, draft(str(minute), minutes=minute, actor="ann" if minute % 2 else "bob")))
    await log.close()

    with closing(open_for_reading(tmp_path / "log.db")) as opened:
        assert opened.execute("SELECT indexed FROM head").fetchone() == (8 - 8 % step,)
    asked = Query(namespace="acme", name="tgi", actor="ann")
    assert _positions(tmp_path, asked) == [2, 4, 6, 8]
    assert _positions(tmp_path, replace(asked, newest_first=True, limit=3)) == [8, 6, 4]


async def test_the_kinds_of_an_endpoint_are_found_without_reading_its_events(con: driver.Connection) -> None:
    def steps_for(events: int) -> int:
        with closing(driver.connect(":memory:", driver.MAKE)) as memory:
            driver.script(memory, files("events").joinpath("schema", "sqlite.sql").read_text(encoding="utf-8"))
            kinds = [(kind, f"type-{kind}") for kind in (1, 2, 3)]
            memory.executemany("INSERT INTO kinds VALUES (?, ?, '', '', '', '')", kinds)
            places = ((7, at % 3 + 1, at) for at in range(1, events + 1))
            memory.executemany("INSERT INTO entries VALUES (?, ?, ?)", places)
            done: list[int] = []

            def step() -> bool:
                done.append(1)
                return False

            memory.set_progress_handler(step, 1)
            assert memory.execute(plans.THERE, (7,)).fetchall() == [(1,), (2,), (3,)]
            return len(done)

    assert steps_for(30) == steps_for(3000)


async def test_forgetting_how_late_an_event_may_be_loses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "NEAR", 0)
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    for number, minute in enumerate((0, 600, 1, 2, 3, 4, 5, 6)):
        await added(log, unit("daemon", number, draft(str(number), minutes=minute)))
    await log.close()
    query = Query(since=NOON + timedelta(minutes=300))

    found = [_positions(tmp_path, query)]
    careless = driver.connect(tmp_path / "log.db", driver.MAKE)
    careless.execute("UPDATE lateness SET seconds = 0")
    careless.close()
    found.append(_positions(tmp_path, query))

    assert found == [[2], []]


def _positions(folder: Path, query: Query) -> list[int]:
    con = open_for_reading(folder / "log.db")
    try:
        return [recorded.position for recorded in _page(con, query).events]
    finally:
        con.close()


def test_whether_an_id_stands_is_asked_of_the_ids_and_of_few_events_beyond_them(con: driver.Connection) -> None:
    said = [row[3] for row in con.execute(f"EXPLAIN QUERY PLAN {rows.HOLDS}", ("l1", 0))]

    assert [step for step in said if step.startswith("SCAN") and "CONSTANT" not in step] in ([], ["SCAN head"])
    assert any("ids USING" in step and "(crc=?)" in step for step in said), said
    assert rows.holds(con, "l7"), said

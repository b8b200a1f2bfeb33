"""How SQLite answers: by its indexes, in the log's order, without a sort and without reading what does not match."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from events.query import Query
from events.sqlite import SqliteLog, plans
from events.sqlite.file import open_for_reading
from events.sqlite.plans import END, leap
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
SMALL = {"head", "lateness"}  # tables of one row


@pytest.fixture
async def con(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    for minute in range(8):
        await added(log, unit(LIFE, minute, draft(f"l{minute}", minutes=minute)))
        await added(log, unit("namespace/acme", minute, draft(f"n{minute}", minutes=minute, actor="ann")))
    await log.close()
    opened = open_for_reading(tmp_path / "log.db")
    yield opened
    opened.close()


def steps(con: sqlite3.Connection, query: Query) -> list[str]:
    """Return what SQLite says of how it does each statement of a query, page and count."""
    asked: list[str] = []
    con.set_trace_callback(asked.append)
    _page(con, query)
    _count(con, query)
    con.set_trace_callback(None)
    selects = [sql for sql in asked if sql.startswith("SELECT")]
    assert len(selects) > 3
    return [row[3] for sql in selects for row in con.execute(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.mark.parametrize("few", [0, 300])
async def test_no_query_sorts_or_reads_the_whole_table(
    con: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(plans, "NEAR", 0)
    monkeypatch.setattr(plans, "MOST_OF_SUBJECTS", few)
    for (subject, kind, place), newest_first in product(product(SUBJECTS, KINDS, PLACES), (False, True)):
        query = Query(**subject, **kind, **place, newest_first=newest_first)
        for step in steps(con, query):
            assert "TEMP B-TREE" not in step, query
            assert not step.startswith("SCAN") or step.split()[1] in SMALL, (step, query)


async def test_a_statement_that_sorts_is_told_as_such(con: sqlite3.Connection) -> None:
    sql = "SELECT position FROM events WHERE type IN ('daemon.stopped', 'act.warned') AND namespace = 'acme'"
    said = [row[3] for row in con.execute(f"EXPLAIN QUERY PLAN {sql} ORDER BY time, position")]

    assert any("TEMP B-TREE" in step for step in said)


async def test_the_wanted_kinds_are_found_by_leaps() -> None:
    there = sorted(f"{type_}{END}{status}{END}" for type_ in "abcdefgh" for status in "12345")

    def found(wanted: plans.Wanted) -> tuple[list[str], int]:
        kinds: list[str] = []
        looks, place = 0, ""
        while True:
            looks += 1
            kind = next((kind for kind in there if kind >= place), None)
            if kind is None:
                return kinds, looks
            fits, beyond = leap(kind, wanted)
            kinds += [kind] if fits else []
            if beyond is None:
                return kinds, looks
            place = beyond

    for types, statuses in product(("", "a", "ch", "x"), ("", "2", "15", "9")):
        wanted = (frozenset(types) or None, frozenset(statuses) or None)
        kinds, looks = found(wanted)
        assert kinds == [k for k in there if (not types or k[0] in types) and (not statuses or k[2] in statuses)]
        assert looks <= 2 * (len(kinds) + len(types or "abcdefgh")) + 1


async def test_forgetting_how_late_an_event_may_be_loses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "NEAR", 0)
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    for number, minute in enumerate((0, 600, 1, 2, 3, 4, 5, 6)):
        await added(log, unit("daemon", number, draft(str(number), minutes=minute)))
    await log.close()
    query = Query(since=NOON + timedelta(minutes=300))

    found = [_positions(tmp_path, query)]
    careless = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
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

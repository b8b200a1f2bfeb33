"""Reading what a plan chose: its runs merged by position, each only as far as the page reaches."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from events.errors import LogUnusable
from events.sqlite.driver import Connection
from events.sqlite.file import COLUMNS
from events.sqlite.runs import Plan, Run

FEW, MANY = 4, 1024  # entries of a run that are read at once: few at first, for most runs are not needed further
ROWS = 500  # fetched at once

Row = tuple[Any, ...]


def fetch(con: Connection, plans: Sequence[Plan], limit: int) -> list[Row]:
    """Return the first rows of some plans, one after the other."""
    rows: list[Row] = []
    for plan in plans:
        if len(rows) < limit:
            rows += _fetch(con, plan, limit - len(rows))
    return rows


def _fetch(con: Connection, plan: Plan, limit: int) -> list[Row]:
    if len(plan.runs) == 1:
        (run,) = plan.runs
        values = plan.values(run, plan.first, plan.last)
        return con.execute(plan.read(run, COLUMNS), (*values, limit)).fetchall()
    positions = list(islice(merged(con, plan, limit), limit))
    return [row for start in range(0, len(positions), ROWS) for row in _rows(con, positions[start : start + ROWS])]


def tally(con: Connection, plan: Plan) -> int:
    """Return how many events match."""
    if plan.overlap:
        return sum(1 for _ in merged(con, plan, MANY))
    counts = (con.execute(plan.count(run), plan.values(run, plan.first, plan.last)) for run in plan.runs)
    return sum(count.fetchone()[0] for count in counts)


def merged(con: Connection, plan: Plan, limit: int) -> Iterator[int]:
    """Yield the positions of all runs in order, each once; about so many of them will be asked for."""
    size = min(max(FEW, limit // max(len(plan.runs), 1)), MANY)
    runs = [_positions(con, plan, run, size) for run in plan.runs]
    return (position for position, _ in groupby(heapq.merge(*runs, reverse=plan.newest_first)))


def _positions(con: Connection, plan: Plan, run: Run, size: int) -> Iterator[int]:
    sql, first, last = plan.read(run, "position"), plan.first, plan.last
    while True:
        found = con.execute(sql, (*plan.values(run, first, last), size)).fetchall()
        yield from (position for (position,) in found)
        if len(found) < size:
            return
        (end,) = found[-1]
        first, last = (first, end - 1) if plan.newest_first else (end + 1, last)
        size = min(4 * size, MANY)


def _rows(con: Connection, positions: Sequence[int]) -> list[Row]:
    sql = f"SELECT {COLUMNS} FROM events WHERE position IN ({', '.join('?' * len(positions))})"  # noqa: S608 - no value
    found = {row[0]: row for row in con.execute(sql, positions)}
    try:
        return [found[position] for position in positions]
    except KeyError as error:
        raise LogUnusable(
            f"the index of the log knows of an event at position {error}, which is not there. Run `lamplighter log "
            "verify`"
        ) from error

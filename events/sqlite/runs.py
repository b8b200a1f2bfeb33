"""Runs of positions in the log's order, and the statements by which they are read and counted."""

from dataclasses import dataclass
from typing import Literal

from events.sqlite.conditions import Terms, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Rows of a table that fulfil the conditions of `key`, by position; the events there must pass the `checks`."""

    table: Literal["events", "versions", "entries", "members", "followers"] = "events"
    key: Terms = ()
    checks: Terms = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Runs that hold all that matches from `first` to `last`. `overlap`: one event may be in several."""

    first: int
    last: int
    newest_first: bool = False
    runs: tuple[Run, ...] = ()
    overlap: bool = False

    def read(self, run: Run, columns: str) -> str:
        """Return the statement that reads a run in order, between two positions and up to a limit."""
        return f"{self._select(run, columns)} ORDER BY position {'DESC' if self.newest_first else 'ASC'} LIMIT ?"

    def count(self, run: Run) -> str:
        """Return the statement that counts a run between two positions."""
        return self._select(run, "count(*)")

    def values(self, run: Run, first: int, last: int) -> list[Value]:
        """Return the values for a statement, but for its limit."""
        return [*(value for _, values in (*run.key, *run.checks) for value in values), first, last]

    def _select(self, run: Run, columns: str) -> str:
        source: str = run.table
        if source != "events" and (run.checks or columns not in {"position", "count(*)"}):
            source = f"{source} CROSS JOIN events USING (position)"  # in this order
        terms = [*(term for term, _ in (*run.key, *run.checks)), "position >= ?", "position <= ?"]
        return f"SELECT {columns} FROM {source} WHERE {' AND '.join(terms)}"  # noqa: S608 - no value in it

"""Proving the index of a log on SQLite: that every event is found by what it should be found by, and nothing else is.

The events say what must stand in the index, so they are proven first (see `verifying`). Goes slice by slice, on a
connection of its own: what is written meanwhile is right at every instant, so each slice is read as of one.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from events.anchor import Misindexed
from events.sqlite import driver
from events.sqlite.checks import INTENTS, LACKS, NUMBERS, OF_IDS, OF_INTENTS, STRAY_IDS, STRAYS, Lack, Stray
from events.sqlite.driver import Connection
from events.sqlite.file import open_for_reading
from events.sqlite.index import TABLES, UNUSED, check_sum
from events.sqlite.indexed import ARCHIVED, HEAD, INDEXED, KNOWN, REACH, impossible
from events.sqlite.instant import one_instant
from events.sqlite.lateness import Lateness

SLICE = 1000  # events, or rows
CLOSE_SECONDS = 0.01  # a migration worked `lateness` out in days, whose fractions are not exact
LEAST = -(1 << 63)
LEFT = "no event needs its row {row}. An older version left such rows when it archived or redacted"


class Part(Protocol):
    """A part of the proof."""

    done: bool

    def go_on(self, con: Connection) -> Misindexed | None:
        """Prove one slice; return what is wrong there, if anything is. To be asked within a transaction."""
        ...


def prove(path: Path) -> Generator[Misindexed | None, None, None]:
    """Prove a slice at each step; yield what is wrong, which ends it, or None: nothing so far.

    Raises driver.Error when the file cannot be used at all.
    """
    try:
        with closing(open_for_reading(path)) as con:
            con.create_scalar_function("check_sum", check_sum, 1, deterministic=True)
            if (found := impossible(con)) is not None:
                yield found
                return
            # Each table has a copy of its columns in an index of its own, and a question is answered from one of both.
            for table in TABLES:
                (verdict,) = con.execute(f"PRAGMA integrity_check({table})").fetchone()
                if verdict != "ok":
                    yield Misindexed(table=table, position=None, why=f"its pages do not agree ({verdict})")
                    return
                yield None  # so that whoever stops need not wait for all of them
            parts: tuple[Part, ...] = (
                Along(KNOWN, OF_IDS, STRAY_IDS),
                Along(INDEXED, LACKS, STRAYS),
                Along(HEAD, OF_INTENTS, {}),
                Late(),
                Meant(),
                *map(Unused, UNUSED),
            )
            yield from _proven(con, parts)
    except UnicodeDecodeError as error:
        yield Misindexed(table=None, position=None, why=f"a text in the file is damaged ({error})")
    except driver.Error as error:
        if not driver.is_damage(error):
            raise
        yield Misindexed(table=None, position=None, why=f"a page of the file is damaged ({error})")


def _proven(con: Connection, parts: Sequence[Part]) -> Iterator[Misindexed | None]:
    for part in parts:
        while not part.done:
            with one_instant(con):
                found = part.go_on(con)
            yield found
            if found is not None:
                return


class Along:
    """Along the events that are not archived, up to where the head says: none lacks in the index, no row is astray."""

    def __init__(self, upto: int, lacks: Sequence[Lack], strays: Mapping[str, Stray]) -> None:
        """Begin before the first event."""
        self.done = False
        self._upto = upto
        self._lacks = lacks
        self._strays = strays
        self._at = 0
        self._numbers = (0, 0, 0, 0)

    def go_on(self, con: Connection) -> Misindexed | None:
        reach = con.execute(REACH).fetchone()
        first = max(self._at, reach[ARCHIVED]) + 1
        last = min(first + SLICE - 1, reach[self._upto])
        for lack in self._lacks:
            if (row := con.execute(lack.sql, (first, last)).fetchone()) is not None:
                return Misindexed(table=lack.table, position=row[0], why=lack.why)
        one, two, three, four = con.execute(NUMBERS, (first, last)).fetchone()
        before = self._numbers
        self._numbers = (before[0] + one, before[1] + two, before[2] + three, before[3] + four)
        self._at, self.done = last, last == reach[self._upto]
        return self._astray(con) if self.done else None

    def _astray(self, con: Connection) -> Misindexed | None:
        for table, stray in self._strays.items():
            wanted = sum(times * number for times, number in zip(stray.times, self._numbers, strict=True))
            if con.execute(f"SELECT count(*) FROM {table}").fetchone() == (wanted,):  # noqa: S608 - a constant
                continue
            row = con.execute(stray.sql).fetchone()
            if row is not None:  # else the events are others by now: some were archived since they were passed
                return Misindexed(table=table, position=row[0], why="there is a row that no event should be found by")
        return None


class Late:
    """Along the times of all events: what is known of how late they are is true."""

    def __init__(self) -> None:
        """Begin before the first event."""
        self.done = False
        self._at = 0
        self._lateness = Lateness()

    def go_on(self, con: Connection) -> Misindexed | None:
        head = con.execute(REACH).fetchone()[HEAD]
        first, self._at = self._at + 1, min(self._at + SLICE, head)
        self._lateness.go_on(con, first, self._at)
        self.done = self._at == head
        if not self.done:
            return None
        seconds, latest = con.execute("SELECT seconds, latest FROM lateness").fetchone()
        true = self._lateness
        if latest == true.latest and abs(seconds - true.seconds) < CLOSE_SECONDS:
            return None
        why = (
            f"it says that events up to {latest} are late by up to {seconds} s, and it is {true.seconds} s "
            f"up to {true.latest}: what is asked for by time may not be found"
        )
        return Misindexed(table="lateness", position=None, why=why)


class Meant:
    """Along the intents: each is that of the event by which it was meant."""

    def __init__(self) -> None:
        """Begin before the first one."""
        self.done = False
        self._from = b""

    def go_on(self, con: Connection) -> Misindexed | None:
        rows = con.execute(INTENTS, (self._from, SLICE)).fetchall()
        for intent, position, fits in rows:
            if not fits:
                why = f"the intent {intent.decode(errors='replace')!r} was not meant there, or by another policy"
                return Misindexed(table="intents", position=position, why=why)
            self._from = intent + b"\0"  # no text is between them
        self.done = len(rows) < SLICE
        return None


class Unused:
    """Along the numbers that stand for a stream, a kind or a subject: each is of use."""

    def __init__(self, table: str) -> None:
        """Begin before the first one."""
        self.done = False
        self._table, self._number = table, table.removesuffix("s")
        self._from = LEAST

    def go_on(self, con: Connection) -> Misindexed | None:
        table, number = self._table, self._number
        sql = f"SELECT count(*), max(n) FROM (SELECT {number} AS n FROM {table} WHERE {number} >= ? ORDER BY 1 LIMIT ?)"  # noqa: S608 - constants
        rows, last = con.execute(sql, (self._from, SLICE)).fetchone()
        sql = f"SELECT {number} FROM {table} WHERE {number} BETWEEN ? AND ? AND ({UNUSED[table]}) LIMIT 1"  # noqa: S608 - constants
        found = con.execute(sql, (self._from, last)).fetchone()
        if found is not None:
            return Misindexed(table=table, position=None, why=LEFT.format(row=found[0]))
        self.done = rows < SLICE
        self._from = self._from if self.done else last + 1
        return None

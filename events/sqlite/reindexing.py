"""Making the index of a log anew from its events: in one transaction, so that whatever ends it early changes nothing.

What an archived event says is in its file alone. All that the index knows of these is whose the intents were that are
meant there: it is read from the files, and what is known of it stays where one of them is not there.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from events.anchor import Segment
from events.errors import LogError, LogUnusable
from events.restore import found_by
from events.sqlite import driver, rows
from events.sqlite.driver import Connection
from events.sqlite.file import explained
from events.sqlite.index import TABLES, extend, learn, missing
from events.sqlite.lateness import Lateness
from events.sqlite.writer import Writer
from events.transfer.copies import archived

SLICE = 20_000  # events: what is sorted of so many fits into memory
MEANT = "INSERT OR IGNORE INTO intents (intent, policy, position) VALUES (?, ?, ?)"
MEANT_BY = """
    INSERT OR IGNORE INTO intents (intent, policy, position)
    SELECT intent, policy, position FROM events
    WHERE position BETWEEN ?1 AND ?2 AND intent IS NOT NULL AND policy IS NOT NULL ORDER BY position
"""
KEPT = "SELECT intent, policy, position FROM intents WHERE position BETWEEN ? AND ? ORDER BY position"
BEYOND_MENDING = (
    "pages of the file are damaged, and cannot be given back ({error}). If `lamplighter log verify` finds every event, "
    "take them into a new file: `lamplighter log export`, then `lamplighter log import`. A backup may lack the latest"
)
Progress = Callable[[int, int], None]  # told how many events are done, and of how many
Intent = tuple[str, str, int]  # its id, its policy, and where it was meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindexed:
    """How many events are in the new index, and why archives were not read, if some were not."""

    events: int
    unread: tuple[str, ...]


def reindex(path: Path, holder: str, progress: Progress) -> Reindexed:
    """Make the index of a log anew, in the name of `holder`. Raises LogHeld, LogUnusable with nothing changed."""
    writer = Writer.open(path, holder, whatever_the_index=True)
    try:
        with explained(writer.path):
            return _reindexed(writer.opened(), progress)
    finally:
        writer.close()


def _reindexed(con: Connection, progress: Progress) -> Reindexed:
    con.execute("BEGIN IMMEDIATE")
    try:
        segments = rows.segments(con)
        begin, (head,) = segments[-1].last if segments else 0, con.execute("SELECT position FROM head").fetchone()
        meant, unread = _meant_in_archives(con, segments)
        _make(con, begin)
        con.executemany(MEANT, meant)
        lateness = Lateness()
        lateness.go_on(con, 1, begin)
        for first in range(begin + 1, head + 1, SLICE):
            last = min(first + SLICE - 1, head)
            con.execute(MEANT_BY, (first, last))
            extend(con, first, last)
            learn(con, first, last)
            lateness.go_on(con, first, last)
            progress(last - begin, head - begin)
        con.execute("UPDATE lateness SET seconds = ?, latest = ?", (lateness.seconds, lateness.latest))
        con.execute("COMMIT")
    except ValueError as error:  # a time that is none, an id that is no UTF-8
        raise LogUnusable(f"an event cannot be read ({error}): run `lamplighter log verify`") from error
    except driver.Error as error:
        if driver.is_damage(error):
            raise LogUnusable(BEYOND_MENDING.format(error=error)) from error
        raise
    finally:
        if con.in_transaction:
            with suppress(driver.Error):  # what went wrong before is what matters; closing rolls back, too
                con.execute("ROLLBACK")
    return Reindexed(events=head - begin, unread=tuple(unread))


def _make(con: Connection, begin: int) -> None:
    """Make the tables as they are in a new log, which has its beginning elsewhere."""
    sql = files("events").joinpath("schema", "sqlite.sql").read_text(encoding="utf-8")
    with closing(driver.connect(":memory:", driver.MAKE)) as new:
        driver.script(new, sql)
        made = dict(new.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
    for table in TABLES:
        con.execute(f"DROP TABLE IF EXISTS {table}")
        con.execute(made[table])
    con.execute("INSERT INTO lateness VALUES (1, 0.0, NULL)")
    con.execute("UPDATE head SET indexed = ?1, known = ?1", (begin,))


def _meant_in_archives(con: Connection, segments: list[Segment]) -> tuple[list[Intent], list[str]]:
    """Return the intents that were meant in archived events, and why some archives could not be read for it."""
    meant: list[Intent] = []
    unread: list[str] = []
    for segment in segments:
        try:
            meant += _meant(segment)
        except LogError as error:
            unread.append(str(error))
            if "intents" not in missing(con):
                meant += con.execute(KEPT, (segment.first, segment.last)).fetchall()
    return meant, unread


def _meant(segment: Segment) -> Iterator[Intent]:
    for event in archived(segment):
        by = found_by(event.recorded)
        if by.intent is not None and by.policy is not None:
            yield by.intent, by.policy, event.recorded.position

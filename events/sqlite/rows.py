"""What stands in the tables beside single events: links of the chain, what was archived, how far the log reaches."""

from typing import Any

from events.anchor import Segment, Standing
from events.record import Recorded, Sealed
from events.settling import Stored
from events.sqlite.driver import Connection
from events.sqlite.file import COLUMNS
from events.sqlite.index import check_sum, tidy, unlearn, withdraw
from events.unit import Parked

SEALED = f"{COLUMNS}, data_hash, redacted, hash"
STORED = f"SELECT {COLUMNS}, data_hash FROM events WHERE position = ?"  # noqa: S608 - a constant
STUB = "SELECT position, id, stream, version, type, schema, time, actor, x'', data_hash FROM archived WHERE id = ?"
HOLDS = """
    SELECT EXISTS (SELECT 1 FROM events WHERE position > (SELECT known FROM head) AND id = ?1)
    OR EXISTS (SELECT 1 FROM ids CROSS JOIN events USING (position) WHERE ids.crc = ?2 AND events.id = ?1)
    OR EXISTS (SELECT 1 FROM archived WHERE id = ?1)
"""
LAST_BEYOND = """
    SELECT version FROM events WHERE stream = ? AND position > (SELECT indexed FROM head) ORDER BY position DESC LIMIT 1
"""
LAST_INDEXED = """
    SELECT version FROM versions WHERE stream = (SELECT stream FROM streams WHERE name = ?)
    ORDER BY position DESC LIMIT 1
"""
LAST_ARCHIVED = "SELECT version FROM archived WHERE stream = ? ORDER BY version DESC LIMIT 1"
PARKED = "SELECT position, name, error FROM parked WHERE ?1 IS NULL OR name = ?1 ORDER BY position, name"


def sealed(row: tuple[Any, ...]) -> Sealed:
    """Return the event of a row of SEALED."""
    *columns, data_hash, redacted, hash_ = row
    return Sealed(recorded=Recorded(*columns), data_hash=data_hash, redacted=redacted, hash=hash_)


def stored(con: Connection, position: int) -> Stored:
    """Return the event at a position, where there is one."""
    *columns, data_hash = con.execute(STORED, (position,)).fetchone()
    return Stored(Recorded(*columns), data_hash)


def archived(con: Connection, id_: str) -> Stored | None:
    """Return the archived event with an id, without its payload."""
    row = con.execute(STUB, (id_,)).fetchone()
    return None if row is None else Stored(Recorded(*row[:-1]), row[-1])


def holds(con: Connection, id_: str) -> bool:
    """Return whether an event has this id, be it archived or not."""
    return bool(con.execute(HOLDS, (id_, check_sum(id_))).fetchone()[0])


def version(con: Connection, stream: str) -> int:
    """Return the number of events in a stream."""
    for statement in (LAST_BEYOND, LAST_INDEXED, LAST_ARCHIVED):
        row = con.execute(statement, (stream,)).fetchone()
        if row is not None:
            return int(row[0])
    return 0


def cursor(con: Connection, name: str) -> int:
    """Return where a subscription stands."""
    row = con.execute("SELECT position FROM cursors WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def parked(con: Connection, name: str | None = None) -> list[Parked]:
    """Return what is set aside, for one subscription or for all, by position."""
    rows = con.execute(PARKED, (name,)).fetchall()
    return [Parked(name=name, position=position, error=error) for position, name, error in rows]


def standing(con: Connection) -> Standing:
    """Return how the log stands; to be asked within a transaction."""
    position, hash_, log_id = con.execute("SELECT position, hash, log_id FROM head").fetchone()
    return Standing(
        log_id=log_id,
        position=position,
        hash=hash_,
        cursors=dict(con.execute("SELECT name, position FROM cursors ORDER BY name").fetchall()),
        parked=tuple(parked(con)),
        segments=tuple(segments(con)),
    )


def segments(con: Connection) -> list[Segment]:
    """Return what lies in archives, in order."""
    rows = con.execute("SELECT first, last, hash_before, hash_after, path, digest FROM segments ORDER BY first")
    return [
        Segment(first=first, last=last, hash_before=before, hash_after=after, path=path, digest=digest)
        for first, last, before, after, path, digest in rows
    ]


def take_out(con: Connection, segment: Segment) -> None:
    """Let a segment lie elsewhere: of each of its events stays all but the payload. Its row must come first."""
    withdraw(con, segment.first, segment.last)
    unlearn(con, segment.first, segment.last)
    con.execute(
        "INSERT INTO segments (first, last, hash_before, hash_after, path, digest) VALUES (?, ?, ?, ?, ?, ?)",
        (segment.first, segment.last, segment.hash_before, segment.hash_after, segment.path, segment.digest),
    )
    ends = (segment.first, segment.last)
    con.execute(
        "INSERT INTO archived SELECT position, id, stream, version, type, schema, time, actor, data_hash FROM events "
        "WHERE position BETWEEN ? AND ?",
        ends,
    )
    con.execute("DELETE FROM events WHERE position BETWEEN ? AND ?", ends)
    tidy(con)
    con.execute("UPDATE head SET indexed = max(indexed, ?1), known = max(known, ?1)", (segment.last,))

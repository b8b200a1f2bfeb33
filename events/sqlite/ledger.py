"""The tables of a log, inside a transaction of the one connection that writes: what a job reads and changes.

Nobody else writes, so what the ledger knows of the tables stays true from one transaction to the next; it forgets all
of it when one ends badly. It has the ids in mind that the index does not hold yet. Events are put into their table
together, when a job must see them there or the group ends.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from events import chain
from events.anchor import Misindexed, Segment, Standing
from events.errors import LogUnusable
from events.facets import Facets
from events.record import Recorded, Sealed
from events.settling import ONLY_EPOCH, Stored, prepare, settle
from events.sqlite import driver, rows
from events.sqlite.driver import Connection
from events.sqlite.index import check_sum, extend, keep_up, tidy, withdraw
from events.streams import subject
from events.unit import Parked, Result, Unit

STREAMS = 10_000  # whose versions are kept in mind
ASKED = 500  # ids that are looked for at once
BEYOND = """
    SELECT id, position FROM events WHERE position > (SELECT known FROM head)
"""
PLACE = """
    SELECT events.position FROM ids CROSS JOIN events USING (position) WHERE ids.crc = ? AND events.id = ?
"""
TIP = """
    SELECT position, hash, (SELECT latest FROM lateness), EXISTS (SELECT 1 FROM segments) FROM head
"""
INSERT = """
    INSERT INTO events (position, id, stream, version, type, schema, time, actor, namespace, name,
                        status, cause, policy, intent, data, redacted, data_hash, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
MEANT = "INSERT OR IGNORE INTO intents (intent, policy, position) VALUES (?, ?, ?)"
LATE = "UPDATE lateness SET seconds = max(seconds, ?), latest = ?"
REDACT = """
    UPDATE events SET data = ?, status = ?, cause = ?, policy = ?, intent = ?, redacted = ? WHERE position = ?
"""


class Ledger:
    """Serves one transaction after the other: `begin`, jobs, `finish`; or `reset`, if it was not committed."""

    def __init__(self) -> None:
        """Know nothing of the tables yet."""
        self.steps = 0  # of the index, since it was last asked for
        self._beyond: dict[str, int] | None = None  # where the ids stand that are not in the index
        self._versions: dict[str, int] = {}
        self._new_ids: set[str] = set()  # that are sure to stand nowhere

    def begin(self, con: Connection) -> None:
        """Read how far the log reaches, in a transaction that has begun."""
        self._con = con
        self.position, self.tip, latest, self._archived = con.execute(TIP).fetchone()
        self._latest: str = latest or ""
        self._begun, self._late = self.position, 0.0
        self._new: list[tuple[Any, ...]] = []
        self._new_ids.clear()
        if self._beyond is None:
            self._beyond = dict(con.execute(BEYOND).fetchall())

    def expect(self, ids: Sequence[str]) -> None:
        """Look for ids that jobs will ask for, many at once."""
        if self._archived:
            return
        for start in range(0, len(ids), ASKED):
            part = {id_: check_sum(id_) for id_ in ids[start : start + ASKED]}
            sql = f"SELECT crc FROM ids WHERE crc IN ({', '.join('?' * len(part))})"  # noqa: S608 - no value in it
            there = {crc for (crc,) in self._con.execute(sql, tuple(part.values()))}
            self._new_ids.update(id_ for id_, crc in part.items() if crc not in there)

    def finish(self) -> None:
        """Write what is left to be written, before the transaction is committed."""
        self._write_events()
        if self.position != self._begun:
            self._con.execute("UPDATE head SET position = ?, hash = ?", (self.position, self.tip))
            self._con.execute(LATE, (self._late, self._latest))
            extended, learned = self._keep_up()
            self.steps += extended
            if learned:
                self._known.clear()

    def _keep_up(self) -> tuple[bool, bool]:
        """Extend the index where that is due. Raises LogUnusable if it holds what was never put there."""
        try:
            return keep_up(self._con, self.position)
        except driver.ConstraintError as error:
            found = Misindexed(table=None, position=None, why=f"{error}, and nothing can be appended")
            raise LogUnusable(str(found)) from error

    def reset(self) -> None:
        """Know nothing any more: a transaction was not committed."""
        self._beyond = None
        self._versions.clear()

    @property
    def standing(self) -> Standing:
        """Return how the log stood when the transaction began."""
        return rows.standing(self._con)

    @property
    def log_id(self) -> str:
        """Return the id of the log."""
        return self.standing.log_id

    def stored(self, id_: str) -> Stored | None:
        """Return the event with this id, be it archived or not."""
        position = self._place(id_)
        if position is None:
            return rows.archived(self._con, id_) if self._archived else None
        self._write_events()
        return rows.stored(self._con, position)

    def version(self, stream: str) -> int:
        """Return the number of events in a stream."""
        known = self._versions.get(stream)
        if known is None:
            self._write_events()  # those of this stream may be among them, and not in mind any more
            known = self._keep(stream, rows.version(self._con, stream))
        return known

    def cursor(self, name: str) -> int:
        """Return where a subscription stands."""
        return rows.cursor(self._con, name)

    def epoch(self, lease: str) -> int:
        """Return in which epoch a lease is: the file's lock lets in one holder at a time."""
        return ONLY_EPOCH

    def add(self, event: Recorded, facets: Facets) -> None:
        """Store the next event, its link of the chain, and what it can be found by."""
        data_hash = chain.digest(event.data)
        linked = chain.link(self.tip, event, data_hash)
        self.put_back(Sealed(recorded=event, data_hash=data_hash, redacted=None, hash=linked), facets)

    def put_back(self, event: Sealed, facets: Facets) -> None:
        """Store the next event as it stands."""
        recorded = event.recorded
        about = subject(recorded.stream)
        self._new.append(
            (
                *(recorded.position, recorded.id, recorded.stream, recorded.version, recorded.type, recorded.schema),
                *(recorded.instant, recorded.actor, about.namespace, about.name),
                *(facets.status, facets.cause, facets.policy, facets.intent),
                *(recorded.data.decode(), event.redacted, event.data_hash, event.hash),
            )
        )
        self._known[recorded.id] = recorded.position
        self._keep(recorded.stream, recorded.version)
        if facets.intent is not None and facets.policy is not None:
            self._con.execute(MEANT, (facets.intent, facets.policy, recorded.position))
        self.position, self.tip = recorded.position, event.hash
        if recorded.instant >= self._latest:
            self._latest = recorded.instant
        else:
            latest = datetime.fromisoformat(self._latest)
            self._late = max(self._late, (latest - recorded.time).total_seconds())

    def become(self, log_id: str) -> None:
        """Take on another id."""
        self._con.execute("UPDATE head SET log_id = ?", (log_id,))

    def take_out(self, segment: Segment) -> None:
        """Let a segment lie elsewhere: of each of its events stays all but the payload."""
        self._write_events()
        rows.take_out(self._con, segment)
        self._beyond = {id_: position for id_, position in self._known.items() if position > segment.last}
        self._archived = True

    def move(self, name: str, position: int) -> None:
        """Set a cursor."""
        self._con.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (name, position))

    def is_parked(self, name: str, position: int) -> bool:
        """Return whether a subscription set an event aside."""
        sql = "SELECT 1 FROM parked WHERE position = ? AND name = ?"
        return self._con.execute(sql, (position, name)).fetchone() is not None

    def park(self, parked: Parked) -> None:
        """Set an event aside, or say anew why."""
        row = (parked.position, parked.name, parked.error)
        self._con.execute("INSERT OR REPLACE INTO parked VALUES (?, ?, ?)", row)

    def unpark(self, name: str, position: int) -> None:
        """Take an event back, if it is there."""
        self._con.execute("DELETE FROM parked WHERE position = ? AND name = ?", (position, name))

    def sealed_at(self, position: int) -> Sealed | None:
        """Return the event at a position; None if there is none, or if it lies in an archive."""
        self._write_events()
        sql = f"SELECT {rows.SEALED} FROM events WHERE position = ?"  # noqa: S608 - a constant
        row = self._con.execute(sql, (position,)).fetchone()
        return None if row is None else rows.sealed(row)

    def settle(self, unit: Unit) -> Result:
        """Write a unit, or say why not."""
        return settle(prepare(unit), self)

    def replace(self, position: int, data: bytes, facets: Facets, redacted: int) -> None:
        """Put another payload in the place of an event's own."""
        self._write_events()
        (indexed,) = self._con.execute("SELECT indexed FROM head").fetchone()
        if position <= indexed:
            withdraw(self._con, position, position)
        found_by = (facets.status, facets.cause, facets.policy, facets.intent)
        self._con.execute(REDACT, (data.decode(), *found_by, redacted, position))
        if position <= indexed:
            extend(self._con, position, position)
            tidy(self._con)

    def forget(self, kind: str) -> None:
        """Take away the board's rows of a kind."""
        self._con.execute("DELETE FROM board WHERE kind = ?", (kind,))

    def put(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        """Store rows of the board, and take away those that are None."""
        gone = [(kind, key) for key, value in rows.items() if value is None]
        kept = [(kind, key, value) for key, value in rows.items() if value is not None]
        self._con.executemany("DELETE FROM board WHERE kind = ? AND key = ?", gone)
        self._con.executemany("INSERT OR REPLACE INTO board VALUES (?, ?, ?)", kept)

    def _keep(self, stream: str, version: int) -> int:
        if len(self._versions) >= STREAMS:
            self._versions.clear()
        self._versions[stream] = version
        return version

    def _write_events(self) -> None:
        if self._new:
            self._con.executemany(INSERT, self._new)
            self._new.clear()

    @property
    def _known(self) -> dict[str, int]:
        if self._beyond is None:
            raise RuntimeError("a job runs outside a transaction")
        return self._beyond

    def _place(self, id_: str) -> int | None:
        """Return the position of an id that is not archived."""
        known = self._known.get(id_)
        if known is not None or id_ in self._new_ids:
            return known
        row = self._con.execute(PLACE, (check_sum(id_), id_)).fetchone()
        return None if row is None else int(row[0])

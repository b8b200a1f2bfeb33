"""The writing side of a SQLite log: the only connection that writes, in the only thread that uses it.

A group of jobs is one transaction with one commit, and thus one fsync for all. If there is one among them that the
store cannot take, the group is done again, with a savepoint for each job, so that this one fails alone: savepoints
make SQLite copy each page before it is changed, and nearly no group needs them. When the commit itself fails, so does
every job of the group, and the next group finds the file opened anew: what was not acknowledged is then there or not,
as a whole.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from events import chain
from events.anchor import Segment, Standing
from events.errors import LogError, LogUnusable
from events.facets import Facets
from events.record import Recorded, Sealed
from events.settling import ONLY_EPOCH, Stored, prepare, settle
from events.sqlite import rows
from events.sqlite.file import explained, open_for_writing
from events.sqlite.index import extend, keep_up, withdraw
from events.sqlite.lock import MOUNTS, FileLock, explained as path_explained, refuse_network, secure
from events.streams import subject
from events.unit import Parked, Result, Unit
from statemachine.model import instant

INSERT = """
    INSERT INTO events (position, id, stream, version, type, schema, time, actor, namespace, name,
                        status, cause, policy, intent, data, redacted, data_hash, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
LATE = "UPDATE lateness SET seconds = max(seconds, ?)"
MEANT = "INSERT OR IGNORE INTO intents (intent, policy, position) VALUES (?, ?, ?)"
REDACT = """
    UPDATE events SET data = ?, status = ?, cause = ?, policy = ?, intent = ?, redacted = ? WHERE position = ?
"""

# What SQLite says of a value, and not of the file.
REFUSALS = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    ValueError,
)

Job = Callable[["Writer"], object]


class Writer:
    """Takes groups of jobs. Its methods run in one thread; within a job it is the `Rows` that a unit is settled in."""

    def __init__(self, path: Path, lock: FileLock, con: sqlite3.Connection) -> None:
        """Use `open`."""
        self.path = path
        self._lock = lock
        self._con: sqlite3.Connection | None = con
        self._position, self._hash = self._tip()
        self._archived = self.standing.archived > 0
        self._latest = self._newest_time()

    @classmethod
    def open(cls, path: Path, holder: str) -> "Writer":
        """Lock the file, make it if it is not there, and open it. Raises LogHeld, LogUnusable."""
        with path_explained(path):
            path = path.expanduser().resolve()  # two names of one file have one lock
            refuse_network(path, MOUNTS.read_text() if MOUNTS.exists() else "")
            secure(path)
            lock = FileLock.take(path, holder)
        try:
            with explained(path):
                return cls(path, lock, open_for_writing(path))
        except BaseException:
            lock.release()
            raise

    @property
    def position(self) -> int:
        """Return the position of the newest event."""
        return self._position

    @property
    def tip(self) -> bytes:
        """Return the hash of the newest event."""
        return self._hash

    @property
    def standing(self) -> Standing:
        """Return how the log stands, but for what the present job has added."""
        return rows.standing(self._opened())

    @property
    def log_id(self) -> str:
        """Return the id of the log."""
        return self.standing.log_id

    def commit(self, jobs: Sequence[Job]) -> list[object]:
        """Do a group of jobs in one commit; return what each returned, or the LogError that it alone met.

        When this returns, the group is on disk. Raises LogUnusable when the store failed.
        """
        try:
            with explained(self.path):
                return self._commit_or_part(self._opened(), jobs)
        except BaseException:
            self._reopen()
            raise

    def close(self) -> None:
        """Bring the write-ahead log into the file and let go of both."""
        try:
            if self._con is not None:
                with explained(self.path):
                    self._con.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of file and lock, as the end of the process would."""
        if self._con is not None:
            self._con.close()
            self._con = None
        self._lock.release()

    def stored(self, id_: str) -> Stored | None:
        """Return the event with this id, be it archived or not."""
        return rows.stored(self._opened(), id_, archived=self._archived)

    def version(self, stream: str) -> int:
        """Return the number of events in a stream."""
        return rows.version(self._opened(), stream)

    def cursor(self, name: str) -> int:
        """Return where a subscription stands."""
        row = self._opened().execute("SELECT position FROM cursors WHERE name = ?", (name,)).fetchone()
        return 0 if row is None else row[0]

    def epoch(self, lease: str) -> int:
        """Return in which epoch a lease is: the file's lock lets in one holder at a time."""
        return ONLY_EPOCH

    def add(self, event: Recorded, facets: Facets) -> None:
        """Store the next event, its link of the chain, and what it can be found by."""
        data_hash = chain.digest(event.data)
        linked = chain.link(self._hash, event, data_hash)
        self.put_back(Sealed(recorded=event, data_hash=data_hash, redacted=None, hash=linked), facets)

    def put_back(self, event: Sealed, facets: Facets) -> None:
        """Store the next event as it stands."""
        recorded = event.recorded
        about = subject(recorded.stream)
        self._opened().execute(
            INSERT,
            (
                *(recorded.position, recorded.id, recorded.stream, recorded.version, recorded.type, recorded.schema),
                *(instant(recorded.time), recorded.actor, about.namespace, about.name),
                *(facets.status, facets.cause, facets.policy, facets.intent),
                *(recorded.data.decode(), event.redacted, event.data_hash, event.hash),
            ),
        )
        if facets.intent is not None and facets.policy is not None:
            self._opened().execute(MEANT, (facets.intent, facets.policy, recorded.position))
        self._position, self._hash = recorded.position, event.hash
        if recorded.time >= self._latest:
            self._latest = recorded.time
        else:
            self._opened().execute(LATE, ((self._latest - recorded.time).total_seconds(),))

    def become(self, log_id: str) -> None:
        """Take on another id."""
        self._opened().execute("UPDATE head SET log_id = ?", (log_id,))

    def take_out(self, segment: Segment) -> None:
        """Let a segment lie elsewhere: of each of its events stays all but the payload."""
        rows.take_out(self._opened(), segment)
        self._archived = True

    def move(self, name: str, position: int) -> None:
        """Set a cursor."""
        self._opened().execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (name, position))

    def is_parked(self, name: str, position: int) -> bool:
        """Return whether a subscription set an event aside."""
        sql = "SELECT 1 FROM parked WHERE position = ? AND name = ?"
        return self._opened().execute(sql, (position, name)).fetchone() is not None

    def park(self, parked: Parked) -> None:
        """Set an event aside, or say anew why."""
        row = (parked.position, parked.name, parked.error)
        self._opened().execute("INSERT OR REPLACE INTO parked VALUES (?, ?, ?)", row)

    def unpark(self, name: str, position: int) -> None:
        """Take an event back, if it is there."""
        self._opened().execute("DELETE FROM parked WHERE position = ? AND name = ?", (position, name))

    def sealed_at(self, position: int) -> Sealed | None:
        """Return the event at a position; None if there is none, or if it lies in an archive."""
        sql = f"SELECT {rows.SEALED} FROM events WHERE position = ?"  # noqa: S608 - a constant
        row = self._opened().execute(sql, (position,)).fetchone()
        return None if row is None else rows.sealed(row)

    def settle(self, unit: Unit) -> Result:
        """Write a unit, or say why not."""
        return settle(prepare(unit), self)

    def replace(self, position: int, data: bytes, facets: Facets, redacted: int) -> None:
        """Put another payload in the place of an event's own."""
        con, found_by = self._opened(), (facets.status, facets.cause, facets.policy, facets.intent)
        (indexed,) = con.execute("SELECT indexed FROM head").fetchone()
        if position <= indexed:
            withdraw(con, position, position)
        con.execute(REDACT, (data.decode(), *found_by, redacted, position))
        if position <= indexed:
            extend(con, position, position)

    def forget(self, kind: str) -> None:
        """Take away the board's rows of a kind."""
        self._opened().execute("DELETE FROM board WHERE kind = ?", (kind,))

    def scrub(self) -> None:
        """Write the whole file anew, so that what was taken out of it is nowhere: not in a page, not before it in line.

        Raises LogUnusable if the disk has no room for that, or if somebody who reads keeps the old pages.
        """
        with explained(self.path):
            self._opened().execute("VACUUM")
            busy, _, _ = self._opened().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LogUnusable(
                f"somebody else reads the log {self.path}, and so keeps its old pages. Close that program"
            )

    def put(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        """Store rows of the board, and take away those that are None."""
        gone = [(kind, key) for key, value in rows.items() if value is None]
        kept = [(kind, key, value) for key, value in rows.items() if value is not None]
        self._opened().executemany("DELETE FROM board WHERE kind = ? AND key = ?", gone)
        self._opened().executemany("INSERT OR REPLACE INTO board VALUES (?, ?, ?)", kept)

    def _commit_or_part(self, con: sqlite3.Connection, jobs: Sequence[Job]) -> list[object]:
        """Do the jobs together; if one of them is refused, begin again and let that one fail alone."""
        try:
            return self._commit(con, lambda: [job(self) for job in jobs])
        except (LogError, *REFUSALS):
            con.execute("ROLLBACK")
            return self._commit(con, lambda: [self._apart(con, job) for job in jobs])

    def _commit(self, con: sqlite3.Connection, work: Callable[[], list[object]]) -> list[object]:
        con.execute("BEGIN IMMEDIATE")
        before, _ = self._position, self._hash = self._tip()
        with self._no_farther():
            outcomes = work()
            if self._position != before:
                con.execute("UPDATE head SET position = ?, hash = ?", (self._position, self._hash))
                con.execute("UPDATE lateness SET latest = ?", (instant(self._latest),))
                keep_up(con, self._position)
            con.execute("COMMIT")
        return outcomes

    def _apart(self, con: sqlite3.Connection, job: Job) -> object:
        con.execute("SAVEPOINT job")
        try:
            with self._no_farther():
                outcome = job(self)
        except (LogError, *REFUSALS) as error:
            con.execute("ROLLBACK TO job")
            outcome = error if isinstance(error, LogError) else self._defect(error)
        con.execute("RELEASE job")
        return outcome

    @contextmanager
    def _no_farther(self) -> Iterator[None]:
        """Let the log reach no farther than now if the block fails: nobody may be told of what it had begun."""
        tip = self._position, self._hash
        try:
            yield
        except BaseException:
            self._position, self._hash = tip
            raise

    def _defect(self, error: Exception) -> LogError:
        told = LogError(f"the log {self.path} cannot take this: {error}. This is a defect: please report it")
        told.__cause__ = error
        return told

    def _tip(self) -> tuple[int, bytes]:
        position, hash_ = self._opened().execute("SELECT position, hash FROM head").fetchone()
        return position, hash_

    def _newest_time(self) -> datetime:
        (time,) = self._opened().execute("SELECT latest FROM lateness").fetchone()
        return datetime.min.replace(tzinfo=UTC) if time is None else datetime.fromisoformat(time)

    def _opened(self) -> sqlite3.Connection:
        """Return the connection; open it if the last commit failed and it could not be opened since."""
        if self._con is None:
            self._con = open_for_writing(self.path)
        return self._con

    def _reopen(self) -> None:
        """Drop the connection, and with it whatever it had begun; find out how far the log reaches."""
        if self._con is not None:
            self._con.close()
            self._con = None
        try:
            with explained(self.path):
                self._position, self._hash = self._tip()
        except LogUnusable:  # the disk is still full, or gone: the next group tries again and tells its callers
            self._con = None

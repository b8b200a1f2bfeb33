"""The writing side of a SQLite log: the only connection that writes, in the only thread that uses it.

A group of jobs is one transaction with one commit, and thus one fsync for all. If there is one among them that the
store cannot take, the group is done again, with a savepoint for each job, so that this one fails alone: savepoints
make SQLite copy each page before it is changed, and nearly no group needs them. When the commit itself fails, so does
every job of the group, and the next group finds the file opened anew: what was not acknowledged is then there or not,
as a whole.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from events.errors import LogError, LogUnusable
from events.sqlite import driver
from events.sqlite.driver import Connection
from events.sqlite.file import damaged, explained, open_for_writing
from events.sqlite.indexed import impossible
from events.sqlite.ledger import Ledger
from events.sqlite.lock import MOUNTS, FileLock, explained as path_explained, refuse_network, secure

STEPS = 2  # of the index, each some hundred pages

Job = Callable[[Ledger], object]


class Writer:
    """Takes groups of jobs. Its methods run in one thread."""

    def __init__(self, path: Path, lock: FileLock, con: Connection) -> None:
        """Use `open`."""
        self.path = path
        self._lock = lock
        self._con: Connection | None = con
        self._ledger = Ledger()
        self._position = _position(con)

    @classmethod
    def open(cls, path: Path, holder: str, *, whatever_the_index: bool = False) -> "Writer":
        """Lock the file, make it if it is not there, and open it. Raises LogHeld, LogUnusable.

        Also if its index cannot be right at first sight, unless it is to be opened `whatever_the_index`.
        """
        with path_explained(path):
            path = path.expanduser().resolve()  # two names of one file have one lock
            refuse_network(path, MOUNTS.read_text() if MOUNTS.exists() else "")
            secure(path)
            lock = FileLock.take(path, holder)
        try:
            with explained(path):
                con = open_for_writing(path)
                if not whatever_the_index:
                    _require_possible(con, path)
                return cls(path, lock, con)
        except BaseException:
            lock.release()
            raise

    @property
    def position(self) -> int:
        """Return the position of the newest event that is on disk."""
        return self._position

    def commit(self, jobs: Sequence[Job], ids: Sequence[str] = ()) -> list[object]:
        """Do a group of jobs in one commit; return what each returned, or the LogError that it alone met.

        `ids` are those that the jobs are about: to look for them at once is quicker. When this returns, the group is on
        disk. Raises LogUnusable when the store failed.
        """
        try:
            with explained(self.path):
                outcomes = self._commit_or_part(self.opened(), jobs, ids)
        except BaseException:
            self._reopen()
            raise
        self._position = self._ledger.position
        return outcomes

    def opened(self) -> Connection:
        """Return the connection; open it if the last commit failed and it could not be opened since."""
        if self._con is None:
            self._con = open_for_writing(self.path)
        return self._con

    def scrub(self) -> None:
        """Write the whole file anew, so that what was taken out of it is nowhere: not in a page, not before it in line.

        Raises LogUnusable if the disk has no room for that, or if somebody who reads keeps the old pages.
        """
        with explained(self.path):
            self.opened().execute("VACUUM")
            busy, _, _ = self.opened().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LogUnusable(
                f"somebody else reads the log {self.path}, and so keeps its old pages. Close that program"
            )

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

    def _commit_or_part(self, con: Connection, jobs: Sequence[Job], ids: Sequence[str]) -> list[object]:
        """Do the jobs together; if one of them is refused, begin again and let that one fail alone."""
        self._shorten(con)
        con.execute("BEGIN IMMEDIATE")
        try:
            outcomes = self._together(con, jobs, ids)
        except (LogError, *driver.REFUSALS):
            self._ledger.reset()
            con.execute("ROLLBACK")
            con.execute("BEGIN IMMEDIATE")
            outcomes = [self._apart(con, job) for job in jobs]
        con.execute("COMMIT")
        return outcomes

    def _shorten(self, con: Connection) -> None:
        """Bring the write-ahead log into the file, when some steps of the index have made it long.

        SQLite would do it at the end of such a step, and who waits for that would wait for both.
        """
        if self._ledger.steps >= STEPS:
            self._ledger.steps = 0
            con.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _together(self, con: Connection, jobs: Sequence[Job], ids: Sequence[str] = ()) -> list[object]:
        self._ledger.begin(con)
        self._ledger.expect(ids)
        outcomes = [job(self._ledger) for job in jobs]
        self._ledger.finish()
        return outcomes

    def _apart(self, con: Connection, job: Job) -> object:
        con.execute("SAVEPOINT job")
        try:
            [outcome] = self._together(con, [job])
        except (LogError, *driver.REFUSALS) as error:
            self._ledger.reset()
            con.execute("ROLLBACK TO job")
            self._ledger.begin(con)
            outcome = error if isinstance(error, LogError) else self._refusal(error)
        con.execute("RELEASE job")
        return outcome

    def _refusal(self, error: Exception) -> LogError:
        told = LogError(f"the log {self.path} cannot take this: {error}. This is a defect: please report it")
        if isinstance(error, UnicodeDecodeError):  # a text of the file: one from elsewhere was looked at before
            told = damaged(self.path, error)
        told.__cause__ = error
        return told

    def _reopen(self) -> None:
        """Drop the connection, and with it whatever it had begun; find out how far the log reaches."""
        self._ledger.reset()
        if self._con is not None:
            self._con.close()
            self._con = None
        try:
            with explained(self.path):
                self._position = _position(self.opened())
        except LogUnusable:  # the disk is still full, or gone: the next group tries again and tells its callers
            self._con = None


def _require_possible(con: Connection, path: Path) -> None:
    found = impossible(con)
    if found is not None:
        con.close()
        raise LogUnusable(f"cannot use the log {path}: {found}")


def _position(con: Connection) -> int:
    return int(con.execute("SELECT position FROM head").fetchone()[0])

"""SQLite as everything here uses it: one driver, which brings its own SQLite along.

So a log is read and written by the same SQLite everywhere, whatever Python and the machine have, and a row costs some
forty per cent less than through Python's own module. Nobody may open a log by another driver in a process that has it
open: what one driver closes, the system unlocks for all of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

Error = apsw.Error
ConstraintError = apsw.ConstraintError
BUSY_MILLISECONDS = 5000
PAGES = 2000  # copied at a time
READ, WRITE = apsw.SQLITE_OPEN_READONLY, apsw.SQLITE_OPEN_READWRITE
MAKE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
# What SQLite, or its driver, says of a value, and not of the file.
REFUSALS = (
    apsw.ConstraintError,
    apsw.MismatchError,
    apsw.TooBigError,
    OverflowError,
    TypeError,
    ValueError,
)

if TYPE_CHECKING:  # what is in a row is known by whoever wrote the statement

    class Rows(apsw.Cursor):
        """The rows that a statement returns, one after the other."""

        def fetchone(self) -> Any: ...

        def fetchall(self) -> list[Any]: ...

        def __iter__(self) -> Iterator[Any]: ...  # type: ignore[override]

    class Connection(apsw.Connection):
        """An open file, or a log in memory."""

        def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows: ...  # type: ignore[override]

        def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Rows: ...  # type: ignore[override]

        def create_scalar_function(
            self,
            name: str,
            function: Callable[..., Any] | None,
            numargs: int = -1,
            *,
            deterministic: bool = False,
            flags: int = 0,
        ) -> None: ...

else:
    Connection = apsw.Connection


def version() -> tuple[int, ...]:
    """Return that of SQLite."""
    return tuple(map(int, apsw.sqlite_lib_version().split(".")))


def connect(path: Path | str, flags: int = READ) -> Connection:
    """Return a connection to a file, whatever is in it; while somebody else keeps it locked, it is waited for a while.

    It is used by one thread at a time, and closed perhaps by another. No transaction begins by itself. A `str` is what
    SQLite itself knows by that name.
    """
    # By its URI a file may have any name: also of bytes that are no UTF-8, and one that means something else to SQLite.
    name = path if isinstance(path, str) else path.absolute().as_uri()
    con = Connection(name, flags=flags | apsw.SQLITE_OPEN_URI)
    con.set_busy_timeout(BUSY_MILLISECONDS)
    return con


def script(con: Connection, statements: str) -> None:
    """Execute several statements, to the end: also behind one that returns rows."""
    con.execute(statements).fetchall()


def copy(con: Connection, to: Path, progress: Callable[[int, int], None] = lambda _done, _of: None) -> None:
    """Copy a whole file into one with nothing beside it, telling how many of its pages are done, and of how many.

    Whoever wants it as of one instant begins a transaction first.
    """
    with closing(connect(to, MAKE)) as target:
        with target.backup("main", con, "main") as copying:
            while not copying.done:
                copying.step(PAGES)
                progress(copying.page_count - copying.remaining, copying.page_count)
        target.execute("PRAGMA journal_mode = DELETE")


def name_of(error: Error) -> str:
    """Return how SQLite calls an error, without what it adds to some; SQLITE_OK for one of the driver's own."""
    return str(apsw.mapping_result_codes[getattr(error, "result", apsw.SQLITE_OK) & 0xFF])


def is_damage(error: Error) -> bool:
    """Return whether the file itself is damaged: a page of it. A text that is none raises UnicodeDecodeError."""
    return name_of(error) in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}

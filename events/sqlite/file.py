"""One SQLite file: how it is opened, made, recognised and read, and what its errors mean to a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from events.errors import LogUnusable
from events.sqlite import driver
from events.sqlite.driver import Connection
from events.sqlite.migrating import migrate

SCHEMA = 3
APPLICATION = 0x4C414D50
OLDEST_SQLITE = (3, 51, 3)  # the first in which a checkpoint beside a writer cannot damage the file
NEEDED = f"{'.'.join(map(str, OLDEST_SQLITE))} or newer is needed: upgrade apsw, which brings it"
CACHE_KIB = 16 << 10  # more than the largest group changes: what does not fit is written twice
PAGE_BYTES = 8 << 10  # an event has half a KiB and more: with larger pages fewer are read and written
WAL_PAGES = 3000  # the write-ahead log is brought into the file when it has so many: many were changed more than once
WAL_BYTES = 24 << 20  # and is cut back to this size, which is more: cutting and growing it each time costs a fifth

# As `Recorded` has them, one by one.
COLUMNS = "position, id, events.stream, events.version, type, schema, time, actor, CAST(data AS BLOB)"

# By the name of SQLite's error code, without its extension.
REASONS = {
    "SQLITE_NOTADB": "it is not a SQLite database. Name another file",
    "SQLITE_CORRUPT": "it is damaged. Keep a copy of it, and restore a backup",
    "SQLITE_FULL": "the disk is full. Make room: what was not acknowledged is tried again",
    "SQLITE_IOERR": "the disk gave an error. Look into the kernel's log, and check the disk",
    "SQLITE_BUSY": "another program keeps it locked. Close that program",
    "SQLITE_READONLY": "it may not be written to. Give this user the right to",
    "SQLITE_CANTOPEN": "it cannot be opened. Is it there, and may this user read it and its folder?",
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a file into LogUnusable."""
    try:
        yield
    except UnicodeDecodeError as error:  # what SQLite says of a damaged file may quote it
        raise damaged(path, error) from error
    except driver.Error as error:
        reason = REASONS.get(driver.name_of(error), "SQLite refuses it. Run `lamplighter log verify`")
        raise LogUnusable(f"cannot use the log {path}: {reason} ({error})") from error


def damaged(path: Path, error: UnicodeDecodeError) -> LogUnusable:
    """Return what a text says of the file that it was read from, when it is none."""
    return LogUnusable(f"cannot use the log {path}: {REASONS['SQLITE_CORRUPT']} ({error})")


def open_for_writing(path: Path) -> Connection:
    """Return the writing connection, the tables made or brought to the present schema if need be.

    Every commit is on disk when it returns.
    """
    if driver.version() < OLDEST_SQLITE:
        raise LogUnusable(f"SQLite {'.'.join(map(str, driver.version()))} is too old: {NEEDED}")
    con = driver.connect(path.expanduser(), driver.WRITE)
    try:
        con.execute("PRAGMA synchronous = FULL")
        con.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a file that is still empty
        schema = _schema(con, path)
        _use_write_ahead_log(con, path)
        if schema is None:
            _make(con)
        elif schema < SCHEMA:
            migrate(con, path, old=schema, new=SCHEMA)
    except BaseException:
        con.close()
        raise
    return con


def open_for_reading(path: Path) -> Connection:
    """Return a connection that cannot change the file, not even by a checkpoint."""
    con = driver.connect(path.expanduser())
    try:
        con.execute("PRAGMA query_only = ON")
        con.execute("PRAGMA wal_autocheckpoint = 0")
        _require_present(con, path)
    except BaseException:
        con.close()
        raise
    return con


def _schema(con: Connection, path: Path) -> int | None:
    """Return the schema of a log, None for an empty file. Raises LogUnusable for another program's, or a newer one."""
    application: int = con.execute("PRAGMA application_id").fetchone()[0]
    tables: int = con.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application == 0 and tables == 0:
        return None
    if application != APPLICATION:
        raise LogUnusable(f"{path} is a database, but no log of Lamplighter. Name another file")
    schema: int = con.execute("PRAGMA user_version").fetchone()[0]
    if schema > SCHEMA:
        raise LogUnusable(
            f"the log {path} has schema {schema}, and this version knows {SCHEMA}: a newer Lamplighter wrote it. "
            "Upgrade this one"
        )
    return schema


def _require_present(con: Connection, path: Path) -> None:
    schema = _schema(con, path)
    if schema is None:
        raise LogUnusable(f"the log {path} is empty: start the daemon once, or name another file")
    if schema < SCHEMA:
        raise LogUnusable(
            f"the log {path} has schema {schema}, and this version reads {SCHEMA}: start the daemon once, which keeps "
            "a copy and brings it there; or read it with the version that wrote it"
        )


def _use_write_ahead_log(con: Connection, path: Path) -> None:
    """Have the writing connection bring the write-ahead log into the file as it grows, and cut it back."""
    if con.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise LogUnusable(f"cannot use the log {path}: its file system does not allow a write-ahead log. Move it")
    con.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    con.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    con.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def _make(con: Connection) -> None:
    """Make the tables, in one transaction."""
    sql = files("events").joinpath("schema", "sqlite.sql").read_text(encoding="utf-8")
    driver.script(con, f"BEGIN IMMEDIATE;\n{sql}\nCOMMIT;")

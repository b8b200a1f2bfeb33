"""Bringing a log that an older version made to the present schema, so that there is a way back.

First a copy, whole and on disk; then one transaction: whatever ends it early leaves the log as it was. What a migration
does stands in `events/schema`, in a file for each step.
"""

import os
import shutil
from contextlib import closing
from importlib.resources import files
from itertools import count
from pathlib import Path
from shlex import quote

from events.codec import Undecodable, decode
from events.errors import LogUnusable
from events.facets import Facets, facets
from events.logger import LateLogger
from events.record import Recorded
from events.sqlite import driver
from events.sqlite.driver import Connection
from events.sqlite.index import extend, learn

EVERY = 100_000  # events between two lines of progress
ANY_TIME = "1970-01-01T00:00:00.000000Z"

HEAD = "SELECT log_id, position, hash FROM head"

logger = LateLogger(__name__)


def migrate(con: Connection, path: Path, *, old: int, new: int) -> None:
    """Keep a copy of the log, then bring it to the new schema in one transaction. Raises LogUnusable."""
    events: int = con.execute("SELECT position FROM head").fetchone()[0]
    logger.info("log_migrates", log=str(path), schema=old, to_schema=new, events=events)
    try:
        copy = _copied(con, path, old)
    except OSError as error:
        raise LogUnusable(
            f"cannot keep a copy of the log {path}: {error.strerror or error}. Nothing was changed"
        ) from error
    con.create_scalar_function("facet", FacetFunction(str(path), events), 4, deterministic=True)
    steps = "\n".join(_step(number) for number in range(old, new))
    driver.script(con, f"BEGIN IMMEDIATE;\n{steps}")
    _index(con, path, events)
    con.execute("COMMIT")
    _shrink(con, path)
    logger.info(
        "log_migrated", log=str(path), schema=new, events=events, copy=str(copy), way_back=_way_back(path, copy)
    )


def _index(con: Connection, path: Path, events: int) -> None:
    """Let every event be found, a part at a time: what a part sorts fits into memory."""
    (indexed,) = con.execute("SELECT indexed FROM head").fetchone()
    for first in range(indexed + 1, events + 1, EVERY):
        last = min(first + EVERY - 1, events)
        extend(con, first, last)
        learn(con, first, last)
        logger.info("log_migrates", log=str(path), indexed=last, events=events)


def _shrink(con: Connection, path: Path) -> None:
    """Give back the room of the tables that were made anew; where there is none for that, the log fills it in time."""
    try:
        con.execute("VACUUM")
        con.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except driver.Error as error:
        logger.info("log_keeps_free_room", log=str(path), why=str(error))


def _way_back(path: Path, copy: Path) -> str:
    log = quote(str(path))
    return f"stop, install the older version, then: rm -f {log}-wal {log}-shm; mv {quote(str(copy))} {log}"


def _step(old: int) -> str:
    return files("events").joinpath("schema", f"sqlite-{old}-to-{old + 1}.sql").read_text(encoding="utf-8")


def _copied(con: Connection, path: Path, schema: int) -> Path:
    """Return a copy of the log as it is: one that an attempt which ended early left is as good as a new one."""
    for number in count(1):
        copy = path.with_name(f"{path.name}.schema-{schema}{f'.{number}' if number > 1 else ''}.bak")
        if not copy.exists():
            _require_room(con, path)
            _copy(con, copy)
            return copy
        if _head(copy) == con.execute(HEAD).fetchone():
            return copy
    raise AssertionError  # numbers do not end


def _head(copy: Path) -> object:
    """Return what a copy says of itself; nothing if it is none."""
    try:
        with closing(driver.connect(copy)) as con:
            return con.execute(HEAD).fetchone()
    except driver.Error:
        return None


def _require_room(con: Connection, path: Path) -> None:
    """Refuse before anything is written: there is a copy, and a table made anew, once in line and once in place."""
    pages, size = (con.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    needed, free = 3 * pages * size, shutil.disk_usage(path.parent).free
    if free < needed:
        raise LogUnusable(
            f"the log {path} is copied before it is brought to a new schema, and the disk has no room for that: "
            f"{needed / 1e6:,.1f} MB are needed, {free / 1e6:,.1f} MB are free. Make room, then start again; "
            "nothing was changed"
        )


def _copy(con: Connection, copy: Path) -> None:
    """Make a copy, for its owner alone, that is whole and on disk when it gets its name."""
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        driver.copy(con, part)
        _sync(part)
        part.replace(copy)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(copy.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FacetFunction:
    """`facet(WHICH, type, schema, data)` for SQL: asked for four times a row, it reads the payload once."""

    def __init__(self, log: str, events: int) -> None:
        """Tell of the progress of a log with so many events."""
        self._log = log
        self._events = events
        self._read = 0
        self._of: tuple[bytes, int, bytes] | None = None
        self._facets = Facets()

    def __call__(self, which: str, type_name: bytes, schema: int, data: bytes) -> str | None:
        """Return what the event can be found by; None also for an event that cannot be understood."""
        if which == "status" or self._of != (type_name, schema, data):
            self._of, self._facets = (type_name, schema, data), _facets(type_name, schema, data)
        if which == "status":
            self._read += 1
            if self._read % EVERY == 0:
                logger.info("log_migrates", log=self._log, done=self._read, events=self._events)
        value: str | None = getattr(self._facets, which)
        return None if value is None else str(value)


def _facets(type_name: bytes, schema: int, data: bytes) -> Facets:
    try:
        name = type_name.decode()
    except UnicodeDecodeError:
        return Facets()
    event = Recorded(
        position=0, id="", stream="", version=0, type=name, schema=schema, instant=ANY_TIME, actor="", data=data
    )
    try:
        return facets(decode(event))
    except Undecodable:
        return Facets()

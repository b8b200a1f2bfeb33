"""Verifying a log on SQLite: page by page, on a connection of its own, so that nobody waits for it.

Every text is fetched as the bytes that it is. Whatever cannot be read, be it a column or a page of the file, is a
finding that has a position.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from events.anchor import BEGINNING, Anchor, Broken
from events.facets import Facets
from events.proof import Row, Stub, Walk
from events.sqlite import driver
from events.sqlite.driver import Connection
from events.sqlite.file import open_for_reading
from events.sqlite.instant import one_instant

PAGE = 500
CHAINED = "position, id, stream, version, type, schema, time, actor, data_hash"
CHAINED_COLUMNS = CHAINED.count(",") + 1
ROWS = f"""
    SELECT {CHAINED}, namespace, name, status, cause, policy, intent, CAST(data AS BLOB), redacted, hash
    FROM events WHERE position > ? ORDER BY position LIMIT {PAGE}
"""  # noqa: S608 - constants
STUBS = f"""
    SELECT {CHAINED} FROM archived WHERE position > ? AND position <= ? ORDER BY position LIMIT {PAGE}
"""  # noqa: S608 - constants
SEGMENT = """
    SELECT (SELECT coalesce(max(last), 0) FROM segments WHERE last <= ?1), first, last, hash_before, hash_after
    FROM segments WHERE last > ?1 ORDER BY last LIMIT 1
"""
OUT_OF_PLACE = """
    WITH cut (position) AS (SELECT coalesce(max(last), 0) FROM segments)
    SELECT min(position) FROM (
        SELECT min(position) AS position FROM events WHERE position <= (SELECT position FROM cut)
        UNION ALL SELECT min(position) FROM archived WHERE position > (SELECT position FROM cut)
        UNION ALL SELECT min(position) FROM archived WHERE position < 1
    )
"""


class _Unreadable(Exception):
    """A column holds what no log writes there."""


class Verification:
    """One walk along the chain of a file. Lives in one thread at a time."""

    def __init__(self, path: Path, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> None:
        """Begin nothing yet. Raises ValueError for an anchor before `since`."""
        self._path = path
        self._walk = Walk(since, anchors)
        self._con: Connection | None = None

    def go_on(self) -> Anchor | Broken | None:
        """Verify one page; return how the chain stands at the head, or what is broken, or None: there is more.

        Raises driver.Error when the file cannot be used at all.
        """
        try:
            if self._con is None:
                self._con = open_for_reading(self._path)
                return self._walk.begin()
            with one_instant(self._con):
                return self._out_of_place(self._con) or self._page(self._con)
        except _Unreadable as finding:
            return Broken(position=self._walk.at.position + 1, why=str(finding))
        except UnicodeDecodeError as error:
            why = f"one of its texts is not valid UTF-8 ({error.reason} at byte {error.start})"
            return Broken(position=self._walk.at.position + 1, why=why)
        except driver.Error as error:
            if not driver.is_damage(error):
                raise
            return Broken(position=self._walk.at.position + 1, why=f"the file is damaged there ({error})")

    def close(self) -> None:
        """Let go of the file."""
        if self._con is not None:
            self._con.close()
            self._con = None

    def _page(self, con: Connection) -> Anchor | Broken | None:
        walk, at = self._walk, self._walk.at.position
        if (segment := con.execute(SEGMENT, (at,)).fetchone()) is not None:
            return self._segment(con, segment)
        broken = _first(walk.step(_row(raw)) for raw in con.execute(ROWS, (at,)))
        if broken is not None or walk.at.position > at:
            return broken
        return walk.end(_head(con)) or walk.at

    def _segment(self, con: Connection, segment: tuple[Any, ...]) -> Broken | None:
        """Go past a page of archived events; the chain must come to the hashes at both ends of their segment."""
        walk, at = self._walk, self._walk.at.position
        behind, first, last, before, after = segment
        if at == behind and first != at + 1:
            return Broken(position=at + 1, why=f"the archived events up to {last} begin with {first} instead of it")
        broken = walk.pass_end(first, last, before) if at == behind else None
        broken = broken or _first(walk.pass_stub(_stub(raw)) for raw in con.execute(STUBS, (at, last)))
        if broken is not None:
            return broken
        if walk.at.position == at:
            return Broken(position=at + 1, why=f"nothing is kept of it: the archived events reach to {last}")
        return walk.pass_end(first, last, after) if walk.at.position == last else None

    def _out_of_place(self, con: Connection) -> Broken | None:
        """Return what stands where nothing can, and would never be come by: an id there would still be taken."""
        position = con.execute(OUT_OF_PLACE).fetchone()[0]
        return None if position is None else Broken(position=position, why="there is no such place in the log")


def _first(findings: Iterable[Broken | None]) -> Broken | None:
    return next((broken for broken in findings if broken is not None), None)


def _head(con: Connection) -> Anchor:
    row = con.execute("SELECT position, hash FROM head").fetchone()
    if row is None:
        raise _Unreadable("the log does not say any more how far it reaches")
    return Anchor(position=_number("position of the head", row[0]), hash=row[1])


def _stub(raw: tuple[Any, ...]) -> Stub:
    position, id_, stream, version, type_, schema, time, actor, data_hash = raw
    return Stub(
        position=position,
        id=_text("id", id_),
        stream=_text("stream", stream),
        version=_number("version", version),
        type=_text("type", type_),
        schema=_number("schema", schema),
        time=_text("time", time),
        actor=_text("actor", actor),
        data_hash=_bytes("data_hash", data_hash),
    )


def _row(raw: tuple[Any, ...]) -> Row:
    namespace, name, status, cause, policy, intent, data, redacted, hash_ = raw[CHAINED_COLUMNS:]
    return Row(
        stub=_stub(raw[:CHAINED_COLUMNS]),
        namespace=_text_or_none("namespace", namespace),
        name=_text_or_none("name", name),
        facets=Facets(
            status=_text_or_none("status", status),
            cause=_text_or_none("cause", cause),
            policy=_text_or_none("policy", policy),
            intent=_text_or_none("intent", intent),
        ),
        data=_bytes("data", data),
        redacted=None if redacted is None else _number("redacted", redacted),
        hash=_bytes("hash", hash_),
    )


def _text(column: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise _Unreadable(f"its column {column} holds a {type(value).__name__}")


def _text_or_none(column: str, value: object) -> str | None:
    return None if value is None else _text(column, value)


def _bytes(column: str, value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    raise _Unreadable(f"its column {column} holds a {type(value).__name__}")


def _number(column: str, value: object) -> int:
    if isinstance(value, int):
        return value
    raise _Unreadable(f"its column {column} holds a {type(value).__name__}")

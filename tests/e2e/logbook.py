"""The event log as it lies on disk, read by nothing but SQLite and JSON: no code of the product is believed here."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the log."""

    position: int
    id: str
    stream: str
    version: int
    type: str
    time: datetime
    actor: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """Return the `namespace/name` that it is about, or nothing."""
        match self.stream.split("/"):
            case ["endpoint", space, name, _] | ["acts", space, name] | ["incident", _, space, name]:
                return f"{space}/{name}"
            case _:
                return ""

    @property
    def window(self) -> tuple[datetime | None, datetime]:
        """Return the window of a fact: when it was surely not yet so, its blur included, and when it was seen."""
        told = self.data.get("window", self.data)
        begin, blur = told.get("not_before", told.get("absent_at")), timedelta(seconds=told.get("blur_seconds", 0.0))
        return None if begin is None else instant(begin) - blur, instant(told["seen_at"])


def instant(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text)


def read(path: Path) -> list[Entry]:
    """Return the whole log, by position; none if it was not made yet."""
    if not path.exists():
        return []
    return list(_rows(path))


def of_type(entries: list[Entry], *types: str) -> list[Entry]:
    """Return the entries of some types."""
    return [entry for entry in entries if entry.type in types]


def _rows(path: Path) -> Iterator[Entry]:
    columns = ("position", "id", "stream", "version", "type", "time", "actor", "data")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for row in database.execute(f"SELECT {', '.join(columns)} FROM events ORDER BY position").fetchall():  # noqa: S608
            values = dict(zip(columns, row, strict=True))
            yield Entry(**{**values, "time": instant(values["time"]), "data": json.loads(values["data"])})

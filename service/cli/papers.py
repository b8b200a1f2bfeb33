"""The forms in which events are printed: for a person, for a spreadsheet, for a program.

Each has `put` for one event, and `end`. Those that print an event at once can follow a log that has no end.
"""

import json
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from service.cli.lines import Askers, Lines, style, what
from service.cli.printing import document, json_line, table
from service.cli.spelling import cell
from service.eventtable import COLUMNS, cells, csv_line

SHOWN = ("position", "time", "type", "endpoint", "actor", "what")

Event = Mapping[str, Any]


class Format(StrEnum):
    """How events are printed; the names never change."""

    LINES = "lines"
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    CLOUDEVENTS = "cloudevents"
    CLOUDEVENTS_BATCH = "cloudevents-batch"

    @property
    def cloud(self) -> bool:
        """Return whether events are printed as CloudEvents."""
        return self in {Format.CLOUDEVENTS, Format.CLOUDEVENTS_BATCH}


AT_ONCE = (Format.LINES, Format.JSONL, Format.CSV, Format.CLOUDEVENTS)


class Paper(Protocol):
    """Takes events, one after the other."""

    def put(self, event: Event) -> None:
        """Take one event."""
        ...

    def end(self) -> None:
        """Print what is not printed yet."""
        ...


class JsonLines:
    """Prints one JSON document a line, at once: for what has no end."""

    def put(self, event: Event) -> None:
        json_line(event)

    def end(self) -> None:
        pass


class JsonDocument:
    """Prints one JSON document, when all of it is there.

    `next` is what to give as --after to go on, or as --before where the newest came first.
    """

    def __init__(self) -> None:
        """Nothing was put yet."""
        self._items: list[Event] = []

    def put(self, event: Event) -> None:
        self._items.append(event)

    def end(self) -> None:
        document({"items": self._items, "next": self._items[-1]["position"] if self._items else None})


class JsonArray:
    """Prints one JSON array, an element at a time."""

    def __init__(self) -> None:
        """Nothing was put yet."""
        self._begun = False

    def put(self, event: Event) -> None:
        print("," if self._begun else "[", json.dumps(event, ensure_ascii=False), sep="", end="")
        self._begun = True

    def end(self) -> None:
        print("]" if self._begun else "[]", flush=True)


class Csv:
    """Prints CSV with a header, as RFC 4180 says, each line at once."""

    def __init__(self) -> None:
        """Print the header: it stands there also where no event matches."""
        self._print(COLUMNS)

    def put(self, event: Event) -> None:
        self._print(cells(event))

    def end(self) -> None:
        pass

    def _print(self, texts: tuple[str, ...] | list[str]) -> None:
        sys.stdout.write(csv_line(texts))
        sys.stdout.flush()


class Table:
    """Prints aligned columns, when all of it is there."""

    def __init__(self) -> None:
        """Nothing was put yet."""
        self._rows: list[list[str]] = []
        self._styles: list[str] = []
        self._askers = Askers()

    def put(self, event: Event) -> None:
        event = self._askers.named(event)
        facts = [
            str(event["position"]),
            cell(event["time"]),
            event["type"],
            event["endpoint"] or event["namespace"] or "",
        ]
        self._rows.append([*facts, event["actor"], what(event)])
        self._styles.append(style(event))

    def end(self) -> None:
        table(SHOWN, self._rows, self._styles, numbers={"position"})


PAPERS: Mapping[Format, Callable[[], Paper]] = {
    Format.LINES: Lines,
    Format.TABLE: Table,
    Format.JSON: JsonDocument,
    Format.JSONL: JsonLines,
    Format.CSV: Csv,
    Format.CLOUDEVENTS: JsonLines,
    Format.CLOUDEVENTS_BATCH: JsonArray,
}

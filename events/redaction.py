"""Taking texts out of an event for ever, so that it can still be understood and the chain still holds.

The payload stays the same document with a mark in the place of each text. What other events refer to stays: without
the id of its intent, an act that ended long ago would be taken for one that is still open, and be done again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from events import streams
from events.anchor import NotRedacted, Redaction
from events.catalogue import Event
from events.catalogue.log import Redacted
from events.chain import digest
from events.codec import Undecodable, decode, fact
from events.facets import Facets, facets
from events.record import Recorded, Sealed
from events.unit import Appended, Result, Unit, Write

MARK = "<redacted>"
# The kinds of the board's rows that may hold what an event says, and are made anew: of events, or by looking again.
COPIES = ("snapshot", "document")

# Dotted paths, without the places in lists. Views, policies and deliveries find each other by these.
NEEDED = frozenset({
    "by", "cause.intent", "changes.path", "command", "configuration", "digest", "file", "hash", "hold", "incident",
    "incidents", "intent", "missing", "mode", "notification", "policy", "revision", "rule", "status", "subject",
    "subscriber", "version", "without",
})  # fmt: skip

_ENCODER = msgspec.json.Encoder(order="deterministic")


Path = tuple[str | int, ...]


class Redactable(Protocol):
    """What a store must offer, inside one transaction, for an event in it to be redacted."""

    @property
    def position(self) -> int:
        """Return the position of the newest event."""
        ...

    def sealed_at(self, position: int) -> Sealed | None:
        """Return the event at a position; None if there is none, or if it lies in an archive."""
        ...

    def version(self, stream: str) -> int:
        """Return the number of events in a stream."""
        ...

    def settle(self, unit: Unit) -> Result:
        """Write a unit, or say why not."""
        ...

    def replace(self, position: int, data: bytes, facets: Facets, redacted: int) -> None:
        """Put another payload in the place of an event's own."""
        ...

    def forget(self, kind: str) -> None:
        """Take away the board's rows of a kind."""
        ...


def redact(order: Redaction, rows: Redactable) -> Recorded | NotRedacted:
    """Replace the payload, tell of it, and drop the snapshots and documents: they may hold what was taken out."""
    found = rows.sealed_at(order.position)
    if found is None:
        return NotRedacted(position=order.position, why=_why_absent(order.position, rows.position))
    replaced = replacement(found, order)
    if isinstance(replaced, NotRedacted):
        return replaced
    told = Redacted(
        position=order.position,
        fields=replaced.fields,
        data_hash=found.data_hash.hex(),
        replaced_by=digest(replaced.data).hex(),
        why=order.why,
    )
    version = rows.version(streams.LOG)
    draft = fact(streams.LOG, version + 1, told, time=order.time, actor=order.actor)
    result = rows.settle(Unit(streams={streams.LOG: Write(expected=version, drafts=(draft,))}))
    if not isinstance(result, Appended):
        return NotRedacted(position=order.position, why=f"the event that tells of it was refused: {result}")
    [recorded] = result.events
    rows.replace(order.position, replaced.data, facets(replaced.event), recorded.position)
    for kind in COPIES:
        rows.forget(kind)
    return recorded


def _why_absent(position: int, head: int) -> str:
    if not 0 < position <= head:
        return f"there is no such event: the log reaches to {head}"
    return "it lies in an archive. Import that into a log of its own, redact it there, and delete the file"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A payload without what was to be taken out, the event that it holds now, and where the marks are."""

    data: bytes
    event: Event
    fields: tuple[str, ...]


def replacement(found: Sealed, order: Redaction) -> Replacement | NotRedacted:
    """Return what an event is to hold from now on, or why it must stay as it is."""
    try:
        event = decode(found.recorded)
    except Undecodable as error:
        return NotRedacted(position=order.position, why=str(error))
    if not order.why.strip():
        return NotRedacted(position=order.position, why="nobody would know why; say it")
    if isinstance(event, Redacted):
        return NotRedacted(position=order.position, why="it tells of a redaction, and holds nothing else")
    sheet = Sheet(found.recorded)
    if why := sheet.mark_named(order.fields):
        return NotRedacted(position=order.position, why=why)
    if not order.fields:
        sheet.mark_all()
    if not sheet.marked:
        return NotRedacted(position=order.position, why=_why_unchanged(found.redacted))
    return Replacement(sheet.data, decode(sheet.written), tuple(sheet.marked))


def _why_unchanged(redacted: int | None) -> str:
    return "it holds no text that it can do without" if redacted is None else f"it is already, as {redacted} tells"


class Sheet:
    """An event's payload on which texts are blotted out one by one, as long as it can be read."""

    def __init__(self, recorded: Recorded) -> None:
        """Begin with the payload as it is."""
        self._recorded = recorded
        self._document: Any = msgspec.json.decode(recorded.data)
        self.marked: list[str] = []

    @property
    def data(self) -> bytes:
        """Return the payload."""
        return _ENCODER.encode(self._document)

    @property
    def written(self) -> Recorded:
        """Return the event with the payload."""
        return msgspec.structs.replace(self._recorded, data=self.data)

    def mark_all(self) -> None:
        """Blot out whatever the event can do without."""
        for path in list(_texts(self._document)):
            if not _is_needed(path):
                self._mark(path)

    def mark_named(self, fields: Sequence[str]) -> str | None:
        """Blot out what is named, or return why it cannot be."""
        paths = list(_texts(self._document))
        for field in fields:
            within = [path for path in paths if f"{_spelt(path)}.".startswith(f"{field}.")]
            if not within:
                return f"it has no text {field!r}. It has: {', '.join(map(_spelt, paths)) or 'none'}"
            for path in within:
                if _is_needed(path) or not self._mark(path):
                    return f"without {_spelt(path)!r} it could not be understood any more"
        return None

    def _mark(self, path: Path) -> bool:
        """Blot out a text; return False, and let it be, if the event could not be read without it."""
        *way, last = path
        place = self._document
        for step in way:
            place = place[step]
        text = place[last]
        if text == MARK:
            return True
        place[last] = MARK
        try:
            decode(self.written)
        except Undecodable:
            place[last] = text
            return False
        self.marked.append(_spelt(path))
        return True


def _texts(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each text in a document."""
    match value:
        case str():
            yield path
        case Mapping():
            for key, part in value.items():
                yield from _texts(part, (*path, key))
        case list():
            for number, part in enumerate(value):
                yield from _texts(part, (*path, number))
        case _:
            pass


def _spelt(path: Path) -> str:
    return ".".join(map(str, path))


def _is_needed(path: Path) -> bool:
    return ".".join(step for step in path if isinstance(step, str)) in NEEDED

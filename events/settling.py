"""What becomes of a unit: the one rule that every log follows.

A unit is judged whole before anything of it is written, so a refusal leaves nothing to undo. The content of an event
is its stream, type, schema and payload: when and by whom it was said may differ between two tries of the same thing.
"""

from typing import Protocol

from msgspec import Struct, structs

from events.chain import digest
from events.codec import encode
from events.facets import Facets, facets, why_not_found
from events.record import Draft, Recorded
from events.unit import (
    AlreadyDecided,
    Appended,
    CursorMove,
    CursorMoved,
    Fence,
    FencedOff,
    IdReused,
    NoSuchPosition,
    NotParked,
    Parked,
    Refused,
    Result,
    StaleVersion,
    Unit,
    Unparked,
)
from statemachine.model import instant

ONLY_EPOCH = 1  # of every lease in a log that never has two holders


class Stored(Struct, frozen=True):
    """An event that stands already; it has no payload if it lies in an archive, another one if it was redacted."""

    event: Recorded
    data_hash: bytes


class Entry(Struct, frozen=True):  # as is all that is made for each event: a dataclass takes ten times as long
    """An encoded draft, and the stream it is for."""

    id: str
    stream: str
    type: str
    schema: int
    instant: str
    actor: str
    data: bytes
    once: bool
    facets: Facets

    def is_in(self, stored: Stored) -> bool:
        """Return whether a stored event has, or had before it was redacted, this content."""
        event = stored.event
        return (self.stream, self.type, self.schema, digest(self.data)) == (
            event.stream,
            event.type,
            event.schema,
            stored.data_hash,
        )

    def at(self, position: int, version: int) -> Recorded:
        """Return the event as it will stand."""
        return Recorded(
            position=position,
            id=self.id,
            stream=self.stream,
            version=version,
            type=self.type,
            schema=self.schema,
            instant=self.instant,
            actor=self.actor,
            data=self.data,
        )


class Order(Struct, frozen=True):
    """A unit made ready for a store: everything that can be wrong with the unit itself has been found."""

    expected: dict[str, int]
    entries: tuple[Entry, ...]
    cursor: CursorMove | None
    fences: tuple[Fence, ...]
    parking: Parked | Unparked | None


class Rows(Protocol):
    """What a store must offer, inside one transaction, for a unit to be settled in it."""

    @property
    def position(self) -> int:
        """Return the position of the newest event."""
        ...

    def stored(self, id_: str) -> Stored | None:
        """Return the event with this id, be it archived or not."""
        ...

    def version(self, stream: str) -> int:
        """Return the number of events in a stream."""
        ...

    def cursor(self, name: str) -> int:
        """Return where a subscription stands."""
        ...

    def epoch(self, lease: str) -> int:
        """Return in which epoch a lease is."""
        ...

    def add(self, recorded: Recorded, facets: Facets) -> None:
        """Store the next event, its link of the chain, and what it can be found by."""
        ...

    def move(self, name: str, position: int) -> None:
        """Set a cursor."""
        ...

    def is_parked(self, name: str, position: int) -> bool:
        """Return whether a subscription set an event aside."""
        ...

    def park(self, parked: Parked) -> None:
        """Set an event aside, or say anew why."""
        ...

    def unpark(self, name: str, position: int) -> None:
        """Take an event back, if it is there."""
        ...


def prepare(unit: Unit) -> Order:
    """Encode a unit. Raises ValueError for one that no log could ever take."""
    entries = tuple(_entry(stream, draft) for stream, write in unit.streams.items() for draft in write.drafts)
    if len({entry.id for entry in entries}) < len(entries):
        raise ValueError(f"a unit names one id twice: {[entry.id for entry in entries]}")
    expected = {stream: write.expected for stream, write in unit.streams.items()}
    return Order(expected, entries, unit.cursor, unit.fences, unit.parking)


def _entry(stream: str, draft: Draft) -> Entry:
    if draft.time.tzinfo is None:
        raise ValueError(f"the time of {draft.id!r} in {stream!r} has no zone: give it in UTC")
    f"{draft.id}{stream}{draft.actor}".encode()  # a text that is not Unicode must fail here, not inside a commit
    type_name, schema, data = encode(draft.event)
    found_by = facets(draft.event)
    if why := why_not_found(stream, found_by):
        raise ValueError(f"{draft.id!r} cannot be taken: {why}")
    return Entry(
        draft.id,
        stream,
        type_name,
        schema,
        instant(draft.time),
        draft.actor,
        data,
        draft.once,
        found_by,
    )


def settle(order: Order, rows: Rows) -> Result:
    """Write a unit, or say why not, having written nothing of it."""
    if fenced_off := _fenced_off(order, rows):
        return fenced_off
    stored = {entry.id: found for entry in order.entries if (found := rows.stored(entry.id)) is not None}
    repeated = bool(stored) and len(stored) == len(order.entries)
    refused = _claimed(order, stored, repeated=repeated)
    if refused is None and not repeated:
        refused = _stale(order, rows)
    if refused is None and order.cursor is not None:
        refused = _elsewhere(order.cursor, rows.cursor(order.cursor.name), repeated=repeated)
    if refused is None and not repeated:
        refused = _not_there(order, rows)
    if refused is None:
        refused = _nowhere(order, rows.position + len(order.entries) - len(stored), repeated=repeated)
    return _write(order, stored, rows, repeated=repeated) if refused is None else refused


def _fenced_off(order: Order, rows: Rows) -> FencedOff | None:
    for fence in order.fences:
        actual = rows.epoch(fence.name)
        if actual != fence.epoch:
            return FencedOff(name=fence.name, epoch=fence.epoch, actual=actual)
    return None


def _claimed(order: Order, stored: dict[str, Stored], *, repeated: bool) -> Refused | None:
    """Return the refusal if an id stands for something else, or if a part of the unit was decided without the rest."""
    for entry in order.entries:
        found = stored.get(entry.id)
        if found is None:
            continue
        if entry.once and not (repeated and entry.is_in(found)):
            return AlreadyDecided(stored=found.event)
        if not entry.is_in(found):
            return IdReused(stored=found.event)
    return None


def _stale(order: Order, rows: Rows) -> StaleVersion | None:
    for stream, expected in order.expected.items():
        actual = rows.version(stream)
        if actual != expected:
            return StaleVersion(stream=stream, expected=expected, actual=actual)
    return None


def _elsewhere(move: CursorMove, actual: int, *, repeated: bool) -> CursorMoved | None:
    """Return the refusal if the cursor is not at its old place; a repeated unit may find it moved on already."""
    if actual == move.old or (repeated and actual >= move.new):
        return None
    return CursorMoved(name=move.name, expected=move.old, actual=actual)


def _nowhere(order: Order, head: int, *, repeated: bool) -> NoSuchPosition | None:
    """Return the refusal if a cursor, or what is set aside, is nowhere in the log as the unit would leave it."""
    move, parking = order.cursor, order.parking
    if move is not None and not 0 <= move.new <= head:
        return NoSuchPosition(name=move.name, position=move.new, head=head)
    if isinstance(parking, Parked) and not repeated and not 1 <= parking.position <= head:
        return NoSuchPosition(name=parking.name, position=parking.position, head=head)
    return None


def _not_there(order: Order, rows: Rows) -> NotParked | None:
    """Return the refusal if there is nothing to take back, or to say anew why it is set aside."""
    parking = order.parking
    if parking is None or (isinstance(parking, Parked) and order.cursor is not None):
        return None
    if rows.is_parked(parking.name, parking.position):
        return None
    return NotParked(name=parking.name, position=parking.position)


def _write(order: Order, stored: dict[str, Stored], rows: Rows, *, repeated: bool) -> Appended:
    versions = dict(order.expected)
    events = []
    for entry in order.entries:
        found = stored.get(entry.id)
        if found is None:
            versions[entry.stream] += 1
            recorded = entry.at(rows.position + 1, versions[entry.stream])
            rows.add(recorded, entry.facets)
        else:
            recorded = found.event if found.event.data else structs.replace(found.event, data=entry.data)
        events.append(recorded)
    move = order.cursor
    if move is not None and rows.cursor(move.name) == move.old:
        rows.move(move.name, move.new)
    _set_aside(order.parking, rows, repeated=repeated)
    return Appended(events=tuple(events))


def _set_aside(parking: Parked | Unparked | None, rows: Rows, *, repeated: bool) -> None:
    """Set aside, or take back. What was set aside once may have been taken back since: it is not set aside again."""
    match parking:
        case Parked() if not repeated:
            rows.park(parking)
        case Unparked(name=name, position=position):
            rows.unpark(name, position)
        case _:
            pass

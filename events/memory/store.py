"""What survives a log in memory: everything that it holds, and what one job changes of it.

Nothing here awaits, so each of these is done whole or not at all.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from msgspec import structs

from events import chain
from events.anchor import BEGINNING, Anchor, Broken, Misindexed, Segment, Standing
from events.facets import Facets
from events.proof import Row, Walk, row
from events.record import Recorded, Sealed
from events.settling import ONLY_EPOCH, Stored, prepare, settle
from events.unit import Parked, Result, Unit

VERIFIED_AT_ONCE = 500


@dataclass(slots=True)
class MemoryStore:
    """What survives the log: the rows, in plain lists and dictionaries. An archived event stays without its payload."""

    log_id: str = "memory"
    events: list[Recorded] = field(default_factory=list)
    facets: list[Facets] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    redacted: dict[int, int] = field(default_factory=dict)
    ids: dict[str, Recorded] = field(default_factory=dict)
    streams: defaultdict[str, list[Recorded]] = field(default_factory=lambda: defaultdict(list))
    head: Anchor = BEGINNING
    segments: list[Segment] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)
    parked: dict[tuple[str, int], Parked] = field(default_factory=dict)
    board: defaultdict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def position(self) -> int:
        """Return the position of the newest event."""
        return self.head.position

    @property
    def tip(self) -> bytes:
        """Return the hash of the newest event."""
        return self.head.hash

    @property
    def archived(self) -> int:
        """Return the position up to which events lie in archives; 0 if none do."""
        return self.segments[-1].last if self.segments else 0

    @property
    def standing(self) -> Standing:
        """Return how the log stands."""
        return Standing(
            log_id=self.log_id,
            position=self.position,
            hash=self.tip,
            cursors=dict(self.cursors),
            parked=tuple(parked for _, parked in sorted(self.parked.items(), key=lambda item: item[0][::-1])),
            segments=tuple(self.segments),
        )

    def stored(self, id_: str) -> Stored | None:
        """Return the event with this id, be it archived or not."""
        event = self.ids.get(id_)
        return None if event is None else Stored(event, self.digests[event.position - 1])

    def version(self, stream: str) -> int:
        """Return the number of events in a stream."""
        return len(self.streams[stream]) if stream in self.streams else 0

    def cursor(self, name: str) -> int:
        """Return where a subscription stands."""
        return self.cursors.get(name, 0)

    def epoch(self, lease: str) -> int:
        """Return in which epoch a lease is."""
        return ONLY_EPOCH

    def add(self, recorded: Recorded, facets: Facets) -> None:
        """Store the next event, its link of the chain, and what it can be found by."""
        digest = chain.digest(recorded.data)
        linked = chain.link(self.tip, recorded, digest)
        self.put_back(Sealed(recorded=recorded, data_hash=digest, redacted=None, hash=linked), facets)

    def put_back(self, event: Sealed, facets: Facets) -> None:
        """Store the next event as it stands."""
        recorded = event.recorded
        self.events.append(recorded)
        self.facets.append(facets)
        self.head = Anchor(position=recorded.position, hash=event.hash)
        self.digests.append(event.data_hash)
        self.hashes.append(event.hash)
        self.ids[recorded.id] = recorded
        self.streams[recorded.stream].append(recorded)
        if event.redacted is not None:
            self.redacted[recorded.position] = event.redacted

    def become(self, log_id: str) -> None:
        """Take on another id."""
        self.log_id = log_id

    def take_out(self, segment: Segment) -> None:
        """Let a segment lie elsewhere: of each of its events stays all but the payload."""
        self.segments.append(segment)
        for place in range(segment.first - 1, segment.last):
            stub = structs.replace(self.events[place], data=b"")
            self.events[place] = self.ids[stub.id] = self.streams[stub.stream][stub.version - 1] = stub

    def move(self, name: str, position: int) -> None:
        """Set a cursor."""
        self.cursors[name] = position

    def sealed_at(self, position: int) -> Sealed | None:
        """Return the event at a position; None if there is none, or if it lies in an archive."""
        return self._sealed(position - 1) if self.archived < position <= len(self.events) else None

    def settle(self, unit: Unit) -> Result:
        """Write a unit, or say why not."""
        return settle(prepare(unit), self)

    def replace(self, position: int, data: bytes, facets: Facets, redacted: int) -> None:
        """Put another payload in the place of an event's own."""
        old = self.events[position - 1]
        new = structs.replace(old, data=data)
        self.events[position - 1] = self.ids[old.id] = self.streams[old.stream][old.version - 1] = new
        self.facets[position - 1] = facets
        self.redacted[position] = redacted

    def forget(self, kind: str) -> None:
        """Take away the board's rows of a kind."""
        self.board.pop(kind, None)

    def rows(self, after: int) -> list[Row]:
        """Return the next events as they lie here."""
        return [self._row(place) for place in range(after, len(self.events))[:VERIFIED_AT_ONCE]]

    def pass_archived(self, walk: Walk) -> list[Broken | None]:
        """Go past what was archived; return what was found on the way."""
        found: list[Broken | None] = []
        for segment in self.segments:
            first, last, at = segment.first, segment.last, walk.at.position
            if at < last:
                found += [walk.pass_end(first, last, segment.hash_before)] if at == first - 1 else []
                found += [walk.pass_stub(self._row(place).stub) for place in range(at, last)]
                found += [walk.pass_end(first, last, segment.hash_after)]
        return found

    def misindexed(self) -> Misindexed | None:
        """Return the first event that is not found by its id or in its stream, or a place that is too many."""
        for event in self.events:
            stream = self.streams.get(event.stream, [])
            if self.ids.get(event.id) != event:
                return Misindexed(table="ids", position=event.position, why="the event is not found by its id")
            if stream[event.version - 1 : event.version] != [event]:
                return Misindexed(table="streams", position=event.position, why="the event is not in its stream")
        if len(self.ids) != len(self.events) or sum(map(len, self.streams.values())) != len(self.events):
            return Misindexed(table="ids", position=None, why="there are more of them than events")
        return None

    def _row(self, place: int) -> Row:
        return row(self._sealed(place), self.facets[place])

    def _sealed(self, place: int) -> Sealed:
        return Sealed(
            recorded=self.events[place],
            data_hash=self.digests[place],
            redacted=self.redacted.get(place + 1),
            hash=self.hashes[place],
        )

    def is_parked(self, name: str, position: int) -> bool:
        """Return whether a subscription set an event aside."""
        return (name, position) in self.parked

    def park(self, parked: Parked) -> None:
        """Set an event aside, or say anew why."""
        self.parked[parked.name, parked.position] = parked

    def unpark(self, name: str, position: int) -> None:
        """Take an event back, if it is there."""
        self.parked.pop((name, position), None)

"""The log in memory: for tests, for demonstrations, and to say in few lines what a log is.

What is acknowledged lies in a `MemoryStore`, which plays the disk: a log that is dropped without being closed and
opened again on the same store is a crash and a restart.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from msgspec import structs

from events import chain
from events.anchor import BEGINNING, Anchor, Broken, Misindexed, NotRedacted, Redaction, Segment, Standing, StillNeeded
from events.archive import archive
from events.board import Board
from events.errors import LogUnusable
from events.facets import Facets
from events.horizon import Horizon
from events.matching import Meant, matcher
from events.proof import Row, Walk, row
from events.query import Page, Query
from events.record import Recorded, Sealed
from events.redaction import redact
from events.restore import restore
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


class MemoryLog:
    """The event log in memory. It has one holder, and so one epoch for ever (G6)."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        """Open a store; a new one if none is given."""
        self.store = MemoryStore() if store is None else store
        self._horizon = Horizon(self.store.position)
        self._board = MemoryBoard(self)
        self._closed = False

    @property
    def log_id(self) -> str:
        return self.store.log_id

    @property
    def board(self) -> Board:
        return self._board

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        orders = [prepare(unit) for unit in units]
        self.require_open()
        results = [settle(order, self.store) for order in orders]
        await self._acknowledge()
        return results

    async def read(self, query: Query) -> Page:
        self.require_open()
        found = list(islice(self._matching(query), query.limit + 1))
        return Page(
            events=tuple(found[: query.limit]),
            head=self.store.position,
            more=len(found) > query.limit,
            archived=self.store.archived,
        )

    async def count(self, query: Query) -> int:
        self.require_open()
        return sum(1 for _ in self._matching(query))

    async def head(self) -> int:
        self.require_open()
        return self.store.position

    async def version(self, stream: str) -> int:
        self.require_open()
        return self.store.version(stream)

    async def beyond(self, position: int) -> None:
        await self._horizon.beyond(position)

    async def cursor(self, name: str) -> int:
        self.require_open()
        return self.store.cursor(name)

    async def parked(self, name: str | None = None) -> list[Parked]:
        self.require_open()
        found = [parked for parked in self.store.parked.values() if name in {None, parked.name}]
        return sorted(found, key=lambda parked: (parked.position, parked.name))

    async def anchor(self, position: int) -> Anchor | None:
        self.require_open()
        ends = {0: BEGINNING.hash, **{segment.last: segment.hash_after for segment in self.store.segments}}
        sealed = self.store.sealed_at(position)
        hash_ = ends.get(position) if sealed is None else sealed.hash
        return None if hash_ is None else Anchor(position=position, hash=hash_)

    async def verify(self, *, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> Anchor | Broken:
        walk = Walk(since, anchors)
        broken = walk.begin()
        while broken is None:
            self.require_open()
            archived = self.store.pass_archived(walk)
            rows = self.store.rows(walk.at.position)
            broken = next(filter(None, [*archived, *map(walk.step, rows)]), None)
            if not rows and broken is None:
                return walk.end(self.store.head) or walk.at
            await asyncio.sleep(0)
        return broken

    async def verify_index(self) -> Misindexed | None:
        self.require_open()
        return self.store.misindexed()

    async def redact(self, redaction: Redaction) -> Recorded | NotRedacted:
        self.require_open()
        result = redact(redaction, self.store)
        await self._acknowledge()
        return result

    async def standing(self) -> Standing:
        self.require_open()
        return self.store.standing

    async def sealed(self, after: int, limit: int) -> list[Sealed]:
        self.require_open()
        first = max(after, self.store.archived) + 1
        found = map(self.store.sealed_at, range(first, self.store.position + 1)[:limit])
        return [event for event in found if event is not None]

    async def restore(self, events: Sequence[Sealed], log_id: str) -> None:
        self.require_open()
        restore(events, log_id, self.store)
        await self._acknowledge()

    async def archive(self, segment: Segment, told: Unit) -> Result | StillNeeded:
        order = prepare(told)
        self.require_open()
        result = archive(segment, order, self.store)
        await self._acknowledge()
        return result

    async def close(self) -> None:
        self._closed = True

    def require_open(self) -> None:
        """Raise LogUnusable once the log is closed."""
        if self._closed:
            raise LogUnusable("the log is closed: open it again")

    async def _acknowledge(self) -> None:
        """Let others run between the commit and its acknowledgement, as every other log does."""
        self._horizon.advance(self.store.position)
        await asyncio.sleep(0)

    def _matching(self, query: Query) -> Iterator[Recorded]:
        store = self.store
        matches, meant = matcher(query), Meant()
        found_by = store.facets if query.policy is None else [meant.add(facets) for facets in store.facets]
        places: Sequence[int] = range(
            max(query.after, store.archived),
            store.position if query.before is None else min(query.before, store.position),
        )
        if query.stream is not None:
            found = store.streams.get(query.stream, [])
            places = [recorded.position - 1 for recorded in found if recorded.position > store.archived]
        for place in reversed(places) if query.newest_first else places:
            if matches(store.events[place], found_by[place]):
                yield store.events[place]


class MemoryBoard:
    """The board in memory."""

    def __init__(self, log: MemoryLog) -> None:
        """Lie beside a log, in its store."""
        self._log = log

    async def put(self, kind: str, rows: Mapping[str, bytes | None]) -> None:
        self._log.require_open()
        stored = self._log.store.board[kind]
        for key, value in rows.items():
            if value is None:
                stored.pop(key, None)
            else:
                stored[key] = value
        await asyncio.sleep(0)

    async def get(self, kind: str, key: str) -> bytes | None:
        self._log.require_open()
        return self._log.store.board.get(kind, {}).get(key)

    async def scan(self, kind: str) -> dict[str, bytes]:
        self._log.require_open()
        return dict(self._log.store.board.get(kind, {}))

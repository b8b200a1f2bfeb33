"""The event log in memory."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice

from events.anchor import BEGINNING, Anchor, Broken, Misindexed, NotRedacted, Redaction, Segment, Standing, StillNeeded
from events.archive import archive
from events.board import Board
from events.errors import LogUnusable
from events.horizon import Horizon
from events.matching import Meant, matcher
from events.memory.board import MemoryBoard
from events.memory.store import MemoryStore
from events.proof import Walk
from events.query import Page, Query
from events.record import Recorded, Sealed
from events.redaction import redact
from events.restore import restore
from events.settling import prepare, settle
from events.unit import Parked, Result, Unit


class MemoryLog:
    """The event log in memory. It has one holder, and so one epoch for ever (G6)."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        """Open a store; a new one if none is given."""
        self.store = MemoryStore() if store is None else store
        self._horizon = Horizon(self.store.position)
        self._board = MemoryBoard(self.store, self._require_open)
        self._closed = False

    @property
    def log_id(self) -> str:
        return self.store.log_id

    @property
    def board(self) -> Board:
        return self._board

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        orders = [prepare(unit) for unit in units]
        self._require_open()
        results = [settle(order, self.store) for order in orders]
        await self._acknowledge()
        return results

    async def read(self, query: Query) -> Page:
        self._require_open()
        found = list(islice(self._matching(query), query.limit + 1))
        return Page(
            events=tuple(found[: query.limit]),
            head=self.store.position,
            more=len(found) > query.limit,
            archived=self.store.archived,
        )

    async def count(self, query: Query) -> int:
        self._require_open()
        return sum(1 for _ in self._matching(query))

    async def head(self) -> int:
        self._require_open()
        return self.store.position

    async def version(self, stream: str) -> int:
        self._require_open()
        return self.store.version(stream)

    async def beyond(self, position: int) -> None:
        await self._horizon.beyond(position)

    async def holds(self, id_: str) -> bool:
        self._require_open()
        return self.store.stored(id_) is not None

    async def cursor(self, name: str) -> int:
        self._require_open()
        return self.store.cursor(name)

    async def parked(self, name: str | None = None) -> list[Parked]:
        self._require_open()
        found = [parked for parked in self.store.parked.values() if name in {None, parked.name}]
        return sorted(found, key=lambda parked: (parked.position, parked.name))

    async def anchor(self, position: int) -> Anchor | None:
        self._require_open()
        ends = {0: BEGINNING.hash, **{segment.last: segment.hash_after for segment in self.store.segments}}
        sealed = self.store.sealed_at(position)
        hash_ = ends.get(position) if sealed is None else sealed.hash
        return None if hash_ is None else Anchor(position=position, hash=hash_)

    async def verify(self, *, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> Anchor | Broken:
        walk = Walk(since, anchors)
        broken = walk.begin()
        while broken is None:
            self._require_open()
            archived = self.store.pass_archived(walk)
            rows = self.store.rows(walk.at.position)
            broken = next(filter(None, [*archived, *map(walk.step, rows)]), None)
            if not rows and broken is None:
                return walk.end(self.store.head) or walk.at
            await asyncio.sleep(0)
        return broken

    async def verify_index(self) -> Misindexed | None:
        self._require_open()
        return self.store.misindexed()

    async def redact(self, redaction: Redaction) -> Recorded | NotRedacted:
        self._require_open()
        result = redact(redaction, self.store)
        await self._acknowledge()
        return result

    async def standing(self) -> Standing:
        self._require_open()
        return self.store.standing

    async def sealed(self, after: int, limit: int) -> list[Sealed]:
        self._require_open()
        first = max(after, self.store.archived) + 1
        found = map(self.store.sealed_at, range(first, self.store.position + 1)[:limit])
        return [event for event in found if event is not None]

    async def restore(self, events: Sequence[Sealed], log_id: str) -> None:
        self._require_open()
        restore(events, log_id, self.store)
        await self._acknowledge()

    async def archive(self, segment: Segment, told: Unit) -> Result | StillNeeded:
        order = prepare(told)
        self._require_open()
        result = archive(segment, order, self.store)
        await self._acknowledge()
        return result

    async def close(self) -> None:
        self._closed = True

    def _require_open(self) -> None:
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

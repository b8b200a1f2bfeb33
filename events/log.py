"""The port of the event log: what it takes, what it gives back, and what it promises.

Its nouns have files of their own: `record` (an event), `unit` (what is asked at once, and what comes of it), `query`,
`anchor` (the log as a whole), `errors`.

Promises, the same for every implementation:

- G1  acknowledged = on disk.
- G2  positions are dense from 1, in commit order, never used again.
- G3  a reader that has seen n has seen everything below n.
- G4  append is idempotent on the event id, for ever.
- G5  one writer per stream version: a wrong expected version is refused and nothing of that unit is written.
- G6  a fenced-off holder can append nothing and move no cursor. Memory and SQLite have one holder at a time, refused
      while there is another, and thus one epoch for ever.
- G7  every subscription gets every event of its types at least once, in order; parked ones are visible.
- G8  any change, removal or reordering of history before the last exported anchor is found by `verify`.
"""

from collections.abc import Sequence
from typing import Protocol

from events.anchor import BEGINNING, Anchor, Broken, Misindexed, NotRedacted, Redaction, Segment, Standing, StillNeeded
from events.board import Board
from events.query import Page, Query
from events.record import Recorded, Sealed
from events.unit import Parked, Result, Unit


class LogReader(Protocol):
    """The half of a log that asks; a log that was opened for reading only has no other."""

    @property
    def log_id(self) -> str:
        """Return the id that the log was given when it was made."""
        ...

    @property
    def board(self) -> Board:
        """Return the board that lies in the same store."""
        ...

    async def read(self, query: Query) -> Page:
        """Return the events that match, oldest first unless the query says otherwise."""
        ...

    async def count(self, query: Query) -> int:
        """Return how many events match, whatever the limit."""
        ...

    async def head(self) -> int:
        """Return the position of the newest event; 0 when there is none."""
        ...

    async def version(self, stream: str) -> int:
        """Return the version of a stream: the number of its events."""
        ...

    async def holds(self, id_: str) -> bool:
        """Return whether an event has this id, be it archived or not; asked by the id, however long the log is."""
        ...

    async def cursor(self, name: str) -> int:
        """Return where a subscription stands; 0 when it never moved."""
        ...

    async def parked(self, name: str | None = None) -> list[Parked]:
        """Return what is set aside, for one subscription or for all, by position."""
        ...

    async def anchor(self, position: int) -> Anchor | None:
        """Return how the chain stands there; None beyond the head, and within an archived segment."""
        ...

    async def standing(self) -> Standing:
        """Return how the log stands."""
        ...

    async def verify(self, *, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> Anchor | Broken:
        """Work the chain out anew, from where it is known to hold; return how it stands at the head, or what is broken.

        Goes page by page and holds nobody up; what is appended meanwhile is verified, too. A column that cannot be read
        is a finding, never an error. Raises ValueError for an anchor before `since`.
        """
        ...

    async def verify_index(self) -> Misindexed | None:
        """Prove that every event is found by what it should be found by, and nothing else; return what is wrong.

        It is proven against the events, so verify these first. Goes slice by slice and holds nobody up.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go of the store."""
        ...


class EventLog(LogReader, Protocol):
    """An append-only log with its board. See the promises at the top of this file."""

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        """Append independent units, each all or nothing; return one result a unit, in their order.

        A unit whose drafts all stand in the log already returns them (G4), whatever its expected versions say; its
        cursor moves if that was not done yet. What stands is the same if stream, type, schema and payload are.
        Raises LogUnusable when the store failed; what was not acknowledged may then be there or not: retry it.
        Raises ValueError, with nothing written, for a unit that names an id twice or a time without a zone.
        """
        ...

    async def beyond(self, position: int) -> None:
        """Return when the head is beyond `position`; the hint may come early, never late."""
        ...

    async def redact(self, redaction: Redaction) -> Recorded | NotRedacted:
        """Replace texts of an event by a mark, for ever; return the event that tells of it.

        The event can still be understood, and the chain holds. When this returns, the texts are gone from the store
        itself, and so are the snapshots and documents that may have held them.
        """
        ...


class CopiedLog(LogReader, Protocol):
    """A log that can be copied as it stands, also while another process writes to it."""

    async def sealed(self, after: int, limit: int) -> list[Sealed]:
        """Return the events behind a position with their links, oldest first; those that are archived are left out."""
        ...


class KeptLog(EventLog, CopiedLog, Protocol):
    """A log in the hands of whoever keeps it: it can be made of a copy, and its beginning be put into an archive."""

    async def restore(self, events: Sequence[Sealed], log_id: str) -> None:
        """Take events of a copy as they stand, positions and links and all: every one of them, or none.

        An empty log takes on the id of the copied one, any other must have it. Raises Misfit if they do not follow the
        head, break the chain, or repeat an id; Undecodable if a newer version wrote them.
        """
        ...

    async def archive(self, segment: Segment, told: Unit) -> Result | StillNeeded:
        """Take out the events of a segment that lies in a file, and append what tells of it, in one commit.

        Their ids stay taken (G4), and their streams keep their versions (G5). Refused, with nothing done, while a
        cursor or a parked event needs them. Raises Misfit if the segment is not what the log begins with.
        """
        ...

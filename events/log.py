"""The port of the event log: what it takes, what it gives back, and what it promises.

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

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from events.board import Board
from events.catalogue import Event


class LogError(Exception):
    """The log cannot do what was asked; the message says what to do."""


class LogHeld(LogError):
    """Another process holds this log."""


class LogUnusable(LogError):
    """The store cannot be opened, read or written."""


class Misfit(LogError):
    """Events of a copy do not continue this log; nothing of them was taken. `position` is that of the first one."""

    def __init__(self, position: int, why: str) -> None:
        """Keep what does not fit, and why."""
        super().__init__(f"position {position} does not continue the log: {why}")
        self.position = position
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event on its way into the log.

    `id` is deterministic, so that a retry after a lost acknowledgement is harmless. `once` marks a decision: the same
    id with other content returns the stored one (`AlreadyDecided`); for a fact that would be an error (`IdReused`).
    """

    id: str
    event: Event
    time: datetime
    actor: str
    once: bool = False


class Recorded(Struct, frozen=True, kw_only=True, gc=False):  # made for every event that is read: ten times as fast
    """An event as it stands in the log; `data` is its payload as JSON text, undecoded (see `codec.decode`)."""

    position: int
    id: str
    stream: str
    version: int
    type: str
    schema: int
    time: datetime
    actor: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An event with its link of the chain, as a copy of the log needs it.

    `data_hash` is that of the payload as it was recorded; of a redacted event the payload is another, and `redacted` is
    the position of the event that tells of it.
    """

    recorded: Recorded
    data_hash: bytes
    redacted: int | None
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What a unit asks of one stream: its present version, and what to add. No drafts: a read condition."""

    expected: int
    drafts: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMove:
    """Move a subscription's cursor, if it still stands at `old`."""

    name: str
    old: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """What a unit relies on: that the lease `name` is still held in the epoch in which it was taken."""

    name: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """An event that a subscription could not take, set aside so that the ones behind it are not held up."""

    name: str
    position: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparked:
    """Take back an event that a subscription set aside: it was handed over after all, or is given up."""

    name: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """All or nothing: some streams and, if wanted, the cursor whose event had these effects.

    `fences` are the leases without which it must not be written; they are looked at in its own transaction.
    `parking` sets an event aside, together with the cursor's move past it; without a move it says anew why. Or it takes
    one back. What is not set aside can have neither. A unit that is repeated sets nothing aside again.
    """

    streams: Mapping[str, Write] = field(default_factory=dict)
    cursor: CursorMove | None = None
    fences: tuple[Fence, ...] = ()
    parking: Parked | Unparked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The unit is on disk; `events` as they stand, in the order of the drafts (earlier positions for repeats)."""

    events: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleVersion:
    """Another writer was first: nothing of the unit was written. Reload the stream and decide again."""

    stream: str
    expected: int
    actual: int

    def __str__(self) -> str:
        """Return the sentence that tells what to do."""
        return (
            f"stream {self.stream!r} is at version {self.actual}, not {self.expected}: "
            "another writer appended first; reload it and decide again"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDecided:
    """This decision was made before, with other content; `stored` is what was decided. Nothing was written."""

    stored: Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class IdReused:
    """A fact with this id but other content stands in the log: a defect of the writer. Nothing was written."""

    stored: Recorded

    def __str__(self) -> str:
        """Return the sentence that tells what stands there."""
        return f"the id {self.stored.id!r} stands at position {self.stored.position} with other content"


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMoved:
    """The cursor is not where the unit expected it: another subscriber of that name is at work. Nothing was written."""

    name: str
    expected: int
    actual: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FencedOff:
    """The lease went to another holder: whatever was decided under it is void. Nothing was written."""

    name: str
    epoch: int
    actual: int

    def __str__(self) -> str:
        """Return the sentence that tells what to do."""
        return (
            f"the lease {self.name!r} is in epoch {self.actual}, and was taken in {self.epoch}: "
            "another holder has it now; take it again and decide anew"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotParked:
    """There is nothing to take back: it was before, or was never set aside. Nothing was written."""

    name: str
    position: int


Refused = StaleVersion | AlreadyDecided | IdReused | CursorMoved | FencedOff | NotParked
Result = Appended | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which events to read: those that fulfil all of this; None and () mean any.

    Of each of `globs` one must match the `namespace/name` of an endpoint, as the shell's patterns do. `statuses` are
    those that an endpoint came to; status, cause, policy and intent are the facets of an event, and what names no
    policy but an intent of one is that one's, too. `evidence` are the positions that count as named by `intent` (see
    `chains`). `after` and `before` are positions, exclusive, and so is `until`. Raises ValueError for a text that no
    event could have.
    """

    stream: str | None = None
    namespace: str | None = None
    name: str | None = None
    globs: tuple[tuple[str, ...], ...] = ()
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    actor: str | None = None
    cause: str | None = None
    policy: str | None = None
    intent: str | None = None
    evidence: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0
    before: int | None = None
    newest_first: bool = False
    limit: int = 1000

    def __post_init__(self) -> None:
        """Refuse what would be an answer to no question."""
        texts = (*self.types, *self.statuses, self.actor, self.cause, self.policy, self.intent)
        for text in texts:
            if text is not None and not (text and text.isprintable()):
                raise ValueError(f"no event can be asked for by {text[:60]!r}: give a text that can be printed")
        if self.limit < 1:
            raise ValueError(f"a page of {self.limit} events holds nothing: ask for one at least")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Events that match, and the head of the log when they were read. `more`: others follow beyond the limit.

    Up to `archived` the events lie in an archive: a query that reaches down there is answered without them.
    """

    events: tuple[Recorded, ...]
    head: int
    more: bool
    archived: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """How the chain stands at a position. Kept elsewhere, it shows later that nothing up to there was rewritten."""

    position: int
    hash: bytes

    def __str__(self) -> str:
        """Return `POSITION:HASH`."""
        return f"{self.position}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """Read `POSITION:HASH`. Raises ValueError."""
        found = re.fullmatch(r"(\d{1,18}):([0-9a-fA-F]{64})", text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no anchor: it looks like POSITION:HASH, as `lamplighter log head` prints it")
        return cls(position=int(found[1]), hash=bytes.fromhex(found[2]))


BEGINNING = Anchor(position=0, hash=bytes(32))  # how the chain of every log stands before its first event


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first place where the chain does not hold, and what is wrong with it."""

    position: int
    why: str

    def __str__(self) -> str:
        """Return the finding as a sentence."""
        return f"the log is broken at position {self.position}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """What is to be taken out of an event, by whom, and why.

    `fields` are dotted paths into its payload; none means every text without which the event can still be understood.
    """

    position: int
    why: str
    actor: str
    time: datetime
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRedacted:
    """The event cannot be redacted so. Nothing was written."""

    position: int
    why: str

    def __str__(self) -> str:
        """Return the reason as a sentence."""
        return f"position {self.position} cannot be redacted: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The events from `first` to `last`, which lie in a file of their own, and the chain's hash at both ends.

    `path` is where the file was written; it may have been moved since. `digest` is its SHA-256.
    """

    first: int
    last: int
    hash_before: bytes
    hash_after: bytes
    path: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a log stands at one instant: how far it reaches, by which hash, who has read how far, what lies elsewhere."""

    log_id: str
    position: int
    hash: bytes
    cursors: Mapping[str, int]
    parked: tuple[Parked, ...]
    segments: tuple[Segment, ...]

    @property
    def archived(self) -> int:
        """Return the position up to which events lie in archives; 0 if none do."""
        return self.segments[-1].last if self.segments else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StillNeeded:
    """What a segment holds is needed, so it stays; each reason says by whom."""

    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """Return the reasons as one sentence."""
        return "; ".join(self.reasons)


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


def fact_id(stream: str, version: int, type_name: str, data: bytes) -> str:
    """Return the id of a fact: the same fact at the same place always has the same one."""
    digest = hashlib.sha256()
    for part in (stream.encode(), str(version).encode(), type_name.encode(), data):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:32]


def decision_id(*parts: object) -> str:
    """Return the id of a decision, from what makes it the same one: never a time of deciding, never a sentence."""
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode()
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return digest.hexdigest()[:32]

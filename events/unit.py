"""What is asked of a log at once, all or nothing, and what can come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from events.record import Draft, Recorded


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


class Appended(Struct, frozen=True, kw_only=True):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSuchPosition:
    """A subscription cannot have read, nor set aside, what is not in the log. Nothing was written."""

    name: str
    position: int
    head: int

    def __str__(self) -> str:
        """Return the sentence that tells how far the log reaches."""
        return f"{self.name!r} cannot be at position {self.position}: the log reaches from 1 to {self.head}"


Refused = StaleVersion | AlreadyDecided | IdReused | CursorMoved | FencedOff | NotParked | NoSuchPosition


Result = Appended | Refused

"""The log as a whole: how it stands, what is proven of it, taken out of it, and archived."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from events.unit import Parked


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
class Misindexed:
    """A place where the index of a log is not what its events make it: they are there, and may not be found.

    `table` is where it is wrong, None if that cannot be told; `position` the event that is concerned, None if it is
    none of those that there are.
    """

    table: str | None
    position: int | None
    why: str

    def __str__(self) -> str:
        """Return the finding as a sentence that ends with what to do."""
        where = "" if self.position is None else f" at position {self.position}"
        where += "" if self.table is None else f", in its table {self.table}"
        return (
            f"the index of the log is wrong{where}: {self.why}. No event is lost: stop the "
            "daemon and run `lamplighter log reindex`"
        )


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

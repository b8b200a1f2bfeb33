"""An event of the log: on its way in, as it stands there, and as it is copied."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from events.catalogue import Event
from events.errors import LogUnusable


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


# Made for every event that is read, of a row as it is: a dataclass with a datetime takes ten times as long.
class Recorded(Struct, frozen=True, gc=False):
    """An event as it stands in the log.

    `instant` is its time, RFC 3339 in UTC with six digits, so that text order is time order. `data` is its payload as
    JSON text, undecoded (see `codec.decode`).
    """

    position: int
    id: str
    stream: str
    version: int
    type: str
    schema: int
    instant: str
    actor: str
    data: bytes

    @property
    def time(self) -> datetime:
        """Return its time. Raises LogUnusable if that was changed behind the log's back."""
        try:
            return datetime.fromisoformat(self.instant)
        except ValueError as error:
            raise LogUnusable(
                f"position {self.position} was changed: {self.instant!r} is no time. Run `lamplighter log verify`"
            ) from error


class Sealed(Struct, frozen=True, kw_only=True):
    """An event with its link of the chain, as a copy of the log needs it.

    `data_hash` is that of the payload as it was recorded; of a redacted event the payload is another, and `redacted` is
    the position of the event that tells of it.
    """

    recorded: Recorded
    data_hash: bytes
    redacted: int | None
    hash: bytes


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

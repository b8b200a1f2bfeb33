"""An event of the log: on its way in, as it stands there, and as it is copied."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from events.catalogue import Event


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

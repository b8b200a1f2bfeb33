"""The hash chain: each event's hash covers the one before it and every column of its own.

The payload enters by its own hash, so that it can be taken out later while the chain still holds. Each text is
preceded by its length in characters: no two different rows ever give the same bytes to hash.
"""

import hashlib

from events.anchor import BEGINNING
from events.record import Recorded

GENESIS = BEGINNING.hash


def digest(data: bytes) -> bytes:
    """Return the hash by which a payload enters the chain."""
    return hashlib.sha256(data).digest()


def link(previous: bytes, recorded: Recorded, data_hash: bytes) -> bytes:
    """Return the hash of one event, given that of the event before it."""
    texts = (recorded.stream, recorded.id, recorded.type, recorded.instant, recorded.actor)
    return hashed(previous, data_hash, (recorded.position, recorded.version, recorded.schema), texts)


def hashed(previous: bytes, data_hash: bytes, numbers: tuple[int, int, int], texts: tuple[str, ...]) -> bytes:
    """Return the hash of a row: position, version and schema; stream, id, type, time and actor as they are spelt."""
    position, version, schema = numbers
    columns = f"{position} {version} {schema} " + "".join([f"{len(t)}:{t}" for t in texts])
    return hashlib.sha256(previous + data_hash + columns.encode()).digest()

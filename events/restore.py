"""How events of a copy are taken into a log: the one rule that every log follows.

They are judged before any of them is written, so a refusal leaves nothing to undo. What is taken is taken as it stands;
only what an event can be found by is worked out anew.
"""

from collections.abc import Sequence
from typing import Protocol

from events import chain
from events.codec import Undecodable, decode, known
from events.errors import Misfit
from events.facets import Facets, facets, why_not_found
from events.record import Recorded, Sealed
from events.settling import Stored


class Place(Protocol):
    """What a store must offer, inside one transaction, for events of a copy to be taken."""

    @property
    def log_id(self) -> str:
        """Return the id of the log."""
        ...

    @property
    def position(self) -> int:
        """Return the position of the newest event."""
        ...

    @property
    def tip(self) -> bytes:
        """Return the hash of the newest event."""
        ...

    def stored(self, id_: str) -> Stored | None:
        """Return the event with this id, be it archived or not."""
        ...

    def version(self, stream: str) -> int:
        """Return the number of events in a stream."""
        ...

    def put_back(self, event: Sealed, facets: Facets) -> None:
        """Store the next event as it stands."""
        ...

    def become(self, log_id: str) -> None:
        """Take on another id."""
        ...


def restore(events: Sequence[Sealed], log_id: str, place: Place) -> None:
    """Write events of a copy, or raise Misfit or Undecodable having written nothing of them."""
    if place.position and place.log_id != log_id:
        raise Misfit(place.position + 1, f"it is of the log {log_id}, and this one is {place.log_id}")
    _require_fit(events, place)
    facets_ = [_findable(event.recorded) for event in events]
    if not place.position:
        place.become(log_id)
    for event, by in zip(events, facets_, strict=True):
        place.put_back(event, by)


def why_not_next(event: Sealed, position: int, tip: bytes) -> str | None:
    """Return why an event does not follow the one at this position with this hash, or None."""
    recorded = event.recorded
    if recorded.position != position + 1:
        return f"{position + 1} comes next"
    if event.redacted is None and chain.digest(recorded.data) != event.data_hash:
        return "its payload is not the one that was recorded"
    if chain.link(tip, recorded, event.data_hash) != event.hash:
        return "its hash is not that of the event before it and of what it says"
    return None


def _require_fit(events: Sequence[Sealed], place: Place) -> None:
    """Raise Misfit unless these are the next events of the chain, each the next of its stream, by a new id."""
    position, tip, ids, versions = place.position, place.tip, set[str](), dict[str, int]()
    for event in events:
        recorded = event.recorded
        if why := why_not_next(event, position, tip):
            raise Misfit(recorded.position, why)
        if recorded.id in ids or place.stored(recorded.id) is not None:
            raise Misfit(recorded.position, f"the id {recorded.id!r} stands already")
        version = versions[stream] if (stream := recorded.stream) in versions else place.version(stream)
        if recorded.version != version + 1:
            raise Misfit(recorded.position, f"stream {stream!r} is at version {version}, this is {recorded.version}")
        position, tip, versions[stream] = recorded.position, event.hash, recorded.version
        ids.add(recorded.id)


def _findable(recorded: Recorded) -> Facets:
    """Return what an event can be found by. Raises Undecodable, or Misfit if nobody could ask for it."""
    by = found_by(recorded)
    if why := why_not_found(recorded.stream, by):
        raise Misfit(recorded.position, why)
    return by


def require_known(recorded: Recorded) -> None:
    """Raise Undecodable if only a newer version can know what an event says."""
    if not known(recorded.type, recorded.schema):
        decode(recorded)


def found_by(recorded: Recorded) -> Facets:
    """Return what an event can be found by. Raises Undecodable if only a newer version can know."""
    try:
        return facets(decode(recorded))
    except Undecodable:
        if known(recorded.type, recorded.schema):
            return Facets()
        raise

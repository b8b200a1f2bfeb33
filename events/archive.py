"""When a segment may lie in a file instead of in the log: the one rule that every log follows.

The chain goes on across it by the hashes at its ends. Nothing that anybody still has to read is ever taken out.
"""

from typing import Protocol

from events import chain
from events.anchor import Segment, Standing, StillNeeded
from events.errors import Misfit
from events.record import Sealed
from events.settling import Order, Rows, settle
from events.unit import Appended, Result


class Shelf(Rows, Protocol):
    """What a store must offer, inside one transaction, for a segment to be taken out."""

    @property
    def standing(self) -> Standing:
        """Return how the log stands."""
        ...

    def sealed_at(self, position: int) -> Sealed | None:
        """Return the event at a position; None if there is none, or if it lies in an archive."""
        ...

    def take_out(self, segment: Segment) -> None:
        """Let a segment lie elsewhere: of each of its events stays all but the payload."""
        ...


def archive(segment: Segment, told: Order, shelf: Shelf) -> Result | StillNeeded:
    """Take a segment out and write what tells of it, or say why not, having done nothing. Raises Misfit."""
    standing = shelf.standing
    _require_next(segment, standing, shelf)
    needed = why_needed(segment.last, standing)
    if needed:
        return StillNeeded(reasons=needed)
    result = settle(told, shelf)
    if not isinstance(result, Appended):
        return result
    shelf.take_out(segment)
    return result


def begin(standing: Standing) -> tuple[int, bytes]:
    """Return the position and the hash that the first event which is not archived follows."""
    last = standing.segments[-1] if standing.segments else None
    return (0, chain.GENESIS) if last is None else (last.last, last.hash_after)


def why_needed(last: int, standing: Standing) -> tuple[str, ...]:
    """Return who still has to read what lies at or before a position, each with what to do about it."""
    behind = [
        f"subscriber {name!r} has read only up to {position}: let the daemon run until it has read {last}, "
        f"or say --without {name} if there is none of that name any more"
        for name, position in sorted(standing.cursors.items())
        if position < last
    ]
    aside = [
        f"position {parked.position} is set aside for {parked.name!r}: replay or skip it first"
        for parked in standing.parked
        if parked.position <= last
    ]
    return (*behind, *aside)


def _require_next(segment: Segment, standing: Standing, shelf: Shelf) -> None:
    position, tip = begin(standing)
    if segment.first != position + 1 or segment.hash_before != tip:
        raise Misfit(segment.first, f"the next segment begins at {position + 1}, by the hash {tip.hex()}")
    if not segment.first <= segment.last <= standing.position:
        raise Misfit(segment.last, f"the log reaches from {segment.first} to {standing.position}")
    end = shelf.sealed_at(segment.last)
    if end is None or end.hash != segment.hash_after:
        raise Misfit(segment.last, "the segment ends by another hash than the log has there")

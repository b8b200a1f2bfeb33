"""From a log to the lines of a copy: page by page, so that memory stays flat and a daemon that writes is not held up.

The copy ends where the log ended when it began. Every link is worked out anew on its way out: a copy of a broken chain
is not made. What lies in archives is read from there.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from events import chain, cloudevents
from events.anchor import Standing
from events.errors import LogError
from events.log import CopiedLog
from events.record import Sealed
from events.restore import why_not_next
from events.transfer import heading as headings
from events.transfer.copies import archived
from events.transfer.heading import Heading

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A copy in the making: its heading, and the events that follow."""

    heading: Heading
    events: AsyncIterator[Sealed]

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield every line, with its end."""
        yield headings.render(self.heading) + b"\n"
        async for event in self.events:
            yield cloudevents.render(event, self.heading.log_id) + b"\n"


async def outgoing(log: CopiedLog, *, after: int = 0, last: int | None = None) -> Outgoing:
    """Begin a copy of what stands behind a position, up to the head or to `last`; only the first has the cursors.

    Raises LogError if the log or one of its archives does not hold what it should, be it while the events are read.
    """
    standing = await log.standing()
    end = standing.position if last is None else last
    if not after <= end <= standing.position:
        raise LogError(f"the log ends at {standing.position}: nothing between {after} and {end} can be exported")
    tip = _known_hash(standing, after)
    events = _standing_events(log, standing, after if tip is not None else after - 1)
    if tip is None:
        tip = (await anext(events)).hash
    heading = Heading(
        log_id=standing.log_id,
        after=after,
        hash_before=tip.hex(),
        last=end,
        hash=(standing.hash if last is None else await _hash_at(log, end)).hex(),
        cursors=dict(standing.cursors) if last is None else {},
        parked=standing.parked if last is None else (),
    )
    return Outgoing(heading, _proven(events, heading, standing.position))


def _known_hash(standing: Standing, position: int) -> bytes | None:
    """Return the hash at a position, if it can be told without reading the event there."""
    ends = {segment.last: segment.hash_after for segment in standing.segments}
    return {0: chain.GENESIS, **ends}.get(position)


async def _standing_events(log: CopiedLog, standing: Standing, after: int) -> AsyncGenerator[Sealed, None]:
    """Yield what stands behind a position, first from the archives."""
    for segment in standing.segments:
        if segment.last > after:
            for event in archived(segment):
                if event.recorded.position > after:
                    yield event
    position = max(after, standing.archived)
    while page := await log.sealed(position, PAGE):
        for event in page:
            yield event
        position = page[-1].recorded.position


async def _hash_at(log: CopiedLog, position: int) -> bytes:
    """Return the hash of an event that is not archived."""
    [event] = await log.sealed(position - 1, 1)
    return event.hash


async def _proven(events: AsyncGenerator[Sealed, None], heading: Heading, head: int) -> AsyncIterator[Sealed]:
    """Yield the events of a copy, each after its link was worked out anew. Raises LogError."""
    position, tip = heading.after, bytes.fromhex(heading.hash_before)
    while position < heading.last:
        event = await anext(events, None)
        why = "it is missing" if event is None else why_not_next(event, position, tip)
        if event is None or why is not None:
            raise LogError(f"the log is broken at position {position + 1}: {why}. Run `lamplighter log verify`")
        if event.redacted is not None and event.redacted > head:
            raise LogError(f"position {position + 1} was redacted while the log was copied: do it again")
        yield event
        position, tip = event.recorded.position, event.hash
    if tip.hex() != heading.hash:
        raise LogError(
            f"the log is broken at position {position}: its head has another hash. Run `lamplighter log verify`"
        )

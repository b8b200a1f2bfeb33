"""The chain of an intent: what it rests on, what warned of it, the intent, its outcome, and what it brought about.

What follows an intent names it; what went before cannot, and is named by it: by position, as its evidence.
"""

from dataclasses import replace

from events.catalogue.acts import Intended
from events.codec import decode, type_of
from events.log import LogReader
from events.query import Query
from events.record import Recorded

INTENDED = type_of(Intended)
LONGEST = 10_000  # events; what names one intent are its outcome and a few facts


async def with_evidence(log: LogReader, query: Query) -> Query:
    """Return a query that asks for an intent's whole chain, if it asks for an intent."""
    if query.intent is None:
        return query
    page = await log.read(Query(intent=query.intent, types=(INTENDED,), limit=1))
    found = [event.evidence for event in map(decode, page.events) if isinstance(event, Intended)]
    return replace(query, evidence=tuple(position for positions in found for position in positions))


async def chain_of(log: LogReader, intent: str) -> tuple[Recorded, ...]:
    """Return the chain of an intent, in order: evidence, warnings, intent, outcome and the facts that name it."""
    return (await log.read(await with_evidence(log, Query(intent=intent, limit=LONGEST)))).events

"""Reading all that matches a query, however much it is: page by page, so that a page alone is in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace

from events.log import LogReader
from events.query import Query
from events.record import Recorded


async def matching(log: LogReader, query: Query) -> AsyncIterator[Recorded]:
    """Yield every event that lies in the log itself and matches, in the order of positions; archives are not read."""
    while True:
        page = await log.read(query)
        for recorded in page.events:
            yield recorded
        if not page.more:
            return
        query = replace(query, after=page.events[-1].position)

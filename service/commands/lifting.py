"""By which request a hold was lifted: that stands in the event, so that the log remembers it.

It is no part of the event's id: whoever else lifts the same hold at the same time must find it lifted.
"""

from events import codec, streams
from events.catalogue.keepers import HoldLifted
from events.log import EventLog
from events.paging import matching
from events.query import Query
from events.record import decision_id
from statemachine.model import EndpointName

LIFTED = (codec.type_of(HoldLifted),)


def id_of_lift(hold: str) -> str:
    """Return the id under which a hold is lifted, whoever does it: it is lifted once."""
    return decision_id("lift", hold)


def id_of_request(author: str, key: str | None) -> str | None:
    """Return what stands for a request with a key in the events that come of it."""
    return None if key is None else decision_id("request to lift", author, key)


async def lifted_before(log: EventLog, name: EndpointName | None, *, author: str, request: str) -> dict[str, int]:
    """Return the holds that a request lifted when it came before, however long ago, and the positions that say so."""
    stream = streams.EVERYTHING if name is None else streams.acts(name)
    found: dict[str, int] = {}
    async for recorded in matching(log, Query(stream=stream, types=LIFTED, actor=author)):
        event = codec.decode(recorded)
        if isinstance(event, HoldLifted) and event.request == request:
            found[event.hold] = recorded.position
    return found

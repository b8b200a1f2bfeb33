"""By which request a hold was lifted: its idempotency key is in the id of the event, so that the log remembers it."""

from events import codec, streams
from events.catalogue import HoldLifted
from events.log import EventLog
from events.query import Query
from events.record import decision_id
from statemachine.model import EndpointName

LIFTED = (codec.type_of(HoldLifted),)


def id_of_lift(hold: str, author: str, key: str | None) -> str:
    """Return the id under which a hold is lifted: of a request with a key its own, else one for all."""
    return decision_id("lift", hold) if key is None else decision_id("lift", author, key, hold)


async def lifted_before(log: EventLog, name: EndpointName | None, *, author: str, key: str) -> dict[str, int]:
    """Return the holds that a request lifted when it came before, however long ago, and the positions that say so."""
    stream = streams.EVERYTHING if name is None else streams.acts(name)
    found: dict[str, int] = {}
    after, more = 0, True
    while more:
        page = await log.read(Query(stream=stream, types=LIFTED, actor=author, after=after))
        for recorded in page.events:
            event = codec.decode(recorded)
            if isinstance(event, HoldLifted) and recorded.id == id_of_lift(event.hold, author, key):
                found[event.hold] = recorded.position
        after, more = page.events[-1].position if page.events else after, page.more
    return found

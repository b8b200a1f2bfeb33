"""The stream of acts: what was meant, what became of it, and what holds there are."""

from collections.abc import Mapping

from events import codec, streams
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended
from events.catalogue.keepers import HoldLifted, HoldPlaced
from events.log import EventLog
from events.unit import Result, StaleVersion, Unit, Write
from service.clock import Clock
from statemachine.model import EndpointName

Told = Intended | Confirmed | Failed | Abandoned | HoldPlaced | HoldLifted


async def tell(
    log: EventLog,
    clock: Clock,
    name: EndpointName | None,
    event: Told,
    *,
    id_: str,
    actor: str,
    condition: Mapping[str, int] | None = None,
) -> Result:
    """Append a decision to the acts of an endpoint, or (None) of all; `condition`: versions that must not have moved.

    Others may write there too: unless the acts themselves stand in the condition, a stale version of them is tried
    again.
    """
    stream = streams.EVERYTHING if name is None else streams.acts(name)
    draft = codec.decision(id_, event, time=clock.now(), actor=actor)
    conditions = dict(condition or {})
    bound = conditions.pop(stream, None)
    reads = {key: Write(expected=version) for key, version in conditions.items()}
    while True:
        expected = await log.version(stream) if bound is None else bound
        write = Write(expected=expected, drafts=(draft,))
        (result,) = await log.append([Unit(streams={stream: write, **reads})])
        if bound is not None or not (isinstance(result, StaleVersion) and result.stream == stream):
            return result

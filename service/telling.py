"""How the daemon puts a fact of its own into the log: behind what its stream holds now."""

from datetime import datetime
from typing import Any

import structlog

from events import codec
from events.catalogue import Event
from events.log import EventLog
from events.unit import Appended, Unit, Write

ACTOR = "daemon"
_logger: Any = structlog.get_logger()


async def tell(log: EventLog, stream: str, event: Event, *, at: datetime) -> None:
    """Append a fact to a stream that the daemon alone writes; a refusal is told in the log of the process."""
    version = await log.version(stream)
    draft = codec.fact(stream, version + 1, event, time=at, actor=ACTOR)
    (result,) = await log.append([Unit(streams={stream: Write(expected=version, drafts=(draft,))})])
    if not isinstance(result, Appended):
        _logger.error("fact_refused", stream=stream, result=type(result).__name__)

"""What the alerts read of the log: the facts and acts that rules speak of, and their own decisions."""

from collections.abc import AsyncIterator
from typing import Any

import structlog

from events import codec
from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted
from events.catalogue.incidents import Fired, Resolved
from events.catalogue.log import LogFoundBroken, LogFoundSound
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable, SuspicionEnded
from events.catalogue.notifications import Notified
from events.catalogue.parked import EventParked, EventReplayed, EventSkipped
from events.log import EventLog
from events.paging import matching
from events.query import Query
from events.record import Recorded
from service.beginning import archived
from statemachine import model

_READ: tuple[type[Event], ...] = (
    model.Discovered,
    model.StatusChanged,
    model.ReplicasChanged,
    model.UrlChanged,
    model.MessageChanged,
    model.Reconfigured,
    model.BecameUnreadable,
    model.BecameReadable,
    model.Deleted,
    NamespaceUnreachable,
    NamespaceRecovered,
    DisappearanceSuspected,
    SuspicionEnded,
    Warned,
    Intended,
    Confirmed,
    Failed,
    Abandoned,
    ConfigurationApplied,
    ConfigurationRefused,
    DaemonStarted,
    LogFoundBroken,
    LogFoundSound,
    EventParked,
    EventReplayed,
    EventSkipped,
)
_DECIDED: tuple[type[Event], ...] = (Fired, Resolved, Notified)

READ = tuple(codec.type_of(cls) for cls in _READ)
DECIDED = tuple(codec.type_of(cls) for cls in _DECIDED)

_logger: Any = structlog.get_logger()


async def up_to(
    log: EventLog, types: tuple[str, ...], last: int | None, *, after: int
) -> AsyncIterator[tuple[Recorded, Event]]:
    """Yield the events of some types after a position, up to another or all; what nobody can decode is left out."""
    async for recorded in _from(log, types, last, after=after):
        try:
            yield recorded, codec.decode(recorded)
        except codec.Undecodable as error:
            _logger.warning("event_left_out", subscriber="alerts", position=recorded.position, error=str(error))


async def _from(log: EventLog, types: tuple[str, ...], last: int | None, *, after: int) -> AsyncIterator[Recorded]:
    async for recorded in archived(log, after=after):
        if recorded.type in types and (last is None or recorded.position <= last):
            yield recorded
    query = Query(types=types, after=after, before=None if last is None else last + 1)
    async for recorded in matching(log, query):
        yield recorded

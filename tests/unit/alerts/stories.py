"""What happens to endpoints in these tests, told as the watcher and the commands would tell it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from events import codec, streams
from events.catalogue import Event
from events.log import EventLog
from events.query import Query
from events.record import Recorded
from events.unit import Appended, Unit, Write
from events.views.fleet import Fleet
from service.config import Settings
from statemachine.machine import classify
from statemachine.model import Deleted, Discovered, End, EndpointName, Sighting, StatusChanged, Window, instant
from statemachine.status import AnyStatus, Status

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BORN = NOON - timedelta(days=30)
TGI = EndpointName("acme", "tgi")


def settings(**more: Any) -> Settings:
    """Return a configuration with two channels, and one route to the first for everything."""
    said: dict[str, Any] = {
        "channels": {"pager": {"command": ["true"]}, "chat": {"command": ["true"]}},
        "alerts": {"page": {"channel": "pager"}},
        "namespaces": {"acme": {}},
    }
    return Settings(**(said | more))


def sighting(status: AnyStatus, **more: Any) -> Sighting:
    return Sighting(**({"status": status, "created_at": BORN, "updated_at": NOON - timedelta(days=19)} | more))


def discovered(status: AnyStatus, *, at: datetime = NOON, before: datetime | None = None, **more: Any) -> Discovered:
    """Tell of a first sight; `before` is the last look that did not hold it, None if the namespace is new."""
    return Discovered(seen_at=at, absent_at=before, sighting=sighting(status, **more))


def changed(old: AnyStatus, new: AnyStatus, *, at: datetime = NOON, message: str | None = None) -> StatusChanged:
    found = classify(old, new)
    return StatusChanged(window=window(at), old=old, new=new, kind=found.kind, via=found.via, message=message)


def deleted(old: AnyStatus = Status.RUNNING, *, at: datetime = NOON, end: End = End.NOT_FOUND) -> Deleted:
    return Deleted(window=window(at), old=old, end=end)


def window(at: datetime) -> Window:
    return Window(not_before=at - timedelta(seconds=10), seen_at=at)


def life(name: EndpointName = TGI) -> str:
    return streams.life(name, BORN)


class Told:
    """A log of its own in memory, without a log: positions, streams and versions as they would be."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.all: list[tuple[Recorded, Event]] = []

    def tell(self, stream: str, event: Event, *, at: datetime = NOON, actor: str = "somebody") -> Recorded:
        type_name, schema, data = codec.encode(event)
        position = len(self.all) + 1
        recorded = Recorded(
            position=position,
            id=f"id-{position}",
            stream=stream,
            version=1 + sum(1 for earlier, _ in self.all if earlier.stream == stream),
            type=type_name,
            schema=schema,
            instant=instant(at),
            actor=actor,
            data=data,
        )
        self.all.append((recorded, event))
        self.fleet.apply(recorded, event)
        return recorded


async def tell(log: EventLog, stream: str, *events: Event, at: datetime = NOON, actor: str = "watcher") -> int:
    """Append facts to a log; return the position of the last one."""
    position = 0
    for event in events:
        version = await log.version(stream)
        draft = codec.fact(stream, version + 1, event, time=at, actor=actor)
        (result,) = await log.append([Unit(streams={stream: Write(expected=version, drafts=(draft,))})])
        assert isinstance(result, Appended), result
        position = result.events[-1].position
    return position


async def told(log: EventLog, *types: type[Event]) -> list[Any]:
    """Return the events of some types that the log holds."""
    query = Query(types=tuple(codec.type_of(cls) for cls in types), limit=100_000)
    return [codec.decode(recorded) for recorded in (await log.read(query)).events]


def by_rule(incidents: list[Any]) -> Mapping[str, Any]:
    return {incident.rule: incident for incident in incidents}

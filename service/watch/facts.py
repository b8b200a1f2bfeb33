"""From what happened to what stands in the log: one unit per endpoint, each at its stream's expected version."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from events import codec, streams
from events.errors import LogError
from events.log import EventLog
from events.query import Query
from events.record import Draft
from events.unit import Appended, StaleVersion, Unit, Write
from service.watch.track import Track
from statemachine.machine import evolve, fold
from statemachine.model import Deleted, Discovered, EndpointName, LifecycleEvent, Reconfigured, StatusChanged

ACTOR = "watcher"
DISCOVERED = codec.type_of(Discovered)
_logger: Any = structlog.get_logger()


async def record(
    log: EventLog, tracks: Mapping[EndpointName, Track], changes: Mapping[EndpointName, Sequence[LifecycleEvent]]
) -> set[EndpointName]:
    """Append these changes and advance the tracks of those that were taken; return whose they were.

    A refused one leaves its track as the log has it, and the next look decides again: it was written before and not
    acknowledged, or by another daemon. Raises LogUnusable; then no track has moved.
    """
    units = [await _unit(log, name, tracks[name], happened) for name, happened in changes.items()]
    results = await log.append(units)
    taken = set()
    for (name, happened), result in zip(changes.items(), results, strict=True):
        match result:
            case Appended(events=events):
                _advance(tracks[name], happened, version=events[-1].version)
                taken.add(name)
                for recorded in events:
                    _logger.info("recorded", endpoint=str(name), what=recorded.type, position=recorded.position)
            case StaleVersion():
                await _reload(log, name, tracks[name])
            case _:
                _logger.error("fact_refused", endpoint=str(name), result=type(result).__name__)
    return taken


async def _unit(log: EventLog, name: EndpointName, track: Track, happened: Sequence[LifecycleEvent]) -> Unit:
    writes: dict[str, list[Draft]] = {}
    versions: dict[str, int] = {}
    stream = None if track.life is None else streams.life(name, track.life)
    if stream is not None:
        versions[stream] = track.version
    for event in happened:
        if isinstance(event, Discovered):
            stream = streams.life(name, event.sighting.created_at)
            if stream not in versions:
                # A name never heard of has no stream; one that had another life may have had this one too.
                versions[stream] = 0 if track.life is None else await log.version(stream)
        if stream is None:
            raise AssertionError(f"{name}: {type(event).__name__} before any discovery")
        drafts = writes.setdefault(stream, [])
        version = versions[stream] + len(drafts) + 1
        at = event.seen_at if isinstance(event, Discovered) else event.window.seen_at
        drafts.append(codec.fact(stream, version, event, time=at, actor=ACTOR))
    return Unit(streams={key: Write(expected=versions[key], drafts=tuple(drafts)) for key, drafts in writes.items()})


def _advance(track: Track, happened: Sequence[LifecycleEvent], *, version: int) -> None:
    for event in happened:
        track.endpoint = evolve(track.endpoint, event)
        if isinstance(event, Discovered):
            track.life = event.sighting.created_at
        if isinstance(event, StatusChanged | Reconfigured | Deleted) and event.cause.intent is not None:
            track.followed.add(event.cause.intent)
    track.version = version


async def _reload(log: EventLog, name: EndpointName, track: Track) -> None:
    """Take up the newest life that the log tells of: it may be one that this track does not know yet.

    Raises LogError, and so lets all be begun anew from the views, if that life began in what is archived by now.
    """
    discoveries = Query(namespace=name.namespace, name=name.name, types=(DISCOVERED,), newest_first=True, limit=1)
    found = await log.read(discoveries)
    if found.archived and not found.events:
        raise LogError(f"how the life of {name} began lies in an archive: only the views still know it")
    for newest in found.events:
        page = await log.read(Query(stream=newest.stream, limit=1_000_000))
        facts = [fact for fact in map(codec.decode, page.events) if isinstance(fact, LifecycleEvent)]
        track.endpoint, track.version = fold(facts), len(page.events)
        track.life = next(fact.sighting.created_at for fact in facts if isinstance(fact, Discovered))

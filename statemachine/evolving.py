"""From events to the endpoint: what the events of one life add up to. The other half of `deciding`."""

from collections.abc import Iterable
from functools import reduce
from typing import assert_never

from msgspec.structs import replace

from statemachine.model import (
    BecameReadable,
    BecameUnreadable,
    Deleted,
    Discovered,
    Endpoint,
    LifecycleEvent,
    MessageChanged,
    Reconfigured,
    ReplicasChanged,
    Sighting,
    StatusChanged,
    UrlChanged,
)
from statemachine.windows import window_of_discovery


def evolve(endpoint: Endpoint, event: LifecycleEvent) -> Endpoint:
    """Apply one event; the only way an endpoint's state ever changes. Total.

    Where there is no life, all but a discovery changes nothing.
    """
    match event:
        case Discovered(sighting=sighting):
            since = window_of_discovery(event)
            return Endpoint(sighting=sighting, since=since, latest=since)
        case _ if endpoint.sighting is None:
            return endpoint
        case Deleted(window=window):
            return Endpoint(since=window, latest=window)
        case BecameUnreadable(window=window):
            return replace(endpoint, readable=False, latest=window)
        case BecameReadable(window=window):
            return replace(endpoint, readable=True, latest=window)
        case StatusChanged(window=window):
            return replace(endpoint, sighting=_sighted(endpoint.sighting, event), since=window, latest=window)
        case MessageChanged() | ReplicasChanged() | UrlChanged() | Reconfigured():
            return replace(endpoint, sighting=_sighted(endpoint.sighting, event), latest=event.window)
        case _:
            assert_never(event)


def _sighted(
    sighting: Sighting, event: StatusChanged | MessageChanged | ReplicasChanged | UrlChanged | Reconfigured
) -> Sighting:
    match event:
        case StatusChanged(new=status, message=message, updated_at=at, updated_by=by):
            return replace(sighting, status=status, message=message, updated_at=at, updated_by=by)
        case MessageChanged(message=message):
            return replace(sighting, message=message)
        case ReplicasChanged(ready=ready, target=target):
            return replace(sighting, ready_replicas=ready, target_replicas=target)
        case UrlChanged(new=url):
            return replace(sighting, url=url)
        case Reconfigured(changes=changes, updated_at=at, updated_by=by):
            configuration = sighting.configuration.changed({change.path: change.new for change in changes})
            return replace(sighting, configuration=configuration, updated_at=at, updated_by=by)
        case _:
            assert_never(event)


def fold(events: Iterable[LifecycleEvent]) -> Endpoint:
    """Return what the events of one stream add up to, from nothing."""
    return reduce(evolve, events, Endpoint())

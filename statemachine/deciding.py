"""From a look to events: what it tells of an endpoint beyond what was known.

`decide` and `evolve` are the two halves of one promise: when the decided events are applied, deciding again on the same
observation says nothing, and the endpoint equals the last readable sighting in all that makes events. That is all but
`created_by`, which never changes, and `updated_at` and `updated_by`, which alone make no event and are brought up to
date by the next StatusChanged or Reconfigured.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from statemachine.cause import cause_of_end
from statemachine.differences import differences
from statemachine.model import (
    BecameReadable,
    BecameUnreadable,
    Deleted,
    Discovered,
    End,
    Endpoint,
    LifecycleEvent,
    Look,
    Missing,
    Observation,
    Ours,
    Seen,
    Sighting,
    Unreadable,
    Window,
)
from statemachine.windows import window_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What is remembered of the time before a look; the fields are the arguments of `decide`."""

    not_before: datetime | None
    gap: bool
    edited_at: datetime | None
    ours: Sequence[Ours]


def decide(
    endpoint: Endpoint,
    observation: Observation,
    *,
    not_before: datetime | None,
    gap: bool,
    edited_at: datetime | None = None,
    ours: Sequence[Ours] = (),
) -> tuple[LifecycleEvent, ...]:
    """Say what happened, given what was known and what was seen now. Pure and total; unchanged, it says nothing.

    `not_before` is when the last good look that held this endpoint, or its whole namespace, was asked for. For one not
    yet discovered it is the last good look that did not hold it. None: there was none, or it is not remembered, and
    then the window begins where that of the endpoint's latest event does. `gap`: an outage or a restart lies between.
    `edited_at` is the document's `updatedAt` by the last look, if that is remembered: an edit alone makes no event.
    `ours` are the decisions of ours that are under way for this endpoint.

    - An unreadable or missing endpoint of which nothing is known has no life to speak of, and makes no event.
    - An older `created_at` than the known one is a stale answer of an earlier life, and changes nothing.
    - A newer one ends the known life and begins another: Deleted is for the stream of the old, Discovered for the new.
    - A secret that changed is told once: not again, if the endpoint's latest event was seen by the same answer. Where
      the wall clock jumped back behind that event this cannot be told, and it is rather told twice than never.
    """
    if isinstance(observation, Seen) and _is_unchanged(endpoint, observation):
        return ()
    memory = _Memory(not_before=not_before, gap=gap, edited_at=edited_at, ours=ours)
    match observation:
        case Seen():
            return _decide_seen(endpoint, observation, memory)
        case Unreadable(look=look, reason=reason):
            if endpoint.sighting is None or not endpoint.readable:
                return ()
            return (BecameUnreadable(window=_window(endpoint, look, memory), reason=reason),)
        case Missing(look=look):
            if endpoint.sighting is None:
                return ()
            return (_deleted(endpoint, _window(endpoint, look, memory), End.NOT_FOUND, memory),)
        case _:
            assert_never(observation)


def _is_unchanged(endpoint: Endpoint, seen: Seen) -> bool:
    """Say whether a look tells nothing new; asked at every look, before anything else, so the cheap and likely first.

    Most of its time goes into the configuration: a caller who knows that it is the same may hand in the same object.
    """
    known, new = endpoint.sighting, seen.sighting
    if known is None or not endpoint.readable or seen.changed_secrets:
        return False
    return known is new or (
        known.status == new.status
        and known.ready_replicas == new.ready_replicas
        and known.target_replicas == new.target_replicas
        and known.message == new.message
        and known.url == new.url
        and known.created_at == new.created_at
        and (known.configuration is new.configuration or known.configuration == new.configuration)
    )


def _decide_seen(endpoint: Endpoint, seen: Seen, memory: _Memory) -> tuple[LifecycleEvent, ...]:
    known, new = endpoint.sighting, seen.sighting
    if known is not None and new.created_at < known.created_at:
        return ()
    window = _window(endpoint, seen.look, memory)
    if known is None:
        return (_discovered(new, window, absent_at=_absent_at(endpoint, new, window, memory.not_before)),)
    if new.created_at > known.created_at:
        return (
            _deleted(endpoint, window, End.RECREATED, memory),
            _discovered(new, window, absent_at=window.not_before),
        )
    back = () if endpoint.readable else (BecameReadable(window=window),)
    secrets = () if _was_told(endpoint, seen.look) else tuple(sorted(seen.changed_secrets))
    told = differences(known, new, window, edited_at=memory.edited_at, ours=memory.ours, changed_secrets=secrets)
    return (*back, *told)


def _window(endpoint: Endpoint, look: Look, memory: _Memory) -> Window:
    return window_of(endpoint, look, not_before=memory.not_before, gap=memory.gap)


def _absent_at(endpoint: Endpoint, new: Sighting, window: Window, not_before: datetime | None) -> datetime | None:
    """Return when it was last known to be absent, if it ever was, as in Discovered."""
    if endpoint.latest is not None:
        return window.not_before
    if not_before is None or not_before <= window.seen_at:
        return not_before
    return min(new.created_at, window.seen_at)


def _discovered(sighting: Sighting, window: Window, *, absent_at: datetime | None) -> Discovered:
    return Discovered(
        seen_at=window.seen_at,
        absent_at=absent_at,
        sighting=sighting,
        gap=window.gap,
        blur_seconds=window.blur_seconds,
    )


def _deleted(endpoint: Endpoint, window: Window, end: End, memory: _Memory) -> Deleted:
    cause = cause_of_end(endpoint.status, ours=memory.ours)
    return Deleted(window=window, old=endpoint.status, end=end, cause=cause)


def _was_told(endpoint: Endpoint, look: Look) -> bool:
    """Say whether the endpoint's latest event was seen by this very answer, as far as the wall clock tells."""
    return endpoint.latest is not None and endpoint.latest.seen_at == look.answered_at


def by_life(
    endpoint: Endpoint, events: Iterable[LifecycleEvent]
) -> tuple[tuple[datetime, tuple[LifecycleEvent, ...]], ...]:
    """Part the events decided on an endpoint by the life that each belongs to, named by the instant of its creation.

    Discovered begins a life and all others belong to the one before them; those before any life belong to none, and
    are left out. Each part is for the stream of its life.
    """
    life = None if endpoint.sighting is None else endpoint.sighting.created_at
    lives: dict[datetime, list[LifecycleEvent]] = {}
    for event in events:
        if isinstance(event, Discovered):
            life = event.sighting.created_at
        if life is not None:
            lives.setdefault(life, []).append(event)
    return tuple((created_at, tuple(own)) for created_at, own in lives.items())

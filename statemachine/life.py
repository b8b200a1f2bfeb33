"""The life of an endpoint: what a look tells of it, and what its events add up to.

`decide` and `evolve` are the two halves of one promise: when the decided events are applied, deciding again on the same
observation says nothing, and the endpoint equals the last readable sighting in all that makes events. That is all but
`created_by`, which never changes, and `updated_at` and `updated_by`, which alone make no event and are brought up to
date by the next StatusChanged or Reconfigured.

Time is judged by whoever looks: a wall clock that jumped back is met here only so far that no window ends before it
begins, and that none begins before the one of the event before it ends. Which of two looks came first is not told
by wall time at all, but by `is_late`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import assert_never

from statemachine.cause import cause_of_edit, cause_of_end, cause_of_status
from statemachine.legality import classify
from statemachine.model import (
    BecameReadable,
    BecameUnreadable,
    Change,
    Deleted,
    Discovered,
    End,
    Endpoint,
    LifecycleEvent,
    Look,
    MessageChanged,
    Missing,
    Observation,
    Ours,
    Reconfigured,
    ReplicasChanged,
    Scalar,
    Seen,
    Sighting,
    StatusChanged,
    Unreadable,
    UrlChanged,
    Window,
)


def is_late(look: Look, other: Look) -> bool:
    """Say whether a look was asked for before another was answered: it may tell what was true before the other."""
    return look.asked < other.answered


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
    - A secret that changed is told once: not again, if the endpoint's latest event was seen by the same answer.
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
            cause = cause_of_end(endpoint.status, ours=ours)
            window = _window(endpoint, look, memory)
            return (Deleted(window=window, old=endpoint.status, end=End.NOT_FOUND, cause=cause),)
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
        new_to_us = memory.not_before is None and endpoint.latest is None
        return (_discovered(new, window, absent_at=None if new_to_us else window.not_before),)
    if new.created_at > known.created_at:
        cause = cause_of_end(known.status, ours=memory.ours)
        return (
            Deleted(window=window, old=known.status, end=End.RECREATED, cause=cause),
            _discovered(new, window, absent_at=window.not_before),
        )
    return tuple(_differences(endpoint, seen, window, memory))


def _discovered(sighting: Sighting, window: Window, *, absent_at: datetime | None) -> Discovered:
    return Discovered(
        seen_at=window.seen_at,
        absent_at=absent_at,
        sighting=sighting,
        gap=window.gap,
        blur_seconds=window.blur_seconds,
    )


def _differences(endpoint: Endpoint, seen: Seen, window: Window, memory: _Memory) -> Iterator[LifecycleEvent]:
    """Say what differs between two sightings of one life, the status first."""
    old, new = endpoint.sighting, seen.sighting
    if old is None:
        return
    editor = _editor(old, new, window, memory)
    if not endpoint.readable:
        yield BecameReadable(window=window)
    if old.status != new.status:
        classification = classify(old.status, new.status)
        yield StatusChanged(
            window=window,
            old=old.status,
            new=new.status,
            kind=classification.kind,
            via=classification.via,
            updated_at=new.updated_at,
            updated_by=new.updated_by,
            message=new.message,
            cause=cause_of_status(old.status, new.status, editor=editor, ours=memory.ours),
        )
    elif old.message != new.message:
        yield MessageChanged(window=window, message=new.message)
    if (old.ready_replicas, old.target_replicas) != (new.ready_replicas, new.target_replicas):
        yield ReplicasChanged(
            window=window,
            old_ready=old.ready_replicas,
            old_target=old.target_replicas,
            ready=new.ready_replicas,
            target=new.target_replicas,
        )
    if old.url != new.url:
        yield UrlChanged(window=window, old=old.url, new=new.url)
    changes = _changes(old.configuration, new.configuration)
    secrets = () if _was_told(endpoint, seen.look) else tuple(sorted(seen.changed_secrets))
    if changes or secrets:
        yield Reconfigured(
            window=window,
            changes=changes,
            changed_secrets=secrets,
            updated_at=new.updated_at,
            updated_by=new.updated_by,
            cause=cause_of_edit(editor=editor, ours=memory.ours),
        )


def _editor(old: Sighting, new: Sighting, window: Window, memory: _Memory) -> str | None:
    """Return who edited the document since the look before, or None: nobody, or who knows.

    Where the look before is not remembered, an edit counts only if it is newer than what the events tell and came, by
    the other side's clock, within the window.
    """
    if new.updated_at is None:
        return None
    if memory.edited_at is not None:
        return new.updated_by if new.updated_at > memory.edited_at else None
    newer = old.updated_at is not None and new.updated_at > old.updated_at
    return new.updated_by if newer and window.not_before < new.updated_at <= window.seen_at else None


def _changes(old: Mapping[str, Scalar], new: Mapping[str, Scalar]) -> tuple[Change, ...]:
    """Return each path whose value differs, in the order of the paths; a null is the same as no such path."""
    if old == new:
        return ()
    paths = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    return tuple(Change(path=path, old=old.get(path), new=new.get(path)) for path in paths)


def _was_told(endpoint: Endpoint, look: Look) -> bool:
    """Say whether the endpoint's latest event was seen by this very answer; a later look is always answered later."""
    return endpoint.latest is not None and endpoint.latest.seen_at == look.answered_at


def _window(endpoint: Endpoint, look: Look, memory: _Memory) -> Window:
    """Bound the instant of what this look tells.

    A last look that is later than this answer (the wall clock jumped back in between) bounds nothing, and counts as
    none. While the document could not be read nothing was known, whatever the looks at the namespace said: the window
    begins at the last readable look, and has a gap. At last both ends are pulled up to the end of the latest event's
    window, so that no two overlap; what that cuts off is the blur.
    """
    seen_at, not_before = look.answered_at, memory.not_before
    latest = endpoint.latest or endpoint.since
    if latest is None:
        return Window(not_before=min(not_before or seen_at, seen_at), seen_at=seen_at, gap=memory.gap)
    begin = latest.not_before - timedelta(seconds=latest.blur_seconds)
    if endpoint.readable and not_before is not None and not_before <= seen_at:
        begin = max(begin, not_before)
    return Window(
        not_before=max(begin, latest.seen_at),
        seen_at=max(seen_at, latest.seen_at),
        gap=memory.gap or not endpoint.readable,
        blur_seconds=max(0.0, (latest.seen_at - begin).total_seconds()),
    )


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


def evolve(endpoint: Endpoint, event: LifecycleEvent) -> Endpoint:
    """Apply one event; the only way an endpoint's state ever changes. Total.

    Where there is no life, all but a discovery changes nothing.
    """
    match event:
        case Discovered(sighting=sighting):
            since = _since_discovery(event)
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


def _since_discovery(event: Discovered) -> Window:
    """Bound the beginning of the first status: no earlier than the endpoint was absent, or else than it was created."""
    begin = event.sighting.created_at if event.absent_at is None else event.absent_at
    return Window(
        not_before=min(begin, event.seen_at),
        seen_at=event.seen_at,
        gap=event.gap or event.absent_at is None,
        blur_seconds=event.blur_seconds,
    )


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
            configuration = _applied(sighting.configuration, changes)
            return replace(sighting, configuration=configuration, updated_at=at, updated_by=by)
        case _:
            assert_never(event)


def _applied(configuration: Mapping[str, Scalar], changes: tuple[Change, ...]) -> Mapping[str, Scalar]:
    """Return the configuration after the changes; a path whose new value is None is gone."""
    changed = {change.path: change.new for change in changes}
    return {path: value for path, value in {**configuration, **changed}.items() if value is not None}


def fold(events: Iterable[LifecycleEvent]) -> Endpoint:
    """Return what the events of one stream add up to, from nothing."""
    return reduce(evolve, events, Endpoint())

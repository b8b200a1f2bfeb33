"""What differs between two sightings of one life, and who may have changed it: an event for each, the status first."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from statemachine.cause import cause_of_edit, cause_of_status
from statemachine.configuration import Flattened
from statemachine.legality import classify
from statemachine.model import (
    Change,
    LifecycleEvent,
    MessageChanged,
    Ours,
    Reconfigured,
    ReplicasChanged,
    Sighting,
    StatusChanged,
    UrlChanged,
    Window,
)


def differences(
    old: Sighting,
    new: Sighting,
    window: Window,
    *,
    edited_at: datetime | None,
    ours: Sequence[Ours],
    changed_secrets: tuple[str, ...],
) -> Iterator[LifecycleEvent]:
    """Say what differs; `edited_at` and `ours` as in `decide`, `changed_secrets` as in Reconfigured."""
    editor = _editor(old, new, window, edited_at)
    if old.status != new.status:
        yield _status_changed(old, new, window, editor, ours)
    elif old.message != new.message:
        yield MessageChanged(window=window, message=new.message)
    if (old.ready_replicas, old.target_replicas) != (new.ready_replicas, new.target_replicas):
        yield _replicas_changed(old, new, window)
    if old.url != new.url:
        yield UrlChanged(window=window, old=old.url, new=new.url)
    changes = _changes(old.configuration, new.configuration)
    if changes or changed_secrets:
        yield Reconfigured(
            window=window,
            changes=changes,
            changed_secrets=changed_secrets,
            updated_at=new.updated_at,
            updated_by=new.updated_by,
            cause=cause_of_edit(editor=editor, ours=ours),
        )


def _editor(old: Sighting, new: Sighting, window: Window, edited_at: datetime | None) -> str | None:
    """Return who edited the document since the look before, or None: nobody, or who knows.

    Where the look before is not remembered, an edit counts only if it is newer than what the events tell and came, by
    the other side's clock, within the window.
    """
    if new.updated_at is None:
        return None
    if edited_at is not None:
        return new.updated_by if new.updated_at > edited_at else None
    newer = old.updated_at is not None and new.updated_at > old.updated_at
    return new.updated_by if newer and window.not_before < new.updated_at <= window.seen_at else None


def _status_changed(
    old: Sighting, new: Sighting, window: Window, editor: str | None, ours: Sequence[Ours]
) -> StatusChanged:
    classification = classify(old.status, new.status)
    return StatusChanged(
        window=window,
        old=old.status,
        new=new.status,
        kind=classification.kind,
        via=classification.via,
        updated_at=new.updated_at,
        updated_by=new.updated_by,
        message=new.message,
        cause=cause_of_status(old.status, new.status, editor=editor, ours=ours),
    )


def _replicas_changed(old: Sighting, new: Sighting, window: Window) -> ReplicasChanged:
    return ReplicasChanged(
        window=window,
        old_ready=old.ready_replicas,
        old_target=old.target_replicas,
        ready=new.ready_replicas,
        target=new.target_replicas,
    )


def _changes(old: Flattened, new: Flattened) -> tuple[Change, ...]:
    return tuple(Change(path=path, old=before, new=after) for path, before, after in old.differing(new))

"""What an intent is bound to: the endpoint as it was when it was decided, and a deadline. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from events import streams
from events.catalogue.acts import Intended
from service.commands.creation import CREATE
from service.commands.effect import scaling_of
from service.watch.track import Track
from statemachine.model import EndpointName

DEADLINE = timedelta(minutes=5)  # later than that after the decision, its reason is stale


def bound(track: Track, command: str, *, life: datetime | None, now: datetime, **what: Any) -> Intended:
    """Return an intent on the version of an endpoint that was seen last; `what` is who means it, and why."""
    return Intended(
        command=command,
        life=life,
        version=track.version,
        updated_at=track.edited_at,
        scaling=scaling_of(track),
        deadline=now + DEADLINE,
        **what,
    )


def condition_of(name: EndpointName, intended: Intended, seen: Mapping[str, int]) -> dict[str, int]:
    """Return the versions of streams that must not have moved: its own, and (`seen`) what else it was decided on."""
    if intended.life is None or intended.command == CREATE:  # whether a name is free, the API decides
        return dict(seen)
    return {**seen, streams.life(name, intended.life): intended.version}

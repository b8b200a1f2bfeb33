"""What becomes of an event that a subscriber could not take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EventParked:
    """A subscriber could not take an event; it was set aside, so that those behind it are not held up.

    `subscriber`: the name of its cursor. `position`: where the event stands. `error`: what was wrong at the last try.
    """

    subscriber: str
    position: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReplayed:
    """An event that had been set aside was handed to its subscriber again, which took it; the actor asked for it.

    `subscriber`: the name of its cursor. `position`: where the event stands. `why`: what the actor said; may be empty.
    """

    subscriber: str
    position: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSkipped:
    """An event that had been set aside is given up: its subscriber never takes it, because the actor said so.

    `subscriber`: the name of its cursor. `position`: where the event stands. `why`: what the actor said.
    """

    subscriber: str
    position: int
    why: str

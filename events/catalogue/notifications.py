"""What people are told, and what became of each message."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Message(StrEnum):
    """What a notification is for."""

    FIRING = "firing"
    RESOLVED = "resolved"
    WARNING = "warning"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """A notification was put into a channel's outbox. `why` says what route and rule sent it there.

    `incidents` are those it tells of: one for a firing or a resolve, several at an arrival, none for a warning.
    `notification`: its id. `title`, `text`: what the receiver reads. `subject`: what it is about, as `namespace/name`,
    `namespace` or nothing. `evidence`: the position that it tells of. `at`: when that happened.
    """

    notification: str
    message: Message
    title: str
    text: str
    why: str
    subject: str
    incidents: tuple[str, ...]
    evidence: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailing:
    """The first try of a `notification` failed, with `error`; it will be tried again."""

    notification: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The channel took a `notification`, at the last of so many `attempts`."""

    notification: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeliverable:
    """A `notification` was given up after so many `attempts`; it stays visible and can be sent again.

    `error`: what was wrong at the last of them.
    """

    notification: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A firing that was never sent (`notification`) ended before its turn: one message (`by`) tells both."""

    notification: str
    by: str

"""What is told of the log: its events, their types, and what subscribers set aside."""

import msgspec

from service.web.shapes.cells import Instant, Json


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it stands in the log; `data` is its payload, in the schema of its type."""

    id: str
    position: int
    stream: str
    version: int
    namespace: str | None
    endpoint: str | None
    type: str
    schema: int
    time: Instant
    actor: str
    data: Json


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """A page. `next` is what to give as `after` (oldest first) or `before` (newest first) for the next one.

    `count` is how many match in all, if that was asked. Up to `archived` events lie in archives, and are not answered.
    """

    items: tuple[Event, ...]
    next: int | None
    head: int
    archived: int
    count: int | None


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a subscriber could not take, with what was wrong; `event` is null if it can be read no more."""

    subscriber: str
    position: int
    error: str
    event: Event | None


class ParkedEvents(msgspec.Struct, frozen=True, kw_only=True):
    """A page. `next` is what to give as `after` for the next one; `total` counts them all."""

    items: tuple[Parked, ...]
    next: int | None
    total: int


class ParkedBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which event that was set aside: its subscriber and its position; and why, for the log."""

    subscriber: str
    position: int
    why: str = ""


class Unparked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an event that was set aside: replayed or skipped."""

    subscriber: str
    position: int
    outcome: str


class EventField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a payload: what it holds, in words; `optional`: it may be missing."""

    name: str
    holds: str
    meaning: str
    optional: bool


class EventPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a field may hold that has fields of its own."""

    name: str
    meaning: str
    fields: tuple[EventField, ...]


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """A type of event, in the `schema` in which it is written now; `json_schema` is that of its payload."""

    type: str
    schema: int
    meaning: str
    fields: tuple[EventField, ...]
    parts: tuple[EventPart, ...]
    json_schema: Json


class EventTypes(msgspec.Struct, frozen=True, kw_only=True):
    """Every type of event that may stand in the log."""

    items: tuple[EventType, ...]

"""What is told of the daemon itself: what it sees, what is wrong, and whether it is ready."""

import msgspec

from service.web.shapes.cells import Instant
from service.web.shapes.endpoints import Hold
from service.web.shapes.problems import Error


class Unreachable(msgspec.Struct, frozen=True, kw_only=True):
    """A namespace cannot be read since `since`."""

    since: Instant
    error: str
    detail: str


class Suspected(msgspec.Struct, frozen=True, kw_only=True):
    """So many of `known` endpoints vanished in one sweep that a token's trouble is likelier."""

    seen_at: Instant
    missing: tuple[str, ...]
    known: int


class Namespace(msgspec.Struct, frozen=True, kw_only=True):
    """A namespace that is watched; `reachable` is null until it was asked for.

    `usd_per_hour` is what its endpoints are known to cost now, or null if nothing is known of what may cost something;
    `unpriced` counts those that cost something besides, or may, at a rate that is not known. Both are as the last good
    look found them, `seconds_since_seen` ago; of one that was never seen nothing is known, nor how many there are.
    """

    namespace: str
    mode: str
    reachable: bool | None
    asked: bool
    seconds_since_seen: float | None
    endpoints: int
    usd_per_hour: float | None
    unpriced: int
    unreachable: Unreachable | None
    suspected: Suspected | None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's condition that holds; `told` are the channels that were given it."""

    incident: str
    rule: str
    severity: str
    subject: str
    namespace: str | None
    endpoint: str | None
    reason: str
    at: Instant
    arrival: bool
    position: int
    told: tuple[str, ...]


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """Where a subscriber of the log stands: how many events lie before it, and how many it set aside.

    `trouble` is why a hook could not hand over the last one that it tried. Of one that is not configured any more (not
    `running`), only what it set aside is told.
    """

    subscriber: str
    running: bool
    position: int
    lag: int
    parked: int
    trouble: str | None


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """The last time that the log was proved, up to a position; `broken` says what is wrong, or is null."""

    at: Instant
    position: int
    broken: str | None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole at a glance; `endpoints` counts those of watched namespaces, by status.

    `usd_per_hour` and `unpriced` are of all these namespaces, as in each of them; the oldest look that they rest on was
    `usd_seconds_old` ago (null: there was none). `unseen` are namespaces that were never seen: what burns there is in
    neither.
    """

    version: str
    mode: str
    position: int
    log_id: str
    started_at: Instant
    settled_at: Instant
    ready: bool
    endpoints: dict[str, int]
    usd_per_hour: float | None
    unpriced: int
    usd_seconds_old: float | None
    unseen: tuple[str, ...]
    namespaces: tuple[Namespace, ...]
    open_incidents: tuple[Incident, ...]
    holds: tuple[Hold, ...]
    undelivered: int
    undeliverable: int
    subscribers: tuple[Subscriber, ...]
    inspection: Inspection | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """All is well."""

    ok: bool


class NotReady(Error, frozen=True, kw_only=True):
    """`awaited` are the namespaces that were not looked at yet, told to those who may read."""

    awaited: tuple[str, ...] = ()

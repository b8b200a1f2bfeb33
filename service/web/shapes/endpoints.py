"""What is told of endpoints: one in a list, and one with all that is known of it."""

import msgspec

from service.web.shapes.cells import Instant, Json
from service.web.shapes.waiting import Lease


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """The status began after `not_before` and no later than `seen_at`; `gap`: nobody could look in between."""

    not_before: Instant
    seen_at: Instant
    gap: bool


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """No policy acts until `until`; `everywhere`: on any endpoint."""

    id: str
    author: str
    reason: str
    until: Instant
    everywhere: bool


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody meant to do, and how it ended: confirmed, failed, abandoned, or null while it is open."""

    intent: str
    command: str
    actor: str
    policy: str | None
    reason: str
    position: int
    deadline: Instant
    outcome: str | None
    detail: str | None


class Warning(msgspec.Struct, frozen=True, kw_only=True):  # noqa: A001  # what it is called in the log, too
    """A policy told that it would act at `due_at`."""

    position: int
    policy: str
    command: str
    edge_seconds: float
    due_at: Instant
    reason: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy comes to for an endpoint; `observe` says why it will not be done, in observe mode."""

    endpoint: str
    policy: str
    verdict: str
    command: str
    reason: str
    due_at: Instant | None
    next_at: Instant | None
    edge_seconds: float | None
    observe: str | None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as the log tells it; `seconds_since_seen` is how long ago it was last looked at and readable.

    `version` is that of its life's stream, `cause` the position of the event by which its status began, `position`
    that of its newest event. People are ids; `people` holds the names that its last document gives them.
    `usd_per_hour` is price times replicas now; null is not known, and of what is gone or past there is none.
    """

    namespace: str
    name: str
    endpoint: str
    status: str
    readable: bool
    watched: bool
    since: Since | None
    created_at: Instant | None
    created_by: str | None
    updated_at: Instant | None
    updated_by: str | None
    people: dict[str, str]
    ready_replicas: int | None
    target_replicas: int | None
    usd_per_hour: float | None
    url: str | None
    message: str | None
    version: int
    cause: int
    position: int
    seconds_since_seen: float | None
    groups: tuple[str, ...]
    protected: bool
    hold: Hold | None
    open_acts: tuple[Act, ...]


class Then(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer about the past is of: everything that stood in the log up to `position`, recorded by `at`.

    `was` holds what the status can really have been at that instant, by all that was seen later, too: several, where it
    lies in a window in which nobody saw when it changed. `window` is that window; `gap`: nobody could look.
    """

    position: int
    at: Instant
    was: tuple[str, ...]
    gap: bool
    window: Since | None


class EndpointDetail(Endpoint, frozen=True, kw_only=True):
    """An endpoint with its last masked document, and what was warned of, held, done and is planned.

    `then` is null where it is of now. Of the past there is no document, no plan and no lease; groups are those of now.
    """

    document: Json | None
    warnings: tuple[Warning, ...]
    holds: tuple[Hold, ...]
    acts: tuple[Act, ...]
    plan: tuple[Line, ...]
    leases: "tuple[Lease, ...]"
    then: Then | None


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """A page; `next` is what to give as `after` for the next one."""

    items: tuple[Endpoint, ...]
    next: str | None

"""The documents that the daemon answers with; /openapi.json is made from these very classes.

What is not known is null, never 0 and never an empty text.
"""

from datetime import datetime
from typing import Annotated

import msgspec

Json = msgspec.Raw
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


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


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """From `begin` to `end` it was one of `statuses`: surely, where that is one; else nobody saw when it changed.

    `gap`: nobody could look, and it may have been anything. `position` is where the event stands by which it began.
    """

    begin: Instant
    end: Instant
    seconds: float
    statuses: tuple[str, ...]
    gap: bool
    position: int


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint was, and when; what was done to it meanwhile stands in `events`.

    It ends at `until`, or at the last good look: later is not known. `events` are the newest, at most a thousand.
    """

    endpoint: str
    since: Instant | None
    until: Instant | None
    stretches: tuple[Stretch, ...]
    events: "tuple[Event, ...]"


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is known within bounds; times are in seconds, shares from 0 to 1."""

    lower: float
    upper: float


class TimeIn(msgspec.Struct, frozen=True, kw_only=True):
    """How long it had a status: `certain` seconds, and up to so many more in windows and in gaps."""

    status: str
    certain: float
    in_windows: float
    in_gaps: float


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """How one life of an endpoint spent its time, from `since` to `until`, the last good look.

    `availability` is the share of time in which it could serve while it was wanted up; null if it never was. `starts`
    counts how often it left rest; `cold_starts` those that were seen whole: half of them were up within `p50`.
    """

    namespace: str
    name: str
    endpoint: str
    created_at: Instant
    gone: bool
    since: Instant
    until: Instant
    times: tuple[TimeIn, ...]
    availability: Bounds | None
    starts: int
    failures: int
    cold_starts: int
    p50: Bounds | None
    p90: Bounds | None


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """A page of lives, by name and by age; `next` is what to give as `after` for the next one."""

    items: tuple[Life, ...]
    next: str | None


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
    `unpriced` counts those that cost something besides, or may, at a rate that is not known.
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

    `usd_per_hour` and `unpriced` are of all these namespaces, as in each of them.
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
    namespaces: tuple[Namespace, ...]
    open_incidents: tuple[Incident, ...]
    holds: tuple[Hold, ...]
    undelivered: int
    undeliverable: int
    subscribers: tuple[Subscriber, ...]
    inspection: Inspection | None


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """A page; `next` is what to give as `after` for the next one."""

    items: tuple[Endpoint, ...]
    next: str | None


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of one topic: state, why, next or held."""

    topic: str
    sentences: tuple[str, ...]


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who brought a change about, as far as it is known: `by` is platform, person or request; null is unknown.

    `editor` is who the document says edited it meanwhile. `intent` is the decision of Lamplighter's that asked for it,
    and `act` what that was, if it is still at hand.
    """

    by: str | None
    trigger: str | None
    editor: str | None
    intent: str | None
    act: Act | None


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The event by which the present status began, as it stands at `position`: from `old` to `new`.

    It happened after `not_before` and no later than `seen_at`; `gap`: nobody could look in between. `kind` is how it
    relates to the table of the state machine, `via` what it must have passed unseen. `who` is null where it was first
    seen so.
    """

    position: int
    type: str
    old: str | None = None
    new: str
    not_before: Instant | None = None
    seen_at: Instant
    gap: bool = False
    kind: str | None = None
    via: tuple[str, ...] = ()
    who: Who | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is to come, if nothing happens until then; `at` is null for what only somebody can bring about.

    `kind`: warn, act, ready, incident, deadline, holdEnds, leaseEnds, settled, idle, stays or unknown. `who` does it,
    or had asked for it. `will` is false for what would be done, were it not for observe mode. `after`: what of what
    holds it must have ended first.
    """

    kind: str
    at: Instant | None = None
    who: str | None = None
    text: str
    will: bool
    after: tuple[str, ...] = ()


class Keeper(msgspec.Struct, frozen=True, kw_only=True):
    """Something that holds the endpoint as it is, until then if that is known; `policies`: those that it keeps away.

    `kind`: held, leased, protected, observe, settle, underWay, decided, broughtBack, young, unreadable, unreachable,
    suspected, stale, noActivity or noPolicy. No policy named: all of them.
    """

    kind: str
    who: str | None = None
    until: Instant | None = None
    text: str
    policies: tuple[str, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an endpoint is as it is, what comes next, and what holds it: in sentences, and what they are made of.

    `sentences` are those of all `passages`. `incidents` are the open ones about this endpoint.
    """

    sentences: tuple[str, ...]
    passages: tuple[Passage, ...]
    why: Why | None
    next: tuple[Step, ...]
    held_by: tuple[Keeper, ...]
    incidents: tuple[Incident, ...]
    endpoint: Endpoint
    first_seen_at: Instant | None
    absent_at: Instant | None
    events: "tuple[Event, ...]"
    holds: tuple[Hold, ...]
    acts: tuple[Act, ...]
    plan: tuple[Line, ...]
    leases: "tuple[Lease, ...]"
    keep: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What every policy comes to for each endpoint it reaches, what is due first; `not` counts what will not be done.

    There `protected` and `notDue` count by verdict, and `noPolicy` the endpoints that no policy reaches. `holds` are
    those on everything.
    """

    mode: str
    settled_at: Instant
    holds: "tuple[Hold, ...]"
    items: tuple[Line, ...]
    not_: dict[str, int] = msgspec.field(name="not")


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


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """How long the starts of an endpoint took that were seen whole: half within `p50_seconds`."""

    starts: int
    p50_seconds: float
    p90_seconds: float


class Snippets(msgspec.Struct, frozen=True, kw_only=True):
    """Python that calls the endpoint; `openai` is null where it does not speak that protocol."""

    inference_client: str
    openai: str | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How a wait ended: reached, failed, paused, gone or timedOut; null while it goes on. `expected`: null if unknown.

    `health` is the address of its health route; `snippets` are there once it has a url.
    """

    end: str | None
    status: str
    url: str | None
    ready_replicas: int | None
    healthy: bool
    waiting_for: str
    message: str | None
    health: str | None
    model: str | None
    revision: str | None
    task: str | None
    expected: Expected | None
    snippets: Snippets | None


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody needs an endpoint awake until then, unless it is renewed; `seconds` is how long a renewal lasts.

    `pause_after`: when it ends as the last one, what a lease resumed is put back to rest.
    """

    lease: str
    endpoint: str
    holder: str
    reason: str
    since: Instant
    until: Instant
    seconds: float
    pause_after: bool


class Leases(msgspec.Struct, frozen=True, kw_only=True):
    """Every lease, by endpoint."""

    items: tuple[Lease, ...]


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """A lease that was given back, and how many are left. `then`: putBack, kept, or null if nobody asked for that.

    `why` says why it is kept as it is.
    """

    lease: str
    left: int
    then: str | None
    why: str | None


class LeaseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long (90s, 5m), what for, and whether what a lease resumed is put back to rest after the last one."""

    for_: str = msgspec.field(name="for", default="2m")
    reason: str = ""
    pause_after: bool = False


class RenewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long from now on; as long as before, if nothing is said."""

    for_: str | None = msgspec.field(name="for", default=None)


class EnsureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is needed, and by which lease, if by one."""

    reason: str = ""
    lease: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a command: done, or nothingToDo; `status` is the endpoint's, as it was seen then."""

    outcome: str
    status: str
    intent: str | msgspec.UnsetType = msgspec.UNSET


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    """How many holds were lifted."""

    lifted: int


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role (read, operate or admin) in every namespace that one of the patterns matches, as the shell's do."""

    role: str
    namespaces: tuple[str, ...] = ("*",)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was made and not revoked, and what its bearer may do.

    `id` is what events call it. `expires_at` is null for one that has no end; once `expired` it opens nothing.
    """

    id: str
    name: str
    grants: tuple[Grant, ...]
    created_at: Instant
    created_by: str
    expires_at: Instant | None
    expired: bool


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Every token that was made and not revoked; the daemon's own, which lies in a file, is none of them."""

    items: tuple[Token, ...]


class TokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new token, and its `secret`, which is told this once: nobody keeps it."""

    token: Token
    secret: str


class TokenRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """What was revoked: it opens nothing any more."""

    revoked: Token


class TokenBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make: a name (letters, digits, `.`, `_` and `-`), and what its bearer may do.

    `for` is how long it opens anything (12h, 90d); without it, until it is revoked.
    """

    name: str
    grants: tuple[Grant, ...]
    for_: str | None = msgspec.field(name="for", default=None)


class CommandBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is asked, for the log."""

    reason: str = ""


class HoldBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long no policy may act (90s, 15m, 1h30m, 2d), and why: a `reason` may be left out, but not be blank."""

    for_: Annotated[str, msgspec.Meta(examples=["2h", "1h30m"])] = msgspec.field(name="for")
    reason: str | msgspec.UnsetType = msgspec.UNSET


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and what to do: a problem detail (RFC 9457).

    `status` is the code of the answer. `detail` is the sentence, and so is `error`. `fields` are the places in what was
    sent that it is about.
    """

    type: str
    title: str
    status: int
    detail: str
    error: str
    instance: str | msgspec.UnsetType = msgspec.UNSET
    fields: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Refusal(Error, frozen=True, kw_only=True):
    """A command was not done: notAllowed, cannotApply, unfit, keyTaken, rejected or givenUp.

    `intent` is where it came to be one; `code` and `body` are Hugging Face's own, unchanged, where it said no.
    """

    outcome: str
    intent: str | msgspec.UnsetType = msgspec.UNSET
    code: int | msgspec.UnsetType = msgspec.UNSET
    body: str | msgspec.UnsetType = msgspec.UNSET


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """All is well."""

    ok: bool


class NotReady(Error, frozen=True, kw_only=True):
    """`awaited` are the namespaces that were not looked at yet, told to those who may read."""

    awaited: tuple[str, ...] = ()

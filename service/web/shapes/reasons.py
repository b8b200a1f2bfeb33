"""What is told of reasons: why an endpoint is as it is, what comes next, and what the policies would do."""

import msgspec

from service.web.shapes.cells import Instant
from service.web.shapes.daemon import Incident
from service.web.shapes.endpoints import Act, Endpoint, Hold, Line
from service.web.shapes.log import Event
from service.web.shapes.waiting import Lease


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

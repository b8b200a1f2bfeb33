"""What the policies would do now, and why: a pure function, for the daemon and for `lamplighter plan` alike.

Missing, stale and unknown always protect. `PROTECTIONS` is the list of what keeps a policy away, in the order in
which a person would name them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from events.catalogue.acts import Abandoned, Warned
from events.views.fleet import Fleet, Known
from service.config import Configuration, Policy
from service.durations import humanize
from statemachine.machine import Command, Permitted, permits
from statemachine.model import Endpoint, EndpointName
from statemachine.status import Status

STALE = timedelta(minutes=2)  # a namespace that was not seen well for so long is not acted upon


class Verdict(StrEnum):
    """What a line of the plan comes to."""

    WARN = "warn"  # a warning is due now
    ACT = "act"  # the act is due now
    LATER = "later"  # something will be due at `next_at`
    PROTECTED = "protected"  # something keeps the policy away: `reason` says what
    NOT_DUE = "notDue"  # the condition cannot hold in this status


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the plan needs to know of now.

    `settled_at`: no act before it. `looked_at` tells when a namespace was last seen well; None: not in this process.
    """

    now: datetime
    settled_at: datetime
    looked_at: Callable[[str], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One endpoint under one policy, with all that bears on the decision."""

    known: Known
    policy: Policy
    groups: tuple[str, ...]
    fleet: Fleet
    configuration: Configuration
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a policy comes to for one endpoint.

    `due_at`: when the act would be done, if nothing comes between. `next_at`: when to look again; None if only an
    event can change it. `edge`: the warning that is due. `cause`: the position that it rests on. `observe`: why
    it will not be done, in observe mode.
    """

    name: EndpointName
    policy: Policy
    cause: int
    verdict: Verdict
    reason: str
    due_at: datetime | None = None
    next_at: datetime | None = None
    edge: timedelta | None = None
    observe: str | None = None

    @property
    def command(self) -> Command:
        """Return the command that the policy names."""
        return Command(self.policy.act)


class Guard(StrEnum):
    """What can keep a policy away."""

    PROTECTED = "protected"
    UNDER_WAY = "underWay"
    DECIDED = "decided"
    HELD = "held"
    LEASED = "leased"
    BROUGHT_BACK = "broughtBack"
    YOUNG = "young"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    SUSPECTED = "suspected"
    STALE = "stale"
    NO_ACTIVITY = "noActivity"  # what it goes by is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What keeps a policy away, and until when; None: until something happens."""

    guard: Guard
    reason: str
    until: datetime | None = None


def plan(fleet: Fleet, configuration: Configuration, moment: Moment) -> Iterator[Line]:
    """Return a line for each endpoint and each policy that reaches it."""
    for known in fleet.endpoints.values():
        if known.endpoint.sighting is not None:
            yield from lines(known, fleet, configuration, moment)


def lines(known: Known, fleet: Fleet, configuration: Configuration, moment: Moment) -> Iterator[Line]:
    """Return what each policy that reaches this endpoint comes to."""
    return map(line, cases(known, fleet, configuration, moment))


def cases(known: Known, fleet: Fleet, configuration: Configuration, moment: Moment) -> Iterator[Case]:
    """Return a case for each policy that reaches this endpoint."""
    groups = configuration.settings.groups_of(known.name, known.tags)
    for policy in configuration.settings.policies:
        if not set(groups).isdisjoint(policy.groups):
            yield Case(
                known=known, policy=policy, groups=groups, fleet=fleet, configuration=configuration, moment=moment
            )


def why_pause(endpoint: Endpoint, max_age: timedelta, now: datetime) -> str | None:
    """Return the reason to put this endpoint out now, or None."""
    if endpoint.status is not Status.RUNNING or endpoint.since is None:
        return None
    age = now - endpoint.since.seen_at
    if age < max_age:
        return None
    return f"running for {humanize(age)}, longer than {humanize(max_age)}"


def line(case: Case) -> Line:
    """Decide one case."""
    known, policy = case.known, case.policy
    endpoint = known.endpoint
    permit = permits(endpoint.status, Command(policy.act))
    certain = isinstance(permit, Permitted) and permit.certain
    if endpoint.status is not Status.RUNNING or endpoint.since is None or not certain:
        reason = f"it is {endpoint.status}"
        return Line(name=known.name, policy=policy, cause=known.cause, verdict=Verdict.NOT_DUE, reason=reason)
    protection = next(protections(case), None)
    if protection is not None or policy.when.max_age is None:
        return _protected(case, protection or _UNKNOWN_ACTIVITY)
    return _next_step(case, since=endpoint.since.seen_at, max_age=policy.when.max_age)


def protections(case: Case) -> Iterator[Protection]:
    """Return all that keeps the policy away now, as a person would name it first."""
    for protects in PROTECTIONS:
        if (protection := protects(case)) is not None:
            yield protection


def _protected(case: Case, protection: Protection) -> Line:
    return Line(
        name=case.known.name,
        policy=case.policy,
        cause=case.known.cause,
        verdict=Verdict.PROTECTED,
        reason=protection.reason,
        next_at=protection.until,
    )


def _next_step(case: Case, *, since: datetime, max_age: timedelta) -> Line:
    known, policy, now = case.known, case.policy, case.moment.now
    cause, not_before = _cause(case, since)
    issued = warned_by(known, policy, cause)
    due_at = max([since + max_age, not_before, *(warned.due_at for warned in issued.values())])
    reason = why_pause(known.endpoint, max_age, now)
    if reason is None:
        reason = f"running for {humanize(now - since)} of {humanize(max_age)}"
    acts = case.configuration.acts(known.name.namespace)
    observe = None if acts else case.configuration.why_observe(known.name.namespace)

    def step(verdict: Verdict, *, due: datetime, next_at: datetime, edge: timedelta | None = None) -> Line:
        return Line(
            name=known.name,
            policy=policy,
            cause=cause,
            verdict=verdict,
            reason=reason,
            due_at=due,
            next_at=next_at,
            edge=edge,
            observe=observe,
        )

    for edge in sorted(policy.warn, reverse=True):
        if edge.total_seconds() not in issued:
            if now < due_at - edge:
                return step(Verdict.LATER, due=due_at, next_at=due_at - edge)
            # A warning keeps its word: whoever reads it has the whole edge, however late it was given.
            return step(Verdict.WARN, due=max(due_at, now + edge), next_at=now, edge=edge)
    act_at = max(due_at, case.moment.settled_at)
    return step(Verdict.ACT if now >= act_at else Verdict.LATER, due=act_at, next_at=act_at)


def warned_by(known: Known, policy: Policy, cause: int) -> dict[float, Warned]:
    """Return the warnings that a policy has given for one cause, by how many seconds before the act they are."""
    return {
        warned.edge_seconds: warned
        for _, warned in known.warnings
        if (warned.policy, warned.revision, warned.cause) == (policy.name, policy.revision, cause)
    }


def _cause(case: Case, since: datetime) -> tuple[int, datetime]:
    """Return what the policy rests on, and from when: the status, or what last ended since: hold, lease or intent."""
    holds = [*case.known.holds.values(), *case.fleet.all_holds.values()]
    ended = [(hold.until, hold.position) for hold in holds if since < hold.until <= case.moment.now]
    given_up = [
        (act.ended_at, act.ended)
        for act in case.known.closed
        if isinstance(act.outcome, Abandoned)
        and (act.intended.policy, act.intended.revision) == (case.policy.name, case.policy.revision)
        and act.position > case.known.cause
        and act.ended_at is not None
        and act.ended is not None
    ]
    let_go = case.known.let_go
    left = [let_go] if let_go is not None and since < let_go[0] else []
    began_at, position = max([(since, case.known.cause), *ended, *left, *given_up])
    return position, began_at


def _protected_group(case: Case) -> Protection | None:
    for group in case.groups:
        if case.configuration.settings.groups[group].protected:
            return Protection(guard=Guard.PROTECTED, reason=f"protected by group {group}")
    return None


def _under_way(case: Case) -> Protection | None:
    return Protection(guard=Guard.UNDER_WAY, reason="an act on it is under way") if case.known.open else None


def _decided(case: Case) -> Protection | None:
    for act in case.known.closed:
        mine = (act.intended.policy, act.intended.revision) == (case.policy.name, case.policy.revision)
        if mine and act.position > case.known.cause and not isinstance(act.outcome, Abandoned):
            outcome = type(act.outcome).__name__.lower()
            return Protection(
                guard=Guard.DECIDED, reason=f"decided once for this reason, at position {act.position}: {outcome}"
            )
    return None


def _held(case: Case) -> Protection | None:
    hold = case.fleet.held(case.known, case.moment.now)
    if hold is None:
        return None
    until = f"{hold.until:%Y-%m-%d %H:%M} UTC"
    return Protection(guard=Guard.HELD, reason=f"held by {hold.author} until {until}: {hold.reason}", until=hold.until)


def _needed(case: Case) -> Protection | None:
    """Return who needs it awake: a lease is the surest sign of activity that there is."""
    leases = case.known.leases.values()
    if not leases:
        return None
    first = min(leases, key=lambda lease: lease.since)
    others = f" and {len(leases) - 1} more" if len(leases) > 1 else ""
    why = f": {first.taken.reason}" if first.taken.reason else ""
    return Protection(
        guard=Guard.LEASED,
        reason=f"held awake by {first.taken.holder}{others} since {first.since:%Y-%m-%d %H:%M} UTC{why}",
    )


def _brought_back(case: Case) -> Protection | None:
    settings, known = case.configuration.settings, case.known
    actors = {actor for group in case.groups for actor in settings.groups[group].actors}
    if known.returned_at is None or known.returned_by in actors:
        return None
    until = known.returned_at + case.policy.resume_hold
    if case.moment.now >= until:
        return None
    return Protection(
        guard=Guard.BROUGHT_BACK,
        reason=f"somebody brought it back: no act until {until:%Y-%m-%d %H:%M} UTC",
        until=until,
    )


def _young(case: Case) -> Protection | None:
    since = case.known.endpoint.since
    if since is None or case.moment.now - since.seen_at >= case.policy.min_uptime:
        return None
    return Protection(guard=Guard.YOUNG, reason="it started a moment ago", until=since.seen_at + case.policy.min_uptime)


def _blind(case: Case) -> Protection | None:
    if not case.known.endpoint.readable:
        return Protection(guard=Guard.UNREADABLE, reason="its document cannot be read")
    namespace, now = case.known.name.namespace, case.moment.now
    health = case.fleet.namespaces.get(namespace)
    if health is not None and health.unreachable:
        return Protection(guard=Guard.UNREACHABLE, reason="its namespace cannot be read")
    if health is not None and health.suspected:
        return Protection(guard=Guard.SUSPECTED, reason="many endpoints of its namespace vanished at once")
    looked_at = case.moment.looked_at(namespace)
    if looked_at is None or now - looked_at > STALE:
        return Protection(guard=Guard.STALE, reason="it was not looked at lately", until=now + STALE)
    return None


def _of_unknown_activity(case: Case) -> Protection | None:
    return _UNKNOWN_ACTIVITY if case.policy.when.max_age is None else None


_UNKNOWN_ACTIVITY = Protection(
    guard=Guard.NO_ACTIVITY, reason="its requests are not known to the daemon: it counts as active"
)
PROTECTIONS: tuple[Callable[[Case], Protection | None], ...] = (
    _protected_group,
    _under_way,
    _decided,
    _held,
    _needed,
    _brought_back,
    _young,
    _blind,
    _of_unknown_activity,
)

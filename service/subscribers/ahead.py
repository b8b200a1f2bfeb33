"""What a policy will come to if nothing happens until then: the plan, asked at instants that have not come yet; pure.

What a policy waits for is taken to end when it says: a hold, a lease that nobody renews, the time after somebody had
brought the endpoint back. What ends only by an event (an act under way, an unreadable document) is not looked beyond.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.durations import humanize
from service.subscribers.plan import Case, Guard, Line, Moment, Verdict, line, protections, warned_by

PASSING = frozenset({Guard.HELD, Guard.LEASED, Guard.BROUGHT_BACK, Guard.YOUNG})
MOST_WAITS = 20  # more holds and leases one after the other are not gone through


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A policy will warn or act at an instant. `edge`: how long before the act the warning is; None: it is the act.

    `after`: what must end first, at the instant that is known of it. `line` is the plan as it will be then; `reason`
    is why the act will be done, as it will be true at its own instant.
    """

    at: datetime
    line: Line
    reason: str
    edge: timedelta | None = None
    after: tuple[Guard, ...] = ()


def ahead(case: Case, *, leased_until: datetime | None) -> Iterator[Due]:
    """Yield what the policy will do, the first first; nothing where only an event can bring it about.

    `leased_until`: when the last lease on the endpoint ends that is not renewed.
    """
    waits: list[Guard] = []
    told = line(case)
    while told.verdict is Verdict.PROTECTED:
        protection = next(protections(case))
        until = leased_until if protection.guard is Guard.LEASED else protection.until
        if protection.guard not in PASSING or until is None or len(waits) == MOST_WAITS:
            return
        waits.append(protection.guard)
        case = _later(case, max(until, case.moment.now), protection.guard)
        told = line(case)
    if told.verdict is not Verdict.NOT_DUE:
        yield from _steps(case, told, tuple(dict.fromkeys(waits)))


def _later(case: Case, at: datetime, over: Guard) -> Case:
    """Return the case as it will be at an instant, with what is over by then; by that time it was looked at."""
    known = case.known
    if over is Guard.LEASED:
        known = replace(known, leases={}, let_go=(at, case.fleet.position))
    moment = Moment(now=at, settled_at=case.moment.settled_at, looked_at=lambda _: at)
    return replace(case, known=known, moment=moment)


def _steps(case: Case, told: Line, after: tuple[Guard, ...]) -> Iterator[Due]:
    """Yield the warnings that were not given yet, and the act."""
    now, act_at = case.moment.now, told.due_at
    if told.due_at is None or act_at is None:
        return
    if told.observe is None:
        act_at = max(act_at, case.moment.settled_at)
    reason = _reason(case, told, max(now, act_at))
    given = warned_by(case.known, case.policy, told.cause)
    for edge in sorted(case.policy.warn, reverse=True):
        if edge.total_seconds() not in given:
            yield Due(at=max(now, told.due_at - edge), line=told, reason=reason, edge=edge, after=after)
    yield Due(at=max(now, act_at), line=told, reason=reason, after=after)


def _reason(case: Case, told: Line, at: datetime) -> str:
    """Return why the act will be done at an instant: that it runs for so long, by then."""
    since, most = case.known.endpoint.since, case.policy.when.max_age
    if since is None or most is None or at <= case.moment.now:
        return told.reason
    age = at - since.seen_at
    return f"by then running for {humanize(age)}{f', longer than {humanize(most)}' if age > most else ''}"

"""What comes next for an endpoint, when, and by whom; pure. What only somebody can bring about has no instant."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from service.durations import humanize
from service.subscribers.ahead import Due, ahead
from service.subscribers.plan import Guard, Verdict, warned_by
from service.web import shapes
from service.web.spoken import coming, command, span
from service.web.told import Told
from statemachine.course import percentile
from statemachine.model import EndpointName
from statemachine.status import Status, UnknownStatus
from statemachine.windows import earliest

DEEDS = {"pause": "pause it", "scale_to_zero": "scale it to zero", "resume": "resume it"}
STARTING = frozenset({Status.PENDING, Status.INITIALIZING})
MOVING = STARTING | {Status.UPDATING}
AT_REST = frozenset({Status.PAUSED, Status.SCALED_TO_ZERO, Status.FAILED})
MANY = 10  # starts, from which on nine in ten says something
ENDS = {
    Guard.HELD: "once the hold is over",
    Guard.LEASED: "if no lease is renewed",
    Guard.BROUGHT_BACK: "once the time after its return is over",
    Guard.YOUNG: "once it has run for its least time",
}
STAYS = {
    Status.PAUSED: "It stays paused until somebody resumes it: no request wakes it.",
    Status.SCALED_TO_ZERO: "The next request to it wakes it, or a resume.",
    Status.FAILED: "It stays failed until somebody changes it, or resumes it.",
    Status.UPDATE_FAILED: "It stays so until somebody changes it again; what ran before may still serve, and cost.",
    Status.UPDATING: "Until the update is over, what ran before serves.",
}


def keep(name: EndpointName) -> str:
    """Return the command that keeps policies away."""
    return f"lamplighter hold {name} --for 2h --reason …"


def steps(told: Told) -> tuple[shapes.Step, ...]:
    """Return what is to come: first what has an instant, in its order."""
    if told.gone:
        return ()
    found = [*_ready(told), *_stuck(told), *_acts(told), *_ends(told), *_policies(told), *_stays(told)]
    late = datetime.max.replace(tzinfo=told.now.tzinfo)
    return tuple(sorted(found, key=lambda step: (step.at or late, step.kind in {"warn", "act"})))


def sentences(told: Told, to_come: Sequence[shapes.Step]) -> Iterator[str]:
    """Say it: the steps, and what else there is to say of what comes."""
    if told.gone:
        yield "That life is over. An endpoint that is created by this name begins a new one."
        return
    for step in to_come:
        if step.at is None:
            yield step.text
        else:
            whether = " (observe: it will not)" if not step.will and step.kind in {"warn", "act"} else ""
            yield f"{coming(step.at, told.now)}: {step.text}{whether}."
    yield from _starts(told)
    for line in told.lines:
        if line.verdict is Verdict.NOT_DUE:
            yield f"{line.policy.name} does nothing: {line.reason}."
    if any(step.kind in {"warn", "act"} for step in to_come):
        yield f"Keep it: {keep(told.known.name)}"


def _ready(told: Told) -> Iterator[shapes.Step]:
    """Yield when it should be up, by how long its starts took that were seen whole."""
    clocks = told.clocks
    if clocks is None or told.known.endpoint.status not in STARTING or clocks.starts.under_way is None:
        return
    left, took = clocks.starts.under_way, clocks.starts.took
    parts = [(50, "half"), (90, "nine in ten") if len(took) >= MANY else (100, "all")]
    shares = [(share, words) for percent, words in parts if (share := percentile(took, percent)) is not None]
    if not shares:
        return
    for share, words in shares:
        at = left.seen_at + share.upper
        if at > told.now:
            of = f"{words} of its last {len(took)} starts were" if len(took) > 1 else "its one start that was seen was"
            yield shapes.Step(
                kind="ready", at=at, text=f"it should be up: {of} within {humanize(share.upper)}", will=True
            )
            return
    begun = humanize(told.now - earliest(left))
    yield shapes.Step(
        kind="ready",
        text=f"It began to start {begun} ago: longer than {shares[-1][1]} of its starts took.",
        will=True,
    )


def _stuck(told: Told) -> Iterator[shapes.Step]:
    """Yield when its way is an incident by its length."""
    clocks = told.clocks
    if clocks is None or clocks.unsettled is None or told.known.endpoint.status not in MOVING:
        return
    at = clocks.unsettled.seen_at + told.settings.incidents.stuck_for
    if at > told.now:
        text = f"if it is still {told.shown.status} then, or another status on the way, that is an incident (stuck)"
        yield shapes.Step(kind="incident", at=at, text=text, will=True)


def _acts(told: Told) -> Iterator[shapes.Step]:
    for act in told.known.open.values():
        asked = f"the {command(act.intended.command)} that {act.actor} asked for (position {act.position})"
        yield shapes.Step(
            kind="deadline",
            at=max(act.intended.deadline, told.now),
            who=act.actor,
            text=f"{asked} is given up, unless its effect was seen by then",
            will=True,
        )


def _policies(told: Told) -> Iterator[shapes.Step]:
    last = max((lease.until for lease in told.leases), default=None)
    for case in told.cases:
        given = warned_by(case.known, case.policy, _cause_of(told, case.policy.name))
        warned = f" (warned {', '.join(span(edge) for edge in sorted(given, reverse=True))} before)" if given else ""
        for due in ahead(case, leased_until=last):
            yield _due(due, warned)


def _cause_of(told: Told, policy: str) -> int:
    return next(line.cause for line in told.lines if line.policy.name == policy)


def _due(due: Due, warned: str) -> shapes.Step:
    line = due.line
    will, deed = line.observe is None, DEEDS.get(line.command.value, line.command.value)
    once = f", {' and '.join(ENDS[guard] for guard in due.after)}" if due.after else ""
    verb = "will" if will else "would"
    if due.edge is None:
        text = f"{line.policy.name} {verb} {deed}{once}: {due.reason}{warned}"
    else:
        text = f"{line.policy.name} {verb} warn that it is going to {deed} {humanize(due.edge)} later{once}"
    return shapes.Step(
        kind="act" if due.edge is None else "warn",
        at=due.at,
        who=f"policy:{line.policy.name}",
        text=text,
        will=will,
        after=tuple(guard.value for guard in due.after),
    )


def _ends(told: Told) -> Iterator[shapes.Step]:
    for hold in told.holds:
        text = f"the hold by {hold.author} ends, and what policies count begins anew"
        yield shapes.Step(kind="holdEnds", at=hold.until, who=hold.author, text=text, will=True)
    last = max(told.leases, key=lambda lease: lease.until, default=None)
    for lease in told.leases:
        text = f"the lease of {lease.holder} ends, unless it is renewed{_rest(told) if lease is last else ''}"
        yield shapes.Step(kind="leaseEnds", at=max(lease.until, told.now), who=lease.holder, text=text, will=True)
    if told.settles and told.cases:
        yield shapes.Step(kind="settled", at=told.settled_at, text="policies may act from here on", will=True)


def _rest(told: Told) -> str:
    """Say what becomes of the endpoint after its last lease."""
    if not any(lease.pause_after for lease in told.leases):
        return ""
    if told.woken is None:
        return "; it is left as it is then: no lease woke it"
    back = {"pause": "paused", "scale_to_zero": "scaled to zero"}.get(told.woken.back.value, "put back to rest")
    return f"; as a lease had woken it, it is {back} then, if the last one asks for that and nobody touched it since"


def _stays(told: Told) -> Iterator[shapes.Step]:
    """Yield what Hugging Face or somebody else would have to do."""
    status, sighting = told.known.endpoint.status, told.known.endpoint.sighting
    if isinstance(status, UnknownStatus):
        unknown = f"What comes next cannot be told: {status} is no status that Lamplighter knows."
        text = f"{unknown} No policy acts on it; people can."
        yield shapes.Step(kind="unknown", text=text, will=False)
        return
    if status in STAYS:
        yield shapes.Step(kind="stays", text=STAYS[status], will=True)
    minutes = sighting.configuration.get("compute.scaling.scaleToZeroTimeout") if sighting else None
    if status is Status.RUNNING and isinstance(minutes, int) and minutes > 0:
        text = f"Hugging Face itself scales it to zero after {span(minutes * 60)} without a request."
        yield shapes.Step(kind="idle", text=text, will=True)


def _starts(told: Told) -> Iterator[str]:
    """Say how long a start takes, where one would have to come first, or began unseen."""
    read, status = told.reading, told.known.endpoint.status
    begun = status in STARTING and (told.clocks is None or told.clocks.starts.under_way is None)
    if read is None or read.p50 is None or read.p90 is None or not (status in AT_REST or begun):
        return
    count = len(read.cold_starts)
    seen = f"Of its last {count} starts half were up" if count > 1 else "The one start that was seen whole was up"
    most = f", nine in ten within {humanize(read.p90.upper)}" if count >= MANY else ""
    yield f"{seen} within {humanize(read.p50.upper)}{most}."

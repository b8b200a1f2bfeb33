"""From what the views know to what is shown: pure, for the daemon and the command line alike."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from events import streams
from events.catalogue.acts import Abandoned, Confirmed, Failed, Warned
from events.query import Page
from events.record import Recorded
from events.views import fleet, incidents
from events.views.fleet import Fleet, Known
from service.burn import Burn
from service.config import Settings
from service.inspection import Finding
from service.leases import Lease, Released
from service.subscribers import plan, ready
from service.web import shapes
from service.web.snippets import snippets
from statemachine.model import EndpointName, Window


def endpoint(
    known: Known,
    *,
    fleet: Fleet,
    settings: Settings,
    now: datetime,
    watched: bool,
    seen: float | None,
    document: bytes | None,
    usd_per_hour: float | None = None,
) -> shapes.Endpoint:
    """Show an endpoint; `seen` is how many seconds ago it was last seen, `document` the last one, masked."""
    sighting = known.endpoint.sighting
    groups = settings.groups_of(known.name, known.tags)
    held = fleet.held(known, now)
    return shapes.Endpoint(
        namespace=known.name.namespace,
        name=known.name.name,
        endpoint=str(known.name),
        status=str(known.endpoint.status),
        readable=known.endpoint.readable,
        watched=watched,
        since=since(known.endpoint.since),
        created_at=known.life,
        created_by=sighting.created_by if sighting else None,
        updated_at=sighting.updated_at if sighting else None,
        updated_by=sighting.updated_by if sighting else None,
        people=people(document),
        ready_replicas=sighting.ready_replicas if sighting else None,
        target_replicas=sighting.target_replicas if sighting else None,
        usd_per_hour=usd_per_hour,
        url=sighting.url if sighting else None,
        message=sighting.message if sighting else None,
        version=known.version,
        cause=known.cause,
        position=known.changed,
        seconds_since_seen=seen,
        groups=groups,
        protected=any(settings.groups[group].protected for group in groups),
        hold=hold(held, everywhere=held.id in fleet.all_holds) if held else None,
        open_acts=tuple(map(act, known.open.values())),
    )


def detail(
    shown: shapes.Endpoint,
    known: Known,
    *,
    holds: tuple[shapes.Hold, ...],
    lines: tuple[shapes.Line, ...],
    document: bytes | None,
    leases: tuple[shapes.Lease, ...] = (),
    then: shapes.Then | None = None,
) -> shapes.EndpointDetail:
    """Show an endpoint with all that is at hand about it."""
    return shapes.EndpointDetail(
        **{name: getattr(shown, name) for name in shown.__struct_fields__},
        document=None if document is None else msgspec.Raw(document),
        warnings=tuple(warning(position, warned) for position, warned in known.warnings),
        holds=holds,
        acts=tuple(map(act, known.closed)),
        plan=lines,
        leases=leases,
        then=then,
    )


def since(window: Window | None) -> shapes.Since | None:
    """Show when a status began."""
    if window is None:
        return None
    return shapes.Since(not_before=window.not_before, seen_at=window.seen_at, gap=window.gap)


def holds(own: Mapping[str, fleet.Hold], general: Mapping[str, fleet.Hold], now: datetime) -> tuple[shapes.Hold, ...]:
    """Show the holds that are in force now."""
    found = [(held, False) for held in own.values()] + [(held, True) for held in general.values()]
    return tuple(hold(held, everywhere=everywhere) for held, everywhere in found if held.until > now)


def hold(held: fleet.Hold, *, everywhere: bool) -> shapes.Hold:
    """Show a hold."""
    return shapes.Hold(id=held.id, author=held.author, reason=held.reason, until=held.until, everywhere=everywhere)


def act(done: fleet.Act) -> shapes.Act:
    """Show an act, open or ended."""
    outcome, detail_ = _ended(done.outcome)
    return shapes.Act(
        intent=done.intended.intent,
        command=done.intended.command,
        actor=done.actor,
        policy=done.intended.policy,
        reason=done.intended.reason,
        position=done.position,
        deadline=done.intended.deadline,
        outcome=outcome,
        detail=detail_,
    )


def _ended(outcome: Confirmed | Failed | Abandoned | None) -> tuple[str | None, str | None]:
    match outcome:
        case Confirmed(status=status):
            return "confirmed", status
        case Failed(error=error):
            return "failed", error
        case Abandoned(reason=reason):
            return "abandoned", reason
        case None:
            return None, None


def warning(position: int, warned: Warned) -> shapes.Warning:
    """Show a warning."""
    return shapes.Warning(
        position=position,
        policy=warned.policy,
        command=warned.command,
        edge_seconds=warned.edge_seconds,
        due_at=warned.due_at,
        reason=warned.reason,
    )


def line(of_plan: plan.Line) -> shapes.Line:
    """Show a line of the plan."""
    return shapes.Line(
        endpoint=str(of_plan.name),
        policy=of_plan.policy.name,
        verdict=of_plan.verdict.value,
        command=of_plan.command.value,
        reason=of_plan.reason,
        due_at=of_plan.due_at,
        next_at=of_plan.next_at,
        edge_seconds=of_plan.edge.total_seconds() if of_plan.edge is not None else None,
        observe=of_plan.observe,
    )


def namespace(
    name: str, *, health: fleet.Health, acts: bool, asked: bool, seen: float | None, endpoints: int, burning: Burn
) -> shapes.Namespace:
    """Show a namespace that is watched; `seen` is how many seconds ago it was last seen whole."""
    reachable = False if health.unreachable else True if asked else None
    return shapes.Namespace(
        namespace=name,
        mode="act" if acts else "observe",
        reachable=reachable,
        asked=asked,
        seconds_since_seen=seen,
        endpoints=endpoints,
        usd_per_hour=rounded(burning.usd_per_hour),
        unpriced=burning.unpriced,
        unreachable=msgspec.convert(health.unreachable, shapes.Unreachable | None, from_attributes=True),
        suspected=msgspec.convert(health.suspected, shapes.Suspected | None, from_attributes=True),
    )


def rounded(usd_per_hour: float | None) -> float | None:
    """Return a rate without what adding up left behind it."""
    return None if usd_per_hour is None else round(usd_per_hour, 4)


def inspection(finding: Finding | None) -> shapes.Inspection | None:
    """Show what the last inspection of the log found."""
    return msgspec.convert(finding, shapes.Inspection | None, from_attributes=True)


def incident(known: incidents.Incident) -> shapes.Incident:
    """Show an incident."""
    about, fired = known.subject, known.fired
    return shapes.Incident(
        incident=fired.incident,
        rule=fired.rule,
        severity=fired.severity.value,
        subject=str(about),
        namespace=about.namespace,
        endpoint=None if about.endpoint is None else str(about.endpoint),
        reason=fired.reason,
        at=fired.at,
        arrival=fired.arrival,
        position=known.position,
        told=tuple(sorted(known.told)),
    )


def event(recorded: Recorded) -> shapes.Event:
    """Show an event as it stands in the log."""
    about = streams.subject(recorded.stream)
    return shapes.Event(
        id=recorded.id,
        position=recorded.position,
        stream=recorded.stream,
        version=recorded.version,
        namespace=about.namespace,
        endpoint=None if about.endpoint is None else str(about.endpoint),
        type=recorded.type,
        schema=recorded.schema,
        time=recorded.time,
        actor=recorded.actor,
        data=msgspec.Raw(recorded.data),
    )


def events(page: Page, *, count: int | None = None) -> shapes.Events:
    """Show a page of the log."""
    following = page.events[-1].position if page.more and page.events else None
    return shapes.Events(
        items=tuple(map(event, page.events)), next=following, head=page.head, archived=page.archived, count=count
    )


def waited(answer: ready.Answer) -> shapes.Answer:
    """Show how a wait ended, or how it stands."""
    return shapes.Answer(
        end=None if answer.end is None else answer.end.value,
        status=answer.status,
        url=answer.url,
        ready_replicas=answer.ready_replicas,
        healthy=answer.healthy,
        waiting_for=answer.waiting_for,
        message=answer.message,
        health=answer.health,
        model=answer.model,
        revision=answer.revision,
        task=answer.task,
        expected=msgspec.convert(answer.expected, shapes.Expected | None, from_attributes=True),
        snippets=None if answer.url is None else snippets(answer.url, task=answer.task),
    )


def lease(name: EndpointName, held: Lease) -> shapes.Lease:
    """Show a lease."""
    return shapes.Lease(
        lease=held.id,
        endpoint=str(name),
        holder=held.holder,
        reason=held.reason,
        since=held.since,
        until=held.until,
        seconds=held.seconds,
        pause_after=held.pause_after,
    )


def released(told: Released) -> shapes.Released:
    """Show what a release came to."""
    then = None if told.kept == "" else "putBack" if told.kept is None else "kept"
    return shapes.Released(lease=told.lease.id, left=told.left, then=then, why=told.kept or None)


class _Person(msgspec.Struct):
    id: str
    name: str


class _Status(msgspec.Struct):
    created_by: _Person | None = msgspec.field(name="createdBy", default=None)
    updated_by: _Person | None = msgspec.field(name="updatedBy", default=None)


class _Document(msgspec.Struct):
    status: _Status


def people(document: bytes | None) -> dict[str, str]:
    """Return the names of the people whom a masked document names, by their ids."""
    if document is None:
        return {}
    try:
        status = msgspec.json.decode(document, type=_Document).status
    except msgspec.MsgspecError:
        return {}
    return {person.id: person.name for person in (status.created_by, status.updated_by) if person is not None}

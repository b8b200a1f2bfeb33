"""What a daemon shows of itself now: its parts, seen through `render`. The command line may use it in process, too."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from events.codec import decode, type_of
from events.query import Query
from events.record import Recorded
from events.streams import acts, life
from events.views.fleet import Health, Known
from events.views.outbox import State
from service.access import ANYBODY, Caller, Role
from service.burn import Burn, burn, together
from service.config import Configuration
from service.parts import Parts
from service.subscribers.plan import Case, Line, Verdict, cases, line
from service.web import because, coming, explain, keepers, render, shapes
from service.web.told import Told
from statemachine.model import Discovered, EndpointName, Reconfigured

DUE = frozenset({Verdict.WARN, Verdict.ACT, Verdict.LATER})
RECENT_EVENTS = 10


def seconds_since(at: datetime | None, now: datetime) -> float | None:
    """Return how long ago an instant was; 0 if the clock was set back since, null if there is none."""
    return None if at is None else round(max(0.0, (now - at).total_seconds()), 3)


def namespace_seen_at(parts: Parts, name: str) -> datetime | None:
    """Return when a namespace was last seen whole, by this process or the one before."""
    watcher = parts.watch.watchers.get(name)
    return parts.watch.looked_at(name) or (watcher.swept_at if watcher else None)


def namespace_seen(parts: Parts, name: str) -> float | None:
    """Return how many seconds ago that was."""
    return seconds_since(namespace_seen_at(parts, name), parts.clock.now())


def endpoint(parts: Parts, known: Known) -> shapes.Endpoint:
    """Show an endpoint."""
    now, watcher = parts.clock.now(), parts.watch.watchers.get(known.name.namespace)
    track = watcher.tracks.get(known.name) if watcher else None
    return render.endpoint(
        known,
        fleet=parts.live.fleet,
        settings=parts.configuration.settings,
        now=now,
        watched=watcher is not None,
        seen=seconds_since(track.looked_at if track else None, now),
        document=watcher.documents.get(known.name) if watcher else None,
        usd_per_hour=render.rounded(_rate(parts, known)),
    )


def endpoints(
    parts: Parts,
    *,
    caller: Caller = ANYBODY,
    namespace: str | None = None,
    gone: bool = False,
    after: EndpointName | None = None,
    limit: int = 1000,
) -> shapes.Endpoints:
    """Show a page of endpoints that a caller may see, by name; those that are gone only if asked for."""
    found = sorted(
        name
        for name, known in parts.live.fleet.endpoints.items()
        if (namespace is None or name.namespace == namespace)
        and known.life is not None
        and (gone or known.endpoint.sighting is not None)
        and (after is None or name > after)
        and caller.may(Role.READ, name.namespace)
    )
    items = tuple(endpoint(parts, parts.live.fleet.known(name)) for name in found[:limit])
    return shapes.Endpoints(items=items, next=items[-1].endpoint if len(found) > limit else None)


async def detail(parts: Parts, name: EndpointName) -> shapes.EndpointDetail:
    """Show an endpoint with all that is at hand about it."""
    known, now = parts.live.fleet.known(name), parts.clock.now()
    watcher = parts.watch.watchers.get(name.namespace)
    document = watcher.documents.get(name) if watcher else None
    if document is None and known.endpoint.sighting is not None:
        document = await parts.log.board.get("document", str(name))
    return render.detail(
        endpoint(parts, known),
        known,
        holds=render.holds(known.holds, parts.live.fleet.all_holds, now),
        lines=tuple(map(render.line, _lines(parts, known))),
        document=document,
        leases=tuple(render.lease(name, lease) for lease in parts.leases.of(name)),
    )


async def explanation(parts: Parts, name: EndpointName) -> shapes.Explanation:
    """Say why an endpoint is as it is, and what comes next."""
    known, now = parts.live.fleet.known(name), parts.clock.now()
    discovered, recent = await _history(parts, known)
    configuration, lived = parts.configuration, parts.live.uptime.of(name)
    told = Told(
        shown=endpoint(parts, known),
        known=known,
        discovered=discovered,
        cause=next((decode(event) for event in recent if event.position == known.cause), None),
        health=parts.live.fleet.namespaces.get(name.namespace, Health()),
        settings=configuration.settings,
        now=now,
        settled_at=parts.autopause.settled_at,
        observe=None if configuration.acts(name.namespace) else why_observe(configuration, name.namespace),
        cases=_cases(parts, known),
        holds=render.holds(known.holds, parts.live.fleet.all_holds, now),
        leases=parts.leases.of(name),
        woken=parts.leases.woken(name),
        clocks=lived.clocks if lived else None,
        changed=_changed(recent),
        incidents=tuple(one for one in parts.live.incidents.open.values() if one.subject.endpoint == name),
    )
    to_come, held_by = coming.steps(told), tuple(keepers.keepers(told))
    passages = explain.passages(told, to_come, held_by)
    return shapes.Explanation(
        sentences=tuple(sentence for passage in passages for sentence in passage.sentences),
        passages=passages,
        why=because.why(told),
        next=to_come,
        held_by=held_by,
        incidents=tuple(map(render.incident, told.incidents)),
        endpoint=told.shown,
        first_seen_at=discovered.seen_at if discovered else None,
        absent_at=discovered.absent_at if discovered else None,
        events=tuple(map(render.event, recent)),
        holds=told.holds,
        acts=tuple(map(render.act, (*known.closed, *known.open.values()))),
        plan=tuple(map(render.line, told.lines)),
        leases=tuple(render.lease(name, lease) for lease in told.leases),
        keep=coming.keep(name),
    )


def why_observe(configuration: Configuration, namespace: str) -> str:
    """Return why nothing is written to a namespace, without what is said to those who asked for a write."""
    return configuration.why_observe(namespace).removesuffix(" Nothing was sent.").rstrip(".")


def plan(parts: Parts, *, caller: Caller = ANYBODY) -> shapes.Plan:
    """Show what the policies would do with what a caller may see."""
    found = [line for line in parts.autopause.plan() if caller.may(Role.READ, line.name.namespace)]
    reached = {line.name for line in found}
    seen = (
        (name, known) for name, known in parts.live.fleet.endpoints.items() if caller.may(Role.READ, name.namespace)
    )
    alive = [name for name, known in seen if known.endpoint.sighting is not None]
    counts = Counter(line.verdict.value for line in found if line.verdict not in DUE)
    counts["noPolicy"] = sum(name not in reached for name in alive)
    return shapes.Plan(
        mode=parts.configuration.settings.mode.value,
        settled_at=parts.autopause.settled_at,
        holds=render.holds({}, parts.live.fleet.all_holds, parts.clock.now()),
        items=_in_order(found),
        not_={key: counts[key] for key in (Verdict.PROTECTED.value, Verdict.NOT_DUE.value, "noPolicy")},
    )


def status(parts: Parts, subscribers: tuple[shapes.Subscriber, ...], *, caller: Caller = ANYBODY) -> shapes.Status:
    """Show the whole at a glance, or what a caller may see of it; `subscribers` is where they stand."""
    live, whole = parts.live, caller.everywhere(Role.READ)
    by_namespace = {name: counts for name, counts in counted(parts).items() if caller.may(Role.READ, name)}

    def sees(about: str | None) -> bool:
        return whole or (bool(about) and caller.may(Role.READ, str(about).partition("/")[0]))

    total, burns = sum(by_namespace.values(), Counter[str]()), burning(parts)
    all_of_it = together(burns[name] for name in by_namespace)
    return shapes.Status(
        version=parts.version,
        mode=parts.configuration.settings.mode.value,
        position=live.fleet.position,
        log_id=parts.log.log_id,
        started_at=parts.started_at,
        settled_at=parts.autopause.settled_at,
        ready=parts.ready,
        endpoints=dict(sorted(total.items())),
        usd_per_hour=render.rounded(all_of_it.usd_per_hour),
        unpriced=all_of_it.unpriced,
        usd_seconds_old=seconds_since(all_of_it.as_of, parts.clock.now()),
        unseen=tuple(sorted(name for name in by_namespace if burns[name].as_of is None)),
        namespaces=tuple(
            render.namespace(
                name,
                health=live.fleet.namespaces.get(name, Health()),
                acts=parts.configuration.acts(name),
                asked=watcher.asked,
                seen=namespace_seen(parts, name),
                endpoints=by_namespace[name].total(),
                burning=burns[name],
            )
            for name, watcher in parts.watch.watchers.items()
            if name in by_namespace
        ),
        open_incidents=tuple(render.incident(one) for one in live.incidents.open.values() if sees(str(one.subject))),
        holds=render.holds({}, live.fleet.all_holds, parts.clock.now()),
        undelivered=sum(sees(letter.notified.subject) for letter in live.outbox.pending.values()),
        undeliverable=sum(
            letter.state is State.UNDELIVERABLE and sees(letter.notified.subject) for letter in live.outbox.ended
        ),
        subscribers=subscribers if whole else (),
        inspection=render.inspection(parts.inspection.finding) if whole else None,
    )


def counted(parts: Parts) -> dict[str, Counter[str]]:
    """Return how many endpoints there are, by watched namespace and status."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in parts.watch.watchers}
    for name, known in parts.live.fleet.endpoints.items():
        if name.namespace in counts and known.endpoint.sighting is not None:
            counts[name.namespace][str(known.endpoint.status)] += 1
    return counts


def burning(parts: Parts) -> dict[str, Burn]:
    """Return what the endpoints of each watched namespace cost now; of one that nobody saw yet nothing is known."""
    rates: dict[str, list[float | None]] = {name: [] for name in parts.watch.watchers}
    for name, known in parts.live.fleet.endpoints.items():
        if name.namespace in rates and known.endpoint.sighting is not None:
            rates[name.namespace].append(_rate(parts, known))
    return {
        name: Burn(usd_per_hour=None, unpriced=len(found))
        if (at := namespace_seen_at(parts, name)) is None
        else burn(found, as_of=at)
        for name, found in rates.items()
    }


def _rate(parts: Parts, known: Known) -> float | None:
    """Return what an endpoint costs an hour; what cannot be read, or is not watched, may have changed meanwhile."""
    sighting, watched = known.endpoint.sighting, known.name.namespace in parts.watch.watchers
    if sighting is None or not known.endpoint.readable or not watched:
        return None
    return parts.prices.rate(known.name.namespace, sighting)


def _lines(parts: Parts, known: Known) -> tuple[Line, ...]:
    return tuple(map(line, _cases(parts, known)))


def _cases(parts: Parts, known: Known) -> tuple[Case, ...]:
    if known.endpoint.sighting is None:
        return ()
    return tuple(cases(known, parts.live.fleet, parts.configuration, parts.autopause.moment()))


def _changed(recent: Iterable[Recorded]) -> tuple[Recorded, Reconfigured] | None:
    """Return the newest change of the configuration that is at hand."""
    found: tuple[Recorded, Reconfigured] | None = None
    for recorded in recent:
        event = decode(recorded)
        if isinstance(event, Reconfigured):
            found = recorded, event
    return found


def _in_order(found: Iterable[Line]) -> tuple[shapes.Line, ...]:
    late = datetime.max.replace(tzinfo=UTC)
    ordered = sorted(found, key=lambda line: (line.due_at or late, line.name))
    return tuple(map(render.line, ordered))


async def _history(parts: Parts, known: Known) -> tuple[Discovered | None, tuple[Recorded, ...]]:
    """Return how the present life was first seen, and the last events of the endpoint, oldest first."""
    if known.life is None:
        return None, ()
    stream = life(known.name, known.life)
    first = await parts.log.read(Query(stream=stream, types=(type_of(Discovered),), limit=1))
    event = decode(first.events[0]) if first.events else None
    recent: dict[int, Recorded] = {}
    for query in (
        Query(stream=stream, newest_first=True, limit=RECENT_EVENTS),
        Query(stream=acts(known.name), newest_first=True, limit=RECENT_EVENTS),
        Query(stream=stream, after=known.cause - 1, before=known.cause + 1),
    ):
        page = await parts.log.read(query)
        recent.update({recorded.position: recorded for recorded in page.events})
    return event if isinstance(event, Discovered) else None, tuple(recent[place] for place in sorted(recent))

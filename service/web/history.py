"""What can be asked of the past: an endpoint as it was known then, when it was what, and how it spent its time."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TypeVar

from aiohttp import web

from events import codec
from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.keepers import HoldLifted, HoldPlaced, LeaseExpired, LeaseReleased, LeaseTaken
from events.query import Query
from events.views.timeline import at as at_instant, clipped
from events.views.uptime import Life, lives
from service.access import Caller, Role
from service.parts import Parts
from service.past import fleet_at, newest, position_at, time_of, timeline_of, uptime_between
from service.web import present, render, shapes, times
from service.web.access import caller_of
from service.web.answers import Problem, answer
from service.web.context import parts_of
from service.web.parameters import ZONE, Parameter, instant_of, known_endpoint_of, query_of, whole_number, zone_of
from service.web.reading import LIMIT, MOST_ITEMS
from statemachine.model import Deleted, Discovered, EndpointName, Reconfigured
from statemachine.status import Status

T = TypeVar("T")
_WHEN = "2h ago, yesterday 14:00, or an instant with its zone."
LONG_AGO = datetime.min.replace(tzinfo=UTC)
SINCE = Parameter(name="since", text=f"Only from this instant on; {_WHEN}")
UNTIL = Parameter(name="until", text=f"Only before this instant; {_WHEN}")
AT = (
    Parameter(name="at", text=f"As it was known then; {_WHEN}"),
    Parameter(
        name="at_position",
        text="As it was known when the log reached to this position.",
        schema={"type": "integer", "minimum": 1},
    ),
    ZONE,
)
TIMELINE = (SINCE, UNTIL, ZONE)
UPTIME = (
    SINCE,
    UNTIL,
    ZONE,
    Parameter(name="match", text="Only endpoints whose namespace/name matches this pattern, like acme/*."),
    LIMIT,
    Parameter(name="after", text="Only lives behind this one: the `next` of the page before."),
)
_TOLD: tuple[type[Event], ...] = (
    *(Discovered, Deleted, Reconfigured),
    *(Warned, Intended, Confirmed, Failed, Abandoned, HoldPlaced, HoldLifted),
    *(LeaseTaken, LeaseReleased, LeaseExpired),
)
TOLD = tuple(codec.type_of(cls) for cls in _TOLD)  # what people look for beside the status


async def _then(parts: Parts, name: EndpointName, said: Mapping[str, str]) -> shapes.EndpointDetail:
    """Show an endpoint as it was known at an instant or a position, and what can be said of it since."""
    position, instant = await _place(parts, said)
    fleet = await fleet_at(parts.log, name, position)
    known = fleet.known(name)
    if known.life is None:
        raise Problem(404, f"nothing was known of {name} at {instant:%Y-%m-%d %H:%M:%S} UTC (position {position})")
    stretches = (await timeline_of(parts.log, name)).stretches(seen_until(parts, name))
    shown = render.endpoint(
        known,
        fleet=fleet,
        settings=parts.configuration.settings,
        now=instant,
        watched=name.namespace in parts.watch.watchers,
        seen=None,
        document=None,
    )
    return render.detail(
        shown,
        known,
        holds=render.holds(known.holds, fleet.all_holds, instant),
        lines=(),
        document=None,
        then=times.then(position, instant, at_instant(stretches, instant)),
    )


async def endpoint(request: web.Request) -> web.Response:
    """Answer with one endpoint, and all that is at hand about it: now, or as it was known at an earlier time."""
    said, name, parts = query_of(request, AT), known_endpoint_of(request), parts_of(request)
    return answer(await _then(parts, name, said) if said else await present.detail(parts, name))


async def timeline(request: web.Request) -> web.Response:
    """Answer with what an endpoint was, and when."""
    said, name, parts = query_of(request, TIMELINE), known_endpoint_of(request), parts_of(request)
    since, until = _period(parts, said)
    seen = seen_until(parts, name)
    stretches = tuple(clipped((await timeline_of(parts.log, name)).stretches(seen), since, until))
    about = Query(namespace=name.namespace, name=name.name, types=TOLD, since=since, until=until)
    events = await newest(parts.log, about, most=MOST_ITEMS)
    return answer(
        shapes.Timeline(
            endpoint=str(name),
            since=stretches[0].begin if stretches else since,
            until=stretches[-1].end if stretches else until,
            stretches=tuple(map(times.stretch, stretches)),
            events=tuple(map(render.event, events)),
        )
    )


async def uptime(request: web.Request) -> web.Response:
    """Answer with how the lives of endpoints spent their time."""
    said, parts = query_of(request, UPTIME), parts_of(request)
    limit = whole_number(said, "limit", default=MOST_ITEMS, least=1, most=MOST_ITEMS)
    since, until = _period(parts, said)
    wanted = _matching(said.get("match", "*"), caller_of(request))
    known = parts.live.uptime
    if since is not None or until is not None:
        known = await uptime_between(parts.log, since, until, wanted=wanted)
    shown = [
        (stream, told)
        for stream, life in lives(known)
        if wanted(life.name) and (told := times.life(life, _end(parts, life, until))) is not None
    ]
    page, more = _page(shown, after=said.get("after"), limit=limit)
    return answer(shapes.Uptime(items=tuple(told for _, told in page), next=page[-1][0] if more else None))


def seen_until(parts: Parts, name: EndpointName) -> datetime:
    """Return when an endpoint was last looked at, by this process or the one before: later is not known.

    One that is gone was looked for whenever its namespace was looked at.
    """
    watcher = parts.watch.watchers.get(name.namespace)
    if watcher is None:
        return LONG_AGO
    track = watcher.tracks.get(name)
    own = track.looked_at if track and parts.live.fleet.known(name).endpoint.sighting is not None else None
    return own or parts.watch.looked_at(name.namespace) or watcher.swept_at or LONG_AGO


def _end(parts: Parts, life: Life, until: datetime | None) -> datetime:
    """Return up to when the time of a life is told; one that is over ends where it ended."""
    if life.clocks.endpoint.status is Status.ABSENT:
        return LONG_AGO
    seen = seen_until(parts, life.name)
    return seen if until is None else min(seen, until)


def _matching(pattern: str, caller: Caller) -> Callable[[EndpointName], bool]:
    return lambda name: fnmatchcase(str(name), pattern) and caller.may(Role.READ, name.namespace)


def _page(found: list[tuple[str, T]], *, after: str | None, limit: int) -> tuple[list[tuple[str, T]], bool]:
    """Return the page behind a stream, and whether others follow."""
    places = [place for place, (stream, _) in enumerate(found) if stream == after]
    if after is not None and not places:
        raise Problem(400, f"after={after[:60]!r} is no life that is shown here: give the `next` of the page before")
    first = places[0] + 1 if places else 0
    return found[first : first + limit], len(found) > first + limit


def _period(parts: Parts, said: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    now, zone = parts.clock.now(), zone_of(said, parts.configuration.settings.zone)
    since, until = (instant_of(said, key, now=now, zone=zone) for key in ("since", "until"))
    if since is not None and until is not None and since >= until:
        raise Problem(400, f"since={said['since'][:60]!r} is not before until={said['until'][:60]!r}: turn them round")
    return since, until


async def _place(parts: Parts, said: Mapping[str, str]) -> tuple[int, datetime]:
    """Return the position and the instant that are asked for."""
    if "at" in said and "at_position" in said:
        raise Problem(400, "at and at_position are two places: say one of them")
    now, head = parts.clock.now(), await parts.log.head()
    instant = instant_of(said, "at", now=now, zone=zone_of(said, parts.configuration.settings.zone))
    if instant is not None:
        if instant > now:
            raise Problem(400, f"at={said['at'][:60]!r} has not come yet: ask for a time that is over")
        return await position_at(parts.log, instant), instant
    position = whole_number(said, "at_position", default=head, least=1)
    time = await time_of(parts.log, position) if position <= head else None
    if time is None:
        raise Problem(400, f"the log holds no position {position}: it ends at {head}")
    return position, time

"""What subscribers could not take: listed, handed over again, or given up by whoever has the token, with a reason.

Where each subscriber stands is asked of the log itself, so that it is true whoever moved it.
"""

from collections import Counter

from aiohttp import web

from events import parking
from events.parking import NothingParked, StillParked
from events.query import Query
from events.record import decision_id
from events.unit import Parked
from service.hooks import Hook
from service.masking import scrub
from service.parts import Parts
from service.web import render, shapes
from service.web.access import actor_of
from service.web.answers import Problem, answer
from service.web.context import lasting_of, parts_of
from service.web.keys import once_a_key, own_key
from service.web.lasting import Ended
from service.web.parameters import Parameter, body_of, query_of, reason_of, whole_number

MOST_ITEMS = 100
PARKED = (
    Parameter(name="subscriber", text="Only what this one set aside: alerts, hook/NAME."),
    Parameter(name="after", text="Only beyond this position.", schema={"type": "integer", "minimum": 0}),
    Parameter(name="limit", text="How many at most.", schema={"type": "integer", "minimum": 1, "maximum": MOST_ITEMS}),
)


async def parked(request: web.Request) -> web.Response:
    """Answer with a page of what is set aside, by position."""
    said, parts = query_of(request, PARKED), parts_of(request)
    after = whole_number(said, "after", default=0)
    limit = whole_number(said, "limit", default=MOST_ITEMS, least=1, most=MOST_ITEMS)
    rows = await parts.log.parked(said.get("subscriber"))
    left = [row for row in rows if row.position > after]
    page = [row for row in left if row.position <= left[min(limit, len(left)) - 1].position]  # whole positions only
    shown = shapes.ParkedEvents(
        items=tuple([await _shown(parts, row) for row in page]),
        next=page[-1].position if len(page) < len(left) else None,
        total=len(rows),
    )
    return answer(shown)


async def replay(request: web.Request) -> web.Response:
    """Hand an event that was set aside to its subscriber again."""
    body = await body_of(request, shapes.ParkedBody)
    return await once_a_key(request, lambda: _replayed(request, body))


async def _replayed(request: web.Request, body: shapes.ParkedBody) -> web.Response:
    parts, id_ = parts_of(request), _id_of(request, "replay", body)
    shown = answer(shapes.Unparked(subscriber=body.subscriber, position=body.position, outcome="replayed"))
    if id_ is not None and await parts.log.holds(id_):
        return shown
    subscriber = next((one for one in parts.subscribers if one.name == body.subscriber), None)
    if subscriber is None:
        names = ", ".join(one.name for one in parts.subscribers)
        raise Problem(
            404, f"there is no subscriber {body.subscriber[:60]!r} that runs (there are {names}): configure it, or skip"
        )
    try:
        async with lasting_of(request).open(request, needs_caller=False):
            await parking.replay(
                parts.log,
                subscriber,
                body.position,
                actor=actor_of(request),
                why=reason_of(body.why),
                now=parts.clock.now,
                wanted=isinstance(subscriber, Hook),
                id_=id_,
            )
    except NothingParked as error:
        raise Problem(404, str(error)) from None
    except StillParked as error:
        raise Problem(409, scrub(str(error))) from None
    except Ended:
        raise Problem(503, "the daemon is stopping: ask again when it is back", headers={"Retry-After": "2"}) from None
    return shown


async def skip(request: web.Request) -> web.Response:
    """Give up an event that was set aside, for good."""
    body = await body_of(request, shapes.ParkedBody)
    return await once_a_key(request, lambda: _skipped(request, body))


async def _skipped(request: web.Request, body: shapes.ParkedBody) -> web.Response:
    parts, id_, why = parts_of(request), _id_of(request, "skip", body), reason_of(body.why)
    if not why:
        raise Problem(400, "why is it skipped? Nobody will see this event here again: say it as `why`")
    now, actor = parts.clock.now(), actor_of(request)
    try:
        await parking.skip(parts.log, body.subscriber, body.position, actor=actor, why=why, now=now, id_=id_)
    except NothingParked as error:
        raise Problem(404, str(error)) from None
    return answer(shapes.Unparked(subscriber=body.subscriber, position=body.position, outcome="skipped"))


def _id_of(request: web.Request, what: str, body: shapes.ParkedBody) -> str | None:
    """Return the id of what tells of it in the log, if the request has a key."""
    key = own_key(request)
    return None if key is None else decision_id(what, actor_of(request), key, body.subscriber, body.position)


async def standing(parts: Parts) -> tuple[shapes.Subscriber, ...]:
    """Return where each subscriber stands; of those that run no more, who set something aside."""
    counts, head = Counter(row.name for row in await parts.log.parked()), await parts.log.head()
    found = []
    for one in parts.subscribers:
        position, trouble = await parts.log.cursor(one.name), one.trouble if isinstance(one, Hook) else None
        found.append(_subscriber(one.name, position, counts.pop(one.name, 0), running=True, head=head, trouble=trouble))
    for name, count in sorted(counts.items()):
        found.append(_subscriber(name, await parts.log.cursor(name), count, running=False, head=head))
    return tuple(found)


def _subscriber(
    name: str, position: int, parked_: int, *, running: bool, head: int, trouble: str | None = None
) -> shapes.Subscriber:
    return shapes.Subscriber(
        subscriber=name,
        running=running,
        position=position,
        lag=max(0, head - position),
        parked=parked_,
        trouble=trouble,
    )


async def _shown(parts: Parts, row: Parked) -> shapes.Parked:
    page = await parts.log.read(Query(after=row.position - 1, before=row.position + 1))
    event = render.event(page.events[0]) if page.events else None
    return shapes.Parked(subscriber=row.name, position=row.position, error=row.error, event=event)

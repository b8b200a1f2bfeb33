"""The log, a page at a time, by the same filters as its stream."""

from dataclasses import replace

from aiohttp import web

from events.chains import with_evidence
from events.query import Page, Query
from service.web.access import caller_of
from service.web.answers import Problem, encode
from service.web.context import parts_of
from service.web.filters import BEFORE, FILTERS, asked
from service.web.formats import FORMAT, FORMATS, JSON, format_of
from service.web.parameters import Parameter, named, query_of, truth, whole_number
from service.web.reading import LIMIT, MOST_ITEMS
from service.web.render import events as shown
from statemachine.model import instant

DEFAULT_ITEMS = 100
ORDERS = ("asc", "desc")
EVENTS = (
    *FILTERS,
    BEFORE,
    LIMIT,
    Parameter(
        name="order",
        text="Oldest first (asc) or newest first (desc).",
        schema={"type": "string", "enum": list(ORDERS), "default": "asc"},
    ),
    Parameter(name="count", text="Tell also how many match in all (in JSON).", schema={"type": "boolean"}),
    FORMAT,
)


async def events(request: web.Request) -> web.Response:
    """Answer with a page of events."""
    parts, said = parts_of(request), query_of(request, EVENTS)
    form, counted = format_of(request, said), truth(said, "count")
    if counted and form != JSON:
        raise Problem(400, f"count is told in JSON alone, not in {form}: leave out one of them")
    query = replace(
        asked(said, parts, parts.clock.now(), caller_of(request)),
        after=whole_number(said, "after", default=0),
        before=whole_number(said, "before", default=None),
        newest_first=named(said, "order", ORDERS) == "desc",
        limit=whole_number(said, "limit", default=DEFAULT_ITEMS, least=1, most=MOST_ITEMS),
    )
    query = await with_evidence(parts.log, query)
    page = await parts.log.read(query)
    if form == JSON:
        body = encode(shown(page, count=await parts.log.count(query) if counted else None))
    else:
        body = FORMATS[form].render(page, parts.log.log_id)
    return web.Response(body=body, headers={"Content-Type": FORMATS[form].content, **_links(request, query, page)})


def _links(request: web.Request, query: Query, page: Page) -> dict[str, str]:
    """Return the header that names the next page, if there is one: RFC 8288, relative to this address.

    Times stand in it as instants: `today`, and `2h ago`, are others when the next page is asked for.
    """
    if not page.more:
        return {}
    place = "before" if query.newest_first else "after"
    times = {name: instant(at) for name, at in (("since", query.since), ("until", query.until)) if at is not None}
    following = request.rel_url.update_query({place: str(page.events[-1].position), **times})
    return {"Link": f'<?{following.raw_query_string}>; rel="next"'}

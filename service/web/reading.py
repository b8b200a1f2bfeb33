"""What can be asked of the present: the whole, the endpoints, one of them, and the plan."""

from aiohttp import web

from service.web import present
from service.web.access import caller_of
from service.web.answers import answer
from service.web.context import parts_of
from service.web.parameters import (
    Parameter,
    endpoint_named,
    known_endpoint_of,
    query_of,
    truth,
    whole_number,
)
from service.web.parked import standing

MOST_ITEMS = 1000
LIMIT = Parameter(
    name="limit",
    text="How many at most.",
    schema={"type": "integer", "minimum": 1, "maximum": MOST_ITEMS},
)
ENDPOINTS = (
    Parameter(name="namespace", text="Only endpoints of this namespace."),
    LIMIT,
    Parameter(name="after", text="Only endpoints behind this one, as namespace/name: the `next` of the page before."),
    Parameter(name="gone", text="Also those that are gone.", schema={"type": "boolean"}),
)


async def status(request: web.Request) -> web.Response:
    """Answer with the whole at a glance."""
    parts = parts_of(request)
    return answer(present.status(parts, await standing(parts), caller=caller_of(request)))


async def endpoints(request: web.Request) -> web.Response:
    """Answer with a page of endpoints, by name."""
    said = query_of(request, ENDPOINTS)
    page = present.endpoints(
        parts_of(request),
        caller=caller_of(request),
        namespace=said.get("namespace"),
        gone=truth(said, "gone"),
        after=endpoint_named(said, "after"),
        limit=whole_number(said, "limit", default=MOST_ITEMS, least=1, most=MOST_ITEMS),
    )
    return answer(page)


async def explain(request: web.Request) -> web.Response:
    """Answer why an endpoint is as it is, and what comes next."""
    return answer(await present.explanation(parts_of(request), known_endpoint_of(request)))


async def plan(request: web.Request) -> web.Response:
    """Answer what the policies would do."""
    return answer(present.plan(parts_of(request), caller=caller_of(request)))

"""The management API, route by route: a call in, an answer out, at the truth's present instant.

Assumed, since nothing tells: a list is ordered by creation; its cursor names the last endpoint of the page, so that a
page does not shift when others come and go. What is assumed of one kind of route alone stands at the head of its file.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any

from service.simulator.access import caller, member, visible
from service.simulator.acts import Act, Creation, create, perform
from service.simulator.answers import Answer, Call, Respond, json_answer
from service.simulator.audit import audit_log
from service.simulator.document import check_new, check_update
from service.simulator.errors import Broken, Invalid, Unknown
from service.simulator.hardware import provider_document
from service.simulator.hub import members, whoami
from service.simulator.life import Life
from service.simulator.logs import logs, search_logs
from service.simulator.metrics import metric
from service.simulator.openmetrics import open_metrics
from service.simulator.replicas import replicas
from service.simulator.simulator import Simulator
from service.simulator.telling import tell

LIMIT = 20
MOST = 100


def list_endpoints(simulator: Simulator, call: Call) -> Answer:
    """Answer one page; an empty one to who may not look, as when a token lost its organisation."""
    namespace = call.params["namespace"]
    may = simulator.people.may(caller(simulator, call), namespace)
    matching = _matching(simulator.truth.told(namespace), call) if may else []
    limit, cursor = call.number("limit", otherwise=LIMIT, most=MOST), _read_cursor(call)
    if simulator.faults.fail_page == (namespace, cursor["page"]):
        raise Broken("Internal Server Error")
    by_place = simulator.faults.shifting_pages
    start = cursor["place"] if by_place else sum(life.order <= cursor["after"] for life in matching)
    start = max(start - limit, 0) if cursor["back"] else start
    shown = matching[start : start + limit]
    return _conditional(
        simulator,
        call,
        {
            "items": [_told(simulator, life) for life in shown],
            "nextCursor": _cursor(matching, start + limit, cursor["page"] + 1)
            if start + limit < len(matching)
            else None,
            "prevCursor": _cursor(matching, start, cursor["page"] - 1, back=True) if shown and start else None,
        },
    )


def get_endpoint(simulator: Simulator, call: Call) -> Answer:
    """Answer one endpoint."""
    return _conditional(simulator, call, _told(simulator, visible(simulator, call)))


def create_endpoint(simulator: Simulator, call: Call) -> Answer:
    """Create an endpoint."""
    user, namespace, document = member(simulator, call), call.params["namespace"], call.document()
    check_new(document)
    simulator.now()
    creation = Creation(namespace=namespace, name=document["name"], actor=user, document=document)
    return json_answer(_told(simulator, create(simulator.course, creation)), 202)


def update_endpoint(simulator: Simulator, call: Call) -> Answer:
    """Update an endpoint by a partial document."""
    visible(simulator, call)
    document = call.document()
    check_update(document, name=call.params["name"])
    return json_answer(_told(simulator, _perform(simulator, call, "update", document)))


def delete_endpoint(simulator: Simulator, call: Call) -> Answer:
    """Delete an endpoint; a GET may tell it for a moment more."""
    visible(simulator, call)
    _perform(simulator, call, "delete", {})
    return Answer(status=200, body=b"")


def command(verb: str) -> Respond:
    """Return the route of pause, resume or scale to zero."""

    def respond(simulator: Simulator, call: Call) -> Answer:
        visible(simulator, call)
        return json_answer(_told(simulator, _perform(simulator, call, verb, {})))

    return respond


def provider(simulator: Simulator, call: Call) -> Answer:
    """Answer hardware, prices and quotas."""
    member(simulator, call)
    return json_answer(provider_document(simulator.truth.told(call.params["namespace"])))


def no_catalogue(_simulator: Simulator, _call: Call) -> Answer:
    """Refuse the catalogue of models, which is served elsewhere and is no part of this API."""
    raise Unknown("Not Found: the model catalogue is not simulated; create an endpoint with its hardware named instead")


def nothing_here(_simulator: Simulator, call: Call) -> Answer:
    """Answer for all that this simulator does not have."""
    raise Unknown(f"Not Found: {call.method} {call.path}")


ROUTES: tuple[tuple[str, str, Respond], ...] = (
    ("GET", "/api/whoami-v2", whoami),
    ("GET", "/api/organizations/{organisation}/members", members),
    ("GET", "/v2/provider/{namespace}", provider),
    ("GET", "/v2/endpoint/{namespace}", list_endpoints),
    ("POST", "/v2/endpoint/{namespace}", create_endpoint),
    ("GET", "/v2/endpoint/{namespace}/{name}", get_endpoint),
    ("PUT", "/v2/endpoint/{namespace}/{name}", update_endpoint),
    ("DELETE", "/v2/endpoint/{namespace}/{name}", delete_endpoint),
    ("POST", "/v2/endpoint/{namespace}/{name}/pause", command("pause")),
    ("POST", "/v2/endpoint/{namespace}/{name}/resume", command("resume")),
    ("POST", "/v2/endpoint/{namespace}/{name}/scale-to-zero", command("scale_to_zero")),
    ("POST", "/v2/endpoint/{namespace}/{name}/metrics/{metric}", metric),
    ("GET", "/v2/endpoint/{namespace}/{name}/open-metrics", open_metrics),
    ("GET", "/v2/endpoint/{namespace}/{name}/replica", replicas),
    ("GET", "/v2/endpoint/{namespace}/{name}/logs", logs),
    ("GET", "/v3/endpoint/{namespace}/{name}/logs", search_logs),
    ("GET", "/v2/audit-logs/{namespace}", audit_log),
    ("*", "/api/catalog{rest:(/.*)?}", no_catalogue),  # as up to 1.x
    ("*", "/api/v1/catalog{rest:(/.*)?}", no_catalogue),
)


def _perform(simulator: Simulator, call: Call, verb: str, document: dict[str, Any]) -> Life:
    namespace, name, user = call.params["namespace"], call.params["name"], caller(simulator, call)
    act = Act(namespace=namespace, name=name, verb=verb, actor=user, document=document)
    return perform(simulator.course, act)


def _conditional(simulator: Simulator, call: Call, document: Any) -> Answer:
    """Answer JSON; if there are ETags, only where it differs from what the caller has."""
    answer = json_answer(document)
    if not simulator.faults.etags:
        return answer
    etag = f'"{sha256(answer.body).hexdigest()[:32]}"'
    have = {tag.strip().removeprefix("W/") for tag in call.headers.get("If-None-Match", "").split(",")}
    if have & {etag, "*"}:
        return Answer(status=304, body=b"", headers={"ETag": etag})
    return replace(answer, headers={"ETag": etag})


def _told(simulator: Simulator, life: Life) -> Any:
    return tell(life, now=simulator.looked_at, base_url=simulator.base_url, faults=simulator.faults)


def _matching(lives: list[Life], call: Call) -> list[Life]:
    search, tags = (call.argument("search") or "").lower(), set(call.arguments("tags"))
    return [life for life in lives if search in life.name and tags <= set(life.document.get("tags") or ())]


def _cursor(matching: list[Life], place: int, page: int, *, back: bool = False) -> str:
    cursor = {"page": page, "place": place, "after": matching[place - 1].order, "back": back}
    return urlsafe_b64encode(json.dumps(cursor).encode()).decode()


def _read_cursor(call: Call) -> dict[str, Any]:
    cursor = call.argument("cursor")
    if cursor is None:
        return {"page": 0, "place": 0, "after": -1, "back": False}
    try:
        read = json.loads(urlsafe_b64decode(cursor))
        return {
            "page": int(read["page"]),
            "place": int(read["place"]),
            "after": int(read["after"]),
            "back": read["back"],
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Invalid("Bad Request: invalid cursor") from error

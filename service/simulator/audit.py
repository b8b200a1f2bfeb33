"""`/v2/audit-logs/{namespace}`: who did what, the newest first. Actions only; what the platform did is not in it.

Known are the parameters, the envelope `{list, next_cursor, prev_cursor}` and that it takes a PRO plan. Assumed: what an
entry holds (`_told`), that a cursor counts places from the oldest, so that pages stay while entries are added, and
that what an endpoint had behind it when it was sown is in the log, too.
"""

from typing import Any

from service.simulator.access import member
from service.simulator.answers import Answer, Call, json_answer
from service.simulator.deeds import Deed
from service.simulator.errors import Forbidden
from service.simulator.people import identity
from service.simulator.simulator import Simulator
from service.simulator.telling import timestamp

LIMIT = 20
MOST = 100


def audit_log(simulator: Simulator, call: Call) -> Answer:
    """Answer one page of the actions in a namespace."""
    member(simulator, call)
    if not simulator.faults.audit_log:
        raise Forbidden("Forbidden: audit logs need a PRO plan")
    simulator.now()
    deeds = sorted(_matching(simulator, call), key=lambda deed: deed.at)
    limit = call.number("limit", otherwise=LIMIT, most=MOST)
    end = call.number("cursor", otherwise=len(deeds), least=0, most=len(deeds))
    start = max(end - limit, 0)
    return json_answer(
        {
            "list": [_told(number, deeds[number]) for number in reversed(range(start, end))],
            "next_cursor": str(start) if start else None,
            "prev_cursor": str(min(end + limit, len(deeds))) if end < len(deeds) else None,
        }
    )


def _matching(simulator: Simulator, call: Call) -> list[Deed]:
    namespace, endpoint, username = call.params["namespace"], call.argument("endpoint"), call.argument("username")
    return [
        deed
        for deed in simulator.course.deeds
        if deed.life.namespace == namespace and endpoint in {None, deed.life.name} and username in {None, deed.actor}
    ]


def _told(number: int, deed: Deed) -> dict[str, Any]:
    return {
        "id": identity(f"{deed.life.namespace}/{deed.life.name}/{deed.life.number}/{number}/{deed.verb}"),
        "createdAt": timestamp(deed.at, 3, deed.verb),
        "action": f"endpoint.{deed.verb.replace('_', '-')}",
        "endpoint": deed.life.name,
        "username": deed.actor,
        "user": {"id": identity(deed.actor), "name": deed.actor},
    }

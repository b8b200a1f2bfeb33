"""The Hub's own routes, on the same server here: whose token it is, and who is in an organisation.

Assumed, since nothing tells: members are told to any good token, `MEMBERS` a page, and the next page by a Link header.
"""

from typing import Any

from service.simulator.access import caller
from service.simulator.answers import Answer, Call, json_answer
from service.simulator.errors import Unknown
from service.simulator.people import identity
from service.simulator.simulator import Simulator

MEMBERS = 100


def whoami(simulator: Simulator, call: Call) -> Answer:
    """Say whose token this is, and of which organisations."""
    caller(simulator, call)
    return json_answer(simulator.people.whoami(call.token or "", simulator.truth.namespaces()))


def members(simulator: Simulator, call: Call) -> Answer:
    """Answer one page of an organisation's members; a user is no organisation."""
    user, organisation = caller(simulator, call), call.params["organisation"]
    if organisation == user:
        raise Unknown(f"Not Found: {organisation!r} is a user, not an organisation")
    names = simulator.people.members(organisation, {user, *_active(simulator, organisation)})
    limit = call.number("limit", otherwise=MEMBERS, most=500)
    start = call.number("cursor", otherwise=0, least=0, most=len(names))
    following = f"{simulator.base_url}{call.path}?limit={limit}&cursor={start + limit}"
    headers = {"Link": f'<{following}>; rel="next"'} if start + limit < len(names) else {}
    return json_answer([_told(name) for name in names[start : start + limit]], headers=headers)


def _active(simulator: Simulator, organisation: str) -> set[str]:
    lives = simulator.truth.told(organisation)
    return {name for life in lives for name in (life.created_by, life.updated_by)}


def _told(name: str) -> dict[str, Any]:
    return {
        "_id": identity(name),
        "user": name,
        "fullname": name.replace("-", " ").title(),
        "avatarUrl": "",
        "isPro": False,
        "type": "user",
    }

"""Who asks, and what they may see: the first question of every route."""

from service.simulator.answers import Call
from service.simulator.errors import Forbidden, Unauthorized, Unknown
from service.simulator.life import Life
from service.simulator.simulator import Simulator


def caller(simulator: Simulator, call: Call) -> str:
    """Return the user whose token the call bears; refuse a call without a good one."""
    if not call.token:
        raise Unauthorized("Unauthorized: no token was sent")
    user = simulator.people.user(call.token)
    if call.token in simulator.faults.bad_tokens or user in simulator.faults.bad_tokens:
        raise Unauthorized("Unauthorized: invalid credentials")
    return user


def member(simulator: Simulator, call: Call) -> str:
    """Return the caller; refuse who has no access to the namespace of the path."""
    user, namespace = caller(simulator, call), call.params["namespace"]
    if not simulator.people.may(user, namespace):
        raise Forbidden(f"Forbidden: {user} has no access to {namespace!r}")
    return user


def visible(simulator: Simulator, call: Call) -> Life:
    """Return the endpoint of the path; to who may not see it, there is none."""
    namespace, name = call.params["namespace"], call.params["name"]
    may = simulator.people.may(caller(simulator, call), namespace)
    life = simulator.truth.find(namespace, name) if may else None
    if life is None or life.hidden:
        raise Unknown(f"Endpoint not found: {namespace}/{name}")
    return life

"""The endpoints themselves: what a request to `/serve/{namespace}/{name}/…` meets.

Only what is public answers without a token. Any request wakes what is scaled to zero, a look at its health too; only
those that are answered, and are not looks at its health, count as requests and put off idleness.
"""

from service.simulator.access import caller
from service.simulator.acts import Act, perform
from service.simulator.answers import Answer, Call, error_answer, json_answer
from service.simulator.errors import Unauthorized, Unknown
from service.simulator.life import Life
from service.simulator.rules import State
from service.simulator.simulator import Simulator

ROUTE = "/serve/{namespace}/{name}{rest:(/.*)?}"


def serve(simulator: Simulator, call: Call) -> Answer:
    """Answer a request to an endpoint's own URL."""
    life = simulator.truth.find(call.params["namespace"], call.params["name"])
    if life is None or life.hidden:
        raise Unknown("Not Found")
    user = "anonymous" if life.document["type"] == "public" else _allowed(simulator, call, life)
    if life.state is State.PAUSED:
        return error_answer(400, "Bad Request: Invalid state")
    health = call.method in {"GET", "HEAD"} and call.params["rest"].strip("/") == life.document["healthRoute"].strip(
        "/"
    )
    if life.state is State.SCALED_TO_ZERO or not health:
        _note(simulator, life, user)
    if not life.answers(simulator.now()):
        return error_answer(503, "Service Unavailable")
    return json_answer(
        {"status": "ok"} if health else {"model": life.document["model"]["repository"], "answered": True}
    )


def _allowed(simulator: Simulator, call: Call, life: Life) -> str:
    user = caller(simulator, call)
    if not simulator.people.may(user, life.namespace):
        raise Unauthorized("Unauthorized")
    return user


def _note(simulator: Simulator, life: Life, user: str) -> None:
    if not life.deleting:
        perform(simulator.course, Act(namespace=life.namespace, name=life.name, verb="request", actor=user))

"""The endpoints themselves: what a request to `/serve/{namespace}/{name}/…` meets before a model answers it.

Only what is public answers without a token. Any request wakes what is scaled to zero, a look at its health too; only
those that a replica answers, and are not looks at its health, put off idleness. All that is
not a look at its health is counted by its status code. `X-Scale-Up-Timeout: N` holds a request until a replica answers,
for N seconds at most.

Assumed, since nothing tells: a private endpoint answers here as an authenticated one does, as if this were its network;
a health look and what bears no good token are not counted; what has failed holds nobody up.
"""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

from service.simulator.access import caller
from service.simulator.acts import Act, perform
from service.simulator.answers import Answer, Call, Stream, error_answer, json_answer
from service.simulator.errors import Invalid, SimulatorError, Unauthorized, Unknown
from service.simulator.inference import infer
from service.simulator.life import Life
from service.simulator.rules import State
from service.simulator.simulator import Simulator

ROUTE = "/serve/{namespace}/{name}{rest:(/.*)?}"
HOLD = "X-Scale-Up-Timeout"
HOLD_DIGITS = 9
TICK_SECONDS = 1.0
TOKEN_SECONDS = 0.02  # from one piece of a streamed answer to the next
COMING = frozenset({State.PENDING, State.INITIALIZING, State.RUNNING, State.UPDATING, State.UPDATE_FAILED})


async def serve(simulator: Simulator, call: Call) -> Answer:
    """Answer a request to an endpoint's own URL, and enter it into the log."""
    number = simulator.arrive(method=call.method, path=call.path, query=call.query, token=call.token)
    try:
        answer = await _attend(simulator, call)
    except SimulatorError as error:
        answer = error_answer(error.code, str(error))
    simulator.answered(number, status=answer.status)
    return answer


async def _attend(simulator: Simulator, call: Call) -> Answer:
    life = simulator.truth.find(call.params["namespace"], call.params["name"])
    if life is None or life.hidden:
        raise Unknown("Not Found")
    user = "anonymous" if life.document["type"] == "public" else _allowed(simulator, call, life)
    if life.state is State.SCALED_TO_ZERO:
        _note(simulator, life, user)
    await _hold(simulator, life, _hold_seconds(call))
    if _is_health(call, life):
        return _unready(simulator, life) or json_answer({"status": "ok"})
    answer = _unready(simulator, life) or infer(life, call)
    _count(simulator, life, user, answer)
    return answer if answer.stream is None else replace(answer, stream=_paced(simulator, life, answer.stream))


def _unready(simulator: Simulator, life: Life) -> Answer | None:
    """Return how it says that no replica answers, or None if one does."""
    if life.answers(simulator.now()):
        return None
    if life.state is State.PAUSED:
        return error_answer(400, "Bad Request: Invalid state")
    if simulator.faults.old_gateway:
        return error_answer(502, "Bad Gateway")
    return error_answer(503, "Service Unavailable")


def _allowed(simulator: Simulator, call: Call, life: Life) -> str:
    user = caller(simulator, call)
    if not simulator.people.may(user, life.namespace):
        raise Unauthorized("Unauthorized")
    return user


def _is_health(call: Call, life: Life) -> bool:
    route = str(life.document["healthRoute"]).strip("/")
    return call.method in {"GET", "HEAD"} and call.params["rest"].strip("/") == route


def _hold_seconds(call: Call) -> int:
    asked = call.headers.get(HOLD, "0")
    if not asked.isdecimal() or len(asked) > HOLD_DIGITS:
        raise Invalid(f"Bad Request: {HOLD} is a number of seconds, of at most {HOLD_DIGITS} digits, not {asked!r}")
    return int(asked)


async def _hold(simulator: Simulator, life: Life, seconds: int) -> None:
    """Let time pass until a replica answers, none is to be expected, or the time is over."""
    until = simulator.now() + timedelta(seconds=seconds)
    while life.state in COMING and not life.answers(now := simulator.now()) and now < until:
        await simulator.clock.sleep(min(TICK_SECONDS, (until - now).total_seconds()))


def _note(simulator: Simulator, life: Life, user: str) -> None:
    if not life.deleting:
        perform(simulator.course, Act(namespace=life.namespace, name=life.name, verb="request", actor=user))


def _count(simulator: Simulator, life: Life, user: str, answer: Answer) -> None:
    now = simulator.now()
    if answer.status == 200:
        _note(simulator, life, user)
        return
    life.refusals[int(now.timestamp()) // 60, answer.status] += 1
    if life.answers(now):
        life.active_at = now


def _paced(simulator: Simulator, life: Life, stream: Stream) -> Stream:
    """Return a stream that takes its time, and ends early where its replica does."""

    async def pieces() -> AsyncGenerator[bytes, None]:
        async for piece in stream():
            if not life.answers(simulator.now()):
                return
            yield piece
            await simulator.clock.sleep(TOKEN_SECONDS)

    return pieces

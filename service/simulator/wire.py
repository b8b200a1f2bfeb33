"""How a call of the management API travels: what the faults do to it on its way in and on its way out.

The truth is sampled, and a write done, either when the request arrives or only after the latency: dice decide. So an
answer may be older than the moment it comes, and a request that was asked earlier may be done later.
"""

from dataclasses import replace
from email.utils import format_datetime

from aiohttp import web

from service.simulator.answers import Answer, Call, Respond, answered, error_answer
from service.simulator.api import list_endpoints
from service.simulator.faults import Mishap
from service.simulator.sending import send
from service.simulator.simulator import Simulator
from service.simulator.withheld import withheld

PROXY_PAGE = b"<html><head><title>Sorry</title></head><body><h1>Please come back later</h1></body></html>"


async def converse(simulator: Simulator, respond: Respond, call: Call, request: web.Request) -> web.StreamResponse:
    """Answer a call, or fail at it, as the faults have it."""
    number = simulator.arrive(method=call.method, path=call.path, query=call.query, token=call.token)
    write = simulator.request(number).write
    mishap = simulator.faults.mishap(number, write=write, method=call.method, path=call.path)
    slow_seconds = simulator.faults.slow_list_seconds if respond is list_endpoints else 0.0
    if slow_seconds:
        mishap = replace(mishap, at_arrival=True)  # an overtaken sweep is one whose page was taken before
    if not mishap.at_arrival:
        await _pass(simulator, mishap.latency_seconds)
    answer = _dated(simulator, _respond(simulator, respond, call, mishap))
    if mishap.at_arrival:
        await _pass(simulator, mishap.latency_seconds + slow_seconds)
    if mishap.kind == "late_answer":
        await _pass(simulator, simulator.faults.late_answer_seconds)
    cut = mishap.kind in {"reset", "lost_answer"}
    simulator.answered(number, status=None if cut else answer.status, fault=mishap.kind)
    if cut:
        return _cut(request)
    torn = mishap.kind == "truncated"
    if torn and answer.stream is None:
        return await _truncated(request, answer)
    return await send(request, answer, gzip=simulator.faults.gzip, torn=torn)


def _respond(simulator: Simulator, respond: Respond, call: Call, mishap: Mishap) -> Answer:
    faults = simulator.faults
    if faults.down or call.params.get("namespace") in faults.down_namespaces:
        return error_answer(503, "Service Unavailable")
    match mishap.kind:
        case "429":
            return error_answer(429, "Too Many Requests", _hint(mishap))
        case "5xx" | "reset":
            if mishap.done:
                answered(withheld(respond), simulator, call)
            return _server_error(mishap.code)
        case "wrong_body":
            answered(withheld(respond), simulator, call)
            return Answer(status=200, body=mishap.body)
        case "not_json":
            answered(withheld(respond), simulator, call)
            return Answer(status=200, body=PROXY_PAGE, content_type="text/html")
        case _:
            return answered(withheld(respond), simulator, call)


def _dated(simulator: Simulator, answer: Answer) -> Answer:
    """Let the answer tell the server's own time."""
    date = format_datetime(simulator.stamp(), usegmt=True)
    return replace(answer, headers={"Date": date, **answer.headers})


def _hint(mishap: Mishap) -> dict[str, str]:
    match mishap.hint:
        case "Retry-After":
            return {"Retry-After": str(mishap.retry_after_seconds)}
        case "RateLimit":
            return {"RateLimit": f'"api";r=0;t={mishap.retry_after_seconds}'}
        case _:
            return {}


def _server_error(code: int) -> Answer:
    if code in {502, 504}:  # these come from a proxy, which speaks no JSON
        return Answer(status=code, body=PROXY_PAGE, content_type="text/html")
    return error_answer(code, "Internal Server Error" if code == 500 else "Service Unavailable")


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # nobody is there to receive it


async def _truncated(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    response.content_type = answer.content_type
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _pass(simulator: Simulator, seconds: float) -> None:
    if seconds:
        await simulator.clock.sleep(seconds)

"""Every address of the daemon: the one table that the router and /openapi.json are both made from."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from service.web import (
    acting,
    events,
    eventtypes,
    health,
    history,
    leases,
    metrics,
    parked,
    reading,
    shapes,
    stream,
    tokens,
    waiting,
)
from service.web.documents import CHANGES, DOCUMENT
from service.web.formats import FORMATS, JSON
from service.web.parameters import Parameter
from service.web.problems import ANYWHERE, OF_COMMANDS, OF_WRITES
from statemachine.machine import Command

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ENDPOINT = "/api/endpoints/{namespace}/{name}"
TEXT = "text/plain"
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address. `answers`: by code, a shape or a media type; `refusals`: the codes of its own errors.

    `media`: the types in which else it can be had. `takes`: the schema of a body that is handed on as it is.
    `commands`: it is for Hugging Face to do, and its refusals tell an outcome. `lasting`: it may take long, and so does
    not answer HEAD.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answers: Mapping[int, type | str]
    media: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    body: type | None = None
    takes: Mapping[str, Any] | None = None
    refusals: tuple[int | str, ...] = ()
    commands: bool = False
    lasting: bool = False

    @property
    def errors(self) -> tuple[int | str, ...]:
        """Return every code of an error that can be answered here, in order."""
        codes = {*ANYWHERE, *self.refusals}
        codes |= {404} if "{" in self.path else set()
        codes |= set(OF_WRITES) if self.method != "GET" else set()
        codes |= set(OF_COMMANDS) if self.commands else set()
        return tuple(sorted(codes - self.answers.keys(), key=str))


KEY = Parameter(
    name="Idempotency-Key",
    text="Requests with the same key are one, and are answered as the first was; another body is refused.",
    schema={"type": "string", "pattern": "^[!-~]{1,200}$"},
)
ACTOR = Parameter(
    name="X-Lamplighter-Actor",
    text="Who asks, for the log, as the bearer of the daemon's own token says; without it: token.",
)
LAST = Parameter(name="Last-Event-ID", text="Resume behind this position; wins over `after`.")


def _get(
    path: str,
    handler: Handler,
    summary: str,
    answers: type | str,
    *,
    media: tuple[str, ...] = (),
    parameters: tuple[Parameter, ...] = (),
    headers: tuple[Parameter, ...] = (),
    refusals: tuple[int | str, ...] = (),
    lasting: bool = False,
) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        summary=summary,
        answers={200: answers},
        media=media,
        parameters=parameters,
        headers=headers,
        refusals=refusals,
        lasting=lasting,
    )


def _command(word: str, command: Command, summary: str) -> Route:
    return Route(
        method="POST",
        path=f"{ENDPOINT}/{word}",
        handler=acting.command(command),
        summary=summary,
        answers={200: shapes.Outcome},
        headers=(ACTOR, KEY),
        body=shapes.CommandBody,
        commands=True,
    )


def _write(
    method: str, path: str, handler: Handler, summary: str, *, takes: Mapping[str, Any] | None = None, code: int = 200
) -> Route:
    return Route(
        method=method,
        path=path,
        handler=handler,
        summary=summary,
        answers={code: shapes.Outcome},
        parameters=acting.WHY,
        headers=(ACTOR, KEY),
        takes=takes,
        commands=True,
    )


def _change(
    method: str,
    path: str,
    handler: Handler,
    summary: str,
    answers: type,
    *,
    code: int = 200,
    body: type | None = None,
    keyed: bool = True,
    refusals: tuple[int | str, ...] = (),
) -> Route:
    """Describe what changes our own log or board; `keyed`: an idempotency key makes several requests one."""
    return Route(
        method=method,
        path=path,
        handler=handler,
        summary=summary,
        answers={code: answers},
        headers=(ACTOR, KEY) if keyed else (ACTOR,),
        body=body,
        refusals=refusals,
    )


def _hold(path: str, handler: Handler, summary: str) -> Route:
    return _change("POST", path, handler, summary, shapes.Hold, code=201, body=shapes.HoldBody)


def _unhold(path: str, handler: Handler, summary: str) -> Route:
    return _change("DELETE", path, handler, summary, shapes.Lifted)


def _unpark(word: str, handler: Handler, summary: str) -> Route:
    path = f"/api/parked/{word}"
    return _change("POST", path, handler, summary, shapes.Unparked, body=shapes.ParkedBody, refusals=(404,))


ROUTES: tuple[Route, ...] = (
    _get("/healthz", health.healthz, "Does the daemon live, and its log answer?", shapes.Health),
    Route(
        method="GET",
        path="/readyz",
        handler=health.readyz,
        summary="Was every namespace looked at?",
        answers={200: shapes.Health, 503: shapes.NotReady},
    ),
    _get("/metrics", metrics.metrics, "The daemon in figures, for Prometheus.", TEXT),
    _get("/api/status", reading.status, "The whole at a glance.", shapes.Status),
    _get("/api/plan", reading.plan, "What the policies would do, and why.", shapes.Plan),
    _get(
        "/api/endpoints",
        reading.endpoints,
        "The endpoints, by name.",
        shapes.Endpoints,
        parameters=reading.ENDPOINTS,
    ),
    _get(
        ENDPOINT,
        history.endpoint,
        "One endpoint, and all that is at hand about it: now, or as it was known at an earlier time.",
        shapes.EndpointDetail,
        parameters=history.AT,
    ),
    _get(
        f"{ENDPOINT}/timeline",
        history.timeline,
        "What it was, and when, as far as anybody saw.",
        shapes.Timeline,
        parameters=history.TIMELINE,
    ),
    _get("/api/uptime", history.uptime, "How endpoints spent their time.", shapes.Uptime, parameters=history.UPTIME),
    _get(f"{ENDPOINT}/explain", reading.explain, "Why it is as it is, and what comes next.", shapes.Explanation),
    _get(
        f"{ENDPOINT}/wait",
        waiting.wait,
        "Wait until it is ready, or has a status.",
        shapes.Answer,
        parameters=waiting.WAIT,
        media=(EVENT_STREAM,),
        lasting=True,
    ),
    _write(
        "POST",
        "/api/endpoints/{namespace}",
        acting.create,
        "Create an endpoint by its document, in Hugging Face's own words; sent once, whatever happens.",
        takes=DOCUMENT,
        code=201,
    ),
    _write("PATCH", ENDPOINT, acting.update, "Change what a partial document names.", takes=CHANGES),
    _write("DELETE", ENDPOINT, acting.delete, "Delete it, and see that it is gone."),
    Route(
        method="POST",
        path=f"{ENDPOINT}/ensure",
        handler=leases.ensure,
        summary="See to it that it runs or starts: one resume for all who ask.",
        answers={200: shapes.Outcome},
        headers=(ACTOR, KEY),
        body=shapes.EnsureBody,
        commands=True,
    ),
    _get("/api/leases", leases.leases, "Who needs which endpoint awake.", shapes.Leases, parameters=leases.LEASES),
    _change(
        "POST",
        f"{ENDPOINT}/leases",
        leases.take,
        "Keep it awake for a while: no policy acts on it.",
        shapes.Lease,
        code=201,
        body=shapes.LeaseBody,
    ),
    _change(
        "PUT",
        f"{ENDPOINT}/leases/{{lease}}",
        leases.renew,
        "Let a lease last for longer.",
        shapes.Lease,
        body=shapes.RenewBody,
        keyed=False,
    ),
    _change(
        "DELETE",
        f"{ENDPOINT}/leases/{{lease}}",
        leases.release,
        "Give a lease back.",
        shapes.Released,
        keyed=False,
    ),
    _command("pause", Command.PAUSE, "Pause it."),
    _command("resume", Command.RESUME, "Resume it."),
    _command("scale-to-zero", Command.SCALE_TO_ZERO, "Scale it to zero."),
    _hold(f"{ENDPOINT}/hold", acting.hold, "Keep policies away from it for a time."),
    _unhold(f"{ENDPOINT}/hold", acting.unhold, "Lift every hold on it."),
    _hold("/api/hold", acting.hold_everything, "Keep policies away from everything for a time."),
    _unhold("/api/hold", acting.unhold_everything, "Lift the holds on everything."),
    _get(
        "/api/events",
        events.events,
        "The log, a page at a time; the header Link names the next one.",
        shapes.Events,
        media=tuple(form.media for name, form in FORMATS.items() if name != JSON),
        parameters=events.EVENTS,
        refusals=(404, 406),
    ),
    _get(
        "/api/events/stream",
        stream.stream,
        "The log as server-sent events, resumed exactly.",
        EVENT_STREAM,
        parameters=stream.STREAM,
        headers=(LAST,),
        refusals=(409,),
        lasting=True,
    ),
    _get("/api/events/types", eventtypes.event_types, "Every type of event, and what it holds.", shapes.EventTypes),
    _get("/api/events/types/{type}", eventtypes.event_type, "One type of event.", shapes.EventType),
    _get("/api/parked", parked.parked, "What subscribers set aside.", shapes.ParkedEvents, parameters=parked.PARKED),
    _unpark("replay", parked.replay, "Hand an event that was set aside to its subscriber again."),
    _unpark("skip", parked.skip, "Give an event up that was set aside."),
    _get("/api/tokens", tokens.tokens, "The tokens that were made and not revoked.", shapes.Tokens),
    _change(
        "POST",
        "/api/tokens",
        tokens.create,
        "Make a token.",
        shapes.TokenMade,
        code=201,
        body=shapes.TokenBody,
        keyed=False,
    ),
    _change(
        "DELETE",
        "/api/tokens/{token}",
        tokens.revoke,
        "Revoke a token.",
        shapes.TokenRevoked,
        keyed=False,
    ),
)

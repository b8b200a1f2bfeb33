"""What it means that an endpoint is ready, or as somebody wants it, and when waiting longer is no use; pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from events.views.fleet import Known
from events.views.uptime import Life
from statemachine.machine import until
from statemachine.status import Status

READY = "ready"
FUTILE = frozenset({Status.FAILED.value, Status.UPDATE_FAILED.value, Status.PAUSED.value, Status.ABSENT.value})


class End(StrEnum):
    """How a wait ended."""

    REACHED = "reached"
    FAILED = "failed"
    PAUSED = "paused"
    GONE = "gone"
    TIMED_OUT = "timedOut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What somebody waits for: any of `reached`, and that none of `futile` comes first.

    Both hold statuses; `reached` may hold READY, too. `revision`: READY only with this one of the model.
    """

    reached: frozenset[str] = frozenset({READY})
    futile: frozenset[str] = FUTILE
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How long the starts of this endpoint took that were seen whole: so many, half within `p50`, most within `p90`."""

    starts: int
    p50_seconds: float
    p90_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a waiter is told; `end` is None while it goes on, and `waiting_for` says what is missing then.

    `health`: the whole address of its health route. `healthy`: it answered 200 at the last probe.
    """

    end: End | None
    status: str
    url: str | None
    ready_replicas: int | None
    healthy: bool
    waiting_for: str
    message: str | None = None
    health: str | None = None
    model: str | None = None
    revision: str | None = None
    task: str | None = None
    expected: Expected | None = None


def missing(known: Known, goal: Goal, *, healthy: bool) -> str | None:
    """Return what is still missing, as a person would say it; None when there is nothing."""
    status, sighting = known.endpoint.status, known.endpoint.sighting
    if str(status) in goal.reached:
        return None
    if READY not in goal.reached:
        return f"status {' or '.join(sorted(goal.reached))}; it is {status}"
    if status is Status.SCALED_TO_ZERO:
        return "a request or a resume to wake it; it is scaled to zero"
    if status is not Status.RUNNING or sighting is None:
        return f"status running; it is {status}"
    revision = sighting.configuration.get("model.revision")
    if goal.revision is not None and revision != goal.revision:
        return f"revision {goal.revision}; it has {revision or 'an unknown one'}"
    if not sighting.ready_replicas:
        return "its first ready replica"
    if sighting.url is None:
        return "its url"
    return None if healthy else "its health route to answer 200"


def bad_end(known: Known, goal: Goal) -> End | None:
    """Return why waiting longer is no use, or None."""
    status = known.endpoint.status
    if str(status) in goal.reached or str(status) not in goal.futile:
        return None
    match status:
        case Status.ABSENT:
            return End.GONE
        case Status.PAUSED:
            return End.PAUSED
        case _:
            return End.FAILED


def state(known: Known, goal: Goal, *, healthy: bool, document: bytes | None, expected: Expected | None) -> Answer:
    """Return how it stands with what somebody waits for."""
    waiting_for = missing(known, goal, healthy=healthy)
    sighting = known.endpoint.sighting
    url = sighting.url if sighting else None
    return Answer(
        end=End.REACHED if waiting_for is None else bad_end(known, goal),
        status=str(known.endpoint.status),
        url=url,
        ready_replicas=sighting.ready_replicas if sighting else None,
        healthy=healthy,
        waiting_for=waiting_for or "",
        message=sighting.message if sighting else None,
        health=None if url is None else f"{url.rstrip('/')}{health_route(document)}",
        model=_configured(known, "model.repository"),
        revision=_configured(known, "model.revision"),
        task=_configured(known, "model.task"),
        expected=expected,
    )


def expected_of(life: Life | None, now: datetime) -> Expected | None:
    """Return how long a start takes, by this endpoint's own history; None if none was ever seen whole."""
    read = None if life is None else until(life.clocks, now)
    if read is None or read.p50 is None or read.p90 is None:
        return None
    return Expected(
        starts=len(read.cold_starts),
        p50_seconds=read.p50.upper.total_seconds(),
        p90_seconds=read.p90.upper.total_seconds(),
    )


class _Document(msgspec.Struct):
    healthRoute: str | None = None  # noqa: N815  # the API's own name


def health_route(document: bytes | None) -> str:
    """Return the health route that a document names, or the usual one."""
    if document is None:
        return "/health"
    try:
        return msgspec.json.decode(document, type=_Document).healthRoute or "/health"
    except msgspec.MsgspecError:
        return "/health"


def _configured(known: Known, path: str) -> str | None:
    value = known.endpoint.sighting.configuration.get(path) if known.endpoint.sighting else None
    return value if isinstance(value, str) else None

"""What an endpoint's containers say: lines made from the truth when they are asked for, so that nothing need be kept.

Assumed, since nothing tells: the wording; that the lines of a life stay readable when it is down; `MOST` of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nlargest

from service.simulator.life import Life
from service.simulator.replicas import replicas_of
from service.simulator.rules import State
from service.simulator.telling import timestamp
from service.simulator.truth import Happening

MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line."""

    at: datetime
    level: str
    replica: str
    text: str

    def shown(self, length: int | None = None) -> str:
        """Return it as text, cut to a length."""
        return f"{timestamp(self.at, 3, self.text)} {self.level:>5} {self.text}"[:length]


def lines_of(life: Life, history: Iterable[Happening], now: datetime) -> list[Line]:
    """Return the newest lines of a life, the oldest of them first."""
    replicas = [replica.id for replica in replicas_of(life, now)] or [f"{life.name}-none"]
    said = [*_lifecycle(life, history, replicas[0]), *_traffic(life, replicas)]
    return sorted((line for line in said if line.at <= now), key=lambda line: line.at)[-MOST:]


def _lifecycle(life: Life, history: Iterable[Happening], replica: str) -> Iterator[Line]:
    place = (life.namespace, life.name, life.created_at)
    for happening in history:
        if (happening.namespace, happening.name, happening.created_at) == place:
            for seconds, level, text in _said(life, happening.new):
                yield Line(at=happening.at + timedelta(seconds=seconds), level=level, replica=replica, text=text)


def _said(life: Life, state: State) -> list[tuple[float, str, str]]:
    model = life.document["model"]
    match state:
        case State.INITIALIZING:
            downloading = f"downloading {model['repository']} at revision {model['revision']}"
            return [(0.0, "INFO", "starting the container"), (0.5, "INFO", downloading)]
        case State.RUNNING:
            return [(0.0, "INFO", f"model loaded, task {model['task']}; answering on {life.document['healthRoute']}")]
        case State.UPDATING:
            return [(0.0, "INFO", "starting a new revision")]
        case State.FAILED | State.UPDATE_FAILED:
            return [(0.0, "ERROR", life.error or "the container ended before it was ready")]
        case State.PAUSED | State.SCALED_TO_ZERO:
            return [(0.0, "INFO", "received SIGTERM, shutting down")]
        case State.PENDING | State.ABSENT:
            return []


def _traffic(life: Life, replicas: list[str]) -> Iterator[Line]:
    """Yield one line for each minute with requests, at its end, and one for each kind of refusal."""
    for minute in nlargest(MOST, life.requests):
        yield _counted(minute, "INFO", f"answered {life.requests[minute]} requests", replicas)
    for (minute, code), count in life.refusals.items():
        if code < 500:  # what is 5xx comes from the proxy
            yield _counted(minute, "WARN", f"refused {count} requests with {code}", replicas)


def _counted(minute: int, level: str, text: str, replicas: list[str]) -> Line:
    at = datetime.fromtimestamp(minute * 60 + 59, tz=UTC)
    return Line(at=at, level=level, replica=replicas[minute % len(replicas)], text=text)

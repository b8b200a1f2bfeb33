"""The routes of the logs: `…/logs` as text, followed if that is asked for, and `/v3/…/logs` as JSON, searched.

Assumed of the second, whose schema nothing tells: `{logs}`, oldest first, of objects with timestamp, level, replica and
message; since and until in RFC 3339 or unix seconds, both included; `tail` keeps the newest, `limit` the oldest.
"""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from functools import partial

from service.simulator.access import visible
from service.simulator.answers import Answer, Call, json_answer
from service.simulator.containerlog import MOST, Line, lines_of
from service.simulator.errors import Invalid, Unbuilt, Unknown
from service.simulator.life import DOWN, Life
from service.simulator.replicas import replicas_of
from service.simulator.rules import State
from service.simulator.simulator import Simulator
from service.simulator.telling import timestamp

TICK_SECONDS = 1.0
ANY = 1_000_000  # asking for more than there is gets what there is
LEVELS = ("INFO", "WARN", "ERROR")
Wanted = Callable[[Line], bool]


def logs(simulator: Simulator, call: Call) -> Answer:
    """Answer the log as text; followed, until the endpoint is down or the caller goes."""
    life = visible(simulator, call)
    wanted, tail = _of_replica(simulator, life, call), call.number("tail", otherwise=MOST, least=0, most=ANY)
    length = call.number("line_max_length", otherwise=10_000, most=ANY)

    def text(lines: list[Line]) -> bytes:
        return "".join(f"{line.shown(length)}\n" for line in lines).encode()

    shown = text(_newest(_lines(simulator, life, wanted), tail))
    if (call.argument("follow") or "false").lower() not in {"true", "1"}:
        return Answer(status=200, body=shown, content_type="text/plain")

    async def follow(seen_until: datetime) -> AsyncGenerator[bytes, None]:
        yield shown
        while life.state not in {*DOWN, State.ABSENT}:
            await simulator.clock.sleep(TICK_SECONDS)
            now = simulator.now()
            yield text([line for line in _lines(simulator, life, wanted) if line.at > seen_until])
            seen_until = now

    return Answer(status=200, body=b"", content_type="text/plain", stream=partial(follow, simulator.now()))


def search_logs(simulator: Simulator, call: Call) -> Answer:
    """Answer the lines that match, as JSON."""
    life = visible(simulator, call)
    if not simulator.faults.log_search:
        raise Unbuilt("Not Implemented: log search is not enabled")
    since, until = _instant(call, "since"), _instant(call, "until")
    level, search = _level(call), (call.argument("search") or "").lower()
    matching = [
        line
        for line in _lines(simulator, life, _of_replica(simulator, life, call))
        if (since is None or line.at >= since)
        and (until is None or line.at <= until)
        and level in {None, line.level}
        and search in line.text.lower()
    ]
    newest = _newest(matching, call.number("tail", otherwise=MOST, least=0, most=ANY))
    return json_answer({"logs": [_told(line) for line in newest[: call.number("limit", otherwise=MOST, most=ANY)]]})


def _lines(simulator: Simulator, life: Life, wanted: Wanted) -> list[Line]:
    return [line for line in lines_of(life, simulator.truth.history, simulator.now()) if wanted(line)]


def _newest(lines: list[Line], tail: int) -> list[Line]:
    return lines[len(lines) - min(tail, len(lines)) :]


def _of_replica(simulator: Simulator, life: Life, call: Call) -> Wanted:
    asked = call.argument("replica")
    if asked is None:
        return lambda _line: True
    if asked not in {replica.id for replica in replicas_of(life, simulator.now())}:
        raise Unknown(f"Not Found: {life.name!r} has no replica {asked!r}")
    return lambda line: line.replica == asked


def _level(call: Call) -> str | None:
    asked = call.argument("level")
    if asked is not None and asked.upper() not in LEVELS:
        raise Invalid(f"Bad Request: level must be one of {', '.join(LEVELS)}, not {asked!r}")
    return None if asked is None else asked.upper()


def _instant(call: Call, name: str) -> datetime | None:
    asked = call.argument(name)
    if asked is None:
        return None
    try:
        at = datetime.fromtimestamp(int(asked), tz=UTC) if asked.isdecimal() else datetime.fromisoformat(asked)
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid(f"Bad Request: {name} must be RFC 3339 or unix seconds, not {asked!r}") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _told(line: Line) -> dict[str, str]:
    return {
        "timestamp": timestamp(line.at, 9, line.text),
        "level": line.level,
        "replica": line.replica,
        "message": line.text,
    }

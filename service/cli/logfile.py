"""Reading a log without its daemon: read-only, also while a daemon writes to it."""

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service import wall
from service.cli.exits import Exit, Stop
from service.cli.finding import Found
from service.cli.reading import tell_archived

if TYPE_CHECKING:  # a command that only asks the daemon must not pay for the log
    from events.query import Query
    from events.record import Recorded
    from events.sqlite import SqliteReader

_SQLITE = "sqlite:///"
PAGE = 1000


def log_path(url: str) -> Path:
    """Return the file that `sqlite:///PATH` names; four slashes make it absolute."""
    if not url.startswith(_SQLITE) or url == _SQLITE:
        raise Stop(f"{url!r} names no log that can be read: write it like sqlite:////absolute/path.db", Exit.USAGE)
    return Path(url.removeprefix(_SQLITE)).expanduser()


def configured_log(found: Found) -> str:
    """Return the URL of the log that a daemon with this configuration writes."""
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return found.text("log", f"{_SQLITE}{base / 'lamplighter' / 'log.db'}")


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator["SqliteReader"]:
    """Open a log for reading; what cannot be read is told in the log's own sentence."""
    from events.errors import LogError
    from events.sqlite import open_readonly

    try:
        log = await open_readonly(path)
        try:
            yield log
        finally:
            await log.close()
    except LogError as error:
        raise Stop(str(error)) from error


def event_document(recorded: "Recorded") -> dict[str, Any]:
    """Return an event as the daemon's API shows it."""
    from events.streams import subject
    from statemachine.model import instant

    about = subject(recorded.stream)
    return {
        "id": recorded.id,
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "namespace": about.namespace,
        "endpoint": None if about.endpoint is None else str(about.endpoint),
        "type": recorded.type,
        "schema": recorded.schema,
        "time": instant(recorded.time),
        "actor": recorded.actor,
        "data": json.loads(recorded.data),
    }


async def read(
    path: Path,
    query: "Query",
    *,
    limit: int | None,
    last: int | None,
    cloud: bool,
    put: Callable[[Mapping[str, Any]], None],
) -> None:
    """Put the events that match: the first so many, the last so many, or all; as the API shows them, or CloudEvents."""
    from events import cloudevents
    from events.chains import with_evidence

    async with reading(path) as log:

        def show(recorded: "Recorded") -> None:
            put(json.loads(cloudevents.render(recorded, log.log_id)) if cloud else event_document(recorded))

        query = await with_evidence(log, query)
        tell_archived((await log.standing()).archived, query.after)
        if last is not None:
            page = await log.read(replace(query, newest_first=True, limit=last))
            for recorded in reversed(page.events):
                show(recorded)
            return
        async for recorded in _all(log, query, limit):
            show(recorded)


async def _all(log: "SqliteReader", query: "Query", limit: int | None) -> AsyncIterator["Recorded"]:
    left = limit
    while left is None or left > 0:
        page = await log.read(replace(query, limit=PAGE if left is None else min(PAGE, left)))
        for recorded in page.events:
            yield recorded
        if not page.more:
            return
        left = None if left is None else left - len(page.events)
        end = page.events[-1].position
        query = replace(query, before=end) if query.newest_first else replace(query, after=end)


async def count(path: Path, query: "Query") -> int:
    """Return how many events match."""
    from events.chains import with_evidence

    async with reading(path) as log:
        return await log.count(await with_evidence(log, query))


def last_sign(found: Found) -> Mapping[str, Any] | None:
    """Return the position of the newest event of the configured log and its age, if the log can be read."""
    import asyncio

    try:
        return asyncio.run(_last_sign(log_path(configured_log(found))))
    except Stop:
        return None


async def _last_sign(path: Path) -> Mapping[str, Any] | None:
    from events.query import Query

    async with reading(path) as log:
        page = await log.read(Query(newest_first=True, limit=1))
    if not page.events:
        return {"last_position": page.head, "last_event_seconds_ago": None}
    age = (wall.now() - page.events[0].time).total_seconds()
    return {"last_position": page.head, "last_event_seconds_ago": round(max(0.0, age), 1)}

"""A log as a daemon leaves it after a long time: so many events, through the real append path, the same at every run.

    .venv/bin/python -m tests.bench.biglog EVENTS [PATH]

makes one and prints where it lies. It is made once and kept in the system's folder for temporary files, under a name
that changes with whatever it is made of; use it as it is for reading, or a `copied` one for writing.
"""

import asyncio
import hashlib
import heapq
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import events
from events import streams
from events.log import EventLog
from events.sqlite import SqliteLog
from events.unit import Appended, CursorMove, Unit
from statemachine.model import EndpointName
from tests.bench import lives

ENDPOINTS = 400
NAMESPACES = ("acme-research", "acme-labs", "acme-staging", "acme-demo")
SUBSCRIBERS = ("alerts",)  # whose cursors stand at the head: what these events call for was done
UNITS = 512  # in one call


def names(endpoints: int = ENDPOINTS) -> list[EndpointName]:
    """Return the endpoints that there are, evenly over the namespaces."""
    return [EndpointName(NAMESPACES[n % len(NAMESPACES)], f"endpoint-{n:05}") for n in range(endpoints)]


def big_log(count: int, *, endpoints: int = ENDPOINTS) -> Path:
    """Return a log of at least so many events; never write to it."""
    folder = Path(tempfile.gettempdir()) / "lamplighter-bench"
    folder.mkdir(exist_ok=True)
    path = folder / f"{count}-{endpoints}-{_ingredients()}.db"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder) as making:
            asyncio.run(make(Path(making) / path.name, count, endpoints=endpoints))
            (Path(making) / path.name).rename(path)
    return path


def copied(count: int, path: Path, *, endpoints: int = ENDPOINTS) -> Path:
    """Return a copy that may be written to."""
    shutil.copyfile(big_log(count, endpoints=endpoints), path)
    return path


async def make(path: Path, count: int, *, endpoints: int = ENDPOINTS) -> None:
    """Write such a log to a new file."""
    log = await SqliteLog.open(path, holder="a benchmark")
    try:
        await write(log, count, endpoints=endpoints)
    finally:
        await log.close()


async def write(log: EventLog, count: int, *, endpoints: int = ENDPOINTS) -> None:
    """Append at least so many events to an empty log, and move the cursors to its head."""
    tale = lives.Tale()
    stories: list[Iterator[datetime]] = [lives.daemon(tale, seed=1)]
    stories += [lives.namespace(tale, name, seed=2 + number) for number, name in enumerate(NAMESPACES)]
    stories += [lives.endpoint(tale, name, seed=100 + number) for number, name in enumerate(names(endpoints))]
    await _play(log, tale, stories, count)
    head = await log.head()
    await _append(log, [Unit(cursor=CursorMove(name=name, old=0, new=head)) for name in SUBSCRIBERS])


async def go_on(log: EventLog, count: int) -> None:
    """Append so many events more, of endpoints that are new."""
    channel = streams.delivery(lives.CHANNEL)
    tale = lives.Tale(position=await log.head(), versions=Counter({channel: await log.version(channel)}))
    late = [EndpointName("acme-late", f"endpoint-{tale.position + number:09}") for number in range(20)]
    stories = [lives.endpoint(tale, name, seed=number) for number, name in enumerate(late)]
    await _play(log, tale, stories, tale.position + count)


async def _play(log: EventLog, tale: lives.Tale, stories: list[Iterator[datetime]], count: int) -> None:
    """Let all stories go on, each at its instant, until the log holds so many events."""
    for _ in _told(stories):
        enough = tale.position >= count
        if enough or len(tale.units) >= UNITS:
            await _append(log, tale.units)
            tale.units.clear()
        if enough:
            break


def _told(stories: list[Iterator[datetime]]) -> Iterator[datetime]:
    """Tell each story's next part at its instant; yield after each."""
    order = [(next(story), number) for number, story in enumerate(stories)]
    heapq.heapify(order)
    while True:
        at, number = order[0]
        heapq.heapreplace(order, (next(stories[number]), number))
        yield at


async def _append(log: EventLog, units: list[Unit]) -> None:
    for result in await log.append(units):
        if not isinstance(result, Appended):
            raise TypeError(f"the log did not take what the lives say: {result}")


def _ingredients() -> str:
    """Return what changes whenever a log made anew would be another."""
    package = Path(events.__file__).parent
    parts = ("chain.py", "codec.py", "facets.py", "schema/sqlite.sql", "streams.py")
    files = [*(package / part for part in parts), *sorted((package / "catalogue").glob("*.py")), Path(lives.__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def main() -> None:
    """Make a log, and say where it lies."""
    count, *path = sys.argv[1:]
    make_it = partial(copied, path=Path(path[0])) if path else big_log
    sys.stdout.write(f"{make_it(int(count))}\n")


if __name__ == "__main__":
    main()

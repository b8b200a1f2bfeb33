"""Memory stays flat while a reader takes the whole log, in every form, at leisure: what nobody took lies in the log."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from events import streams
from events.log import EventLog
from events.query import Page, Query
from events.sqlite import SqliteLog
from service.web import formats, stream as streaming
from service.web.stream import Message
from tests.contract.disks import added, draft, unit
from tests.unit.web.hands import Caller, make_parts, served

EVENTS, STREAM = "/api/events", "/api/events/stream"
LONG, WEIGHT = 10_000, 2000  # events, and bytes of each, at least
FLAT = 4 << 20  # bytes: some pages, and what lies between the daemon and its reader; a fifth of the log
ITEMS = 100  # in a page that is asked for
ONE = "cloudevents"  # a page that is one event: nobody takes a log by those
LOOK_SECONDS, STILL = 0.01, 20  # a daemon stands still that has read nothing between so many looks
Take = Callable[["Pages", Caller], Awaitable[int]]
Mutant = Callable[[pytest.MonkeyPatch], None]


class Pages(SqliteLog):
    """Counts the events that it gave; a mutant keeps their pages (`kept`), as a cache without a bound would."""

    given = 0
    kept: list[Page] | None = None

    async def read(self, query: Query) -> Page:
        page = await super().read(query)
        self.given += len(page.events)
        if self.kept is not None:
            self.kept.append(page)
        return page


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a log that is long, closed."""
    path = tmp_path_factory.mktemp("long") / "log.db"

    async def fill() -> None:
        log = await SqliteLog.open(path, holder="a test")
        for first in range(0, LONG, 1000):
            drafts = [draft(f"{number} {'x' * WEIGHT}", id_=str(number)) for number in range(first, first + 1000)]
            await added(log, unit(streams.DAEMON, first, *drafts))
        await log.close()

    asyncio.run(fill())
    return path


async def streamed(log: Pages, caller: Caller, form: str) -> int:
    """Take nothing until the daemon stands still, and then all of it; return how many events came, four lines each."""
    async with caller.http.get(STREAM, params={"after": "0", "format": form}) as response:
        await _stands_still(log)
        lines = 0
        while (events := (lines - streaming.HELLO.count(b"\n")) // 4) < LONG:
            lines += (await response.content.readany()).count(b"\n")
    return events


async def paged(log: Pages, caller: Caller, form: str) -> int:
    """Take page after page, as each names the next; return how many events came."""
    events, path = 0, f"{EVENTS}?after=0&limit={ITEMS}&format={form}"
    while path:
        async with caller.http.get(path) as response:
            events += (await response.read()).count(b"x" * WEIGHT)
            path = str(response.links["next"]["url"]) if "next" in response.links else ""
    return events


async def _stands_still(log: Pages) -> None:
    looks: list[int] = []
    while len(looks) < STILL or looks[-STILL] != looks[-1]:
        assert len(looks) < 3000, "it reads on and on, and nobody takes anything"
        await asyncio.sleep(LOOK_SECONDS)
        looks.append(log.given)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Pages]:
    log = await Pages.open(path, holder="a test")
    try:
        yield log
    finally:
        await log.close()


async def most(folder: Path, path: Path, take: Take, *, keeps: bool = False) -> int:
    """Return the most memory that was in use at once, above what there was before, while a reader took everything."""
    async with opened(path) as log, served(make_parts(folder, log=log)) as caller:
        await caller.parts.live.reach(LONG)
        await caller.json("GET", f"{EVENTS}?limit=1")  # what the first request makes is no reader's
        log.kept = [] if keeps else None
        tracemalloc.start()
        try:
            assert await take(log, caller) == LONG
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


WAYS = {
    **{f"pages, {form}": partial(paged, form=form) for form in formats.FORMATS if form != ONE},
    **{f"stream, {form}": partial(streamed, form=form) for form in streaming.FORMATS},
}


@pytest.mark.parametrize("way", WAYS)
async def test_memory_stays_flat_while_a_reader_takes_the_whole_log(tmp_path: Path, long: Path, way: str) -> None:
    assert await most(tmp_path, long, WAYS[way]) < FLAT


@pytest.mark.parametrize("way", ["pages, jsonl", "stream, json"])
async def test_that_test_finds_a_log_that_keeps_what_it_has_read(tmp_path: Path, long: Path, way: str) -> None:
    assert await most(tmp_path, long, WAYS[way], keeps=True) > LONG * WEIGHT


def gathers(patch: pytest.MonkeyPatch) -> None:
    """The mutant: it reads all pages, and then it answers."""

    async def follow(
        log: EventLog, query: Query, response: web.StreamResponse, message: Message, _may_see: object
    ) -> None:
        pages = [await log.read(query)]
        while pages[-1].more:
            pages.append(await log.read(Query(after=pages[-1].events[-1].position, limit=query.limit)))
        for page in pages:
            for recorded in page.events:
                await streaming._write(response, streaming._event(recorded, message(recorded)))

    patch.setattr(streaming, "_follow", follow)


def hurries(patch: pytest.MonkeyPatch) -> None:
    """The mutant: it sends on, whether or not anybody takes it."""

    async def write(response: web.StreamResponse, data: bytes) -> None:
        assert response._payload_writer is not None
        await response._payload_writer.write(data, drain=False)  # type: ignore[call-arg]

    patch.setattr(streaming, "_write", write)


@pytest.mark.parametrize("mutant", [gathers, hurries])
async def test_that_test_finds_a_stream_that_waits_for_no_reader(
    tmp_path: Path, long: Path, monkeypatch: pytest.MonkeyPatch, mutant: Mutant
) -> None:
    mutant(monkeypatch)

    assert await most(tmp_path, long, WAYS["stream, json"]) > 3 * FLAT

"""A reader of the stream that is cut off at random has every event once, with and without filters."""

import asyncio
import random
from pathlib import Path

import aiohttp
import pytest

from events.log import EventLog
from tests.unit.web.hands import Caller, discover, make_parts, served

STREAM = "/api/events/stream"
CUTS = 100


async def write(log: EventLog, count: int, chance: random.Random) -> list[int]:
    """Append events about two namespaces at random; return the positions of those about `beta`."""
    positions: list[int] = []
    for number in range(count):
        namespace = chance.choice(["acme", "acme", "beta"])
        recorded = await discover(log, f"{namespace}/e-{number}")
        positions += [recorded.position] if namespace == "beta" else []
        await asyncio.sleep(0)
    return positions


async def read(caller: Caller, params: dict[str, str], last: str, most: int) -> tuple[list[int], str]:
    """Read so many bytes of the stream, then hang up; return the events that were whole, and the id to go on from."""
    headers = {"Last-Event-ID": last} if last else {}
    taken = b""
    async with caller.http.get(STREAM, params={"after": "0", **params}, headers=headers) as response:
        assert response.status == 200
        try:
            async with asyncio.timeout(0.05):
                while len(taken) < most:
                    taken += await response.content.read(most - len(taken))
        except (TimeoutError, aiohttp.ClientError):
            pass
        response.close()
    events: list[int] = []
    for message in taken.split(b"\n\n")[:-1]:
        fields = dict(line.partition(b": ")[::2] for line in message.split(b"\n"))
        last = fields[b"id"].decode() if b"id" in fields else last
        events += [int(fields[b"id"])] if b"data" in fields else []
    return events, last


@pytest.mark.parametrize("params", [{}, {"namespace": "beta"}, {"glob": "beta/*", "type": "endpoint.discovered"}])
async def test_a_stream_that_is_cut_a_hundred_times_tells_each_event_once(
    tmp_path: Path, params: dict[str, str]
) -> None:
    chance = random.Random(7)
    parts = make_parts(tmp_path)
    written: list[int] = []
    seen: list[int] = []
    last = ""
    async with served(parts) as caller:
        for _ in range(CUTS):  # while some of it is being written
            async with asyncio.TaskGroup() as tasks:
                writing = tasks.create_task(write(parts.log, 8, chance))
                found, last = await read(caller, params, last, chance.randrange(1, 4000 if params else 8000))
            written += writing.result() if params else range(len(written) + 1, len(written) + 9)
            seen += found
        for _ in range(CUTS):
            if len(seen) < len(written):
                found, last = await read(caller, params, last, 100_000)
                seen += found

    assert seen == written


@pytest.mark.looptime
async def test_a_stream_tells_how_far_it_read_where_nothing_matches(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        await write(parts.log, 30, random.Random(1))
        async with caller.http.get(STREAM, params={"after": "0", "namespace": "gamma"}) as response:
            lines = [await response.content.readline() for _ in range(7)]

    assert lines == [b"retry: 2000\n", b"\n", b"id: 30\n", b": ping\n", b"\n", b": ping\n", b"\n"]


async def test_a_stream_since_a_time_begins_there(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        await discover(parts.log, "acme/tgi")
        async with caller.http.get(STREAM, params={"since": "2020-01-01"}) as response, asyncio.timeout(5):
            await response.content.readuntil(b"id: 1\n")

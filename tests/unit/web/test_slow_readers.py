"""Readers who take their time hold up neither the log's writer nor its disk: pages are read one by one."""

import asyncio
from pathlib import Path

import pytest

from events import codec, streams
from events.sqlite import SqliteLog, file
from events.sqlite.file import open_for_reading
from events.unit import Unit, Write
from statemachine.model import Discovered, EndpointName, Sighting
from statemachine.status import Status
from tests.unit.web.hands import CREATED, START, make_parts, served

STREAM = "/api/events/stream"
ROUNDS, IN_ONE, LETTERS = 60, 50, 4000
BOUND = 3 << 20  # smaller than a daemon's, so that little needs to be written


def units(round_: int) -> list[Unit]:
    made: list[Unit] = []
    for number in range(IN_ONE):
        stream = streams.life(EndpointName("acme", f"e-{round_}-{number}"), CREATED)
        sighting = Sighting(status=Status.RUNNING, created_at=CREATED, message="x" * LETTERS)
        event = Discovered(seen_at=START, absent_at=None, sighting=sighting)
        draft = codec.fact(stream, 1, event, time=START, actor="watcher")
        made.append(Unit(streams={stream: Write(expected=0, drafts=(draft,))}))
    return made


@pytest.mark.parametrize("held", [False, True])
async def test_the_write_ahead_log_stays_within_its_bound_while_slow_readers_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    """`held`: one who keeps a read transaction open, as no reader here does, lets it grow without end."""
    monkeypatch.setattr(file, "WAL_PAGES", 500)
    monkeypatch.setattr(file, "WAL_BYTES", BOUND)
    log = await SqliteLog.open(tmp_path / "log.db", holder="a test")
    await log.append(units(-1))
    largest, holder = 0, open_for_reading(tmp_path / "log.db")
    async with served(make_parts(tmp_path, log=log)) as caller:
        if held:
            holder.execute("BEGIN")
            holder.execute("SELECT position FROM events").fetchone()
        writer = await _reader_that_takes_nothing(caller.parts.listen)
        async with caller.http.get(STREAM, params={"after": "0"}) as slow:
            for round_ in range(ROUNDS):
                await log.append(units(round_))
                await slow.content.read(10_000)
                await caller.json("GET", f"/api/events?limit=3&after={round_ * 10}")
                largest = max(largest, (tmp_path / "log.db-wal").stat().st_size)
        writer.transport.abort()
    holder.close()
    await log.close()

    assert (largest > 2 * BOUND) == held, largest


async def _reader_that_takes_nothing(listen: str) -> asyncio.StreamWriter:
    host, _, port = listen.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(f"GET {STREAM}?after=0 HTTP/1.1\r\nHost: {listen}\r\n\r\n".encode())
    await reader.readline()
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    return writer

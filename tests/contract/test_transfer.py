"""A log leaves its store and comes back: the same events, the same head, and nothing that was tampered with."""

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec import structs

from events import chain, cloudevents
from events.anchor import Redaction
from events.errors import LogError, Misfit
from events.log import KeptLog
from events.memory import MemoryLog, MemoryStore
from events.query import Query
from events.record import Recorded, Sealed
from events.transfer import heading as headings, incoming
from events.transfer.copies import Copy
from events.transfer.files import BadCopy, whole
from events.transfer.outgoing import outgoing
from events.unit import Appended, Parked
from tests.contract.copies import ACTS, LIFE, export, fill, import_
from tests.contract.disks import NOON, Disk, added, append, draft, everything, unit


async def test_what_comes_back_has_the_same_head_and_everything_else(
    log: KeptLog, other: KeptLog, tmp_path: Path
) -> None:
    await fill(log)

    await import_(other, await export(log, tmp_path / "log.jsonl"))

    assert await other.standing() == await log.standing()
    assert other.log_id == log.log_id
    assert await other.sealed(0, 100) == await log.sealed(0, 100)
    assert await everything(other) == await everything(log)


async def test_a_log_goes_on_where_its_copy_ends(log: KeptLog, other: KeptLog, tmp_path: Path) -> None:
    await fill(log)
    await import_(other, await export(log, tmp_path / "log.jsonl"))

    for one in (log, other):
        await added(one, unit(LIFE, 4, draft("and on")))

    assert await other.standing() == await log.standing()
    [again] = await append(other, unit(ACTS, 0, draft("ünï 1", minutes=99)))
    assert isinstance(again, Appended)
    assert again.events[0].position == 2


async def test_what_was_added_since_is_brought_by_a_copy_from_there(
    log: KeptLog, other: KeptLog, tmp_path: Path
) -> None:
    await fill(log)
    await import_(other, await export(log, tmp_path / "first.jsonl"))
    await added(log, unit(LIFE, 4, draft("b"), draft("c")))

    await import_(other, await export(log, tmp_path / "second.jsonl", after=7))

    assert await other.standing() == await log.standing()


async def test_an_empty_log_is_copied_too(log: KeptLog, other: KeptLog, tmp_path: Path) -> None:
    await import_(other, await export(log, tmp_path / "log.jsonl"))

    assert (await other.standing()).position == 0


async def test_an_import_that_was_cut_short_is_gone_on_with(log: KeptLog, other_disk: Disk, tmp_path: Path) -> None:
    await fill(log)
    path = await export(log, tmp_path / "log.jsonl")
    other = await other_disk.open()
    await other.restore(await log.sealed(0, 3), log.log_id)
    await other_disk.crash(other)

    other = await other_disk.open()
    await import_(other, path)
    await import_(other, path)

    assert await other.standing() == await log.standing()
    await other_disk.crash(other)


async def test_nothing_goes_on_from_half_an_import(
    log: KeptLog, other_disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    await fill(log)
    path = await export(log, tmp_path / "log.jsonl")
    other = await other_disk.open()
    monkeypatch.setattr(incoming, "PAGE", 3)
    with pytest.raises(KeyboardInterrupt):
        await incoming.take_in(other, Copy(path), killed)
    await other_disk.crash(other)

    other = await other_disk.open()
    with pytest.raises(LogError, match=r"`lamplighter log import .*log.jsonl` was cut short\. Do that again"):
        await incoming.require_finished(other)
    await import_(other, path)
    await incoming.require_finished(other)

    assert await other.standing() == await log.standing()
    await other_disk.crash(other)


async def test_a_copy_ends_where_the_log_ended_when_it_began(log: KeptLog, tmp_path: Path) -> None:
    await fill(log)
    began = await outgoing(log)
    await added(log, unit(LIFE, 4, draft("later")))

    lines = [line async for line in began.lines()]

    assert len(lines) == 1 + 7
    assert json.loads(lines[0])["data"]["last"] == 7


async def test_every_line_of_a_copy_is_a_cloudevent_to_its_own_sdk(log: KeptLog) -> None:
    await fill(log)

    lines = [line async for line in (await outgoing(log)).lines()]

    types = [
        from_http_event(HTTPMessage(headers={"content-type": cloudevents.CONTENT_TYPE}, body=line)).get_type()
        for line in lines
    ]
    assert types == ["dev.lamplighter.copy.v1", *["dev.lamplighter.daemon.stopped.v1"] * 7]


async def test_the_same_log_gives_the_same_copy(log: KeptLog, tmp_path: Path) -> None:
    await fill(log)

    assert (await export(log, tmp_path / "a")).read_bytes() == (await export(log, tmp_path / "b")).read_bytes()


async def test_nothing_is_written_over_a_file_that_is_there(log: KeptLog, tmp_path: Path) -> None:
    await export(log, tmp_path / "log.jsonl")

    with pytest.raises(LogError, match="is there already"):
        await export(log, tmp_path / "log.jsonl")


def break_off(path: Path) -> None:
    with whole(path) as file:
        file.write(b"half")
        raise RuntimeError


def test_a_copy_that_breaks_off_gets_no_name(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        break_off(tmp_path / "log.jsonl")

    assert list(tmp_path.iterdir()) == []


def both_write(path: Path) -> None:
    with whole(path) as earlier:
        earlier.write(b"earlier " * 10_000)
        with whole(path) as later:
            later.write(b"later")
            earlier.write(b"goes on")
            earlier.flush()


def test_of_two_that_write_one_file_at_once_none_spoils_the_other(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"

    with pytest.raises(LogError, match="another program writes"):
        both_write(path)

    assert path.read_bytes() == b"later"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_broken_log_is_not_copied(tmp_path: Path) -> None:
    store = MemoryStore()
    log = MemoryLog(store)
    await fill(log)
    store.hashes[3] = bytes(32)

    with pytest.raises(LogError, match=r"broken at position 4.*lamplighter log verify"):
        await export(log, tmp_path / "log.jsonl")


# --- redactions ------------------------------------------------------------------------------------------------------


async def redact(log: KeptLog, position: int) -> None:
    redaction = Redaction(position=position, fields=(), why="it named a person", actor="ann", time=NOON)
    assert isinstance(await log.redact(redaction), Recorded)


async def test_a_redacted_event_stays_redacted_and_keeps_its_place(
    log: KeptLog, other: KeptLog, tmp_path: Path
) -> None:
    await fill(log)
    await redact(log, 3)
    path = await export(log, tmp_path / "log.jsonl")

    await import_(other, path)

    assert '"reason":"ünï 2"'.encode() not in path.read_bytes()
    assert await other.sealed(0, 100) == await log.sealed(0, 100)
    assert await other.verify() == await log.verify()


def line_with(lines: list[bytes], number: int, old: bytes, new: bytes) -> list[bytes]:
    assert old in lines[number]
    return [*lines[:number], lines[number].replace(old, new), *lines[number + 1 :]]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        (b"<redacted>", b"<other>", 9, "position 3: its payload was replaced, and position 8 does not tell of it"),
        (b'"redactedby":"0000000000000000008"', b'"redactedby":"0000000000000000007"', 8, "does not tell of it"),
        (b'"redactedby":"0000000000000000008"', b'"redactedby":"0000000000000000009"', 4, "no later event tells"),
        (b'"redactedby":"0000000000000000008"', b'"redactedby":"0000000000000000002"', 4, "which was before it"),
    ],
)
async def test_what_replaces_a_redacted_payload_can_be_changed_no_more_than_another(
    tmp_path: Path, old: bytes, new: bytes, line: int, told: str
) -> None:
    log, other = MemoryLog(), MemoryLog()
    await fill(log)
    await redact(log, 3)
    path = await export(log, tmp_path / "log.jsonl")
    path.write_bytes(b"".join(line_with(path.read_bytes().splitlines(keepends=True), 3, old, new)))

    with pytest.raises(BadCopy, match=f"line {line}: .*{told}"):
        await import_(other, path)

    assert await other.head() == 0


# --- what is no copy of this log -------------------------------------------------------------------------------------

Tamper = Callable[[list[bytes]], list[bytes]]


def headed(**changes: Any) -> Tamper:
    """Put other words into the first line, as a program that writes such lines would."""

    def tamper(lines: list[bytes]) -> list[bytes]:
        return [headings.render(structs.replace(headings.parse(lines[0].strip()), **changes)) + b"\n", *lines[1:]]

    return tamper


def swapped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def other_actor(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], lines[4].replace(b'"actor":"test"', b'"actor":"mallory"'), *lines[5:]]


def other_payload(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], lines[4].replace(b' 3"', b' 4"'), *lines[5:]]


def in_other_words(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], json.dumps(json.loads(lines[4])).encode() + b"\n", *lines[5:]]


@pytest.mark.parametrize(
    ("tamper", "line", "told"),
    [
        (lambda lines: [], 1, "lamplighter log export"),
        (lambda lines: lines[1:], 1, "lamplighter log export"),
        (lambda lines: [b"{}\n", *lines[1:]], 1, "lamplighter log export"),
        (lambda lines: [lines[0].replace(b'"alerts":6', b'"alerts":7'), *lines[1:]], 1, "something changed it"),
        (headed(cursors={"alerts": 8}), 1, "it has subscriber 'alerts' at 8, and ends at position 7"),
        (headed(parked=(Parked(name="alerts", position=0, error="x"),)), 1, "it has 'alerts' with 0 set aside, and"),
        (headed(parked=(Parked(name="alerts", position=8, error="x"),)), 1, "it has 'alerts' with 8 set aside, and"),
        (headed(after=8), 1, "it reaches from 8 back to 7"),
        (lambda lines: lines[:1], 1, "ends at position 0, and should reach to 7"),
        (lambda lines: lines[:-1], 7, "ends at position 6, and should reach to 7"),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], 8, "cut off"),
        (lambda lines: [*lines[:-1], lines[-1][:-9]], 8, "cut off"),
        (lambda lines: [*lines[:3], *lines[4:]], 4, "position 3: it is missing"),
        (swapped, 4, "position 3: it is missing"),
        (lambda lines: [*lines, lines[-1]], 9, "more follows"),
        (lambda lines: [*lines[:5], lines[4], *lines[5:]], 6, "position 5: it is missing"),
        (lambda lines: [*lines[:5], b"\n", *lines[5:]], 6, "no CloudEvent"),
        (other_actor, 5, "do not give its hash"),
        (other_payload, 5, "do not give its hash"),
        (in_other_words, 5, "something changed it"),
    ],
)
async def test_a_file_that_is_no_whole_copy_is_refused_at_its_line_and_nothing_is_taken(
    tmp_path: Path, tamper: Tamper, line: int, told: str
) -> None:
    log = MemoryLog()
    await fill(log)
    path = await export(log, tmp_path / "log.jsonl")
    path.write_bytes(b"".join(tamper(path.read_bytes().splitlines(keepends=True))))
    other = MemoryLog()

    with pytest.raises(BadCopy, match=f"line {line}: .*{told}") as refused:
        await import_(other, path)

    assert refused.value.line == line
    assert await other.head() == 0


@pytest.mark.parametrize("log_id", ["../../elsewhere", "a\nb", "a\x00", "abc\n", ""])
def test_a_log_takes_no_id_by_which_a_file_would_lie_elsewhere(log_id: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    heading = headings.Heading(
        log_id=log_id, after=0, hash_before="00" * 32, last=0, hash="00" * 32, cursors={}, parked=()
    )
    path.write_bytes(headings.render(heading) + b"\n")

    with pytest.raises(BadCopy, match="line 1: it is not how `lamplighter log export` begins a file"):
        Copy(path)


def test_a_heading_is_refused_however_deep_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")

    with pytest.raises(BadCopy, match="line 1"):
        Copy(path)


async def test_lines_of_another_log_are_refused(tmp_path: Path) -> None:
    log = MemoryLog()
    await fill(log)
    path = await export(log, tmp_path / "log.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], lines[3].replace(log.log_id.encode(), b"another"), *lines[4:]]))

    with pytest.raises(BadCopy, match="line 4: it is of another log, another"):
        await import_(MemoryLog(), path)


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), packed=st.booleans())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_any_one_byte_changed_is_refused(place: int, byte: int, packed: bool, tmp_path: Path) -> None:
    async def told() -> None:
        log, other = MemoryLog(), MemoryLog()
        await fill(log, 4)
        whole_ = b"".join([line async for line in (await outgoing(log)).lines()])
        stored = gzip.compress(whole_, mtime=0) if packed else whole_
        changed = bytearray(stored)
        changed[place % len(stored)] = byte
        path = tmp_path / "log.jsonl"
        path.write_bytes(changed)

        try:
            await import_(other, path)
        except LogError:
            assert await other.head() == 0
        else:
            assert await other.standing() == await log.standing()
            # gzip's own header has bytes that mean nothing
            assert changed == stored or packed

    asyncio.run(told())


async def test_a_log_that_holds_something_else_takes_nothing(log: KeptLog, other: KeptLog, tmp_path: Path) -> None:
    await fill(log)
    path = await export(log, tmp_path / "log.jsonl")
    await other.restore(await log.sealed(0, 3), log.log_id)
    await added(other, unit(ACTS, 1, draft("its own way")))

    with pytest.raises(LogError, match="holds other events than the copy up to position 4"):
        await import_(other, path)

    assert await other.head() == 4


async def test_a_log_that_ends_elsewhere_takes_nothing(log: KeptLog, other: KeptLog, tmp_path: Path) -> None:
    await fill(log)
    whole_, rest = await export(log, tmp_path / "log.jsonl"), await export(log, tmp_path / "rest.jsonl", after=3)
    events = await log.sealed(0, 7)

    await other.restore(events[:2], log.log_id)
    with pytest.raises(LogError, match="begins after 3: import what comes before it first"):
        await import_(other, rest)
    await other.restore(events[2:], log.log_id)
    await added(other, unit(LIFE, 4, draft("b")))
    with pytest.raises(LogError, match="beyond the copy's last position 7"):
        await import_(other, whole_)

    assert await other.head() == 8


# --- what a log takes back ------------------------------------------------------------------------------------------


def with_link(event: Sealed, tip: bytes, **changes: Any) -> Sealed:
    """Return the event changed, with a link that fits the change."""
    recorded = structs.replace(event.recorded, **changes)
    return structs.replace(event, recorded=recorded, hash=chain.link(tip, recorded, event.data_hash))


async def test_events_that_do_not_continue_the_chain_are_not_taken_back(log: KeptLog, other: KeptLog) -> None:
    await fill(log)
    events = await log.sealed(0, 7)
    await other.restore(events[:2], log.log_id)

    async def refused(event: Sealed, why: str) -> None:
        with pytest.raises(Misfit, match=why):
            await other.restore([event], log.log_id)

    tip = events[1].hash
    await refused(events[3], "3 comes next")
    await refused(events[1], "3 comes next")
    await refused(with_link(events[2], bytes(32)), "its hash")
    await refused(with_link(events[2], tip, id=events[0].recorded.id), "stands already")
    await refused(with_link(events[2], tip, version=7), "is at version 1")
    await refused(with_link(events[2], tip, data=b"{}"), "its payload")
    await refused(with_link(events[2], tip, stream="acts/acme/", version=1), "is of an endpoint without a name")
    with pytest.raises(Misfit, match="is of the log another"):
        await other.restore([events[2]], "another")

    assert await other.head() == 2


async def test_of_events_of_which_the_last_does_not_fit_none_is_taken_back(disk: Disk, other: KeptLog) -> None:
    log = await disk.open()
    await fill(log)
    events = await log.sealed(0, 7)

    with pytest.raises(Misfit):
        await other.restore([*events[:4], events[5]], log.log_id)

    assert await other.head() == 0
    assert (await other.read(Query())).events == ()
    await other.restore(events, log.log_id)
    assert await other.sealed(0, 10) == events
    await disk.crash(log)

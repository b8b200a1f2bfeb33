"""G8: whatever is done to a log behind its back is found, and where it was done is named."""

import asyncio
import copy
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st
from msgspec import structs

from events import codec, proof, streams
from events.anchor import BEGINNING, Anchor, Broken, Redaction, Segment
from events.catalogue import Event
from events.catalogue.acts import Intended, Warned
from events.errors import LogUnusable
from events.log import EventLog, LogReader
from events.memory import MemoryLog, MemoryStore
from events.query import Query
from events.record import Recorded
from events.sqlite import driver, open_readonly
from events.sqlite.verifying import PAGE, Verification
from events.unit import Appended, Unit, Write
from statemachine.model import Discovered, EndpointName, Sighting
from statemachine.status import Status
from tests.contract.copies import archived
from tests.contract.disks import NOON, Disk, MemoryDisk, SqliteDisk, added, draft, unit

NAME = EndpointName("acme", "tgi")
REDACTED, TOLD, EVENTS = 5, 7, 9
COLUMNS = (
    *("id", "stream", "type", "time", "actor", "namespace", "name", "status", "cause", "policy", "intent", "data"),
    *("version", "schema", "redacted", "data_hash", "hash"),
)
NUMBERS, HASHES, FACETS = COLUMNS[12:15], COLUMNS[15:], COLUMNS[7:11]


async def fill(log: EventLog) -> None:
    """Write events that are found by every column, a redacted one, and others before and after what tells of it."""
    seen = Sighting(status=Status.RUNNING, created_at=NOON, message="ünder way")
    discovered = Discovered(seen_at=NOON, absent_at=None, sighting=seen)
    warned = Warned(
        policy="nights", revision="1", life=NOON, cause=1, edge_seconds=0, command="pause", due_at=NOON, reason="idle"
    )
    intended = Intended(
        intent="i", command="pause", life=NOON, version=1, evidence=(1,), reason="idle", deadline=NOON, policy="nights"
    )
    acts = streams.acts(NAME)
    await added(log, fact(streams.life(NAME, NOON), 1, discovered), fact(acts, 1, warned), fact(acts, 2, intended))
    spoken = [draft(reason, id_=2 * id_) for reason, id_ in (("a", "v"), ("a secret", "w"), ("c", "x"))]
    await added(log, unit("namespace/acme", 0, *spoken))
    await log.redact(Redaction(position=REDACTED, why="it was a secret", actor="ann", time=NOON))
    await added(log, unit("daemon", 0, draft("d", id_="yy"), draft("e", id_="zz")))


def fact(stream: str, version: int, event: Event) -> Unit:
    made = codec.fact(stream, version, event, time=NOON + timedelta(microseconds=version), actor="test")
    return Unit(streams={stream: Write(expected=version - 1, drafts=(made,))})


# --- hands that have the store ----------------------------------------------------------------------------------------


class Impossible(Exception):
    """The store does not let it be done."""


def other(value: bytes | int | None, place: int, mask: int) -> bytes | int:
    """Return a value with another byte, or a value where there was none."""
    if value is None:
        return b"x"
    if isinstance(value, int):
        return value ^ mask
    place %= len(value)
    return value[:place] + bytes([value[place] ^ mask]) + value[place + 1 :]


@dataclass
class FileHand:
    """Has the file of a log on SQLite, and a program that writes to it."""

    path: Path

    def change(self, position: int, column: str, place: int, mask: int) -> None:
        stored, put = (column, "?") if column in NUMBERS else (f"CAST({column} AS BLOB)", "?")
        if column not in (*NUMBERS, *HASHES):
            put = "CAST(? AS TEXT)"
        with self._free() as con:
            row = con.execute(f"SELECT {stored} FROM events WHERE position = ?", (position,)).fetchone()  # noqa: S608
            new = mask % (EVENTS + 3) if column == "redacted" and row[0] is None else other(row[0], place, mask)
            con.execute(f"UPDATE events SET {column} = {put} WHERE position = ?", (new, position))  # noqa: S608

    def remove(self, position: int) -> None:
        with self._free() as con:
            con.execute("DELETE FROM events WHERE position = ?", (position,))

    def swap(self, one: int, two: int) -> None:
        with self._free() as con:
            for old, new in ((one, -1), (two, one), (-1, two)):
                con.execute("UPDATE events SET position = ? WHERE position = ?", (new, old))

    def behead(self, position: int, hash_: bytes | None) -> None:
        with self._free() as con:
            con.execute("UPDATE head SET position = ?, hash = coalesce(?, hash)", (position, hash_))

    @contextmanager
    def _free(self) -> Iterator[driver.Connection]:
        with closing(driver.connect(self.path, driver.MAKE)) as con:
            driver.script(con, "PRAGMA synchronous = OFF; DROP TRIGGER events_keep; DROP TRIGGER events_stay")
            yield con


@dataclass
class MemoryHand:
    """Has the lists of a log in memory, which keeps no subject: it is worked out from the stream."""

    store: MemoryStore

    def change(self, position: int, column: str, place: int, mask: int) -> None:
        store, index = self.store, position - 1
        if column in HASHES:
            hashes = store.hashes if column == "hash" else store.digests
            hashes[index] = bytes(other(hashes[index], place, mask))
        elif column in FACETS:
            found = store.facets[index]
            store.facets[index] = structs.replace(found, **{column: f"{getattr(found, column)}x"})
        elif column == "redacted":
            store.redacted[position] = store.redacted.get(position, 0) ^ mask
        else:
            field = "instant" if column == "time" else column
            changed: Any = {field: self._other(position, field, place, mask)}
            store.events[index] = structs.replace(store.events[index], **changed)

    def _other(self, position: int, column: str, place: int, mask: int) -> object:
        if column in {"namespace", "name"}:
            raise Impossible
        value = getattr(self.store.events[position - 1], column)
        if isinstance(value, str):
            return value[: place % len(value)] + chr(256 + mask) + value[place % len(value) + 1 :]
        return other(value, place, mask)

    def remove(self, position: int) -> None:
        for rows in self._lists():
            del rows[position - 1]

    def swap(self, one: int, two: int) -> None:
        events, told = self.store.events, self.store.redacted
        for rows in self._lists():
            rows[one - 1], rows[two - 1] = rows[two - 1], rows[one - 1]
        for position in (one, two):
            events[position - 1] = structs.replace(events[position - 1], position=position)
        by = {one: told.pop(two, None), two: told.pop(one, None)}
        told.update({position: value for position, value in by.items() if value is not None})

    def _lists(self) -> Iterator[list[Any]]:
        yield from (self.store.events, self.store.facets, self.store.digests, self.store.hashes)

    def behead(self, position: int, hash_: bytes | None) -> None:
        self.store.head = Anchor(position=position, hash=hash_ or self.store.head.hash)


Done = tuple[str, tuple[Any, ...], int]  # what is done, to what, and where it must be found


def change(position: int, column: str, place: int, mask: int) -> Done:
    return "change", (position, column, place, mask), position


def remove(position: int) -> Done:
    return "remove", (position,), position


def swap(pair: tuple[int, int]) -> Done:
    return "swap", pair, min(pair)


def behead(position: int, hash_: bytes | None) -> Done:
    return "behead", (position, hash_), EVENTS if position == EVENTS else min(position, EVENTS) + 1


POSITIONS = st.integers(1, EVENTS)
ANYTHING: st.SearchStrategy[Done] = st.one_of(
    st.builds(change, POSITIONS, st.sampled_from(COLUMNS), st.integers(0, 500), st.integers(1, 255)),
    st.builds(remove, POSITIONS),
    st.builds(swap, st.tuples(POSITIONS, POSITIONS).filter(lambda pair: pair[0] != pair[1])),
    st.builds(behead, st.integers(0, 20).filter(lambda position: position != EVENTS), st.none()),
    st.builds(behead, st.just(EVENTS), st.binary(min_size=32, max_size=32)),
)
EVERYTHING: list[Done] = [
    *(change(position, column, 1, 1) for position in range(1, EVENTS + 1) for column in COLUMNS),
    *map(remove, range(1, EVENTS + 1)),
    *map(swap, combinations(range(1, EVENTS + 1), 2)),
    *(behead(position, None) for position in (0, EVENTS - 1, EVENTS + 1)),
    behead(EVENTS, bytes(32)),
]


# --- logs to be spoilt ------------------------------------------------------------------------------------------------


Found = Anchor | Broken | None  # None: it cannot be done


class MemoryPatient:
    """A log in memory of which there are as many as one likes."""

    def __init__(self, folder: Path) -> None:
        disk = MemoryDisk(folder)
        asyncio.run(_filled(disk))
        self._store = disk.store

    def healthy(self) -> Found:
        return asyncio.run(MemoryLog(self._store).verify())

    def suffer(self, done: Done) -> Found:
        store = copy.deepcopy(self._store)
        try:
            getattr(MemoryHand(store), done[0])(*done[1])
        except Impossible:
            return None
        return asyncio.run(MemoryLog(store).verify())


class FilePatient:
    """A log on SQLite of which there are as many as one likes."""

    def __init__(self, folder: Path) -> None:
        disk = SqliteDisk(folder)
        asyncio.run(_filled(disk))
        self.path, self.copy = disk.path, folder / "copy.db"

    def suffer(self, done: Done) -> Found:
        self.write(self.path.read_bytes())
        try:
            getattr(FileHand(self.copy), done[0])(*done[1])
        except driver.ConstraintError:
            return None  # another event has that id, or that version
        return asyncio.run(_verified(self.copy))

    def write(self, content: bytes) -> None:
        """Begin a copy; what SQLite kept beside the one before would be taken for its own."""
        for file in self.copy.parent.glob(f"{self.copy.name}*"):
            file.unlink()
        self.copy.write_bytes(content)


async def _filled(disk: Disk) -> None:
    log = await disk.open()
    await fill(log)
    assert isinstance(await log.verify(), Anchor)
    await log.close()


async def _verified(path: Path) -> Anchor | Broken:
    log = await open_readonly(path)
    try:
        return await log.verify()
    finally:
        await log.close()


@pytest.fixture(scope="module")
def in_memory(tmp_path_factory: pytest.TempPathFactory) -> MemoryPatient:
    return MemoryPatient(tmp_path_factory.mktemp("memory"))


@pytest.fixture(scope="module")
def in_file(tmp_path_factory: pytest.TempPathFactory) -> FilePatient:
    return FilePatient(tmp_path_factory.mktemp("file"))


def is_found(found: Found, done: Done) -> bool:
    return found is None or (isinstance(found, Broken) and found.position == done[2])


@given(done=ANYTHING)
@example(done=change(5, "data", 11, 0x80))  # no UTF-8, in a payload that the chain does not cover
@settings(max_examples=200)
def test_whatever_is_done_to_a_log_in_memory_is_found_where_it_was_done(in_memory: MemoryPatient, done: Done) -> None:
    assert is_found(in_memory.suffer(done), done)


@given(done=ANYTHING)
@settings(max_examples=120)
def test_whatever_is_done_to_a_log_on_sqlite_is_found_where_it_was_done(in_file: FilePatient, done: Done) -> None:
    assert is_found(in_file.suffer(done), done)


def test_every_column_of_every_event_in_memory_is_watched(in_memory: MemoryPatient) -> None:
    assert [done for done in EVERYTHING if not is_found(in_memory.suffer(done), done)] == []


@pytest.mark.slow
def test_every_column_of_every_event_on_sqlite_is_watched(in_file: FilePatient) -> None:
    assert [done for done in EVERYTHING if not is_found(in_file.suffer(done), done)] == []


def nothing(*_: object) -> None:
    """Find nothing."""


def believing(walk: proof.Walk, recorded: Recorded) -> None:
    """Find that an event tells of every redaction that names it."""
    walk._claims.pop(recorded.position, None)


MUTANTS: dict[str, tuple[object, str, object]] = {
    "it does not compare the payload": (proof, "_wrong_payload", nothing),
    "it does not compare what events are found by": (proof, "_wrong_for_queries", nothing),
    "it does not compare what a redaction put there": (proof.Walk, "_untold", believing),
    "it does not miss an event": (proof.Walk, "_missing", nothing),
    "it does not look at the head": (proof.Walk, "end", nothing),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_proof_that_overlooks_something_would_be_found(
    in_memory: MemoryPatient, mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*MUTANTS[mutant])

    assert isinstance(in_memory.healthy(), Anchor)
    assert not all(is_found(in_memory.suffer(done), done) for done in EVERYTHING)


@given(place=st.integers(0, 1 << 20), mask=st.integers(1, 255))
@example(place=5733, mask=1)  # an id that is a blob from then on, by the same bytes
@settings(max_examples=100)
def test_one_other_byte_anywhere_in_the_file_is_found_or_changes_no_event(
    in_file: FilePatient, place: int, mask: int
) -> None:
    before = in_file.path.read_bytes()
    place %= len(before)
    in_file.write(before[:place] + bytes([before[place] ^ mask]) + before[place + 1 :])

    async def read(path: Path) -> list[Any]:
        log = await open_readonly(path)
        try:
            return [await log.verify(), await log.read(Query())]
        finally:
            await log.close()

    try:
        found = asyncio.run(_verified(in_file.copy))
    except LogUnusable:
        return  # it is no log any more, and says so
    if isinstance(found, Anchor):
        assert asyncio.run(read(in_file.copy)) == asyncio.run(read(in_file.path))


# --- anchors, and where a proof begins --------------------------------------------------------------------------------


async def test_a_log_that_grew_still_holds_every_anchor_of_it(log: EventLog) -> None:
    await fill(log)
    anchors = [await log.anchor(position) for position in range(EVENTS + 1)]
    await added(log, unit("daemon", 2, draft("f")))

    found = await log.verify(anchors=[anchor for anchor in anchors if anchor is not None])

    assert found == await log.anchor(EVENTS + 1)
    assert anchors[0] == BEGINNING
    assert None not in anchors
    assert await log.anchor(EVENTS + 2) is None


async def test_a_history_that_was_written_anew_is_not_that_of_an_anchor(
    disk: MemoryDisk | SqliteDisk, tmp_path: Path
) -> None:
    log = await disk.open()
    await added(log, unit("daemon", 0, draft("a"), draft("b"), draft("c")))
    anchor = await log.anchor(2)
    assert anchor is not None
    forged = await type(disk)(tmp_path / "forged").open()
    await added(forged, unit("daemon", 0, draft("a"), draft("another"), draft("c")))

    assert isinstance(await forged.verify(), Anchor)
    found = await forged.verify(anchors=[anchor])

    assert isinstance(found, Broken)
    assert found.position == 2
    assert "history is not what the anchor knows" in str(found)
    await log.close()
    await forged.close()


async def test_a_log_that_was_cut_short_is_not_that_of_an_anchor(log: EventLog) -> None:
    await added(log, unit("daemon", 0, draft("a")))

    found = await log.verify(anchors=[Anchor(position=3, hash=bytes(32))])

    assert found == Broken(position=2, why="it is missing: an anchor knows position 3")


async def test_a_proof_may_begin_where_another_ended(log: EventLog) -> None:
    await fill(log)
    half = await log.anchor(6)
    assert half is not None

    assert await log.verify(since=half) == await log.verify()
    elsewhere = await log.verify(since=replace(half, hash=bytes(32)))
    assert isinstance(elsewhere, Broken)
    assert elsewhere.position == 7
    beyond = await log.verify(since=Anchor(position=12, hash=bytes(32)))
    assert isinstance(beyond, Broken)
    assert beyond.position == 10
    with pytest.raises(ValueError, match="lies before position 6"):
        await log.verify(since=half, anchors=[Anchor(position=3, hash=bytes(32))])


async def test_what_is_appended_during_a_proof_is_proven_with_it(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.memory.store.VERIFIED_AT_ONCE", 1)
    await fill(log)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        proving = tasks.create_task(log.verify())
        for number in range(20):
            await added(log, unit("daemon", 2 + number, draft(f"more {number}")))

    assert isinstance(proving.result(), Anchor)
    assert isinstance(await log.verify(), Anchor)


async def test_an_empty_log_is_whole(log: EventLog) -> None:
    assert await log.verify() == BEGINNING


async def test_a_closed_log_proves_nothing(log: LogReader) -> None:
    await log.close()

    with pytest.raises(LogUnusable, match="closed"):
        await log.verify()


@pytest.mark.parametrize("text", ["", "7", "7:abc", "x:" + 64 * "0", "-1:" + 64 * "0", "7:" + 64 * "g"])
def test_what_is_no_anchor_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match="looks like POSITION:HASH"):
        Anchor.parse(text)


@given(position=st.integers(0, 10**18 - 1), hash_=st.binary(min_size=32, max_size=32))
def test_an_anchor_is_read_as_it_was_written(position: int, hash_: bytes) -> None:
    anchor = Anchor(position=position, hash=hash_)

    assert Anchor.parse(str(anchor)) == anchor


# --- what lies in an archive ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "done",
    [
        "UPDATE archived SET actor = 'nobody' WHERE position = 2",
        "UPDATE archived SET data_hash = zeroblob(32) WHERE position = 2",
        "UPDATE archived SET type = CAST(x'ff' AS TEXT) WHERE position = 2",
        "DELETE FROM archived WHERE position = 2",
        "DELETE FROM archived",
        "UPDATE segments SET hash_before = zeroblob(1)",
        "UPDATE segments SET hash_after = zeroblob(32)",
        "UPDATE segments SET last = 2",
        "UPDATE segments SET last = 4",
        "UPDATE segments SET first = 0",
        "UPDATE segments SET first = 2",
        "UPDATE segments SET first = 0, hash_before = zeroblob(1)",
        "DELETE FROM segments",
        "UPDATE archived SET position = 0 WHERE position = 1",
        "INSERT INTO archived VALUES (0, 'taken', 'x', 1, 'x', 1, '2026-11-20T12:00:00.000000Z', 'x', x'00')",
        "INSERT INTO archived VALUES (4, 'taken', 'x', 1, 'x', 1, '2026-11-20T12:00:00.000000Z', 'x', x'00')",
        "UPDATE events SET position = 2 WHERE position = 5",
    ],
)
async def test_what_is_kept_of_an_archived_event_is_watched_too(tmp_path: Path, done: str) -> None:
    log = await SqliteDisk(tmp_path).open()
    await fill(log)
    before, after = await log.anchor(0), await log.anchor(3)
    assert before is not None
    assert after is not None
    segment = Segment(first=1, last=3, hash_before=before.hash, hash_after=after.hash, path="away", digest=bytes(32))
    assert isinstance(await log.archive(segment, unit("daemon", 2, draft("f"))), Appended)
    whole = await log.verify(anchors=[after])
    await log.close()

    with FileHand(log.path)._free() as con:
        con.execute(done)
    found = await _verified(log.path)

    assert isinstance(whole, Anchor)
    assert isinstance(found, Broken)
    assert 0 <= found.position <= 4


async def test_what_is_archived_during_a_proof_does_not_upset_it(tmp_path: Path) -> None:
    log = await SqliteDisk(tmp_path).open()
    await added(log, unit("daemon", 0, *(draft(f"r{number}") for number in range(PAGE + 50))))
    told = await log.redact(Redaction(position=3, why="a name", actor="ann", time=NOON))
    verification = Verification(log.path)
    found = [verification.go_on() for _ in range(2)]

    await archived(log, tmp_path / "shelf", PAGE + 51)
    while found[-1] is None:
        found.append(verification.go_on())
    verification.close()
    await log.close()

    assert isinstance(told, Recorded)
    assert told.position == PAGE + 51
    assert isinstance(found[-1], Anchor)

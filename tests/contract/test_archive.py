"""Old segments lie in files: nothing is lost or said twice, and nothing leaves that is still needed."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from events import codec, streams
from events.anchor import Anchor, Segment, StillNeeded
from events.catalogue.acts import Confirmed, Intended
from events.catalogue.log import Archived
from events.errors import LogError, Misfit
from events.log import KeptLog
from events.memory import MemoryLog, MemoryStore
from events.query import Query
from events.record import Recorded
from events.sqlite import index
from events.transfer import shelving
from events.transfer.copies import NotThere
from events.transfer.shelving import position_before, why_not
from events.unit import AlreadyDecided, Appended, CursorMove, IdReused, StaleVersion, Unit
from service import beginning
from tests.contract.copies import ACTS, LIFE, archived, export, fill, import_
from tests.contract.disks import NOON, Disk, added, append, draft, everything, reasons, unit


def remove(segment: Segment) -> None:
    Path(segment.path).unlink()


def spoil(segment: Segment) -> None:
    path = Path(segment.path)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-1] + b" "))


def unpacked(segment: Segment) -> list[bytes]:
    return gzip.decompress(Path(segment.path).read_bytes()).splitlines()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
async def filled(log: KeptLog) -> KeptLog:
    """Return a log of seven events, all of which every subscriber has taken."""
    await fill(log)
    await append(log, Unit(cursor=CursorMove(name="alerts", old=6, new=7)))
    return log


@pytest.fixture
async def free(log: KeptLog) -> KeptLog:
    """Return a log of seven events that nobody reads."""
    for version in range(7):
        stream, expected = (LIFE, version // 2) if version % 2 == 0 else (ACTS, version // 2)
        await added(log, unit(stream, expected, draft(f"r{version}", minutes=version, once=version == 1)))
    return log


async def test_what_is_archived_is_gone_from_every_answer_and_each_answer_says_so(
    free: KeptLog, tmp_path: Path
) -> None:
    [segment] = await archived(free, tmp_path, 4)

    page = await free.read(Query(after=0))

    assert [recorded.position for recorded in page.events] == [5, 6, 7, 8]
    assert (page.archived, page.head) == (4, 8)
    assert (await free.read(Query(stream=LIFE))).events[0].version == 3
    assert [event.recorded.position for event in await free.sealed(0, 2)] == [5, 6]
    assert (segment.first, segment.last) == (1, 4)
    assert (await free.standing()).segments == (segment,)


async def test_the_log_tells_who_archived_what_and_why(free: KeptLog, tmp_path: Path) -> None:
    [segment] = await archived(free, tmp_path, 4)

    [told] = (await free.read(Query(stream=streams.LOG))).events

    assert (told.actor, told.time, told.type) == ("ann", NOON, "log.archived")
    assert codec.decode(told) == Archived(
        first=1,
        last=4,
        hash=segment.hash_after.hex(),
        file=Path(segment.path).name,
        digest=segment.digest.hex(),
        why="old",
    )


async def test_ids_stay_taken_and_streams_keep_their_versions(free: KeptLog, tmp_path: Path, disk: Disk) -> None:
    before = await everything(free)
    await archived(free, tmp_path, 6)

    again, other_content, decided, stale, next_ = await append(
        free,
        unit(LIFE, 0, draft("r0")),
        unit(LIFE, 0, draft("another", id_="r0")),
        unit(ACTS, 0, draft("another", id_="r1", once=True)),
        unit(LIFE, 0, draft("new")),
        unit(LIFE, 4, draft("next")),
    )

    assert again == Appended(events=(before[0],))
    assert isinstance(other_content, IdReused)
    assert isinstance(decided, AlreadyDecided)
    assert decided.stored == structs.replace(before[1], data=b"")
    assert stale == StaleVersion(stream=LIFE, expected=0, actual=4)
    assert isinstance(next_, Appended)
    assert (next_.events[0].position, next_.events[0].version) == (9, 5)
    assert await free.version(ACTS) == 3


async def test_an_id_is_known_be_it_archived_indexed_or_new(
    free: KeptLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "IDS", 9)  # so that the next event lets the index know those before it
    await archived(free, tmp_path, 6)  # the event that tells of it is the eighth
    await added(free, unit(LIFE, 4, draft("ninth")))
    await added(free, unit(LIFE, 5, draft("tenth")))

    assert [await free.holds(id_) for id_ in ("r0", "r5", "r6", "ninth", "tenth", "r7", "")] == [True] * 5 + [False] * 2


async def test_whoever_reads_an_archived_payload_is_told_where_it_is(free: KeptLog, tmp_path: Path) -> None:
    await archived(free, tmp_path, 6)
    [decided] = await append(free, unit(ACTS, 0, draft("another", id_="r1", once=True)))

    assert isinstance(decided, AlreadyDecided)
    with pytest.raises(codec.Undecodable, match="position 2 lies in an archive"):
        codec.decode(decided.stored)


async def test_an_archive_survives_a_crash(disk: Disk, tmp_path: Path) -> None:
    log = await disk.open()
    await added(log, unit(LIFE, 0, *(draft(f"r{n}") for n in range(5))))
    await archived(log, tmp_path, 3)
    standing = await log.standing()
    await disk.crash(log)

    log = await disk.open()

    assert await log.standing() == standing
    assert [recorded.position for recorded in await everything(log)] == [4, 5, 6]
    [again] = await append(log, unit(LIFE, 0, draft("r0")))
    assert isinstance(again, Appended)
    await disk.crash(log)


async def test_segments_follow_each_other(free: KeptLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelving, "SEGMENT", 2)

    first = await archived(free, tmp_path, 5)
    second = await archived(free, tmp_path, 7)

    ends = [(segment.first, segment.last) for segment in (*first, *second)]
    assert ends == [(1, 2), (3, 4), (5, 5), (6, 7)]
    for one, next_ in zip((*first, *second), (*first, *second)[1:], strict=False):
        assert one.hash_after == next_.hash_before
    assert await archived(free, tmp_path, 7) == []


async def test_a_copy_of_a_log_with_an_archive_is_whole(free: KeptLog, other: KeptLog, tmp_path: Path) -> None:
    before = await everything(free)
    await archived(free, tmp_path / "shelf", 4)

    await import_(other, await export(free, tmp_path / "log.jsonl"))

    assert (await everything(other))[:7] == before
    assert (await other.standing()).hash == (await free.standing()).hash
    assert (await other.standing()).segments == ()


async def test_the_files_of_an_archive_can_be_imported_one_after_the_other(
    free: KeptLog, other: KeptLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelving, "SEGMENT", 3)
    before = await everything(free)

    for segment in await archived(free, tmp_path, 7):
        await import_(other, Path(segment.path))

    assert await everything(other) == before


async def test_a_copy_of_what_was_never_archived_needs_no_archive(free: KeptLog, tmp_path: Path) -> None:
    [segment] = await archived(free, tmp_path / "shelf", 4)
    remove(segment)

    assert (await export(free, tmp_path / "rest.jsonl", after=4)).read_bytes().count(b"\n") == 1 + 4
    with pytest.raises(LogError, match=r"positions 1 to 4 lie in the archive .* not there: bring it back"):
        await export(free, tmp_path / "log.jsonl")


async def test_who_must_begin_from_the_beginning_reads_the_archives_first(
    free: KeptLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelving, "SEGMENT", 3)
    before = await everything(free)
    first, _ = await archived(free, tmp_path / "shelf", 5)

    async def told(after: int) -> list[Recorded]:
        return [recorded async for recorded in beginning.archived(free, after=after)]

    assert [await told(after) for after in (0, 2, 3, 4, 5)] == [before[after:5] for after in (0, 2, 3, 4, 5)]
    remove(first)
    assert await told(3) == before[3:5]
    with pytest.raises(NotThere, match="positions 1 to 3"):
        await told(2)


async def test_an_archive_that_was_changed_is_not_believed(free: KeptLog, tmp_path: Path) -> None:
    [segment] = await archived(free, tmp_path / "shelf", 4)
    spoil(segment)

    with pytest.raises(LogError, match="not the file that was written"):
        await export(free, tmp_path / "log.jsonl")


async def test_an_archive_with_another_past_is_not_believed_even_if_its_digest_was_changed_too(tmp_path: Path) -> None:
    log, forger = (MemoryLog(MemoryStore()) for _ in range(2))
    for said in range(5):
        await added(log, unit(LIFE, said, draft(f"a{said}")))
        await added(forger, unit(LIFE, said, draft(f"forged {said}")))
    [segment] = await archived(log, tmp_path / "shelf", 3)
    [forged] = await archived(forger, tmp_path / "forged", 3)

    log.store.segments[0] = replace(segment, path=forged.path, digest=forged.digest)

    assert isinstance(await log.verify(), Anchor)
    with pytest.raises(LogError, match="not the file that was written"):
        [recorded async for recorded in beginning.archived(log, after=0)]


async def test_nothing_leaves_that_a_subscriber_has_still_to_read(filled: KeptLog, tmp_path: Path) -> None:
    await append(filled, Unit(cursor=CursorMove(name="readiness", old=0, new=3)))

    with pytest.raises(LogError) as refused:
        await archived(filled, tmp_path / "shelf", 4)

    told = str(refused.value)
    assert "subscriber 'readiness' has read only up to 3: let the daemon run until it has read 4" in told
    assert "position 2 is set aside for 'autopause': replay or skip it first" in told
    assert "alerts" not in told
    assert len(await everything(filled)) == 7
    assert names(tmp_path / "shelf") == []


async def test_a_subscriber_that_is_no_more_can_be_left_behind_and_the_log_says_so(
    free: KeptLog, tmp_path: Path
) -> None:
    moves = {"hook/old": 2, "hook/new": 7}
    await append(free, *(Unit(cursor=CursorMove(name=name, old=0, new=to)) for name, to in moves.items()))

    await archived(free, tmp_path / "shelf", 4, without=("hook/old", "hook/never"))

    [told] = (await free.read(Query(stream=streams.LOG))).events
    event = codec.decode(told)
    assert isinstance(event, Archived)
    assert event.without == ("hook/old", "hook/never")
    assert (await free.standing()).cursors == {"hook/old": 4, "hook/new": 7}


async def test_the_store_itself_refuses_what_a_subscriber_needs(log: KeptLog) -> None:
    await added(log, unit(LIFE, 0, draft("a"), draft("b")))
    await append(log, Unit(cursor=CursorMove(name="alerts", old=0, new=1)))
    events = await log.sealed(0, 2)
    segment = Segment(
        first=1, last=2, hash_before=bytes(32), hash_after=events[1].hash, path="/nowhere", digest=bytes(32)
    )

    refused = await log.archive(segment, unit(streams.LOG, 0, draft("archived")))
    stale = await log.archive(replace(segment, last=1, hash_after=events[0].hash), unit(streams.LOG, 9, draft("x")))

    assert isinstance(refused, StillNeeded)
    assert isinstance(stale, StaleVersion)
    assert len(await everything(log)) == 2
    assert (await log.standing()).segments == ()


@pytest.mark.parametrize(
    ("first", "last", "before", "after"), [(2, 2, 0, 2), (1, 1, 0, 2), (1, 2, 1, 2), (1, 3, 0, 2), (1, 0, 0, 2)]
)
async def test_a_segment_that_is_not_what_the_log_begins_with_is_refused(
    log: KeptLog, first: int, last: int, before: int, after: int
) -> None:
    await added(log, unit(LIFE, 0, draft("a"), draft("b")))
    hashes = [bytes(32), *(event.hash for event in await log.sealed(0, 2))]
    segment = Segment(
        first=first, last=last, hash_before=hashes[before], hash_after=hashes[after], path="x", digest=bytes(32)
    )

    with pytest.raises(Misfit):
        await log.archive(segment, unit(streams.LOG, 0, draft("archived")))

    assert len(await everything(log)) == 2


async def test_an_intent_whose_outcome_is_open_stays(log: KeptLog) -> None:
    intended = Intended(
        intent="i1",
        command="pause",
        life=NOON,
        version=1,
        evidence=(),
        reason="old",
        deadline=NOON + timedelta(hours=1),
    )
    done = Confirmed(intent="i1", status="paused", seen_at=NOON)
    await added(log, unit(ACTS, 0, codec.decision("i1", intended, time=NOON, actor="policy:a")))

    assert "outcome of the intent at position 1 is not known yet" in "".join(await why_not(log, 1))
    await added(log, unit(ACTS, 1, codec.decision("o1", done, time=NOON, actor="policy:a")))
    assert await why_not(log, 2) == ()


async def test_a_file_that_was_left_over_by_a_kill_is_written_anew(
    free: KeptLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> None:
        raise RuntimeError

    shelf = tmp_path / "shelf"
    with monkeypatch.context() as patch:
        patch.setattr(type(free), "archive", killed)
        with pytest.raises(RuntimeError):
            await archived(free, shelf, 4)
    assert len(await everything(free)) == 7
    left_over = names(shelf)

    [segment] = await archived(free, shelf, 4)

    assert [Path(segment.path).name] == left_over == names(shelf)
    assert len(await everything(free)) == 4


async def test_a_file_of_another_past_is_not_written_over(free: KeptLog, tmp_path: Path) -> None:
    past = MemoryLog()
    past.store.log_id = free.log_id
    await added(past, unit(LIFE, 0, *(draft(f"other {n}") for n in range(4))))
    await archived(past, tmp_path / "shelf", 4)

    with pytest.raises(LogError, match="is there already"):
        await archived(free, tmp_path / "shelf", 4)

    assert len(await everything(free)) == 7


async def test_a_moment_means_what_happened_before_it_without_a_gap(log: KeptLog) -> None:
    await added(log, unit(LIFE, 0, *(draft(str(minutes), minutes=minutes) for minutes in (0, 1, 5, 2, 9))))

    async def last(minutes: int) -> int:
        return await position_before(log, NOON + timedelta(minutes=minutes))

    assert [await last(minutes) for minutes in (0, 1, 3, 6, 10)] == [0, 1, 2, 4, 5]


async def test_what_an_archive_holds_is_what_stood_in_the_log(free: KeptLog, tmp_path: Path) -> None:
    [segment] = await archived(free, tmp_path, 4)

    heading, *lines = unpacked(segment)

    assert json.loads(heading)["data"] | {"hash_before": "", "hash": ""} == {
        "log_id": free.log_id,
        "after": 0,
        "hash_before": "",
        "last": 4,
        "hash": "",
        "cursors": {},
        "parked": [],
    }
    assert [json.loads(line)["data"] for line in lines] == [{"reason": f"r{n}"} for n in range(4)]
    assert reasons(await everything(free)) == ["r4", "r5", "r6"]

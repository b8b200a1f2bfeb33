"""The promises G1 to G7 of the log, and redaction, as examples, over every store. G8 stands in test_proof."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from events import chain, codec
from events.anchor import Anchor, NotRedacted, Redaction
from events.catalogue.acts import Warned
from events.catalogue.log import Redacted
from events.errors import LogUnusable
from events.log import EventLog
from events.query import Query
from events.record import Recorded
from events.redaction import MARK
from events.settling import ONLY_EPOCH
from events.unit import (
    AlreadyDecided,
    Appended,
    CursorMove,
    CursorMoved,
    Fence,
    FencedOff,
    IdReused,
    NoSuchPosition,
    Parked,
    StaleVersion,
    Unit,
    Write,
)
from statemachine.model import Discovered, Sighting
from statemachine.status import UnknownStatus
from tests.contract.disks import NOON, Disk, added, append, draft, everything, reasons, unit

ACTS = "acts/acme/tgi"
LIFE = "endpoint/acme/tgi/2026-11-20T12:00:00.000000Z"
OTHER = "endpoint/acme/tei/2026-11-20T12:00:00.000000Z"


async def test_g1_what_was_acknowledged_is_there_after_a_crash(disk: Disk) -> None:
    log = await disk.open()
    before = await added(log, unit(LIFE, 0, draft("a"), draft("b")))

    await disk.crash(log)
    log = await disk.open()

    assert await everything(log) == before
    assert await log.head() == 2
    assert await log.version(LIFE) == 2
    await disk.crash(log)


async def test_g2_positions_are_dense_over_refusals_and_crashes(disk: Disk) -> None:
    log = await disk.open()
    await added(log, unit(LIFE, 0, draft("a")))
    await append(log, unit(LIFE, 7, draft("refused")))
    await disk.crash(log)
    log = await disk.open()

    await added(log, unit(LIFE, 1, draft("b")), unit(OTHER, 0, draft("c")))

    assert [recorded.position for recorded in await everything(log)] == [1, 2, 3]
    await disk.crash(log)


async def test_g3_a_reader_that_has_seen_a_position_has_seen_everything_below(log: EventLog) -> None:
    seen: list[int] = []

    async def write(stream: str) -> None:
        for version in range(20):
            await added(log, unit(stream, version, draft(f"{stream} {version}")))

    async def tail() -> None:
        while len(seen) < 160:
            await log.beyond(len(seen))
            seen.extend(recorded.position for recorded in (await log.read(Query(after=len(seen), limit=7))).events)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(tail())
        for number in range(8):
            tasks.create_task(write(f"incident/rule/acme/{number}"))

    assert seen == list(range(1, 161))


async def test_g4_the_same_unit_again_returns_its_old_positions(log: EventLog) -> None:
    twice = unit(LIFE, 0, draft("a"), draft("b"))
    first = await added(log, twice)
    await added(log, unit(LIFE, 2, draft("c")))

    again = await added(log, twice)

    assert again == first
    assert await log.head() == 3


async def test_g4_when_and_by_whom_it_is_said_again_does_not_matter(log: EventLog) -> None:
    first = await added(log, unit(ACTS, 0, draft("a", once=True)))

    again = await added(log, unit(ACTS, 0, draft("a", once=True, actor="somebody else", minutes=5)))

    assert again == first


async def test_g4_a_fact_with_a_known_id_and_other_content_is_a_defect(log: EventLog) -> None:
    [stored] = await added(log, unit(LIFE, 0, draft("a", id_="1")))

    [other_payload, other_stream] = await append(
        log, unit(LIFE, 1, draft("b", id_="1")), unit(OTHER, 0, draft("a", id_="1"))
    )

    assert other_payload == IdReused(stored=stored)
    assert other_stream == IdReused(stored=stored)
    assert "position 1" in str(other_payload)
    assert await log.head() == 1


async def test_g4_a_decision_is_made_once_and_the_stored_one_is_told(log: EventLog) -> None:
    [stored] = await added(log, unit(ACTS, 0, draft("pause: idle for 2 h", id_="1", once=True)))

    [result] = await append(log, unit(ACTS, 1, draft("pause: idle for 3 h", id_="1", once=True)))

    assert result == AlreadyDecided(stored=stored)
    assert await log.head() == 1


async def test_g4_a_decision_that_stands_is_not_made_again_with_other_company(log: EventLog) -> None:
    [stored] = await added(log, unit(ACTS, 0, draft("fired", once=True)))
    both = Unit(
        streams={
            ACTS: Write(expected=1, drafts=(draft("fired", once=True),)),
            "delivery/ops": Write(expected=0, drafts=(draft("notified", once=True),)),
        }
    )

    [result] = await append(log, both)

    assert result == AlreadyDecided(stored=stored)
    assert await log.version("delivery/ops") == 0


async def test_g4_a_repeated_unit_moves_its_cursor_if_that_was_not_done_yet(log: EventLog) -> None:
    await added(log, unit(ACTS, 0, draft("a", once=True)))
    repeated = unit(ACTS, 0, draft("a", once=True), cursor=CursorMove(name="autopause", old=0, new=9))
    await added(log, unit("daemon", 0, *map(draft, "bcdefghij")))

    await added(log, repeated)
    await added(log, repeated)

    assert await log.cursor("autopause") == 9
    elsewhere = unit(ACTS, 0, draft("a", once=True), cursor=CursorMove(name="autopause", old=12, new=13))
    assert await append(log, elsewhere) == [CursorMoved(name="autopause", expected=12, actual=9)]


async def test_g5_a_stale_writer_writes_nothing_of_its_unit(log: EventLog) -> None:
    await added(log, unit(LIFE, 0, draft("a")))
    stale = Unit(
        streams={OTHER: Write(expected=0, drafts=(draft("b"),)), LIFE: Write(expected=0, drafts=(draft("c"),))},
        cursor=CursorMove(name="autopause", old=0, new=1),
    )

    [result] = await append(log, stale)

    assert result == StaleVersion(stream=LIFE, expected=0, actual=1)
    assert "is at version 1, not 0: another writer appended first; reload it and decide again" in str(result)
    assert reasons(await everything(log)) == ["a"]
    assert await log.cursor("autopause") == 0


async def test_g5_a_read_condition_is_held_to_and_adds_nothing(log: EventLog) -> None:
    await added(log, unit(LIFE, 0, draft("a")))

    def intent(reason: str, *, decided_on: int, expected: int) -> Unit:
        return Unit(streams={LIFE: Write(expected=decided_on), ACTS: Write(expected=expected, drafts=(draft(reason),))})

    [fits, stale] = await append(
        log, intent("pause", decided_on=1, expected=0), intent("again", decided_on=0, expected=1)
    )

    assert isinstance(fits, Appended)
    assert stale == StaleVersion(stream=LIFE, expected=0, actual=1)
    assert await log.version(LIFE) == 1


async def test_g5_units_of_one_call_are_independent_and_the_second_sees_the_first(log: EventLog) -> None:
    results = await append(
        log,
        unit(LIFE, 0, draft("a")),
        unit(LIFE, 0, draft("stale")),
        unit(LIFE, 1, draft("b")),
        unit(OTHER, 0, draft("c")),
    )

    assert [type(result) for result in results] == [Appended, StaleVersion, Appended, Appended]
    assert reasons(await everything(log)) == ["a", "b", "c"]


async def test_a_unit_that_no_log_could_take_is_told_to_its_author_alone(log: EventLog) -> None:
    with pytest.raises(ValueError, match="one id twice"):
        await append(log, unit(LIFE, 0, draft("a"), draft("a")))
    with pytest.raises(UnicodeEncodeError):
        await append(log, unit("acts/acme/\ud800", 0, draft("a")))
    naive = draft("a").__class__(id="a", event=draft("a").event, time=NOON.replace(tzinfo=None), actor="test")
    with pytest.raises(ValueError, match="has no zone"):
        await append(log, unit(LIFE, 0, naive))

    assert await log.head() == 0


async def test_an_empty_call_and_an_empty_unit_change_nothing(log: EventLog) -> None:
    assert await append(log) == []
    assert await append(log, Unit()) == [Appended(events=())]
    assert await log.head() == 0


async def test_a_cursor_moves_only_from_where_it_stands(log: EventLog) -> None:
    await added(log, unit("daemon", 0, *map(draft, "abcdef")))
    [moved] = await append(log, Unit(cursor=CursorMove(name="alerts", old=0, new=5)))
    [refused] = await append(log, Unit(cursor=CursorMove(name="alerts", old=0, new=6)))

    assert moved == Appended(events=())
    assert refused == CursorMoved(name="alerts", expected=0, actual=5)
    assert await log.cursor("alerts") == 5
    assert await log.cursor("readiness") == 0


async def test_a_moved_cursor_keeps_its_effects_out(log: EventLog) -> None:
    await added(log, unit("daemon", 0, *map(draft, "bcdef")))
    await append(log, Unit(cursor=CursorMove(name="alerts", old=0, new=5)))

    [refused] = await append(log, unit(LIFE, 0, draft("a"), cursor=CursorMove(name="alerts", old=4, new=6)))

    assert refused == CursorMoved(name="alerts", expected=4, actual=5)
    assert await log.head() == 5


@pytest.mark.parametrize("position", [-1, 3, 1 << 70])
async def test_nobody_has_read_or_set_aside_what_is_not_in_the_log(log: EventLog, position: int) -> None:
    await added(log, unit("daemon", 0, draft("a")))
    there, move = CursorMove(name="alerts", old=0, new=1), CursorMove(name="alerts", old=0, new=position)
    wrong = Unit(parking=Parked(name="alerts", position=position, error="x"), cursor=there)

    [read, aside] = await append(log, unit(LIFE, 0, draft("b"), cursor=move), wrong)

    assert read == NoSuchPosition(name="alerts", position=position, head=2)
    assert aside == NoSuchPosition(name="alerts", position=position, head=1)
    assert str(aside) == f"'alerts' cannot be at position {position}: the log reaches from 1 to 1"
    assert (await log.head(), await log.cursor("alerts"), await log.parked()) == (1, 0, [])
    [moved] = await append(log, unit(LIFE, 0, draft("b"), cursor=replace(move, new=2)))  # it may read what it writes
    assert isinstance(moved, Appended)


async def test_what_nobody_could_ask_for_is_not_taken(log: EventLog) -> None:
    warned = Warned(
        policy="", revision="1", life=NOON, cause=1, edge_seconds=9, command="pause", due_at=NOON, reason="r"
    )
    for stream, event, why in (
        ("acts/acme/", draft("a").event, "is of an endpoint without a name"),
        ("acts/acme/tgi", warned, "its policy, or its intent, is an empty text"),
    ):
        one = Unit(streams={stream: Write(expected=0, drafts=(replace(draft("a"), event=event),))})
        with pytest.raises(ValueError, match=why):
            await append(log, one)

    assert await log.head() == 0


async def test_g6_a_fenced_off_holder_appends_nothing_and_moves_no_cursor(log: EventLog) -> None:
    move = CursorMove(name="autopause", old=0, new=1)
    old, present = Fence(name="watch/acme", epoch=ONLY_EPOCH - 1), Fence(name="watch/acme", epoch=ONLY_EPOCH)
    mine = unit(LIFE, 0, draft("a"), cursor=move)

    [refused] = await append(log, replace(mine, fences=(present, old)))
    assert refused == FencedOff(name="watch/acme", epoch=ONLY_EPOCH - 1, actual=ONLY_EPOCH)
    assert "another holder has it now; take it again and decide anew" in str(refused)
    assert (await log.head(), await log.cursor("autopause")) == (0, 0)

    [held] = await append(log, replace(mine, fences=(present,)))
    assert isinstance(held, Appended)
    assert (await log.head(), await log.cursor("autopause")) == (1, 1)

    [repeated] = await append(log, replace(mine, fences=(old,)))  # what stands is not told to one who may not know it
    assert isinstance(repeated, FencedOff)


async def test_g7_a_parked_event_is_visible_and_passed_by_its_cursor(disk: Disk) -> None:
    log = await disk.open()
    await added(log, unit("daemon", 0, *map(draft, "abcd")))
    parked = Parked(name="alerts", position=3, error="KeyError: 'x'")

    late = Parked(name="alerts", position=4, error="late")

    [appended, refused] = await append(
        log,
        Unit(parking=parked, cursor=CursorMove(name="alerts", old=0, new=3)),
        Unit(parking=late, cursor=CursorMove(name="alerts", old=0, new=4)),
    )
    await disk.crash(log)
    log = await disk.open()

    assert appended == Appended(events=())
    assert refused == CursorMoved(name="alerts", expected=0, actual=3)
    assert await log.parked() == [parked]
    assert await log.parked("alerts") == [parked]
    assert await log.parked("autopause") == []
    assert await log.cursor("alerts") == 3
    await disk.crash(log)


async def test_who_waits_beyond_a_position_is_woken_by_the_next_event(log: EventLog) -> None:
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(log.beyond(0))
        await asyncio.sleep(0)
        assert not waiting.done()
        await added(log, unit(LIFE, 0, draft("a")))

    assert waiting.done()


def redaction(position: int, *fields: str) -> Redaction:
    return Redaction(position=position, fields=fields, why="a leak", actor="ann", time=NOON)


async def test_a_redacted_text_is_gone_and_the_log_tells_who_did_it_and_why(disk: Disk) -> None:
    log = await disk.open()
    before = await added(log, unit("daemon", 0, draft("a"), draft("a secret", id_="1"), draft("c")))
    await log.board.put("snapshot", {"fleet": b"a secret"})
    await log.board.put("document", {"acme/tgi": b"a secret"})
    await log.board.put("sweep", {"acme": b"{}"})

    told = await log.redact(redaction(2))
    assert isinstance(told, Recorded)
    await disk.crash(log)
    log = await disk.open()

    stored = await everything(log)
    assert reasons(stored) == ["a", MARK, "c"]
    assert [structs.replace(event, data=b"") for event in stored[:3]] == [
        structs.replace(event, data=b"") for event in before
    ]
    assert stored[3] == told
    assert (told.stream, told.version, told.actor, told.time) == ("log", 1, "ann", NOON)
    event = codec.decode(told)
    assert isinstance(event, Redacted)
    assert (event.position, event.fields, event.why) == (2, ("reason",), "a leak")
    assert event.data_hash == chain.digest(before[1].data).hex()
    assert event.replaced_by == chain.digest(stored[1].data).hex()
    assert await log.board.scan("snapshot") == {}
    assert await log.board.scan("document") == {}
    assert await log.board.scan("sweep") == {"acme": b"{}"}
    await disk.crash(log)


async def test_a_redaction_does_not_break_the_chain_nor_an_anchor_from_before(log: EventLog) -> None:
    await added(log, unit("daemon", 0, draft("a"), draft("a secret", id_="1")))
    anchor = await log.verify()
    assert isinstance(anchor, Anchor)

    assert isinstance(await log.redact(redaction(2)), Recorded)
    await added(log, unit("daemon", 2, draft("c")))

    assert await log.verify(anchors=[anchor]) == await log.anchor(4)


async def test_g4_a_redacted_event_is_known_again_by_what_it_was(log: EventLog) -> None:
    await added(log, unit("daemon", 0, draft("a secret", id_="1")))
    await log.redact(redaction(1))

    [again] = await added(log, unit("daemon", 0, draft("a secret", id_="1")))
    [other] = await append(log, unit("daemon", 1, draft(MARK, id_="1")))

    assert reasons([again]) == [MARK]
    assert isinstance(other, IdReused)


async def test_what_an_event_is_found_by_follows_what_is_left_of_it(log: EventLog) -> None:
    odd = Sighting(status=UnknownStatus("a secret"), created_at=NOON)
    seen = codec.fact(LIFE, 1, Discovered(seen_at=NOON, absent_at=None, sighting=odd), time=NOON, actor="test")
    await added(log, Unit(streams={LIFE: Write(expected=0, drafts=(seen,))}))

    assert isinstance(await log.redact(redaction(1, "sighting.status")), Recorded)

    assert isinstance(await log.verify(), Anchor)


@pytest.mark.parametrize(
    ("position", "fields", "why"),
    [
        (1, (), "it is already, as 3 tells"),
        (3, (), "it tells of a redaction"),
        (0, (), "there is no such event: the log reaches to 3"),
        (4, (), "there is no such event: the log reaches to 3"),
        (2, ("error",), "it has no text 'error'. It has: reason"),
    ],
)
async def test_what_cannot_be_redacted_is_told_and_nothing_is_written(
    log: EventLog, position: int, fields: tuple[str, ...], why: str
) -> None:
    await added(log, unit("daemon", 0, draft("a"), draft("b")))
    await log.redact(redaction(1))

    refused = await log.redact(redaction(position, *fields))

    assert isinstance(refused, NotRedacted)
    assert str(refused).startswith(f"position {position} cannot be redacted: {why}")
    assert await log.head() == 3


async def test_a_log_keeps_its_id_for_ever(disk: Disk) -> None:
    log = await disk.open()
    first = log.log_id
    await disk.crash(log)
    log = await disk.open()

    assert log.log_id == first != ""
    await disk.crash(log)


async def test_a_closed_log_takes_nothing_and_says_so(disk: Disk) -> None:
    log = await disk.open()
    await log.close()
    await log.close()

    with pytest.raises(LogUnusable, match="closed"):
        await append(log, unit(LIFE, 0, draft("a")))
    with pytest.raises(LogUnusable, match="closed"):
        await log.read(Query())


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
async def test_a_caller_that_gives_up_takes_nobody_along(log: EventLog, turns: int) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(append(log, unit(f"namespace/{n}", 0, draft(str(n))))) for n in range(10)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()

    kept = [result for call in calls[1::2] for result in call.result()]
    assert all(isinstance(result, Appended) for result in kept)
    assert {"1", "3", "5", "7", "9"} <= set(reasons(await everything(log)))
    assert [recorded.position for recorded in await everything(log)] == list(range(1, await log.head() + 1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), "abcdef"),
        (Query(stream=LIFE), "ac"),
        (Query(stream="endpoint/nowhere"), ""),
        (Query(namespace="acme"), "abcde"),
        (Query(namespace="acme", name="tgi"), "abc"),
        (Query(name="tei"), "d"),
        (Query(types=("daemon.stopped",)), "abcdef"),
        (Query(types=("daemon.stopped", "act.warned")), "abcdef"),
        (Query(types=("act.warned",)), ""),
        (Query(actor="ann"), "be"),
        (Query(since=NOON + timedelta(minutes=2), until=NOON + timedelta(minutes=4)), "cd"),
        (Query(after=2), "cdef"),
        (Query(before=3), "ab"),
        (Query(after=1, before=5), "bcd"),
        (Query(after=99), ""),
        (Query(newest_first=True), "fedcba"),
        (Query(newest_first=True, namespace="acme", after=2), "edc"),
        (Query(stream=LIFE, newest_first=True), "ca"),
        (Query(stream=LIFE, after=1), "c"),
    ],
)
async def test_a_query_finds_what_it_names_in_order(log: EventLog, query: Query, expected: str) -> None:
    await added(
        log,
        unit(LIFE, 0, draft("a", minutes=0)),
        unit(ACTS, 0, draft("b", minutes=1, actor="ann")),
        unit(LIFE, 1, draft("c", minutes=2)),
        unit(OTHER, 0, draft("d", minutes=3)),
        unit("namespace/acme", 0, draft("e", minutes=4, actor="ann")),
        unit("daemon", 0, draft("f", minutes=5)),
    )

    page = await log.read(query)

    assert "".join(reasons(page.events)) == expected
    assert page.head == 6
    assert not page.more


async def test_pages_follow_each_other_without_loss(log: EventLog) -> None:
    await added(log, unit(LIFE, 0, *(draft(str(number)) for number in range(5))))

    first = await log.read(Query(limit=2))
    second = await log.read(Query(after=first.events[-1].position, limit=2))
    third = await log.read(Query(after=second.events[-1].position, limit=2))

    assert [first.more, second.more, third.more] == [True, True, False]
    assert reasons([*first.events, *second.events, *third.events]) == list("01234")


async def test_an_event_comes_back_as_it_was_given(log: EventLog) -> None:
    [told] = await added(log, unit(ACTS, 0, draft('ünïcode "\0" \u2028', id_="x", actor="ann", minutes=3)))
    [read] = (await log.read(Query())).events

    assert read == told
    assert (read.position, read.id, read.stream, read.version) == (1, "x", ACTS, 1)
    assert (read.type, read.schema, read.actor) == ("daemon.stopped", 1, "ann")
    assert read.time == NOON + timedelta(minutes=3)
    assert read.time.utcoffset() == timedelta(0)
    assert reasons([read]) == ['ünïcode "\0" \u2028']

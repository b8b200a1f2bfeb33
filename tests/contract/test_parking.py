"""What was set aside, over every store: replayed with its effect, skipped with a reason, and never both or twice."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from events import codec, streams
from events.catalogue import Event
from events.catalogue.daemon import DaemonStopped
from events.catalogue.parked import EventParked, EventReplayed, EventSkipped
from events.delivery import Patience, drain
from events.errors import LogError
from events.log import EventLog
from events.parking import NothingParked, StillParked, replay, skip
from events.query import Query
from events.record import Recorded
from events.unit import CursorMove, Fence, NotParked, Parked, Result, Unit, Unparked, Write
from service.clock import LoopClock
from tests.contract.disks import DISKS, NOON, added, append, draft, everything, said, unit

CAUSES, EFFECTS = "daemon", "acts/acme/tgi"
LATER = NOON + timedelta(hours=1)
NAME = "decider"
OWN = streams.subscriber(NAME)


class Decider:
    """Decides once on each cause; cannot while it is broken."""

    name = NAME
    types = ("daemon.stopped",)

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.broken = True

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        assert isinstance(event, DaemonStopped)
        if recorded.stream != CAUSES:
            return None
        if self.broken and event.reason == "poison":
            raise KeyError("spoon")
        told = codec.decision(f"because {recorded.id}", said(f"because {event.reason}"), time=NOON, actor="decider")
        return Unit(streams={EFFECTS: Write(expected=await self.log.version(EFFECTS), drafts=(told,))})


@pytest.fixture
async def decider(log: EventLog) -> Decider:
    """Return a subscriber that has set position 2 aside."""
    await added(log, unit(CAUSES, 0, draft("a"), draft("poison"), draft("b")))
    made = Decider(log)
    await drain(log, made, LoopClock(start=NOON), Patience(retries=()))
    return made


async def told(log: EventLog) -> list[tuple[Event, str]]:
    """Return what the log tells of what was set aside, and by whom."""
    page = await log.read(Query(stream=OWN))
    return [(codec.decode(recorded), recorded.actor) for recorded in page.events]


async def effects(log: EventLog) -> list[str]:
    page = await log.read(Query(stream=EFFECTS))
    return [event.reason for event in map(codec.decode, page.events) if isinstance(event, DaemonStopped)]


async def again(decider: Decider, why: str = "mended") -> None:
    await replay(decider.log, decider, 2, actor="person:ann", why=why, now=lambda: LATER)


async def either(decider: Decider) -> str:
    try:
        await again(decider)
    except NothingParked:
        return "nothing"
    return "taken"


PARKED = (EventParked(subscriber=NAME, position=2, error="KeyError: 'spoon'"), f"subscriber:{NAME}")


async def test_what_is_set_aside_is_listed_and_told_with_its_error(decider: Decider) -> None:
    assert await decider.log.parked() == [Parked(name=NAME, position=2, error="KeyError: 'spoon'")]
    assert await told(decider.log) == [PARKED]
    assert await effects(decider.log) == ["because a", "because b"]


async def test_a_replay_has_its_effect_and_tells_by_whom_and_why(decider: Decider) -> None:
    decider.broken = False

    await again(decider)

    assert await effects(decider.log) == ["because a", "because b", "because poison"]
    assert await decider.log.parked() == []
    assert await told(decider.log) == [
        PARKED,
        (EventReplayed(subscriber=NAME, position=2, why="mended"), "person:ann"),
    ]
    [_, replayed] = (await decider.log.read(Query(stream=OWN))).events
    assert replayed.time == LATER


async def test_a_replay_that_fails_says_anew_why_it_is_set_aside(
    decider: Decider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def worse(recorded: Recorded, event: Event) -> Unit | None:
        raise ValueError("now this")

    monkeypatch.setattr(decider, "handle", worse)

    with pytest.raises(StillParked, match="'decider' did not take position 2 this time either: ValueError: now this"):
        await again(decider)

    assert await decider.log.parked() == [Parked(name=NAME, position=2, error="ValueError: now this")]
    assert (await told(decider.log))[1:] == [
        (EventParked(subscriber=NAME, position=2, error="ValueError: now this"), f"subscriber:{NAME}")
    ]


async def test_what_is_skipped_is_never_taken_and_the_log_tells_by_whom_and_why(decider: Decider) -> None:
    decider.broken = False

    await skip(decider.log, NAME, 2, actor="person:ann", why="done by hand", now=LATER)

    assert await decider.log.parked() == []
    assert (await told(decider.log))[1:] == [
        (EventSkipped(subscriber=NAME, position=2, why="done by hand"), "person:ann")
    ]
    with pytest.raises(NothingParked, match="set nothing aside at position 2: `lamplighter parked` lists"):
        await again(decider)
    with pytest.raises(NothingParked, match="set nothing aside at position 3"):
        await skip(decider.log, NAME, 3, actor="person:ann", why="", now=LATER)
    assert await effects(decider.log) == ["because a", "because b"]


async def test_one_that_was_skipped_while_it_was_being_replayed_in_vain_is_not_set_aside_again(
    decider: Decider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overtaken(recorded: Recorded, event: Event) -> Unit | None:
        await skip(decider.log, NAME, 2, actor="person:bob", why="quicker", now=LATER)
        raise KeyError("spoon")

    monkeypatch.setattr(decider, "handle", overtaken)

    with pytest.raises(StillParked):
        await again(decider)

    assert await decider.log.parked() == []
    assert [codec.type_of(type(event)) for event, _ in await told(decider.log)] == [
        "subscriber.parked",
        "subscriber.skipped",
    ]


async def test_a_replay_whose_effect_was_decided_otherwise_meanwhile_is_over_without_another(decider: Decider) -> None:
    decider.broken = False
    await added(decider.log, unit(EFFECTS, 2, draft("otherwise", id_="because poison", once=True)))

    await again(decider)

    assert await effects(decider.log) == ["because a", "because b", "otherwise"]
    assert await decider.log.parked() == []
    assert [codec.type_of(type(event)) for event, _ in await told(decider.log)] == [
        "subscriber.parked",
        "subscriber.replayed",
    ]


async def test_a_replay_under_a_lease_that_is_lost_does_nothing_and_says_so(
    decider: Decider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fenced(recorded: Recorded, event: Event) -> Unit | None:
        return replace(unit(EFFECTS, 2, draft("too late")), fences=(Fence(name="subscriber/decider", epoch=7),))

    monkeypatch.setattr(decider, "handle", fenced)

    with pytest.raises(LogError, match="was given position 2 in vain: the lease 'subscriber/decider' is in epoch 1"):
        await again(decider)

    assert [parked.position for parked in await decider.log.parked()] == [2]
    assert await effects(decider.log) == ["because a", "because b"]


async def test_two_replays_at_once_have_one_effect(decider: Decider) -> None:
    decider.broken = False

    async with asyncio.TaskGroup() as tasks:
        replays = [tasks.create_task(either(decider)) for _ in range(2)]

    assert {task.result() for task in replays} <= {"taken", "nothing"}
    assert (await effects(decider.log)).count("because poison") == 1
    assert [codec.type_of(type(event)) for event, _ in await told(decider.log)] == [
        "subscriber.parked",
        "subscriber.replayed",
    ]


async def test_what_is_not_set_aside_can_neither_be_taken_back_nor_have_its_reason_changed(log: EventLog) -> None:
    await added(log, unit(CAUSES, 0, draft("a")))
    effect = unit(EFFECTS, 0, draft("effect"))

    results = await append(
        log,
        replace(effect, parking=Unparked(name=NAME, position=1)),
        replace(effect, parking=Parked(name=NAME, position=1, error="anew")),
    )

    assert results == [NotParked(name=NAME, position=1)] * 2
    assert await effects(log) == []
    assert await log.parked() == []


async def test_a_repeated_unit_sets_nothing_aside_that_was_taken_back_since(log: EventLog) -> None:
    parks = replace(
        unit(OWN, 0, draft("parked")),
        parking=Parked(name=NAME, position=1, error="x"),
        cursor=CursorMove(name=NAME, old=0, new=1),
    )
    unparks = replace(unit(OWN, 1, draft("skipped")), parking=Unparked(name=NAME, position=1))
    await added(log, parks, unparks)

    await added(log, parks, unparks)

    assert await log.parked() == []
    assert len(await everything(log)) == 2


# --- a crash at every step of a replay -------------------------------------------------------------------------------


class Crash(BaseException):
    """The end of the process."""


class Mortal:
    """A log whose process ends just before, or just after, its n-th append."""

    def __init__(self, log: EventLog, appends: int, *, after: bool) -> None:
        self._log = log
        self._left = appends
        self._after = after

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Crash
        results = await self._log.append(units)
        if self._left == 0:
            raise Crash
        return results


Replay = Callable[[EventLog], Awaitable[None]]


async def as_the_product_does(log: EventLog) -> None:
    """Replay for a subscriber whose effect has another id each time: nothing but the unit can make it one."""

    class Careless(Decider):
        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            version = await log.version(EFFECTS)
            return unit(EFFECTS, version, draft("because poison", id_=f"effect {version}"))

    await replay(log, Careless(log), 2, actor="person:ann", why="mended", now=lambda: LATER)


async def row_before_effect(log: EventLog) -> None:
    """Take the row back in a unit of its own, and then have the effect: a mutant."""
    await skip(log, NAME, 2, actor="person:ann", why="", now=LATER)
    await added(log, unit(EFFECTS, await log.version(EFFECTS), draft("because poison")))


async def effect_before_row(log: EventLog) -> None:
    """Have the effect in a unit of its own, and then take the row back: another mutant."""
    version = await log.version(EFFECTS)
    await added(log, unit(EFFECTS, version, draft("because poison", id_=f"effect {version}")))
    await skip(log, NAME, 2, actor="person:ann", why="", now=LATER)


async def counts(kind: str, folder: Path, how: Replay) -> set[int]:
    """Return how often the effect is there in the end, for a crash before and after each append of a replay.

    After the crash a person asks again for what is still listed.
    """
    found = set()
    for appends, after in product((1, 2, 3), (False, True)):
        place = folder / f"{appends} {after}"
        place.mkdir()
        disk = DISKS[kind](place)
        log: EventLog = await disk.open()
        await added(log, unit(CAUSES, 0, draft("a"), draft("poison"), draft("b")))
        await drain(log, Decider(log), LoopClock(start=NOON), Patience(retries=()))
        with contextlib.suppress(Crash):
            await how(Mortal(log, appends, after=after))  # type: ignore[arg-type]
        await disk.crash(log)
        log = await disk.open()
        if await log.parked():
            await how(log)
        found.add((await effects(log)).count("because poison"))
        assert await log.parked() == []
        await disk.crash(log)
    return found


@pytest.mark.parametrize("kind", list(DISKS))
async def test_a_replay_has_its_effect_exactly_once_wherever_the_process_ends(kind: str, tmp_path: Path) -> None:
    assert await counts(kind, tmp_path, as_the_product_does) == {1}


@pytest.mark.parametrize(("mutant", "found"), [(row_before_effect, {0, 1}), (effect_before_row, {1, 2})])
async def test_were_row_and_effect_two_units_it_would_be_lost_or_doubled(
    tmp_path: Path, mutant: Replay, found: set[int]
) -> None:
    assert await counts("memory", tmp_path, mutant) == found

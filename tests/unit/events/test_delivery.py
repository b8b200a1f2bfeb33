"""Subscriptions in virtual time: nothing lost, nothing out of order, and no subscriber stopped by one event."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from events import delivery, parking
from events.catalogue import Event
from events.catalogue.daemon import DaemonStopped
from events.catalogue.parked import EventParked
from events.codec import decision
from events.delivery import RETRIES, CaughtUp, CursorTaken, HeadBehind, Patience, Unavailable, drain, run, subscribe
from events.errors import LogUnusable
from events.log import EventLog
from events.memory import MemoryLog, MemoryStore
from events.parking import Subscriber
from events.query import Query
from events.record import Recorded
from events.unit import CursorMove, Parked, Result, Unit, Write
from service.clock import LoopClock
from tests.contract.disks import DISKS, NOON, Disk, added, draft, everything, reasons, said, unit

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

CAUSES = "daemon"
EFFECTS = "acts/acme/tgi"


@pytest.fixture(params=list(DISKS))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return DISKS[request.param](tmp_path)


@pytest.fixture
async def log(disk: Disk) -> AsyncIterator[EventLog]:
    opened = await disk.open()
    yield opened
    await disk.crash(opened)


async def happen(log: EventLog, *names: str) -> None:
    expected = await log.version(CAUSES)
    await added(log, unit(CAUSES, expected, *(draft(name) for name in names)))


class Listener:
    """Notes what it is given, and fails where it is told to."""

    types: tuple[str, ...] = ()

    def __init__(self, name: str = "listener", *, fails: dict[str, int] | None = None) -> None:
        self.name = name
        self.heard: list[str] = []
        self.fails = dict(fails or {})

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        assert isinstance(event, DaemonStopped)
        if self.fails.get(event.reason, 0) > 0:
            self.fails[event.reason] -= 1
            raise KeyError(event.reason)
        self.heard.append(event.reason)
        return None


class Decider:
    """Decides once on each cause, in a stream of its own."""

    name = "decider"
    types: tuple[str, ...] = ()

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.asked: list[str] = []

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        assert isinstance(event, DaemonStopped)
        if recorded.stream != CAUSES:
            return None
        self.asked.append(event.reason)
        told = decision(f"because {recorded.id}", said(f"because {event.reason}"), time=NOON, actor="decider")
        return Unit(streams={EFFECTS: Write(expected=await self.log.version(EFFECTS), drafts=(told,))})


@contextlib.asynccontextmanager
async def running(log: EventLog, subscriber: Subscriber, retries: Sequence[float] = RETRIES) -> AsyncIterator[None]:
    """Run a subscriber beside the test."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(run(log, subscriber, LoopClock(start=NOON), Patience(retries=tuple(retries))))
        yield
        task.cancel()


async def drained(log: EventLog, subscriber: Subscriber, retries: Sequence[float] = (1, 2)) -> int:
    return await drain(log, subscriber, LoopClock(start=NOON), Patience(retries=tuple(retries)))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(3600):
        while not condition():  # noqa: ASYNC110 - in virtual time, and conditions of any kind
            await asyncio.sleep(0.1)


# --- subscribe -------------------------------------------------------------------------------------------------------


async def test_a_subscription_catches_up_says_so_and_goes_on_live(log: EventLog) -> None:
    await happen(log, "a", "b")
    subscription = subscribe(log, after=0)

    past = [await anext(subscription) for _ in range(3)]
    await happen(log, "c")
    live = [await anext(subscription) for _ in range(2)]

    assert [item.position for item in (*past, *live)] == [1, 2, 2, 3, 3]
    assert [type(item) for item in (*past, *live)] == [Recorded, Recorded, CaughtUp, Recorded, CaughtUp]
    await subscription.aclose()


async def test_a_subscription_crosses_pages_and_resumes_from_any_position(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PAGE", 3)
    await happen(log, *"abcdefgh")

    for after in range(9):
        subscription = subscribe(log, after=after)
        items = [await anext(subscription) for _ in range(8 - after + 1)]
        assert [item.position for item in items] == [*range(after + 1, 9), 8]
        assert items[-1] == CaughtUp(8)
        await subscription.aclose()


async def test_events_of_other_types_are_passed_and_told_by_caught_up(log: EventLog) -> None:
    subscription = subscribe(log, types=("act.warned",), after=0)
    assert await anext(subscription) == CaughtUp(0)

    await happen(log, "a", "b")

    assert await anext(subscription) == CaughtUp(2)
    await subscription.aclose()


async def test_a_place_beyond_the_log_is_refused(log: EventLog) -> None:
    await happen(log, "a")

    with pytest.raises(HeadBehind, match="the log ends at 1, and 9 was already seen"):
        await anext(subscribe(log, after=9))


# --- run and drain ---------------------------------------------------------------------------------------------------


async def test_a_subscriber_hears_everything_once_and_in_order(log: EventLog) -> None:
    await happen(log, "a", "b")
    listener = Listener()

    async with running(log, listener):
        await until(lambda: len(listener.heard) == 2)
        await happen(log, "c")
        await until(lambda: len(listener.heard) == 3)

    assert listener.heard == ["a", "b", "c"]


async def test_the_cursor_over_events_without_effect_is_saved_within_two_seconds(log: EventLog) -> None:
    async with running(log, Listener()):
        await happen(log, "a", "b")
        await asyncio.sleep(delivery.SAVE_SECONDS + 0.5)

        assert await log.cursor("listener") == 2


async def test_the_cursor_is_saved_every_500_events(log: EventLog) -> None:
    await happen(log, *(str(number) for number in range(1200)))
    saved: list[int] = []

    class Watching(Listener):
        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            saved.append(await log.cursor("listener"))
            return await super().handle(recorded, event)

    await drained(log, Watching())

    assert sorted(set(saved)) == [0, 500, 1000]
    assert await log.cursor("listener") == 1200


async def test_an_effect_and_the_cursor_move_in_one_unit(log: EventLog) -> None:
    await happen(log, "a")

    assert await drained(log, Decider(log)) == 2  # the cause, and the effect, which it hears too

    assert reasons(await everything(log)) == ["a", "because a"]
    assert await log.cursor("decider") == 2


async def test_a_decision_that_was_made_before_is_not_made_again(log: EventLog) -> None:
    await happen(log, "a")
    await added(log, unit(EFFECTS, 0, draft("otherwise decided", id_="because a", once=True)))

    await drained(log, Decider(log))

    assert reasons(await everything(log)) == ["a", "otherwise decided"]
    assert await log.cursor("decider") == 2


async def test_a_stale_decision_is_made_again_on_what_is_true_now(log: EventLog) -> None:
    class Late(Decider):
        """Between its decision and its append, somebody else writes."""

        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            decided = await super().handle(recorded, event)
            if self.asked.count("a") == 1 and decided is not None:
                await added(log, unit(EFFECTS, 0, draft("somebody else")))
            return decided

    await happen(log, "a")
    late = Late(log)

    await drained(log, late)

    assert late.asked == ["a", "a"]
    assert reasons(await everything(log)) == ["a", "somebody else", "because a"]


async def test_a_subscriber_that_never_decides_on_what_is_true_is_parked(log: EventLog) -> None:
    class Wrong(Listener):
        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            await super().handle(recorded, event)
            return unit(EFFECTS, 99, draft("never")) if self.heard[-1] == "a" else None

    await happen(log, "a", "b")
    wrong = Wrong()

    await drained(log, wrong)

    [parked] = await log.parked("listener")
    assert parked.position == 1
    assert "is at version 0, not 99" in parked.error
    assert wrong.heard == [*("a" * 30), "b"]


async def test_a_handler_that_fails_is_tried_again_after_a_while(log: EventLog) -> None:
    await happen(log, "a", "b")
    listener = Listener(fails={"a": 2})
    began = asyncio.get_running_loop().time()

    await drained(log, listener, retries=(1, 5))

    assert listener.heard == ["a", "b"]
    assert await log.parked() == []
    assert asyncio.get_running_loop().time() - began == pytest.approx(6, abs=0.5)


async def test_an_event_that_always_fails_is_parked_and_those_behind_it_go_on(log: EventLog) -> None:
    await happen(log, "a", "poison", "b")
    listener = Listener(fails={"poison": 99})

    await drained(log, listener)

    assert listener.heard == ["a", "b"]
    assert await log.parked() == [Parked(name="listener", position=2, error="KeyError: 'poison'")]
    assert await log.cursor("listener") == 4, "it passes what is told of its own parked event"


async def test_who_names_their_types_is_told_of_its_own_parked_events_which_are_never_parked_themselves(
    log: EventLog,
) -> None:
    class Follows(Listener):
        types: tuple[str, ...] = ("daemon.stopped", "subscriber.parked")

        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            if isinstance(event, EventParked):
                self.heard.append(f"{event.subscriber} parked {event.position}")
                raise KeyError("again")
            return await super().handle(recorded, event)

    await happen(log, "a", "poison", "b")
    listener = Follows(fails={"poison": 99})

    await drained(log, listener)

    assert listener.heard == ["a", "b", "listener parked 2"]
    assert [row.position for row in await log.parked()] == [2]
    assert await log.cursor("listener") == 4


class Away(Listener):
    """Is not there for a while, once its first event was set aside; it names the type that tells of that."""

    types: tuple[str, ...] = ("daemon.stopped", "subscriber.parked")
    away = 3  # tries

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        if not isinstance(event, EventParked):
            return await super().handle(recorded, event)
        if self.away > 0:
            self.away -= 1
            raise Unavailable("nobody is there")
        self.heard.append(f"parked {event.position}")
        return None


async def test_who_is_away_is_waited_for_also_with_what_is_told_of_its_own_parked_events(log: EventLog) -> None:
    await happen(log, "poison", "b")
    listener = Away(fails={"poison": 99})

    await drained(log, listener)

    assert listener.heard == ["b", "parked 1"]


async def test_where_nobody_waits_for_who_is_away_that_stays_for_later(log: EventLog) -> None:
    await happen(log, "poison", "b")
    listener = Away(fails={"poison": 99})

    with pytest.raises(Unavailable):
        await drain(log, listener, LoopClock(start=NOON), Patience(retries=(), longest=None))
    listener.away = 0
    await drained(log, listener)

    assert listener.heard[-1] == "parked 1"


async def test_an_event_of_a_newer_lamplighter_is_parked_without_a_second_try(log: EventLog) -> None:
    await happen(log, "a")

    class Newer:
        """A log as a newer version would have left it."""

        def __getattr__(self, name: str) -> object:
            return getattr(log, name)

        async def read(self, query: Query) -> object:
            page = await log.read(query)
            return replace(page, events=tuple(structs.replace(recorded, schema=9) for recorded in page.events))

    began = asyncio.get_running_loop().time()
    await drained(Newer(), Listener())  # type: ignore[arg-type]

    [parked] = await log.parked("listener")
    assert "Upgrade this one" in parked.error
    assert asyncio.get_running_loop().time() - began < 1


async def test_one_that_fails_for_a_day_delays_no_other(log: EventLog) -> None:
    slow, quick = Listener("slow", fails={"a": 99}), Listener("quick")

    async with running(log, slow, retries=[86400]), running(log, quick):
        await happen(log, "a", "b")
        await until(lambda: quick.heard == ["a", "b"])
        assert slow.heard == []


async def test_two_subscribers_of_one_name_are_found_out(log: EventLog) -> None:
    await happen(log, "a")

    class Doubled(Decider):
        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            await log.append([Unit(cursor=CursorMove(name="decider", old=0, new=1))])
            return await super().handle(recorded, event)

    with pytest.raises(CursorTaken, match="the cursor of 'decider' stands at 1, not at 0: another subscriber"):
        await drained(log, Doubled(log))

    assert reasons(await everything(log)) == ["a"]


@pytest.mark.parametrize("fails", [{}, {"a": 99}])
async def test_a_stolen_cursor_is_found_out_when_saving_and_when_parking(log: EventLog, fails: dict[str, int]) -> None:
    class Stolen(Listener):
        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            await log.append([Unit(cursor=CursorMove(name="listener", old=0, new=1))])
            return await super().handle(recorded, event)

    await happen(log, "a")

    with pytest.raises(CursorTaken, match="stands at 1"):
        await drained(log, Stolen(fails=fails))

    assert await log.parked() == []


async def test_a_stolen_cursor_is_found_out_after_an_outage(log: EventLog) -> None:
    class Outage(Listener):
        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            await log.append([Unit(cursor=CursorMove(name="listener", old=0, new=1))])
            raise LogUnusable("the disk is full")

    await happen(log, "a")

    with pytest.raises(CursorTaken, match="stands at 1"):
        await run(log, Outage(), LoopClock(start=NOON))


async def test_a_drain_also_hands_over_what_comes_of_it(log: EventLog) -> None:
    class Chain(Decider):
        """Decides on its own decisions, three times."""

        async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
            if recorded.position > 3:
                return None
            version = await log.version(EFFECTS)
            return unit(EFFECTS, version, draft(f"effect {recorded.position}", once=True))

    await happen(log, "a")

    assert await drained(log, Chain(log)) == 4
    assert await drained(log, Chain(log)) == 0


# --- a log that fails ------------------------------------------------------------------------------------------------


class Unreliable:
    """A log whose appends fail now and then: before they are stored, or after."""

    def __init__(self, log: EventLog, fates: Sequence[str]) -> None:
        self._log = log
        self.fates = list(fates)

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        fate = self.fates.pop(0) if self.fates else "well"
        if fate == "lost":
            raise LogUnusable("the disk is full")
        results = await self._log.append(units)
        if fate == "unanswered":
            raise LogUnusable("the answer was lost")
        return results


@pytest.mark.parametrize("fate", ["lost", "unanswered"])
async def test_a_log_that_cannot_be_used_is_waited_for_and_nothing_is_lost_or_doubled(log: EventLog, fate: str) -> None:
    unreliable = Unreliable(log, [fate, "well", fate, fate])
    decider = Decider(unreliable)  # type: ignore[arg-type]
    await happen(log, "a", "b", "c")

    async with running(unreliable, decider):  # type: ignore[arg-type]
        await asyncio.sleep(60)

    assert reasons(await everything(log)) == ["a", "b", "c", "because a", "because b", "because c"]
    assert await log.parked() == []
    assert await log.cursor("decider") == 6


async def test_a_drain_tells_that_the_log_cannot_be_used(log: EventLog) -> None:
    await happen(log, "a")

    with pytest.raises(LogUnusable):
        await drained(Unreliable(log, ["lost"]), Decider(log))  # type: ignore[arg-type]


# --- a crash at every step -------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The end of the process."""


class Mortal:
    """A log whose process ends just before, or just after, its n-th append."""

    def __init__(self, log: EventLog, *, appends: int, after: bool) -> None:
        self._log = log
        self._left = appends
        self._after = after

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    async def append(self, units: Sequence[Unit]) -> list[Result]:
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Crash
        results = await self._log.append(units)
        if self._left < 0:
            raise Crash
        return results


Drain = Callable[[EventLog, Decider], Awaitable[object]]


async def effects_after_crashes(drain_once: Drain) -> list[list[str]]:
    """Return the effects there are after a restart, for a crash around each append."""
    found = []
    for appends in range(4):
        for after in (False, True):
            store = MemoryStore()
            log = MemoryLog(store)
            await happen(log, "a", "b", "c")
            mortal = Mortal(log, appends=appends, after=after)
            with contextlib.suppress(Crash):
                await drain_once(mortal, Decider(log))  # type: ignore[arg-type]
            reopened = MemoryLog(store)
            await drain_once(reopened, Decider(reopened))
            found.append(reasons([recorded for recorded in await everything(reopened) if recorded.stream == EFFECTS]))
    return found


async def test_no_effect_is_lost_or_doubled_by_a_crash_around_any_append() -> None:
    outcomes = await effects_after_crashes(drained)

    assert outcomes == [["because a", "because b", "because c"]] * 8


async def test_a_cursor_that_moved_before_its_effect_would_be_found() -> None:
    async def mutant(log: EventLog, decider: Decider) -> None:
        place = await log.cursor(decider.name)
        page = await log.read(Query(after=place))
        for recorded in page.events:
            move = CursorMove(name=decider.name, old=place, new=recorded.position)
            await log.append([Unit(cursor=move)])  # first the cursor
            place = recorded.position
            effect = await decider.handle(recorded, said(reasons([recorded])[0]))
            if effect is not None:
                await log.append([effect])  # then what comes of the event

    outcomes = await effects_after_crashes(mutant)

    assert ["because b", "because c"] in outcomes


async def test_what_an_error_says_stands_in_the_log_as_one_line() -> None:
    assert parking.text_of(ValueError("no\n\x1b[2J\x9b way")) == "ValueError: no [2J way"

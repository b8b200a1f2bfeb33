"""Snapshots: how views lie in them, and that views which began with one are what a fold of everything is."""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import find, given, settings, strategies as st
from msgspec import structs

from events import codec
from events.catalogue import Event
from events.catalogue.daemon import ConfigurationApplied
from events.log import EventLog
from events.memory import MemoryLog, MemoryStore
from events.record import Recorded
from events.streams import ACCESS, EVERYTHING
from events.unit import Unit
from events.views.configured import Configured
from events.views.saved import CONFIGURED, SHAPES, NotTrusted, Shape, parts, read, whole, written
from events.views.views import Views
from service import shelf
from service.clock import LoopClock
from service.live import Live
from service.shelf import BOARD, VIEWS, Shelf
from statemachine.configuration import Scalar
from statemachine.model import EndpointName
from tests.bench import lives
from tests.contract.disks import NOON, Disk, added, draft, everything, unit
from tests.contract.kept import FOLDER, examples, folded, shown
from tests.contract.test_event_types import ANY_EVENT
from tests.contract.told import ACTS, FAILED, LIFE, PAGER, STORY

HASH = bytes(range(32))
Resume = Callable[[list[Recorded], int], Views]


def told(*seeds: int, count: int) -> list[Unit]:
    """Return what happens to some endpoints, at least so many events of it."""
    tale = lives.Tale()
    stories = [lives.endpoint(tale, EndpointName("acme", f"endpoint-{seed}"), seed) for seed in seeds]
    stories.append(lives.daemon(tale, seeds[0]))
    chance = Random(seeds[0])
    while tale.position < count:
        next(chance.choice(stories))
    return tale.units


def recorded(units: list[Unit]) -> list[Recorded]:
    """Return how these stand in a log."""

    async def append() -> list[Recorded]:
        return await added(MemoryLog(), *units)

    return asyncio.run(append())


def in_streams(events: list[tuple[str, Event]]) -> list[Recorded]:
    """Return these as they would stand, whatever sense it makes."""
    found = []
    for position, (stream, event) in enumerate(events, start=1):
        type_name, schema, data = codec.encode(event)
        found.append(
            structs.replace(STORY[0], position=position, stream=stream, type=type_name, schema=schema, data=data)
        )
    return found


lived = st.builds(
    lambda first, second, count: recorded(told(first, second, count=count)),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.integers(1, 120),
)
anything = st.lists(
    st.tuples(st.sampled_from([LIFE, ACTS, FAILED, PAGER, EVERYTHING, ACCESS, "daemon"]), ANY_EVENT), max_size=8
)


def resumed(history: list[Recorded], cut: int) -> Views:
    """Return the views that begin with a snapshot of a cut, and then take in what stands behind it."""
    views = folded(history[:cut])
    return continued(written(cut, HASH, parts(views.still())), history)


def continued(row: bytes, history: list[Recorded]) -> Views:
    snapshot = read(row, SHAPES)
    return folded(history[snapshot.position :], whole(snapshot))


def of_a_later_position(history: list[Recorded], cut: int) -> Views:
    """The mutant: what was folded is of the cut, and the snapshot says that it goes farther."""
    return continued(written(min(cut + 1, len(history)), HASH, parts(folded(history[:cut]))), history)


def still_moving(history: list[Recorded], cut: int) -> Views:
    """The mutant: it is written of views that go on, after its position was taken."""
    return continued(written(cut, HASH, parts(folded(history[: cut + 1]))), history)


@settings(max_examples=40)
@given(history=lived, part=st.floats(0, 1))
def test_a_snapshot_and_what_follows_are_what_all_of_it_is(history: list[Recorded], part: float) -> None:
    assert shown(resumed(history, round(part * len(history)))) == shown(folded(history))


@settings(max_examples=40)
@given(history=anything.map(in_streams), part=st.floats(0, 1))
def test_whatever_stands_in_the_log(history: list[Recorded], part: float) -> None:
    assert shown(resumed(history, round(part * len(history)))) == shown(folded(history))


@pytest.mark.parametrize("mutant", [of_a_later_position, still_moving])
def test_that_test_finds_a_snapshot_at_the_wrong_position(mutant: Resume) -> None:
    find(st.integers(0, len(STORY)), lambda cut: shown(mutant(STORY, cut)) != shown(folded(STORY)))


def test_a_still_does_not_move() -> None:
    views = folded(STORY[:30])
    still = views.still()

    folded(STORY[30:], views)

    assert shown(still) == shown(folded(STORY[:30]))
    assert shown(views) == shown(folded(STORY))


@pytest.mark.parametrize("name", sorted(examples()))
def test_what_is_written_has_not_changed_since_its_fold_has_this_version(name: str) -> None:
    expected = (FOLDER / name).read_bytes() if (FOLDER / name).exists() else b"nothing: there is no such file"

    assert examples()[name] == expected, (
        "what this view is written as, or what its fold makes of the same events, is not what it was: raise its FOLD, "
        "and run `python -m tests.contract.kept`, which writes the example of the new version"
    )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_an_example_is_read_as_what_it_was_written_of(shape: Shape[Any]) -> None:
    view = dict(zip((each.name for each in SHAPES), (view for _, view in parts(folded(STORY))), strict=True))[
        shape.name
    ]

    again = read(written(len(STORY), HASH, [(shape, view)]), [shape]).of(shape)

    assert list(shape.rows(again)) == list(shape.rows(view))
    assert again.position == view.position == len(STORY)


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda row: b"", "cannot be read"),
        (lambda row: row[: len(row) // 2], "cannot be read"),
        (lambda row: zlib.compress(b"{}\n"), "cannot be read"),
        (lambda row: zlib.compress(zlib.decompress(row).partition(b"\n")[2]), "not whole"),
        (lambda row: zlib.compress(zlib.decompress(row).replace(b'"fold":1', b'"fold":0')), "of another fold"),
        (lambda row: zlib.compress(zlib.decompress(row).replace(b'"status":"initializing"', b'"status":7')), "read"),
    ],
)
def test_what_is_no_whole_snapshot_of_these_folds_is_not_trusted(spoilt: Callable[[bytes], bytes], reason: str) -> None:
    row = written(len(STORY), HASH, parts(folded(STORY)))

    with pytest.raises(NotTrusted, match=reason):
        read(spoilt(row), SHAPES)


class Tidy(Configured):
    """A later version of the fold: what was taken out of the configuration is not kept."""

    def apply(self, recorded: Recorded, event: Event) -> None:
        if recorded.position > self.position:
            super().apply(recorded, event)
            self.flat = {path: value for path, value in self.flat.items() if value is not None}


def tidied(position: int, rows: Any) -> Tidy:
    read_, tidy = CONFIGURED.view(position, rows), Tidy()
    tidy.position, tidy.digest, tidy.refused, tidy.flat = read_.position, read_.digest, read_.refused, read_.flat
    return tidy


@pytest.mark.parametrize(("fold", "right"), [(CONFIGURED.fold + 1, True), (CONFIGURED.fold, False)])
async def test_a_snapshot_of_the_fold_before_is_not_gone_on_with(fold: int, right: bool) -> None:
    """The second case is the mutant: a fold that changed, and whose version was not raised."""
    log, changes = MemoryLog(), dict[str, Scalar]
    for version, values in enumerate((changes(a=1, b=2), changes(b=None))):
        applied = ConfigurationApplied(digest=f"d-{version}", changes=values)
        await added(log, unit("daemon", version, replace(draft(f"{version}"), event=applied)))
    history = await everything(log)
    await Shelf(log).save(VIEWS, 2, ((CONFIGURED, folded(history).configured),))
    later = replace(CONFIGURED, fold=fold, view=tidied)

    snapshot = await Shelf(log).load(VIEWS, (later,), up_to=2)

    begun: Configured = Tidy() if snapshot is None else snapshot.of(later)
    for each in history:
        begun.apply(each, codec.decode(each))
    assert (begun.flat == {"a": 1}) is right


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "FEWEST", 7)


async def begun(log: EventLog, kind: type[Live] = Live) -> Live:
    live = kind(log, LoopClock(start=NOON))
    await live.recall()
    await live.catch_up()
    return live


async def test_the_views_begin_with_what_was_kept_and_what_follows(disk: Disk) -> None:
    log = await disk.open()
    await added(log, *told(1, 2, count=50))
    first = await begun(log)
    await first.save()
    await added(log, unit("daemon/other", 0, draft("later")))
    read_from = Watched(log)

    live = Live(read_from, LoopClock(start=NOON))
    await live.recall()
    await live.catch_up()

    assert shown(live.views) == shown(folded(await everything(log)))
    assert read_from.first == first.views.position
    await disk.crash(log)


class Watched(MemoryLog):
    """Tells from where it was read."""

    def __init__(self, log: Any) -> None:
        self._watched = log
        self.first: int | None = None

    def __getattribute__(self, name: str) -> Any:
        if name in {"_watched", "first", "read", "__class__"}:
            return object.__getattribute__(self, name)
        return getattr(self._watched, name)

    async def read(self, query: Any) -> Any:
        self.first = query.after if self.first is None else self.first
        return await self._watched.read(query)


class Hasty(Live):
    """The mutant: it says of its snapshot that it goes as far as the log does, and not as far as it was folded."""

    async def save(self) -> None:
        still = self.views.still()
        await Shelf(self._log).save(VIEWS, await self._log.head(), parts(still))
        self._kept = still.position


async def killed_again_and_again(disk: Disk, chance: Random, kind: type[Live]) -> None:
    """Start, go on for a while, and be killed at any moment; after each start, know what a fold of everything does."""
    units = told(chance.randrange(1000), chance.randrange(1000), count=160)
    while units:
        log = await disk.open()
        live = await begun(log, kind)
        assert shown(live.views) == shown(folded(await everything(log)))
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(live.run()), tasks.create_task(live.keep())]
            for _ in range(min(len(units), chance.randint(1, 25))):
                await added(log, units.pop(0))
                for _ in range(chance.randint(0, 6)):
                    await asyncio.sleep(0)
            for task in running:
                task.cancel()
        await disk.crash(log)


@pytest.mark.parametrize("seed", range(2))
async def test_whenever_it_is_killed_it_begins_as_a_fold_of_everything(disk: Disk, often: None, seed: int) -> None:
    await killed_again_and_again(disk, Random(seed), Live)


@pytest.mark.parametrize(("kind", "right"), [(Live, True), (Hasty, False)])
async def test_a_snapshot_goes_as_far_as_was_folded_and_not_as_the_log(kind: type[Live], right: bool) -> None:
    log = MemoryLog()
    units = told(1, 2, count=80)
    await added(log, *units[:20])
    live = await begun(log, kind)
    await added(log, *units[20:])
    await live.save()

    again = await begun(log)

    assert (shown(again.views) == shown(folded(await everything(log)))) is right


async def test_a_snapshot_of_another_past_is_not_trusted() -> None:
    store, other = MemoryStore(), MemoryStore()
    log, elsewhere = MemoryLog(store), MemoryLog(other)
    await added(log, *told(1, 2, count=40))
    await added(elsewhere, *told(3, 4, count=60))
    await (await begun(elsewhere)).save()
    store.board[BOARD] = other.board[BOARD]

    live = await begun(log)

    assert shown(live.views) == shown(folded(await everything(log)))


async def test_a_snapshot_beyond_the_end_of_the_log_is_not_trusted() -> None:
    store = MemoryStore()
    units = told(1, 2, count=40)
    longer = MemoryLog()
    await added(longer, *units)
    await (await begun(longer)).save()
    log = MemoryLog(store)
    await added(log, *units[:-5])
    store.board[BOARD] = longer.store.board[BOARD]

    assert shown((await begun(log)).views) == shown(folded(await everything(log)))

"""The log against a plain model of it, under any order of appends, crashes, cursors and parked events.

The model keeps its own account of the rules, written as differently as possible from the code that it judges.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from events import codec
from events.anchor import Anchor, NotRedacted, Redaction
from events.catalogue.daemon import DaemonStopped
from events.catalogue.log import Archived, Redacted
from events.errors import LogError
from events.log import KeptLog
from events.memory import MemoryLog
from events.query import Query
from events.record import Recorded
from events.redaction import MARK
from events.sqlite import index, plans
from events.unit import Appended, CursorMove, CursorMoved, Fence, NoSuchPosition, Parked, Result, Unit, Unparked, Write
from tests.contract.copies import archived, export, import_
from tests.contract.disks import DISKS, NOON, MemoryDisk, SqliteDisk, draft

T = TypeVar("T")
STREAMS = ("endpoint/acme/tgi/2026", "acts/acme/tgi", "daemon")
SUBSCRIBERS = ("alerts", "autopause")

Fact = tuple[str, str, str]  # stream, id, reason
drafts = st.builds(draft, st.sampled_from("ab"), id_=st.sampled_from("123456789"), once=st.booleans())
wishes = st.lists(
    st.tuples(st.sampled_from(STREAMS), st.sampled_from((0, 0, 0, 0, 1, -1)), st.lists(drafts, max_size=2)),
    max_size=2,
    unique_by=lambda wish: wish[0],
).filter(lambda wish: len({d.id for _, _, ds in wish for d in ds}) == sum(len(ds) for _, _, ds in wish))
fences = st.sampled_from(((), (), (), (1,), (1, 2), (0,)))  # the epochs that a unit relies on; there is only the first
moves = st.none() | st.tuples(st.sampled_from(SUBSCRIBERS), st.sampled_from((0, 0, 0, 1)), st.integers(1, 3))


@dataclass
class Model:
    facts: list[Fact] = field(default_factory=list)
    redacted: dict[int, int] = field(default_factory=dict)  # position to what tells of it
    archived: int = 0
    anchors: list[Anchor] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUBSCRIBERS, 0))
    parked: dict[tuple[int, str], str] = field(default_factory=dict)

    def version(self, stream: str) -> int:
        return sum(1 for where, _, _ in self.facts if where == stream)

    def append(self, unit: Unit) -> str:
        """Return the name of the result that the contract demands, having done what it says."""
        if any(fence.epoch != 1 for fence in unit.fences):
            return "FencedOff"
        wanted = [(stream, d) for stream, write in unit.streams.items() for d in write.drafts]
        have = {id_: (where, reason) for where, id_, reason in self.facts}
        same = [have.get(d.id) == (stream, *reasons_of(d)) for stream, d in wanted]
        all_stand = bool(wanted) and all(d.id in have for _, d in wanted)
        for (_, d), fits in zip(wanted, same, strict=True):
            if d.id in have and not fits:
                return "AlreadyDecided" if d.once else "IdReused"
            if d.id in have and d.once and not all_stand:
                return "AlreadyDecided"
        stale = any(self.version(stream) != write.expected for stream, write in unit.streams.items())
        if stale and not all_stand:
            return "StaleVersion"
        move = unit.cursor
        if move is not None:
            here = self.cursors[move.name]
            if here != move.old and not (all_stand and here >= move.new):
                return "CursorMoved"
            if move.new > len(self.facts) + sum(d.id not in have for _, d in wanted):
                return "NoSuchPosition"
            if here == move.old:
                self.cursors[move.name] = move.new
        self.facts += [(stream, d.id, *reasons_of(d)) for stream, d in wanted if d.id not in have]
        return "Appended"

    def redact(self, position: int) -> bool:
        """Return whether the contract demands that it is done, having done it."""
        stands = self.archived < position <= len(self.facts)
        if not stands or position in self.redacted or self.facts[position - 1][2].endswith("redacted"):
            return False
        self.facts.append(("log", "", f"{position} redacted"))
        self.redacted[position] = len(self.facts)
        return True

    def archive(self, last: int) -> str | None:
        """Return what the contract demands that comes of it, having done it; None: it is refused."""
        needed = any(0 < at < last for at in self.cursors.values()) or any(at <= last for at, _ in self.parked)
        if needed or last > len(self.facts):
            return None
        if last <= self.archived:
            return "nothing"
        self.facts.append(("log", "", f"{self.archived + 1} to {last} archived"))
        self.archived = last
        return "archived"

    def shown(self) -> list[tuple[str, str]]:
        """Return stream and reason of every event, as they are to be read."""
        marked = list(enumerate(self.facts, start=1))[self.archived :]
        hidden = {position for position in self.redacted if not self.facts[position - 1][2].endswith("archived")}
        return [(where, MARK if position in hidden else reason) for position, (where, _, reason) in marked]


def shown(recorded: Recorded) -> tuple[str, str]:
    match codec.decode(recorded):
        case DaemonStopped(reason=reason):
            return recorded.stream, reason
        case Redacted(position=position):
            return recorded.stream, f"{position} redacted"
        case Archived(first=first, last=last):
            return recorded.stream, f"{first} to {last} archived"
        case other:
            raise AssertionError(other)


def reasons_of(d: Any) -> tuple[str]:
    return (d.event.reason,)


class LogMachine(RuleBasedStateMachine):
    kind: type[MemoryDisk] | type[SqliteDisk] = MemoryDisk

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lamplighter-"))
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(index, "IDS", 5)
        self.patch.setattr(index, "STEP", 3)  # so that a short log has an index, which does not reach to its head
        self.patch.setattr(plans, "NEAR", 0)
        self.loop = asyncio.Runner()
        self.disk = self.kind(self.folder)
        self.model = Model()
        self.log: KeptLog = self.do(self.disk.open())

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(coroutine)

    def teardown(self) -> None:
        self.do(self.disk.crash(self.log))
        self.loop.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    def unit(self, wish: Any, move: Any, epochs: tuple[int, ...]) -> Unit:
        streams = {s: Write(expected=self.model.version(s) + off, drafts=tuple(ds)) for s, off, ds in wish}
        cursor = None
        if move is not None:
            name, off, far = move
            here = self.model.cursors[name] + off
            cursor = CursorMove(name=name, old=here, new=here + far)
        return Unit(streams=streams, cursor=cursor, fences=tuple(Fence(name="lease", epoch=epoch) for epoch in epochs))

    @rule(asked=st.lists(st.tuples(wishes, moves, fences), min_size=1, max_size=3), repeat=st.booleans())
    def append(self, asked: Any, repeat: bool) -> None:
        units = [self.unit(*one) for one in asked]
        for _ in range(1 + repeat):
            before = len(self.model.facts)
            expected = [self.model.append(unit) for unit in units]
            results: list[Result] = self.do(self.log.append(units))
            assert [type(result).__name__ for result in results] == expected
            assert self.do(self.log.head()) == len(self.model.facts) >= before

    @rule(stream=st.sampled_from(STREAMS), number=st.integers(1, 4))
    def grow(self, stream: str, number: int) -> None:
        """Bring in something new for sure: there must be a log to redact, archive and verify."""
        here = len(self.model.facts)
        drafts = tuple(draft("c", id_=f"new {here + n}") for n in range(number))
        unit = Unit(streams={stream: Write(expected=self.model.version(stream), drafts=drafts)})
        assert self.model.append(unit) == "Appended"
        [result] = self.do(self.log.append([unit]))
        assert isinstance(result, Appended)

    @rule()
    def crash(self) -> None:
        self.do(self.disk.crash(self.log))
        self.log = self.do(self.disk.open())

    @rule()
    def restart(self) -> None:
        self.do(self.log.close())
        self.log = self.do(self.disk.open())

    @rule(name=st.sampled_from(SUBSCRIBERS), off=st.sampled_from((0, 0, 1)), error=st.text(max_size=3))
    def park(self, name: str, off: int, error: str) -> None:
        here = self.model.cursors[name] + off
        parked = Parked(name=name, position=here + 1, error=error)
        move = CursorMove(name=name, old=here, new=here + 1)
        [result] = self.do(self.log.append([Unit(parking=parked, cursor=move)]))
        if off:
            assert result == CursorMoved(name=name, expected=here, actual=here - off)
        elif here >= (head := len(self.model.facts)):
            assert result == NoSuchPosition(name=name, position=here + 1, head=head)
        else:
            assert result == Appended(events=())
            self.model.parked[here + 1, name] = error
            self.model.cursors[name] = here + 1

    @rule(offset=st.integers(-2, 8))
    def redact(self, offset: int) -> None:
        position = max(0, len(self.model.facts) - offset)
        done = self.model.redact(position)
        result = self.do(self.log.redact(Redaction(position=position, why="why", actor="test", time=NOON)))
        assert isinstance(result, Recorded if done else NotRedacted)

    @rule(last=st.integers(1, 7))
    def archive(self, last: int) -> None:
        demanded = self.model.archive(last)
        try:
            told = "archived" if self.do(archived(self.log, self.folder / "shelf", last)) else "nothing"
        except LogError:
            assert demanded is None
        else:
            assert told == demanded

    @rule()
    def copy(self) -> None:
        """A copy of the whole is the same log."""
        other, path = MemoryLog(), self.folder / "copy.jsonl"
        self.do(export(self.log, path))
        self.do(import_(other, path))
        path.unlink()
        here, there = self.do(self.log.standing()), self.do(other.standing())
        assert replace(here, segments=()) == there
        assert self.do(other.verify()) == Anchor(position=here.position, hash=here.hash)

    @rule()
    def verify(self) -> None:
        """What was an anchor once is one for ever."""
        proven = self.do(self.log.verify(anchors=self.model.anchors))
        assert isinstance(proven, Anchor), proven
        assert proven.position == len(self.model.facts)
        self.model.anchors.append(proven)
        assert self.do(self.log.verify_index()) is None

    @rule(
        name=st.sampled_from(SUBSCRIBERS),
        position=st.integers(1, 4),
        error=st.none() | st.text(max_size=3),
        said=drafts,
        off=st.sampled_from((0, 0, 0, 1)),
    )
    def replay(self, name: str, position: int, error: str | None, said: Any, off: int) -> None:
        """Take one back together with an effect, or say anew why it is set aside; or find that it is not."""
        stream, key = STREAMS[1], (position, name)
        unit = Unit(
            streams={stream: Write(expected=self.model.version(stream) + off, drafts=(said,))},
            parking=Unparked(name=name, position=position)
            if error is None
            else Parked(name=name, position=position, error=error),
        )
        repeated = any(id_ == said.id for _, id_, _ in self.model.facts)
        trial = replace(self.model, facts=list(self.model.facts))
        expected = trial.append(unit)
        if expected == "Appended" and not repeated and key not in self.model.parked:
            expected = "NotParked"
        [result] = self.do(self.log.append([unit]))
        assert type(result).__name__ == expected
        if expected != "Appended":
            return
        self.model.facts = trial.facts
        if error is None:
            self.model.parked.pop(key, None)
        elif not repeated:
            self.model.parked[key] = error

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        page = self.do(self.log.read(Query()))
        assert [shown(recorded) for recorded in page.events] == self.model.shown()
        ids = [id_ for _, id_, _ in self.model.facts[self.model.archived :]]
        assert all(id_ in {"", r.id} for id_, r in zip(ids, page.events, strict=True))
        assert page.archived == self.model.archived
        assert [r.position for r in page.events] == list(range(page.archived + 1, page.head + 1))
        assert self.do(self.log.read(Query(types=tuple(codec.TYPES)))) == page
        for stream in STREAMS:
            versions = [r.version for r in page.events if r.stream == stream]
            version = self.model.version(stream)
            assert versions == list(range(version - len(versions) + 1, version + 1))
            assert self.do(self.log.version(stream)) == version
        for name in SUBSCRIBERS:
            assert self.do(self.log.cursor(name)) == self.model.cursors[name]
        parked = [(p.position, p.name, p.error) for p in self.do(self.log.parked())]
        assert parked == [(*key, error) for key, error in sorted(self.model.parked.items())]
        assert all(r.time == NOON for r in page.events)


class SqliteLogMachine(LogMachine):
    kind: type[MemoryDisk] | type[SqliteDisk] = SqliteDisk


assert set(DISKS.values()) == {LogMachine.kind, SqliteLogMachine.kind}

LogMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
SqliteLogMachine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=15, suppress_health_check=[HealthCheck.too_slow]
)
TestMemoryLogIsAsTheModelSays = LogMachine.TestCase
TestSqliteLogIsAsTheModelSays = SqliteLogMachine.TestCase

"""The record of a watcher against what really happened, whatever happens, whoever looks, and whenever it crashes.

The rules that judge are written in plain words of the simulator's history, and ask the state machine nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from service.simulator.lifecycle import Fate
from service.simulator.rules import State
from service.simulator.truth import Happening
from statemachine.machine import evolve
from statemachine.model import (
    BecameUnreadable,
    Deleted,
    Discovered,
    Endpoint,
    Kind,
    LifecycleEvent,
    StatusChanged,
)
from statemachine.status import AnyStatus, Status, UnknownStatus
from tests.unit.statemachine.histories import START, window_of
from tests.unit.statemachine.lookout import Glance, How, Pieces, Watcher, World

ACTS = (
    "create",
    "pause",
    "resume",
    "scale_to_zero",
    "update",
    "delete",
    "request",
    "fail",
    "suspend",
    "vanish",
    "return",
)
FATES: tuple[Fate, ...] = ("ok", "ok", "fails", "stuck")
BY_ITSELF = {
    ("pending", "initializing"),
    ("pending", "failed"),
    ("initializing", "running"),
    ("initializing", "failed"),
    ("running", "failed"),
    ("running", "scaledToZero"),
    ("updating", "running"),
    ("updating", "updateFailed"),
}  # and whatever there is may be paused for want of credits

seconds = st.sampled_from((0.0, 1.0, 10.0, 45.0, 200.0, 500.0))
moments = st.sampled_from((0.5, 1.0, 3.0, 30.0))
hows: st.SearchStrategy[How] = st.sampled_from(("plain", "plain", "plain", "plain", "unreadable", "unknown"))


class WatchedLife(RuleBasedStateMachine):
    pieces = Pieces()

    @initialize(new_to_us=st.booleans())
    def begin(self, new_to_us: bool) -> None:
        self.world = World()
        self.watcher = Watcher(pieces=self.pieces)
        self.under_way: list[Glance] = []
        self.counted: list[Glance] = []
        self.disturbed = self.blind = False
        if not new_to_us:
            self.look(1.0, 1.0, "plain")
        self.world.create()

    @rule(wait=seconds, verb=st.sampled_from(ACTS), fate=st.sampled_from(FATES), watched=st.booleans())
    def act(self, wait: float, verb: str, fate: Fate, watched: bool) -> None:
        self.world.act(verb, fate)
        self.world.wait(wait)
        if watched:
            self.look(1.0, 1.0, "plain")

    @rule(wait=seconds, watched=st.booleans())
    def create_again(self, wait: float, watched: bool) -> None:
        self.world.act("delete")
        self.world.wait(2.0)
        self.world.create()
        self.world.wait(wait)
        if watched:
            self.look(1.0, 1.0, "plain")

    @rule(verb=st.sampled_from(ACTS), watched=st.booleans())
    def act_on_what_runs(self, verb: str, watched: bool) -> None:
        self.world.act("resume", "ok")
        self.world.wait(500.0)
        if watched:
            self.look(1.0, 1.0, "plain")
        self.world.act(verb)
        self.look(1.0, 1.0, "plain")

    @rule(before=moments, after=moments, how=hows)
    def look(self, before: float, after: float, how: How) -> None:
        glance = Glance(asked_at=self.world.now, how=how)
        self.world.wait(before)
        self.world.sample(glance)
        self.world.wait(after)
        self.arrive(glance)

    @rule(how=hows, at_once=st.booleans())
    def ask(self, how: How, at_once: bool) -> None:
        glance = Glance(asked_at=self.world.now, how=how)
        if at_once:
            self.world.sample(glance)
        self.under_way.append(glance)

    @precondition(lambda self: self.under_way)
    @rule(wait=moments, which=st.integers(0, 5))
    def answer(self, wait: float, which: int) -> None:
        glance = self.under_way.pop(which % len(self.under_way))
        if glance.happened is None:
            self.world.sample(glance)
        self.world.wait(wait)
        self.arrive(glance)

    def arrive(self, glance: Glance) -> None:
        glance.answered_at = self.world.now
        late = bool(self.counted) and glance.asked_at < self.counted[-1].answered_at and not self.fresh
        before, written = self.watcher.known, {life: list(events) for life, events in self.watcher.log.items()}

        assert self.watcher.take(glance.observation()) is not late
        if late:
            assert (self.watcher.known, self.watcher.log) == (before, written), "a late look changed something"
            return
        self.fresh = False
        glance.disturbed, glance.blind = self.disturbed, self.blind
        if glance.how == "unreadable" and glance.sighting is not None:
            self.blind = self.blind or (self.good != [] and self.good[-1].sighting is not None)
        else:
            self.disturbed = self.blind = False
        self.counted.append(glance)

    fresh = False  # after a crash nobody remembers looks

    @rule()
    def outage(self) -> None:
        self.watcher.gap = self.disturbed = True

    @rule()
    def save(self) -> None:
        self.watcher.saved_at = self.watcher.looked_at or self.watcher.saved_at

    @rule()
    def crash(self) -> None:
        self.watcher.crash()
        self.under_way.clear()
        self.disturbed = self.fresh = True

    # --- what must hold, always --------------------------------------------------------------------------------------

    @property
    def good(self) -> list[Glance]:
        return [glance for glance in self.counted if glance.how != "unreadable" or glance.sighting is None]

    def glance_of(self, event: LifecycleEvent) -> tuple[Glance | None, Glance]:
        """Return the look that an event was seen by, and the good look before that one."""
        (glance,) = [glance for glance in self.counted if glance.answered_at == window_of(event).seen_at]
        earlier = [good for good in self.good if good.answered_at < glance.answered_at]
        return (earlier[-1] if earlier else None), glance

    def recorded(self) -> Iterator[tuple[datetime, LifecycleEvent]]:
        return ((life, event) for life, events in self.watcher.log.items() for event in events)

    @invariant()
    def what_is_recorded_as_seen_was_so_at_the_look(self) -> None:
        for life, event in self.recorded():
            if isinstance(event, Discovered | StatusChanged):
                status = event.sighting.status if isinstance(event, Discovered) else event.new
                _, glance = self.glance_of(event)
                assert (glance.life, glance.status) == (life, status)
                if isinstance(status, Status):
                    assert (life, status.value) in self.world.told(glance.asked_at, glance.answered_at)
            elif isinstance(event, Deleted):
                assert self.glance_of(event)[1].life != life

    @invariant()
    def what_lasted_for_the_whole_of_a_good_look_is_in_the_record(self) -> None:
        """Whatever lasts longer than from the asking of one good look to the answer of the next does."""
        for glance in self.good:
            true = self.world.told(glance.asked_at, glance.answered_at)
            if len(true) == 1 and glance.how != "unknown":
                assert true == {self.status_on_record(glance.answered_at)}

    def status_on_record(self, at: datetime) -> tuple[datetime | None, str]:
        ends: list[tuple[datetime, bool, datetime | None, AnyStatus]] = []
        for life, event in self.recorded():
            match event:
                case Discovered(sighting=sighting):
                    ends.append((event.seen_at, True, life, sighting.status))
                case StatusChanged(new=new):
                    ends.append((event.window.seen_at, True, life, new))
                case Deleted():
                    ends.append((event.window.seen_at, False, None, Status.ABSENT))
                case _:
                    pass
        last = max((end for end in ends if end[0] <= at), key=lambda end: end[:2], default=NOTHING)
        return last[2], str(last[3])

    @invariant()
    def every_change_starts_where_the_last_one_ended(self) -> None:
        for events in self.watcher.log.values():
            status: AnyStatus = Status.ABSENT
            for event in events:
                if isinstance(event, Discovered):
                    status = event.sighting.status
                elif isinstance(event, StatusChanged | Deleted):
                    assert event.old == status
                    status = event.new if isinstance(event, StatusChanged) else Status.ABSENT

    @invariant()
    def windows_hold_the_true_change_and_do_not_overlap(self) -> None:
        for events in self.watcher.log.values():
            windows = [window_of(event) for event in events]
            assert all(window.not_before <= window.seen_at for window in windows)
            assert all(one == two or one.seen_at <= two.not_before for one, two in pairwise(windows))
        for life, event in self.recorded():
            if isinstance(event, StatusChanged | Discovered | Deleted):
                begin = window_of(event).not_before - timedelta(seconds=window_of(event).blur_seconds)
                between = self.happened(event)
                if isinstance(event, Discovered) and event.absent_at is None:  # nothing is claimed of earlier lives
                    between = [happening for happening in between if happening.created_at == life]
                assert all(begin <= happening.at <= window_of(event).seen_at for happening in between)
                assert between or self.is_unknown(event) or self.glance_of(event)[0] is None

    def happened(self, event: LifecycleEvent) -> list[Happening]:
        """Return what happened between what the look before told of and what this one did."""
        before, glance = self.glance_of(event)
        return self.world.history[(before.happened or 0) if before else 0 : glance.happened]

    def is_unknown(self, event: LifecycleEvent) -> bool:
        return isinstance(event, StatusChanged) and event.kind is Kind.UNKNOWN

    @invariant()
    def a_gap_is_told_just_where_nobody_could_look(self) -> None:
        for _, event in self.recorded():
            _, glance = self.glance_of(event)
            blind = glance.blind and not isinstance(event, BecameUnreadable)
            gap = event.gap if isinstance(event, Discovered) else event.window.gap
            assert gap is (glance.disturbed or blind)

    @invariant()
    def what_is_known_is_what_the_record_of_the_newest_life_adds_up_to(self) -> None:
        known = Endpoint()
        for event in self.watcher.log[self.watcher.life] if self.watcher.life else ():
            known = evolve(known, event)
        assert self.watcher.known == known

    @invariant()
    def lives_never_mix(self) -> None:
        for life, events in self.watcher.log.items():
            assert isinstance(events[0], Discovered)
            assert {event.sighting.created_at for event in events if isinstance(event, Discovered)} == {life}
            for before, event in pairwise(events):
                assert isinstance(before, Deleted) is isinstance(event, Discovered)
        true = {happening.created_at for happening in self.world.history}
        assert self.watcher.log.keys() <= true

    @invariant()
    def what_the_platform_and_one_outsider_did_is_no_riddle(self) -> None:
        for _, event in self.recorded():
            if not isinstance(event, StatusChanged) or event.kind is Kind.UNKNOWN:
                continue
            if any(isinstance(status, UnknownStatus) for status in (event.old, event.new)):
                raise AssertionError(f"{event} claims to know the unknown")
            steps = self.happened(event)
            outside = sum(step.actor is not None or State.ABSENT in {step.old, step.new} for step in steps)
            if len(steps) == 1:
                assert (event.kind, event.via) == (Kind.DIRECT, ())
            if outside <= 1:
                assert event.kind is not Kind.UNEXPECTED

    @invariant()
    def what_is_said_to_have_been_passed_takes_no_more_than_one_outsider(self) -> None:
        for _, event in self.recorded():
            if isinstance(event, StatusChanged) and event.kind is Kind.SKIPPED:
                steps = pairwise([str(event.old), *map(str, event.via), str(event.new)])
                assert sum(step not in BY_ITSELF and step[1] != "paused" for step in steps) <= 1


NOTHING: tuple[datetime, bool, datetime | None, AnyStatus] = (START, False, None, Status.ABSENT)

WatchedLife.TestCase.settings = settings(
    max_examples=150, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]
)
TestTheRecordIsTrueToWhatHappened = WatchedLife.TestCase


@pytest.mark.slow
def test_the_record_is_true_to_long_histories_too() -> None:
    run_state_machine_as_test(WatchedLife, settings=settings(max_examples=1000, stateful_step_count=50))

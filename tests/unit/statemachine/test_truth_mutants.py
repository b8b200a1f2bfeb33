"""Mutants of a watcher's pieces: that each is caught shows that the machine of `test_against_truth` can fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec import structs

from statemachine import legality
from statemachine.legality import Classification
from statemachine.machine import TABLE, decide, fold
from statemachine.model import Discovered, Endpoint, LifecycleEvent, Observation, Seen, StatusChanged, Window
from statemachine.status import Status
from tests.unit.statemachine.lookout import Pieces
from tests.unit.statemachine.test_against_truth import WatchedLife

IN_THE_RECORD = WatchedLife.what_lasted_for_the_whole_of_a_good_look_is_in_the_record
AS_SEEN = WatchedLife.what_is_recorded_as_seen_was_so_at_the_look
ADDS_UP = WatchedLife.what_is_known_is_what_the_record_of_the_newest_life_adds_up_to
NO_RIDDLE = WatchedLife.what_the_platform_and_one_outsider_did_is_no_riddle
ONE_OUTSIDER = WatchedLife.what_is_said_to_have_been_passed_takes_no_more_than_one_outsider

Every = Mapping[tuple[Status, Status], Classification]
Decide = Callable[..., tuple[LifecycleEvent, ...]]


def explaining_by(every: Every) -> Decide:
    """Return a `decide` that classifies by another matrix."""

    def decide_otherwise(endpoint: Endpoint, observation: Observation, **memory: object) -> tuple[LifecycleEvent, ...]:
        return tuple(otherwise(event) for event in decide(endpoint, observation, **memory))  # type: ignore[arg-type]

    def otherwise(event: LifecycleEvent) -> LifecycleEvent:
        if isinstance(event, StatusChanged) and isinstance(event.old, Status) and isinstance(event.new, Status):
            return replace(event, kind=every[event.old, event.new].kind, via=every[event.old, event.new].via)
        return event

    return decide_otherwise


def without(old: Status, new: Status) -> Every:
    table = [arrow for arrow in TABLE if (arrow.source, arrow.target) != (old, new)]
    return legality.classify_every_pair(legality.build(table), table)


def blind_to_creation(endpoint: Endpoint, observation: Observation, **memory: object) -> tuple[LifecycleEvent, ...]:
    """Take a name for an identity."""
    if isinstance(observation, Seen) and endpoint.sighting is not None:
        same = structs.replace(observation.sighting, created_at=endpoint.sighting.created_at)
        observation = replace(observation, sighting=same)
    return decide(endpoint, observation, **memory)  # type: ignore[arg-type]


def fold_as_if_seen(events: Sequence[LifecycleEvent]) -> Endpoint:
    """Take what a gap hides for what was seen."""
    return fold(
        replace(event, gap=False) if isinstance(event, Discovered) else replace(event, window=seen(event.window))
        for event in events
    )


def seen(window: Window) -> Window:
    return replace(window, gap=False)


def assert_caught(pieces: Pieces, *by: Callable[..., None]) -> None:
    """Expect the machine to fail, and just where it judges what this mutant does wrong."""

    class Mutant(WatchedLife):
        pass

    Mutant.pieces = pieces
    unlucky = settings(
        max_examples=400,
        stateful_step_count=25,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(Mutant, settings=unlucky)
    assert {judge.__name__ for judge in by} & {entry.name for entry in caught.traceback}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Status.PENDING, Status.INITIALIZING),
        (Status.INITIALIZING, Status.RUNNING),
        (Status.RUNNING, Status.PAUSED),
        (Status.RUNNING, Status.UPDATING),
    ],
)
def test_a_table_without_one_of_its_arrows_is_caught(old: Status, new: Status) -> None:
    assert_caught(Pieces(decide=explaining_by(without(old, new))), NO_RIDDLE)


def test_a_way_with_two_outsiders_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legality, "MOST_FROM_OUTSIDE", 2)
    every = legality.classify_every_pair(legality.MACHINE, TABLE)

    assert_caught(Pieces(decide=explaining_by(every)), ONE_OUTSIDER)


def test_an_identity_without_the_instant_of_creation_is_caught() -> None:
    assert_caught(Pieces(decide=blind_to_creation), IN_THE_RECORD, AS_SEEN)


def test_a_gap_that_is_folded_as_if_it_were_seen_is_caught() -> None:
    assert_caught(Pieces(fold=fold_as_if_seen), ADDS_UP)


def test_a_late_look_that_counts_is_caught() -> None:
    assert_caught(Pieces(is_late=lambda _look, _other: False), WatchedLife.arrive)

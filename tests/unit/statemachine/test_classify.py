"""Every pair of statuses, judged by a search that shares nothing with the one in the product but the machine."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

import pytest

from statemachine import legality
from statemachine.legality import CLASSIFIED, build, classify_every_pair
from statemachine.machine import MACHINE, TABLE, Arrow, By, Classification, Trigger, classify
from statemachine.model import Kind
from statemachine.status import Status, UnknownStatus

PAIRS = tuple(product(Status, Status))
Classified = Mapping[tuple[Status, Status], Classification]


def walks(start: Status, end: Status, *, taken: tuple[Arrow, ...] = ()) -> Iterator[tuple[Arrow, ...]]:
    """Yield every way that meets no status twice, of legal steps, at most one of them from outside."""
    here = taken[-1].target if taken else start
    if here is end and taken:
        yield taken
        return
    met = {start, *(arrow.target for arrow in taken)}
    for arrow in TABLE:
        legal = MACHINE.get_transitions(arrow.trigger, arrow.source, arrow.target)
        outside = sum(step.by is not By.PLATFORM for step in (*taken, arrow))
        if arrow.source is here and arrow.target not in met and legal and outside <= 1:
            yield from walks(start, end, taken=(*taken, arrow))


@cache
def every_walk(start: Status, end: Status) -> tuple[tuple[Arrow, ...], ...]:
    return tuple(walks(start, end))


def cost(walk: tuple[Arrow, ...]) -> tuple[int, int]:
    return sum(not arrow.certain for arrow in walk), len(walk)


def fault(old: Status, new: Status, classified: Classification) -> str | None:
    """Return what is wrong with the answer for a pair, or None."""
    if old is new or MACHINE.get_transitions(source=old, dest=new):
        return None if classified == Classification(Kind.DIRECT) else "one step or none is direct"
    possible = every_walk(old, new)
    if not possible:
        return None if classified == Classification(Kind.UNEXPECTED) else "no such walk in the machine"
    if classified.kind is not Kind.SKIPPED:
        return "a walk was overlooked"
    named = [walk for walk in possible if tuple(arrow.target for arrow in walk[:-1]) == classified.via]
    if not named:
        return "via is no walk of legal steps with at most one from outside"
    if min(map(cost, named)) != min(map(cost, possible)):
        return "there is a shorter walk of its kind"
    return None


def faults(classified: Classified) -> list[str]:
    return [f"{old} → {new}: {wrong}" for old, new in PAIRS if (wrong := fault(old, new, classified[old, new]))]


def test_every_pair_of_statuses_is_classified_as_the_machine_says() -> None:
    assert set(CLASSIFIED) == set(PAIRS)
    assert faults(CLASSIFIED) == []


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_the_lookup_of_the_hot_path_is_what_classify_answers(old: Status, new: Status) -> None:
    assert classify(old, new) is CLASSIFIED[old, new]


def test_resumed_and_running_in_one_look_is_skipped_and_no_error() -> None:
    assert classify(Status.PAUSED, Status.RUNNING) == Classification(Kind.SKIPPED, via=(Status.INITIALIZING,))


def test_a_start_and_an_update_are_not_told_as_a_failure_that_nobody_saw() -> None:
    classified = classify(Status.PENDING, Status.UPDATING)

    assert classified == Classification(Kind.SKIPPED, via=(Status.INITIALIZING, Status.RUNNING))


@pytest.mark.parametrize("old", [Status.PAUSED, Status.SCALED_TO_ZERO, Status.ABSENT])
def test_what_needs_two_commands_between_two_looks_is_unexpected(old: Status) -> None:
    assert classify(old, Status.UPDATING) == Classification(Kind.UNEXPECTED)


def test_no_walk_leads_through_a_deletion() -> None:
    assert all(Status.ABSENT not in classified.via for classified in CLASSIFIED.values())


@pytest.mark.parametrize("known", Status)
def test_a_status_that_nobody_knows_makes_the_change_unknown(known: Status) -> None:
    strange = UnknownStatus("hibernating")

    assert classify(known, strange) == Classification(Kind.UNKNOWN)
    assert classify(strange, known) == Classification(Kind.UNKNOWN)
    assert classify(strange, UnknownStatus("dreaming")) == Classification(Kind.UNKNOWN)


def test_the_order_of_the_table_chooses_no_walk() -> None:
    backwards = TABLE[::-1]

    assert classify_every_pair(build(backwards), backwards) == CLASSIFIED


def test_a_step_that_the_machine_does_not_know_is_not_walked_even_if_the_table_has_it() -> None:
    poorer = build([arrow for arrow in TABLE if arrow.source is not Status.PAUSED])

    classified = classify_every_pair(poorer, TABLE)

    assert classified[Status.PAUSED, Status.RUNNING] == Classification(Kind.UNEXPECTED)


@pytest.mark.parametrize(
    ("lost", "change", "classified"),
    [
        (  # another trigger still leads there, and another party pulls it
            (Status.RUNNING, Trigger.GO_IDLE, Status.SCALED_TO_ZERO),
            (Status.PAUSED, Status.SCALED_TO_ZERO),
            Classification(Kind.UNEXPECTED),
        ),
        (  # the trigger still leads elsewhere
            (Status.PAUSED, Trigger.RESUME, Status.INITIALIZING),
            (Status.PAUSED, Status.RUNNING),
            Classification(Kind.SKIPPED, via=(Status.PENDING, Status.INITIALIZING)),
        ),
    ],
)
def test_a_step_is_walked_only_if_the_machine_has_it_with_its_trigger_and_its_target(
    lost: tuple[Status, Trigger, Status], change: tuple[Status, Status], classified: Classification
) -> None:
    poorer = build([arrow for arrow in TABLE if (arrow.source, arrow.trigger, arrow.target) != lost])

    assert classify_every_pair(poorer, TABLE)[change] == classified


CIRCLING = (
    *(arrow for arrow in TABLE if arrow.source is not Status.SCALED_TO_ZERO),
    Arrow(Status.SCALED_TO_ZERO, Status.INITIALIZING, Trigger.SCHEDULE, By.PLATFORM, "it may be warmed up"),
)


def test_a_table_in_which_the_platform_goes_in_circles_is_classified_too() -> None:
    classified = classify_every_pair(build(CIRCLING), CIRCLING)

    assert classified[Status.PENDING, Status.SCALED_TO_ZERO].via == (Status.INITIALIZING, Status.RUNNING)
    assert classified[Status.SCALED_TO_ZERO, Status.RUNNING].via == (Status.INITIALIZING,)


def alone(lost: Arrow) -> bool:
    """Say whether no other arrow leads from where this one does to where it does."""
    return len([arrow for arrow in TABLE if (arrow.source, arrow.target) == (lost.source, lost.target)]) == 1


@pytest.mark.parametrize(
    "lost",
    [arrow for arrow in TABLE if alone(arrow) and arrow.source is not arrow.target],
    ids=lambda arrow: f"{arrow.source}-{arrow.trigger}-{arrow.target}",
)
def test_the_check_catches_a_table_that_lost_an_arrow(lost: Arrow) -> None:
    table = [arrow for arrow in TABLE if arrow is not lost]

    mutant = classify_every_pair(build(table), table)

    assert faults(mutant)


def test_the_check_catches_a_search_that_walks_two_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legality, "MOST_FROM_OUTSIDE", 2)

    mutant = classify_every_pair(MACHINE, TABLE)

    assert "paused → updating: no such walk in the machine" in faults(mutant)


def test_the_check_catches_a_via_with_two_commands() -> None:
    two_commands = Classification(Kind.SKIPPED, via=(Status.INITIALIZING, Status.RUNNING))

    mutant = {**CLASSIFIED, (Status.PAUSED, Status.UPDATING): two_commands}

    assert faults(mutant) == ["paused → updating: no such walk in the machine"]


def test_the_check_catches_a_via_that_is_no_walk_and_one_that_is_too_long() -> None:
    no_walk = Classification(Kind.SKIPPED, via=(Status.UPDATING,))
    too_long = Classification(Kind.SKIPPED, via=(Status.PENDING, Status.INITIALIZING))

    for mutation in (no_walk, too_long):
        assert len(faults({**CLASSIFIED, (Status.PAUSED, Status.RUNNING): mutation})) == 1

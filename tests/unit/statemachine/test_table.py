"""The table and the machine built from it."""

from itertools import product

import pytest

from statemachine.legality import build
from statemachine.machine import MACHINE, TABLE, Arrow, Trigger
from statemachine.status import FACTS, Status
from statemachine.table import NO_EVIDENCE

DOCUMENTED = """
absent pending
pending initializing failed paused absent
initializing running failed paused absent
running failed updating pending scaledToZero paused absent
updating running updateFailed paused absent
updateFailed updating paused absent
failed updating pending paused absent
scaledToZero pending initializing paused absent
paused pending initializing absent
"""


def test_the_table_has_the_documented_steps_and_no_others_that_change_a_status() -> None:
    documented = {
        (Status(source), Status(target))
        for source, *targets in (line.split() for line in DOCUMENTED.strip().splitlines())
        for target in targets
    }

    steps = {(arrow.source, arrow.target) for arrow in TABLE if arrow.source is not arrow.target}

    assert steps == documented


def test_only_an_edit_leaves_the_status_as_it_is() -> None:
    triggers = {arrow.trigger for arrow in TABLE if arrow.source is arrow.target}

    assert triggers == {Trigger.UPDATE}


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_steps_and_its_facts(status: Status) -> None:
    assert any(arrow.source is status for arrow in TABLE)
    assert any(arrow.target is status for arrow in TABLE)
    assert status in FACTS


@pytest.mark.parametrize("arrow", TABLE, ids=lambda arrow: f"{arrow.source}-{arrow.trigger}-{arrow.target}")
def test_every_arrow_has_evidence_and_is_certain_unless_that_is_inferred(arrow: Arrow) -> None:
    inferred = arrow.evidence.startswith("[I]") or arrow.evidence == NO_EVIDENCE

    assert arrow.evidence.strip()
    assert arrow.certain is (not inferred)


def test_no_arrow_stands_in_the_table_twice() -> None:
    arrows = [(arrow.source, arrow.trigger, arrow.target) for arrow in TABLE]

    assert len(arrows) == len(set(arrows))


@pytest.mark.parametrize("trigger", Trigger)
def test_every_trigger_is_pulled_by_one_party(trigger: Trigger) -> None:
    assert len({arrow.by for arrow in TABLE if arrow.trigger is trigger}) == 1


def test_the_machine_knows_exactly_the_steps_of_the_table() -> None:
    table = {(arrow.trigger, arrow.source, arrow.target) for arrow in TABLE}

    legal = {step for step in product(Trigger, Status, Status) if MACHINE.get_transitions(*step)}

    assert legal == table
    assert len(MACHINE.get_transitions()) == len(TABLE)
    assert set(MACHINE.events) == set(Trigger)


def test_the_machine_has_the_nine_statuses_and_no_model_of_its_own() -> None:
    assert list(MACHINE.states) == [status.name for status in Status]
    assert MACHINE.models == []


@pytest.mark.parametrize("status", Status)
def test_the_machine_offers_the_triggers_that_the_table_has_from_a_status(status: Status) -> None:
    assert set(MACHINE.get_triggers(status)) == {arrow.trigger for arrow in TABLE if arrow.source is status}


def test_a_machine_without_an_arrow_is_another_machine() -> None:
    mutant = build(TABLE[1:])

    lost = TABLE[0]

    assert not mutant.get_transitions(lost.trigger, lost.source, lost.target)

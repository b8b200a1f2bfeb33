"""The sentence for a change of status: every pair of statuses, every kind, every cause."""

from itertools import pairwise, product

import pytest

from statemachine.cause import SUSPECTS, cause_of_status
from statemachine.legality import Classification, classify
from statemachine.machine import TABLE, By, Trigger
from statemachine.model import Cause, Kind, Ours
from statemachine.status import AnyStatus, Status, UnknownStatus
from statemachine.wording import explain

S = Status
WARMING = UnknownStatus("warming")
DOER = {By.PLATFORM: "the platform", By.PERSON: "a person", By.REQUEST: "a request"}
PAIRS = tuple(product((*Status, WARMING, UnknownStatus("dreaming")), repeat=2))
CHANGES = tuple((old, new) for old, new in PAIRS if old != new)


def told(old: AnyStatus, new: AnyStatus, *, editor: str | None = None, ours: tuple[Ours, ...] = ()) -> str:
    return explain(old, new, classify(old, new), cause_of_status(old, new, editor=editor, ours=ours))


def steps(sentence: str) -> list[str]:
    told_of = sentence.partition(": ")[2].removesuffix(".").partition("; ")[0]
    return told_of.split(", then ")


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_change_is_told_in_one_sentence_that_begins_with_it_and_names_its_kind(
    old: AnyStatus, new: AnyStatus
) -> None:
    sentence = told(old, new)

    assert sentence.startswith(f"{old} → {new} ")
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
    kinds = {"is one step: ", "is no change", " unseen: ", "is unexpected: ", "is unknown: "}
    found = {kind for kind in kinds if kind in sentence}
    match classify(old, new).kind:
        case Kind.DIRECT:
            assert found == ({"is no change"} if old == new else {"is one step: "})
        case Kind.SKIPPED:
            assert found == {" unseen: "}
        case Kind.UNEXPECTED | Kind.UNKNOWN as kind:
            assert found == {f"is {kind}: "}


@pytest.mark.parametrize(("old", "new"), [pair for pair in CHANGES if classify(*pair).kind is Kind.SKIPPED])
def test_what_was_skipped_is_named_in_its_order(old: Status, new: Status) -> None:
    named = told(old, new).partition("passed ")[2].partition(" unseen: ")[0]

    assert named.replace(" and ", ", ").split(", ") == list(classify(old, new).via)


@pytest.mark.parametrize(("old", "new"), [pair for pair in CHANGES if pair in SUSPECTS])
def test_every_step_names_all_that_can_have_pulled_it_and_what_of_it_is_not_certain(old: Status, new: Status) -> None:
    way = (old, *classify(old, new).via, new)

    for (source, target), step in zip(pairwise(way), steps(told(old, new)), strict=True):
        arrows = [arrow for arrow in TABLE if (arrow.source, arrow.target) == (source, target)]
        expected = {f"{a.trigger} by {DOER[a.by]}{'' if a.certain else ' (not certain)'}" for a in arrows}
        assert set(step.split(" or ")) == expected


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_whose_doing_it_was_is_told_as_the_cause_has_it(old: AnyStatus, new: AnyStatus) -> None:
    by = cause_of_status(old, new, editor=None, ours=()).by
    sentence = told(old, new)

    if by is None:
        assert sentence.endswith("; whose doing cannot be told.")
    elif classify(old, new).kind is Kind.DIRECT:  # its one step says it
        assert f" by {DOER[by]}" in sentence
        assert "doing" not in sentence
    else:
        assert sentence.endswith(f"; the doing of {DOER[by]}.")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (S.PENDING, S.INITIALIZING, "is one step: schedule by the platform."),
        (
            S.PAUSED,
            S.RUNNING,
            "passed initializing unseen: resume by a person, then become_ready by the platform; the doing of a person.",
        ),
        (
            S.RUNNING,
            S.SCALED_TO_ZERO,
            "is one step: go_idle by the platform or scale_to_zero by a person; whose doing cannot be told.",
        ),
        (S.FAILED, S.PENDING, "is one step: resume by a person (not certain)."),
        (S.RUNNING, S.RUNNING, "is no change of status."),
        (
            S.PAUSED,
            S.UPDATING,
            (
                "is unexpected: no steps of the platform's with at most one command or request among them lead there, "
                "and it is believed all the same; whose doing cannot be told."
            ),
        ),
        (
            S.RUNNING,
            WARMING,
            "is unknown: nothing is concluded from what is not known here (warming); whose doing cannot be told.",
        ),
    ],
)
def test_the_sentences_read_like_this(old: AnyStatus, new: AnyStatus, sentence: str) -> None:
    assert told(old, new) == f"{old} → {new} {sentence}"


def test_an_editor_did_what_a_person_can_have_done_and_narrows_a_single_step() -> None:
    sentence = told(S.RUNNING, S.PAUSED, editor="bob")

    assert sentence == "running → paused is one step: pause by a person; the doing of bob."


def test_an_editor_of_what_the_platform_did_was_only_there() -> None:
    assert told(S.RUNNING, S.FAILED, editor="bob").endswith("; the doing of the platform, while bob edited it.")


def test_an_editor_says_nothing_of_which_of_several_steps_was_theirs() -> None:
    sentence = told(S.UPDATE_FAILED, S.SCALED_TO_ZERO, editor="bob")

    assert steps(sentence)[-1] == "go_idle by the platform or scale_to_zero by a person"
    assert sentence.endswith("; the doing of bob.")


def test_a_decision_of_ours_is_named_and_tells_which_trigger_it_was() -> None:
    sentence = told(S.RUNNING, S.SCALED_TO_ZERO, ours=(Ours("i-1", Trigger.SCALE_TO_ZERO),))

    assert steps(sentence) == ["scale_to_zero by a person"]
    assert sentence.endswith("; the doing of a person, as our decision i-1 asked.")


def test_a_decision_of_ours_tells_which_trigger_it_was_of_several_steps_too() -> None:
    sentence = told(S.INITIALIZING, S.SCALED_TO_ZERO, ours=(Ours("i-1", Trigger.SCALE_TO_ZERO),))

    assert steps(sentence) == ["become_ready by the platform", "scale_to_zero by a person"]


def test_what_an_older_table_had_decided_is_told_without_a_step_that_there_is_not() -> None:
    sentence = explain(S.PAUSED, S.UPDATING, Classification(Kind.SKIPPED, via=(S.FAILED,)), Cause())

    assert steps(sentence) == ["a step that the table does not have", "update by a person (not certain)"]


def test_who_did_a_step_that_the_table_has_lost_is_told_all_the_same() -> None:
    sentence = explain(S.PAUSED, S.UPDATING, Classification(Kind.DIRECT), Cause(by=By.PERSON))

    assert sentence == "paused → updating is one step: a step that the table does not have; the doing of a person."


def test_two_statuses_that_nobody_knows_are_both_named() -> None:
    assert "(warming and dreaming)" in told(WARMING, UnknownStatus("dreaming"))

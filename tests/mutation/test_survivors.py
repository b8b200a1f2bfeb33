"""The list of survivors: what must stand in it, and when it is wrong."""

import msgspec
import pytest

from tests.mutation import survivors
from tests.mutation.mutants import Name, every_mutant

ONE, OTHER = (Name(file="statemachine/tally.py", within="moved", was=was, becomes="b") for was in ("a", "c"))
ENTRY = """
[[survivor]]
file = "statemachine/tally.py"
within = "moved"
was = "a"
becomes = ["b"]
reason = "REASON"
"""


def test_every_survivor_that_is_listed_is_a_mutant_still() -> None:
    listed = survivors.read(survivors.LIST.read_text(encoding="utf-8"))

    mutants = {mutant.name for mutant in every_mutant({name.file for name in listed})}

    assert survivors.strangers(listed, mutants) == []


def test_an_entry_names_a_mutant_and_says_why_it_may_live() -> None:
    assert survivors.read(ENTRY) == {ONE: "REASON"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (ENTRY.replace("REASON", " "), "without a reason"),
        (ENTRY * 2, "listed twice"),
        (ENTRY.replace("reason =", "because ="), "because"),
    ],
)
def test_an_entry_that_is_not_right_is_refused(text: str, wrong: str) -> None:
    with pytest.raises((ValueError, msgspec.ValidationError), match=wrong):
        survivors.read(text)


def test_all_is_well_if_those_survive_that_are_listed_and_no_others() -> None:
    assert survivors.faults([ONE], {ONE, OTHER}, [ONE]) == []


def test_one_that_survives_and_is_not_listed_is_a_gap() -> None:
    (wrong,) = survivors.faults([ONE], {ONE, OTHER}, [ONE, OTHER])

    assert wrong.startswith("survives: ")
    assert str(OTHER) in wrong


def test_one_that_is_listed_and_caught_is_listed_in_vain() -> None:
    (wrong,) = survivors.faults([ONE], {ONE, OTHER}, [])

    assert wrong.startswith("is listed, and caught now: ")


def test_one_that_is_listed_and_no_mutant_any_more_is_listed_in_vain() -> None:
    (wrong,) = survivors.faults([ONE], {OTHER}, [])

    assert wrong.startswith("is listed, and no mutant any more: ")

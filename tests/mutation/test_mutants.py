"""Which mutants there are of a piece of code, and by what names."""

import ast

import libcst as cst
import pytest

from tests.mutation.mutants import Mutant, mutants_of

NEIGHBOURS = {"Status.PAUSED": "ABSENT"}


def mutants(code: str) -> list[Mutant]:
    return mutants_of("statemachine/piece.py", cst.parse_module(code), NEIGHBOURS)


def codes(code: str) -> set[str]:
    return {plain(mutant.code) for mutant in mutants(code)}


def plain(code: str) -> str:
    """Return the code in the one spelling of Python itself."""
    return ast.unparse(ast.parse(code))


@pytest.mark.parametrize(
    ("code", "among"),
    [
        ("x = a < b\n", {"x = a <= b\n", "x = None\n"}),  # mutmut's own
        ("if a:\n    b = c\n", {"if True:\n    b = c\n", "if False:\n    b = c\n"}),
        ("x = [a for a in b if c]\n", {"x = [a for a in b if True]\n", "x = [a for a in b if False]\n"}),
        ("x = (a, b)\n", {"x = (a,)\n", "x = (b,)\n"}),
        ("x = {a: b, c: d}\n", {"x = {a: b}\n", "x = {c: d}\n"}),
        ("x = max(a, b)\n", {"x = min(a, b)\n", "x = a\n", "x = b\n"}),
        ("x = any(a)\n", {"x = all(a)\n"}),
        ("x = f'a {b}'\n", {"x = f'XXa XX{b}'\n"}),
        ("a.add(b)\n", {"pass\n"}),
        ("x = Status.PAUSED\n", {"x = Status.ABSENT\n"}),
        (
            "@dataclass(frozen=True)\nclass A:\n    b: int = 1\n",
            {"@dataclass(frozen=False)\nclass A:\n    b: int = 1\n"},
        ),
    ],
)
def test_a_piece_of_code_has_these_among_its_mutants(code: str, among: set[str]) -> None:
    assert set(map(plain, among)) <= codes(code)


def test_a_case_is_mutated_where_it_stands() -> None:
    code = (
        "def f(a):\n    match a:\n        case 1 if b:\n            return 2\n        case _:\n            return 3\n"
    )

    without_guard = code.replace(" if b", "")
    without_case = code.replace("        case 1 if b:\n            return 2\n", "")

    assert {plain(without_guard), plain(without_case)} <= codes(code)


def test_of_a_match_all_cases_are_left_out_but_the_one_that_is_never_reached() -> None:
    code = (
        "match a:\n    case b():\n        c = d\n    case e():\n        f = g\n    case _:\n        assert_never(a)\n"
    )

    assert plain(code.replace("    case e():\n        f = g\n", "")) in codes(code)
    assert all("assert_never" in mutant.code for mutant in mutants(code))


def test_that_two_things_are_equally_long_is_asserted_and_not_mutated() -> None:
    assert "x = zip(None, b, strict=True)" in codes("x = zip(a, b, strict=True)\n")
    assert {code for code in codes("x = zip(a, b, strict=True)\n") if "strict=True" not in code} == {"x = None"}


@pytest.mark.parametrize(
    "code",
    [
        '"""Say what this is for."""\n',
        "from a import b\n",
        "x: tuple[int, str]\n",
        'T = TypeVar("T")\n',
        'Anchor = Literal["start", "end"]\n',
        "Point = tuple[int, int]\n",
        "Change = Began | list[Ended] | None\n",
        '__all__ = ["a", "b"]\n',
        "def f(a: int | None) -> str:\n    ...\n",
        "match a:\n    case _:\n        assert_never(a)\n",
        "match a:\n    case _:\n        pass\n",
    ],
)
def test_what_tells_the_tests_nothing_is_left_alone(code: str) -> None:
    assert mutants(code) == []


def test_a_mutant_is_named_by_what_it_changes_and_where() -> None:
    code = "class A:\n    def f(self):\n        a = 1\n        return b\n"

    (mutant,) = [mutant for mutant in mutants(code) if "2" in mutant.code]

    assert (mutant.name.within, mutant.name.was, mutant.name.becomes) == ("A.f", "a = 1", "a = 2")
    assert mutant.module == "statemachine.piece"


def test_mutants_of_lines_that_are_the_same_are_told_apart_by_their_place() -> None:
    one, two = [mutant for mutant in mutants("a = 1\nb = 3\na = 1\n") if mutant.name.becomes == "a = 2"]

    assert (one.name.place, two.name.place) == (1, 2)
    assert one.code.startswith("a = 2")
    assert two.code.endswith("a = 2\n")


def test_a_name_stays_when_the_code_around_it_moves() -> None:
    here = {mutant.name for mutant in mutants("def f():\n    a = 1\n")}
    moved = {mutant.name for mutant in mutants("import z\n\n\ndef f():\n    if b: c\n    a = 1\n")}

    assert here <= moved

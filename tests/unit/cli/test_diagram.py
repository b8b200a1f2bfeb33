"""`lamplighter diagram`."""

import pytest

from statemachine.diagram import mermaid
from statemachine.document import markdown
from statemachine.drawing import svg
from tests.unit.cli.hands import Run


@pytest.mark.parametrize(
    ("words", "expected"),
    [((), mermaid()), (("--mermaid",), mermaid()), (("--markdown",), markdown()), (("--svg",), svg())],
)
def test_the_machine_is_printed_in_the_form_that_was_asked_for(
    lamplighter: Run, words: tuple[str, ...], expected: str
) -> None:
    told = lamplighter("diagram", *words)

    assert told.code == 0
    assert told.out == f"{expected}\n"
    assert told.err == ""


def test_two_forms_at_once_are_a_usage_error(lamplighter: Run) -> None:
    told = lamplighter("diagram", "--svg", "--markdown")

    assert told.code == 2
    assert told.out == ""
    assert "give one of them" in told.err

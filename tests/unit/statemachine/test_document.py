"""The document of the state machine: complete, and the one in the repository is the one that the code writes."""

from itertools import product
from pathlib import Path

import pytest

from statemachine.cause import cause_of_status
from statemachine.diagram import mermaid
from statemachine.document import markdown
from statemachine.drawing import svg
from statemachine.machine import TABLE, AlreadySo, Command, NotPermitted, Permitted, Sureness, classify, permits
from statemachine.model import Kind
from statemachine.status import FACTS, Status
from statemachine.wording import explain

DOCS = Path(__file__).parents[3] / "docs"


def table(first: str) -> list[list[str]]:
    """Return the rows of the table whose head begins with these columns."""
    rows = markdown().partition(f"\n| {first} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize(("name", "text"), [("state-machine.md", markdown()), ("state-machine.svg", svg())])
def test_the_file_in_the_repository_is_what_the_code_writes(name: str, text: str) -> None:
    kept = (DOCS / name).read_text(encoding="utf-8")

    assert kept == f"{text}\n", f"docs/{name} is not what the code writes: run scripts/diagram and commit what it wrote"


def test_every_status_stands_there_with_its_facts() -> None:
    words = {True: "yes", False: "no"}

    assert table("status | billed") == [
        [f"`{status}`", words[facts.billed], words[facts.settled], words[facts.serves]]
        for status, facts in FACTS.items()
    ]


def test_the_diagram_stands_there() -> None:
    assert f"```mermaid\n{mermaid()}\n```" in markdown()


def test_every_arrow_stands_there_with_its_evidence() -> None:
    rows = table("from | to | trigger")

    assert len(rows) == len(TABLE)
    assert ["running", "failed", "fail", "platform", "yes", "docs, field reports"] in rows
    assert {(row[0], row[1], row[2], row[5]) for row in rows} == {
        (arrow.source, arrow.target, arrow.trigger, arrow.evidence) for arrow in TABLE
    }


def test_every_pair_stands_there_as_it_is_classified_with_its_sentence() -> None:
    rows = {(row[0], row[1]): row[2:] for row in table("from | to | kind")}

    assert set(rows) == set(product(Status, Status))
    for old, new in product(Status, Status):
        classified, cause = classify(old, new), cause_of_status(old, new, editor=None, ours=())
        by_and_trigger = ["", ""] if old is new else [cause.by or "", cause.trigger or ""]
        sentence = explain(old, new, classified, cause)
        assert rows[old, new] == [classified.kind, ", ".join(classified.via), *by_and_trigger, sentence]


def test_the_square_of_all_pairs_says_the_same_in_signs() -> None:
    signs = {Kind.DIRECT: "●", Kind.UNEXPECTED: "!"}

    for old, row in zip(Status, table("from ↓ to →"), strict=True):
        assert row[0] == f"**{old}**"
        for new, sign in zip(Status, row[1:], strict=True):
            classified = classify(old, new)
            assert sign == signs.get(classified.kind, str(len(classified.via)))


def test_every_command_stands_there_in_every_status_as_it_is_permitted() -> None:
    *known, unknown = table("status | pause")

    assert [row[0] for row in known] == list(Status)
    for status, row in zip(Status, known, strict=True):
        for command, answer in zip(Command, row[1:], strict=True):
            match permits(status, command):
                case Permitted(sureness=Sureness.EVIDENCE):
                    assert answer == "permitted"
                case Permitted():
                    assert answer == "permitted, no evidence"
                case AlreadySo():
                    assert answer == "already so"
                case NotPermitted():
                    assert answer == "not"
    assert unknown == ["(unknown)", *["permitted, status unknown"] * len(Command)]

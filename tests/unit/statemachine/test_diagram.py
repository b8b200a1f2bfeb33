"""The table as Mermaid shows it."""

from statemachine.diagram import mermaid
from statemachine.machine import TABLE


def test_the_diagram_has_an_edge_for_every_pair_of_statuses_with_an_arrow() -> None:
    edges = [line.split(":")[0].split(" --> ") for line in mermaid().splitlines()[2:]]

    assert sorted((source.strip(), target) for source, target in edges) == sorted(
        {(str(arrow.source), str(arrow.target)) for arrow in TABLE}
    )


def test_the_diagram_marks_what_has_no_certain_evidence() -> None:
    lines = mermaid().splitlines()

    assert "    running --> paused: pause, run_out_of_credits?" in lines
    assert "    updateFailed --> updating: update?" in lines

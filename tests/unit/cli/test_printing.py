"""What is printed for a person is there to be read: a narrow terminal may fold it, and cuts nothing off."""

import pytest

from service.cli import printing

HEADER = ("RUNS", "HARDWARE", "$/h", "LAST EDIT")
ROWS = [
    ("acme-research/llama-70b-eval", "h200 x1", "5.00", "41 d ago, ml-evals"),
    ("acme-labs/embed-old", "l40s x1 \N{MULTIPLICATION SIGN}2", "12.40", "88 d ago, dana (left org)"),
]


@pytest.mark.parametrize("columns", range(20, 101, 8))
def test_a_table_shows_every_cell_however_narrow_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr(printing, "at_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))

    printing.table(HEADER, ROWS, numbers={"$/h"})

    shown = capsys.readouterr().out
    for row in (HEADER, *ROWS):
        assert all(cell in shown for cell in row[:-1])
        assert all(word in shown for word in row[-1].split())
    assert "" not in shown.splitlines()


def test_the_last_column_is_wrapped_within_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "at_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")

    printing.table(HEADER, ROWS)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4  # one row takes two
    assert max(map(len, lines)) <= 70

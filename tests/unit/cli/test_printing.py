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


def test_a_sentence_is_wrapped_between_words_at_a_terminal_and_stays_one_line_on_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = " ".join(["running"] * 20)

    printing.say(sentence)
    piped = capsys.readouterr().out
    monkeypatch.setattr(printing, "at_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")
    printing.say(sentence)
    shown = capsys.readouterr().out.splitlines()

    assert piped == f"{sentence}\n"
    assert max(map(len, shown)) <= 70
    assert " ".join(line.strip() for line in shown) == sentence


def test_a_table_on_a_pipe_is_aligned_also_where_letters_take_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    printing.table(("NAME", "N", "WHY"), [("\u6a21\u578b", "1", "ok"), ("ab", "200", "")], numbers={"N"})

    assert capsys.readouterr().out.splitlines() == ["NAME    N  WHY", "\u6a21\u578b    1  ok", "ab    200"]

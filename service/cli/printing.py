"""Putting it on paper: for a person at a terminal, for a pipe, or for a machine.

On a pipe there is no colour, no box and no wrapping: a line stays a line. Standard output carries what was asked for
and nothing else; everything about how it went belongs to standard error.
"""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # colours are imported where somebody sees them: JSON, errors and pipes need none of it
    from rich.console import Console

WIDE = 10_000  # columns of a pipe: nothing is wrapped
PIPE = 100  # columns of a drawing on a pipe
NARROW = 16  # columns: text in fewer is not to be read
STYLES: Mapping[str, str] = {
    "running": "green",
    "failed": "bold red",
    "updateFailed": "bold red",
    "paused": "dim",
    "scaledToZero": "dim",
    "critical": "bold red",
    "warning": "yellow",
}


def at_terminal() -> bool:
    """Return whether a person reads standard output."""
    return sys.stdout.isatty()


def console() -> "Console":
    """Return the console of the standard output there is now."""
    from rich.console import Console

    width = None if at_terminal() else WIDE
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)


def columns() -> int:
    """Return how wide a drawing may be: as the terminal is, or a hundred columns on a pipe."""
    return console().width if at_terminal() else PIPE


def say(line: str = "", style: str = "") -> None:
    """Print a line for a person; at a terminal it is coloured, and wrapped between words."""
    if not at_terminal():
        print(printable(line), flush=True)  # whoever reads a pipe sees it when it is said, and before a later error
        return
    from rich.text import Text

    console().print(Text(printable(line), style=style), soft_wrap=False)


def printable(text: str) -> str:
    """Return a text without what is no letter: a line stays a line, and no terminal obeys what others wrote."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def warn(line: str) -> None:
    """Print a line beside the output: how it went, never what was asked for."""
    print(line, file=sys.stderr, flush=True)


def document(value: Any) -> None:
    """Print one JSON document: over many lines for a person, in one line for a machine."""
    print(json.dumps(value, ensure_ascii=False, indent=2 if at_terminal() else None), flush=True)


def json_line(value: Any) -> None:
    """Print one JSON document in one line, at once: for streams."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = (), *, numbers: Collection[str] = ()
) -> None:
    """Print columns; at a terminal only the last is wrapped, or none where it has no room: nothing is ever left out.

    `styles` holds one a row; `numbers` stand to the right.
    """
    rows = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(_width, column)) for column in zip(header, *rows, strict=True)]
    right = [title in numbers for title in header]
    if not at_terminal():
        for row in (tuple(header), *rows):
            print("  ".join(map(_padded, row, widths, right)).rstrip())
        return
    _draw(header, rows, styles, widths, right)


def _draw(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str],
    widths: Sequence[int],
    right: Sequence[bool],
) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    paper = console()
    room = paper.width - sum(widths[:-1]) - 2 * (len(widths) - 1)
    for number, title in enumerate(header):
        last = number == len(widths) - 1
        grid.add_column(
            title,
            max_width=room if last and room >= NARROW else None,
            overflow="fold",
            justify="right" if right[number] else "left",
        )
    for number, row in enumerate(rows):
        grid.add_row(*(Text(cell) for cell in row), style=styles[number] if number < len(styles) else None)
    paper.width = WIDE  # what has no room is wrapped by the terminal, and never cut off
    with paper.capture() as captured:
        paper.print(grid, soft_wrap=False)
    for line in captured.get().splitlines():
        print(line.rstrip())


def _padded(text: str, width: int, right: bool) -> str:
    room = " " * (width - _width(text))
    return room + text if right else text + room


def _width(text: str) -> int:
    """Return how many columns a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def pairs(facts: Sequence[tuple[str, str]]) -> None:
    """Print names and values, one a line, aligned; those with an empty value are left out."""
    shown = [(name, value) for name, value in facts if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        say(f"  {name:<{width}}  {value}")


def count_line(counts: Mapping[str, int]) -> str:
    """Return `running 35 · paused 7`, the most first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{name} {number}" for name, number in ordered)

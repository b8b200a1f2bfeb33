"""docs/clients.md: what in it comes from the code. `python -m tests.integration.client.page` writes that anew."""

from pathlib import Path

from tests.integration.client.differences import DIFFERENCES
from tests.integration.client.kept import kept
from tests.integration.client.rows import table

PAGE = Path(__file__).parents[3] / "docs" / "clients.md"
END = "<!-- end -->"


def parts() -> dict[str, str]:
    """Return each part that comes from the code, by the mark that it stands behind."""
    return {
        "<!-- kept -->\n": kept(),
        "<!-- table -->\n": table({row: one.text for row, one in DIFFERENCES.items()}),
    }


def written(text: str, mark: str) -> str:
    """Return what stands behind a mark."""
    return text.partition(mark)[2].partition(END)[0]


def renewed(text: str) -> str:
    """Return the page with these parts as they should be."""
    for mark, part in parts().items():
        before, found, after = text.partition(mark)
        text = f"{before}{found}{part}{END}{after.partition(END)[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

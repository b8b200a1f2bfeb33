"""Events as a table of texts: the columns that `--format table`, CSV files and spreadsheets rely on."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = ("position", "time", "type", "endpoint", "namespace", "actor", "stream", "version", "id", "schema", "data")


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of CSV, its end included, as RFC 4180 says."""
    paper = io.StringIO()
    csv.writer(paper).writerow(cells)
    return paper.getvalue()


def cells(event: Mapping[str, Any]) -> list[str]:
    """Return the cells of an event as the API shows it; what it does not have is empty, its payload is JSON."""
    data = json.dumps(event["data"], ensure_ascii=False)
    return ["" if event[name] is None else str(event[name]) for name in COLUMNS[:-1]] + [data]

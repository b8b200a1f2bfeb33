"""The configuration in force, in a snapshot: one row."""

from collections.abc import Iterable, Iterator

import msgspec

from events.views.configured import Configured
from events.views.saved.form import Shape
from statemachine.configuration import Scalar

FOLD = 1


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    digest: str | None
    refused: bool
    flat: dict[str, Scalar]


def _rows(configured: Configured) -> Iterator[Row]:
    yield Row(digest=configured.digest, refused=configured.refused, flat=configured.flat)


def _view(position: int, rows: Iterable[Row]) -> Configured:
    configured = Configured()
    configured.position = position
    for row in rows:
        configured.digest, configured.refused, configured.flat = row.digest, row.refused, row.flat
    return configured


CONFIGURED = Shape(name="configured", fold=FOLD, row=Row, rows=_rows, view=_view)

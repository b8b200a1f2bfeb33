"""What is compared of views, and the examples of how each lies in a snapshot.

`python -m tests.contract.kept` writes those of a new fold version; it never touches one that is there.
"""

import re
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from events import codec
from events.record import Recorded
from events.views.saved import Shape, parts
from events.views.saved.form import ENCODER
from events.views.views import Views
from service.subscribers.alerts.saved import WAITING
from service.subscribers.alerts.waiting import Instant, Waiting
from tests.contract.told import STORY

FOLDER = Path(__file__).parent / "snapshots"


def folded(history: list[Recorded], views: Views | None = None) -> Views:
    """Return the views of a history, or the given ones after it."""
    views = views or Views()
    for recorded in history:
        views.apply(recorded, codec.decode(recorded))
    return views


def shown(views: Views) -> dict[str, object]:
    """Return all that the views know, as it can be compared."""
    rows = {shape.name: list(shape.rows(view)) for shape, view in parts(views)}
    positions = [view.position for _, view in parts(views)]
    return {**rows, "positions": [*positions, views.incidents.position]}


def examples() -> dict[str, bytes]:
    """Return the files that belong to the present folds, by name: of each its rows for the story, and their shape."""
    fleet, waiting, at = Views(), Waiting(), Instant(now=STORY[0].time, monotonic=0.0)
    for recorded in STORY:
        event = codec.decode(recorded)
        fleet.apply(recorded, event)
        waiting.apply(fleet.fleet, recorded, event, at)
    found = {}
    for shape, view in (*parts(fleet), (WAITING, waiting)):
        name = f"{shape.name}.v{shape.fold}"
        found[f"{name}.jsonl"] = ENCODER.encode_lines(list(shape.rows(view)))
        found[f"{name}.shape.json"] = described(shape)
    return found


def described(shape: Shape[Any]) -> bytes:
    """Return every class that its rows are made of, with the types of its fields: what another shape would change."""
    found: dict[str, Any] = {}
    _describe(shape.row, found)
    return msgspec.json.format(msgspec.json.encode(found, order="deterministic")) + b"\n"


def _describe(kind: Any, found: dict[str, Any]) -> None:
    for part in get_args(kind):
        _describe(part, found)
    if not isinstance(kind, type) or kind.__name__ in found:
        return
    if issubclass(kind, Enum):
        found[kind.__name__] = [member.value for member in kind]
    elif is_dataclass(kind) or issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        names = kind.__struct_fields__ if issubclass(kind, msgspec.Struct) else [each.name for each in fields(kind)]
        found[kind.__name__] = {name: _spelt(hints[name]) for name in names}
        for name in names:
            _describe(hints[name], found)


def _spelt(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else re.sub(r"\b[\w.]+\.", "", str(kind))


if __name__ == "__main__":
    for name, content in examples().items():
        if not (FOLDER / name).exists():
            (FOLDER / name).write_bytes(content)

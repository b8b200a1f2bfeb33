"""What is compared of views, and the examples of how each lies in a snapshot.

`python -m tests.contract.kept` writes those of a new fold version; it never touches one that is there.
"""

from pathlib import Path
from typing import Any

import msgspec

from events import codec
from events.log import Recorded
from events.views.saved import CONFIGURED, FLEET, OUTBOX, UPTIME, Shape
from events.views.saved.form import ENCODER
from events.views.views import Views
from service.subscribers.alerts.saved import WAITING
from service.subscribers.alerts.waiting import Instant, Waiting
from tests.contract.told import STORY

FOLDER = Path(__file__).parent / "snapshots"
SHAPES: tuple[Shape[Any], ...] = (FLEET, OUTBOX, UPTIME, CONFIGURED)


def folded(history: list[Recorded], views: Views | None = None) -> Views:
    """Return the views of a history, or the given ones after it."""
    views = views or Views()
    for recorded in history:
        views.apply(recorded, codec.decode(recorded))
    return views


def parts(views: Views) -> list[tuple[Shape[Any], Any]]:
    return list(zip(SHAPES, (views.fleet, views.outbox, views.uptime, views.configured), strict=True))


def shown(views: Views) -> dict[str, object]:
    """Return all that the views know, as it can be compared."""
    rows = {shape.name: list(shape.rows(view)) for shape, view in parts(views)}
    positions = [view.position for _, view in parts(views)]
    return {**rows, "positions": [*positions, views.incidents.position]}


def examples() -> dict[str, bytes]:
    """Return the files that belong to the present folds, by name: of each its rows for the story, and their schema."""
    fleet, waiting, at = Views(), Waiting(), Instant(now=STORY[0].time, monotonic=0.0)
    for recorded in STORY:
        event = codec.decode(recorded)
        fleet.apply(recorded, event)
        waiting.apply(fleet.fleet, recorded, event, at)
    found = {}
    for shape, view in (*parts(fleet), (WAITING, waiting)):
        name = f"{shape.name}.v{shape.fold}"
        found[f"{name}.jsonl"] = ENCODER.encode_lines(list(shape.rows(view)))
        schema = msgspec.json.encode(msgspec.json.schema(shape.row), order="deterministic")
        found[f"{name}.schema.json"] = msgspec.json.format(schema) + b"\n"
    return found


if __name__ == "__main__":
    for name, content in examples().items():
        if not (FOLDER / name).exists():
            (FOLDER / name).write_bytes(content)

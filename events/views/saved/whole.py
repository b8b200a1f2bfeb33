"""All the views of a daemon in one snapshot, as of one position."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from events.views.saved.configured import CONFIGURED
from events.views.saved.fleet import FLEET
from events.views.saved.form import Shape, Snapshot
from events.views.saved.outbox import OUTBOX
from events.views.saved.tokens import TOKENS
from events.views.saved.uptime import UPTIME
from events.views.views import Views

SHAPES: tuple[Shape[Any], ...] = (FLEET, OUTBOX, UPTIME, CONFIGURED, TOKENS)


def parts(views: Views) -> tuple[tuple[Shape[Any], Any], ...]:
    """Return each view with its shape, in the order of SHAPES."""
    return (
        (FLEET, views.fleet),
        (OUTBOX, views.outbox),
        (UPTIME, views.uptime),
        (CONFIGURED, views.configured),
        (TOKENS, views.tokens),
    )


def whole(snapshot: Snapshot) -> Views:
    """Return the views of a snapshot of all shapes."""
    return Views(
        fleet=snapshot.of(FLEET),
        outbox=snapshot.of(OUTBOX),
        uptime=snapshot.of(UPTIME),
        configured=snapshot.of(CONFIGURED),
        tokens=snapshot.of(TOKENS),
    )


def differing(views: Views, others: Views) -> Iterator[str]:
    """Yield the name of each view that is not the same in both."""
    for (shape, view), (_, other) in zip(parts(views), parts(others), strict=True):
        if any(one != another for one, another in zip_longest(shape.rows(view), shape.rows(other))):
            yield shape.name

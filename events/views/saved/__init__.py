"""How views lie in a snapshot: one shape a view, each with the version of its fold.

A shape says which rows a view is written as and how it comes back from them. `FOLD` goes up whenever the rows change,
or when the fold makes something else of the same events: a snapshot of another fold is not read but made anew. The
tests hold an example of each.
"""

from events.views.saved.configured import CONFIGURED
from events.views.saved.fleet import FLEET
from events.views.saved.form import NotTrusted, Shape, Snapshot, read, written
from events.views.saved.outbox import OUTBOX
from events.views.saved.tokens import TOKENS
from events.views.saved.uptime import UPTIME
from events.views.saved.whole import SHAPES, differing, parts, whole

__all__ = [
    "CONFIGURED",
    "FLEET",
    "OUTBOX",
    "SHAPES",
    "TOKENS",
    "UPTIME",
    "NotTrusted",
    "Shape",
    "Snapshot",
    "differing",
    "parts",
    "read",
    "whole",
    "written",
]

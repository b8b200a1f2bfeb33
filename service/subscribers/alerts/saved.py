"""What the alerts keep of the log in a snapshot of their own: the fleet, and what lasts, as of their own cursor.

The views of the daemon are as of the head, and the alerts may be behind it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from events.streams import Subject
from events.views.saved import Shape
from service.subscribers.alerts.waiting import Wait, Waiting

FOLD = 1
SNAPSHOT = "alerts"


class WaitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that lasts; for how long already, is reckoned anew by whoever reads it."""

    rule: str
    namespace: str | None
    name: str | None
    since: datetime
    cause: int


def _rows(waiting: Waiting) -> Iterator[WaitRow]:
    for wait in waiting.all.values():
        about = wait.subject
        yield WaitRow(rule=wait.rule, namespace=about.namespace, name=about.name, since=wait.since, cause=wait.cause)


def _view(_position: int, rows: Iterable[WaitRow]) -> Waiting:
    waiting, long_ago = Waiting(), float("-inf")
    for row in rows:
        subject = Subject(row.namespace, row.name)
        wait = Wait(rule=row.rule, subject=subject, since=row.since, cause=row.cause, begun=long_ago)
        waiting.all[wait.stream] = wait
    return waiting


WAITING = Shape(name="waiting", fold=FOLD, row=WaitRow, rows=_rows, view=_view)

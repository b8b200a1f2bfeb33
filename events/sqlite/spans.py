"""Which positions of a log a query is asked of: what its times leave, what lies in the log still, what is indexed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from events.errors import LogUnusable
from events.query import Query
from events.sqlite.conditions import text
from events.sqlite.driver import Connection
from events.sqlite.indexed import UNKNOWN_LATENESS

EXTENT = """
    SELECT position, coalesce((SELECT max(last) FROM segments), 0), indexed, (SELECT seconds FROM lateness) FROM head
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far a log reaches: its `head`, what lies in archives and in the index, and by how much events are late."""

    head: int
    archived: int
    indexed: int
    late: timedelta

    @classmethod
    def of(cls, con: Connection) -> "Extent":
        """Return that of a log, as of the transaction. Raises LogUnusable if it is not known how late events are."""
        head, archived, indexed, seconds = con.execute(EXTENT).fetchone()
        if seconds is None:
            raise LogUnusable(str(UNKNOWN_LATENESS))
        return cls(head=head, archived=archived, indexed=indexed, late=timedelta(seconds=seconds + 1))


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked of the positions from `first` to `last`, and whether they are in the index."""

    query: Query
    first: int
    last: int
    indexed: bool = False


def spans(con: Connection, query: Query, extent: Extent) -> list[Span]:
    """Divide a query by positions, in their order; what the index holds is apart from what it does not."""
    return [part for span in _by_times(con, query, extent) for part in _parted(span, extent.indexed)]


def _parted(span: Span, indexed: int) -> Iterator[Span]:
    """Divide what the index holds from what it does not."""
    if span.first <= indexed:
        yield Span(span.query, span.first, min(span.last, indexed), indexed=True)
    if span.last > indexed:
        yield Span(span.query, max(span.first, indexed + 1), span.last)


def _by_times(con: Connection, query: Query, extent: Extent) -> list[Span]:
    """Divide a query by positions: where times may or may not fit, and between, where they are sure to."""
    first = max(query.after, extent.archived) + 1
    last = extent.head if query.before is None else min(query.before - 1, extent.head)
    begin, sure, until, end = first, first, last + 1, last + 1
    late = extent.late
    if query.since is not None:
        begin, sure = _place(con, query.since, -late, first, last), _place(con, query.since, late, first, last)
    if query.until is not None:
        until, end = _place(con, query.until, -late, first, last), _place(con, query.until, late, first, last)
    if sure >= until:
        spans = [Span(query, begin, end - 1)]
    elif query.since is None and query.until is None:
        spans = [Span(query, first, last)]
    else:
        timeless = replace(query, since=None, until=None)
        spans = [Span(query, begin, sure - 1), Span(timeless, sure, until - 1), Span(query, until, end - 1)]
    return [span for span in spans if span.first <= span.last]


def _place(con: Connection, at: datetime, later: timedelta, first: int, last: int) -> int:
    """Return the end of a part that is earlier than an instant: were times in order, it would be all of it."""
    low, high = first, last + 1
    try:
        bound = text(at + later)
    except OverflowError:
        return low if at.year < 5000 else high
    while low < high:
        middle = (low + high) // 2
        # A log that was changed behind its back may lack that one, and is asked all the same.
        found = con.execute(
            "SELECT time FROM events WHERE position >= ? ORDER BY position LIMIT 1", (middle,)
        ).fetchone()
        low, high = (middle + 1, high) if found is not None and found[0] < bound else (low, middle)
    return low

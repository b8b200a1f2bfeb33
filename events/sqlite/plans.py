"""How a query is answered from the index: never by a sort, and by a scan only where most of what it meets will match.

The index (see `index`) holds runs of positions, in the log's order. A query takes the fewest runs that hold all that it
may match, merges them by position, and stops at its limit:

- few positions are left between `after` and `before`, or they are not indexed yet: the table itself;
- a stream: its own run; an intent: that of what names it;
- type, status, cause, policy, actor: one run for each *kind* (their combination) that there is, in the whole log or in
  a namespace;
- the namespaces that a caller may see: the runs of each of them;
- endpoints, by name or by globs: the run of each, in which every event has its kind beside it; where they are many and
  the kinds are rare, the runs of the kinds, and each event is checked.

Times are nearly in the order of positions, and by how much they are not is known (`lateness`): they narrow the
positions, and only near their ends are times looked at. What runs do not make sure of is checked event by event.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal

from events.matching import among, permitting
from events.query import Query
from events.sqlite.driver import Connection

NEAR = 2000  # positions: so few are read one by one
MOST_RUNS = 1000  # merged; beyond that a scan meets what matches sooner
MOST_SUBJECTS = 50  # endpoints whose runs are always taken
RARE = 4000  # events of a kind: so few may be looked at one by one, where there are more endpoints than that
EVERYTHING = 0  # the subject that is the whole log
OF_POLICY = (
    "(events.policy = ? OR events.policy IS NULL AND EXISTS (SELECT 1 FROM intents "
    "WHERE intents.intent = events.intent AND intents.policy = ? AND intents.position < events.position))"
)
OF_STREAM = "versions.stream = (SELECT streams.stream FROM streams WHERE streams.name = ?)"
EXTENT = """
    SELECT position, coalesce((SELECT max(last) FROM segments), 0), indexed, (SELECT seconds FROM lateness) FROM head
"""
# The kinds of a subject's events, leaping from one to the next.
THERE = """
    WITH RECURSIVE there (kind) AS (
        VALUES (0)
        UNION ALL
        SELECT (SELECT min(entries.kind) FROM entries WHERE entries.subject = ? AND entries.kind > there.kind)
        FROM there WHERE there.kind IS NOT NULL
    )
    SELECT kinds.kind FROM there JOIN kinds USING (kind)
"""

Value = str | int
Terms = tuple[tuple[str, tuple[Value, ...]], ...]  # conditions with their values


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Rows of a table that fulfil the conditions of `key`, by position; the events there must pass the `checks`."""

    table: Literal["events", "versions", "entries", "members", "followers"] = "events"
    key: Terms = ()
    checks: Terms = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Runs that hold all that matches from `first` to `last`. `overlap`: one event may be in several."""

    first: int
    last: int
    newest_first: bool = False
    runs: tuple[Run, ...] = ()
    overlap: bool = False

    def read(self, run: Run, columns: str) -> str:
        """Return the statement that reads a run in order, between two positions and up to a limit."""
        return f"{self._select(run, columns)} ORDER BY position {'DESC' if self.newest_first else 'ASC'} LIMIT ?"

    def count(self, run: Run) -> str:
        """Return the statement that counts a run between two positions."""
        return self._select(run, "count(*)")

    def values(self, run: Run, first: int, last: int) -> list[Value]:
        """Return the values for a statement, but for its limit."""
        return [*(value for _, values in (*run.key, *run.checks) for value in values), first, last]

    def _select(self, run: Run, columns: str) -> str:
        source: str = run.table
        if source != "events" and (run.checks or columns not in {"position", "count(*)"}):
            source = f"{source} CROSS JOIN events USING (position)"  # in this order
        terms = [*(term for term, _ in (*run.key, *run.checks)), "position >= ?", "position <= ?"]
        return f"SELECT {columns} FROM {source} WHERE {' AND '.join(terms)}"  # noqa: S608 - no value in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far a log reaches: its `head`, what lies in archives and in the index, and by how much events are late."""

    head: int
    archived: int
    indexed: int
    late: timedelta

    @classmethod
    def of(cls, con: Connection) -> "Extent":
        """Return that of a log, as of the transaction."""
        head, archived, indexed, seconds = con.execute(EXTENT).fetchone()
        return cls(head=head, archived=archived, indexed=indexed, late=timedelta(seconds=seconds + 1))


def plans(con: Connection, query: Query, extent: Extent) -> list[Plan]:
    """Choose what answers a query, in parts that follow one another in its order."""
    if query.globs:
        con.create_scalar_function("among", among(query.globs), 2, deterministic=True)
    if query.within is not None:
        permitted = permitting(query.within)
        con.create_scalar_function("permitted", permitted, 1, deterministic=True)
        if query.namespace is not None and not permitted(query.namespace):
            return []
    parts = [_plan(con, part) for span in _spans(con, query, extent) for part in _parted(span, extent.indexed)]
    return parts[::-1] if query.newest_first else parts


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked of the positions from `first` to `last`, and whether they are in the index."""

    query: Query
    first: int
    last: int
    indexed: bool = False


def _parted(span: Span, indexed: int) -> Iterator[Span]:
    """Divide what the index holds from what it does not."""
    if span.first <= indexed:
        yield Span(span.query, span.first, min(span.last, indexed), indexed=True)
    if span.last > indexed:
        yield Span(span.query, max(span.first, indexed + 1), span.last)


def _spans(con: Connection, query: Query, extent: Extent) -> list[Span]:
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
        bound = _text(at + later)
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


def _plan(con: Connection, span: Span) -> Plan:
    query, overlap = span.query, span.query.intent is not None
    if span.last - span.first < NEAR or not span.indexed:
        runs = [_walk(query)]
    elif overlap:
        runs = _of_intent(query)
    else:
        runs = _by_kinds(con, query) if query.stream is None else [_of_stream(query)]
    return Plan(first=span.first, last=span.last, newest_first=query.newest_first, runs=tuple(runs), overlap=overlap)


def _walk(query: Query) -> Run:
    return Run(checks=_checks(query))


def _of_stream(query: Query) -> Run:
    return Run(table="versions", key=((OF_STREAM, (query.stream or "",)),), checks=_checks(replace(query, stream=None)))


def _of_intent(query: Query) -> list[Run]:
    checks = _checks(replace(query, intent=None))
    named = Run(table="followers", key=(("followers.intent = ?", (query.intent or "",)),), checks=checks)
    return [named, *(Run(key=(("position = ?", (at,)),), checks=checks) for at in sorted(set(query.evidence)))]


def _by_kinds(con: Connection, query: Query) -> list[Run]:
    """Take the runs of the kinds that match: in the log, in a namespace, or of endpoints."""
    if query.globs or query.name is not None:
        runs = _of_endpoints(con, query)
    elif query.namespace is not None:
        runs = _of_namespace(con, query, query.namespace)
    elif query.within is not None:
        runs = [run for namespace in _permitted(con) for run in _of_namespace(con, query, namespace)]
    else:
        runs = list(_of_kinds(con, query, EVERYTHING)) if _kinds(query) else [Run(checks=_times(query))]
    return runs if len(runs) <= MOST_RUNS else [_walk(query)]


def _of_namespace(con: Connection, query: Query, namespace: str) -> list[Run]:
    return [run for subject in _subjects(con, namespace, "") for run in _of_kinds(con, query, subject)]


def _of_endpoints(con: Connection, query: Query) -> list[Run]:
    """Take the runs of the endpoints that match; if their kinds are rare, those of the kinds, and check each event."""
    subjects, kinds = list(islice(_matching(con, query), MOST_RUNS + 1)), _wanted(con, query)
    if len(subjects) <= MOST_SUBJECTS or kinds is None or not _are_rare(con, kinds):
        return [_of_endpoint(query, subject, kinds) for subject in subjects] if kinds is None or kinds else []
    wide = replace(query, name=None)
    found = _of_kinds(con, wide, EVERYTHING) if query.namespace is None else _of_namespace(con, wide, query.namespace)
    return [replace(run, checks=_checks(query)) for run in found]


def _of_endpoint(query: Query, subject: int, kinds: tuple[int, ...] | None) -> Run:
    key: Terms = (("subject = ?", (subject,)),)
    if kinds is not None:
        key = (*key, (f"kind IN ({', '.join('?' * len(kinds))})", kinds))
    return Run(table="members", key=key, checks=_times(query))


def _wanted(con: Connection, query: Query) -> tuple[int, ...] | None:
    """Return the kinds that a query asks for; None if it asks for any."""
    terms = _kinds(query)
    where, values = " AND ".join(term for term, _ in terms), [value for _, own in terms for value in own]
    return tuple(kind for (kind,) in con.execute(f"SELECT kind FROM kinds WHERE {where}", values)) if terms else None  # noqa: S608 - no value in it


def _are_rare(con: Connection, kinds: tuple[int, ...]) -> bool:
    """Return whether of some kinds so few events are in the log that each of them may be looked at."""
    left = RARE
    for kind in kinds:
        sql = "SELECT 1 FROM entries WHERE subject = ? AND kind = ? LIMIT ?"
        left -= len(con.execute(sql, (EVERYTHING, kind, left + 1)).fetchall())
        if left < 0:
            return False
    return True


def _subjects(con: Connection, namespace: str, name: str) -> list[int]:
    """Return a namespace (whose name is '') or an endpoint, if it is in the index."""
    sql = "SELECT subject FROM subjects WHERE namespace = ? AND name = ?"
    return [subject for (subject,) in con.execute(sql, (namespace, name))]


def _permitted(con: Connection) -> list[str]:
    """Return the namespaces that a query may be about."""
    sql = "SELECT namespace FROM subjects WHERE name = '' AND permitted(namespace)"
    return [namespace for (namespace,) in con.execute(sql)]


def _matching(con: Connection, query: Query) -> Iterator[int]:
    """Yield the endpoints that a query may be about."""
    terms = [("name > ''", ()), *_equal(query, "namespace", "name"), *_globs(query), *_within(query)]
    where, values = " AND ".join(term for term, _ in terms), [value for _, own in terms for value in own]
    sql = f"SELECT subject FROM subjects WHERE {where}"  # noqa: S608 - no value in it
    return (subject for (subject,) in con.execute(sql, values))


def _of_kinds(con: Connection, query: Query, subject: int) -> Iterator[Run]:
    """Yield a run for each kind of a subject that is wanted."""
    terms = _kinds(query)
    where = " AND ".join(["true", *(term for term, _ in terms)])
    values = [subject, *(value for _, own in terms for value in own)]
    for (kind,) in con.execute(f"{THERE} WHERE {where}", values):
        key: Terms = (("subject = ?", (subject,)), ("kind = ?", (kind,)))
        yield Run(table="entries", key=key, checks=_times(query))


def _kinds(query: Query) -> Terms:
    """Return what a query asks of a kind, as conditions on the table of kinds."""
    return (*_either(query), *_equal(query, "cause", "policy", "actor"))


def _checks(query: Query) -> Terms:
    """Return all that a query asks of an event, but for its position, as conditions on its columns."""
    named: Terms = ()
    if query.intent is not None:
        places = ", ".join("?" * len(query.evidence))
        named = ((f"(intent = ? OR position IN ({places}))", (query.intent, *query.evidence)),)
    policy: Terms = () if query.policy is None else ((OF_POLICY, (query.policy, query.policy)),)
    columns = _equal(query, "stream", "namespace", "name", "actor", "cause")
    return (*named, *columns, *_either(query), *_globs(query), *_within(query), *policy, *_times(query))


def _equal(query: Query, *columns: str) -> Terms:
    asked = ((column, getattr(query, column)) for column in columns)
    return tuple((f"{column} = ?", (value,)) for column, value in asked if value is not None)


def _either(query: Query) -> Terms:
    several = (("type", query.types), ("status", query.statuses))
    return tuple((f"{column} IN ({', '.join('?' * len(values))})", values) for column, values in several if values)


def _globs(query: Query) -> Terms:
    return (("among(namespace, name)", ()),) if query.globs else ()


def _within(query: Query) -> Terms:
    return () if query.within is None else (("permitted(namespace)", ()),)


def _times(query: Query) -> Terms:
    asked = (("time >= ?", query.since), ("time < ?", query.until))
    return tuple((term, (_text(at),)) for term, at in asked if at is not None)


def _text(at: datetime) -> str:
    """Return an instant as the column `time` spells it, also those of years before 1000."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

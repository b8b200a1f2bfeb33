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
from dataclasses import replace
from itertools import islice

from events.matching import among, permitting
from events.query import Query
from events.sqlite import conditions
from events.sqlite.conditions import Terms
from events.sqlite.driver import Connection
from events.sqlite.runs import Plan, Run
from events.sqlite.spans import Extent, Span, spans

NEAR = 2000  # positions: so few are read one by one
MOST_RUNS = 1000  # merged; beyond that a scan meets what matches sooner
MOST_SUBJECTS = 50  # endpoints whose runs are always taken
RARE = 4000  # events of a kind: so few may be looked at one by one, where there are more endpoints than that
EVERYTHING = 0  # the subject that is the whole log
OF_STREAM = "versions.stream = (SELECT streams.stream FROM streams WHERE streams.name = ?)"
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


def plans(con: Connection, query: Query, extent: Extent) -> list[Plan]:
    """Choose what answers a query, in parts that follow one another in its order."""
    if query.globs:
        con.create_scalar_function("among", among(query.globs), 2, deterministic=True)
    if query.within is not None:
        permitted = permitting(query.within)
        con.create_scalar_function("permitted", permitted, 1, deterministic=True)
        if query.namespace is not None and not permitted(query.namespace):
            return []
    parts = [_plan(con, span) for span in spans(con, query, extent)]
    return parts[::-1] if query.newest_first else parts


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
    return Run(checks=conditions.checks(query))


def _of_stream(query: Query) -> Run:
    return Run(
        table="versions",
        key=((OF_STREAM, (query.stream or "",)),),
        checks=conditions.checks(replace(query, stream=None)),
    )


def _of_intent(query: Query) -> list[Run]:
    checks = conditions.checks(replace(query, intent=None))
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
        runs = (
            list(_of_kinds(con, query, EVERYTHING))
            if conditions.kinds(query)
            else [Run(checks=conditions.times(query))]
        )
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
    return [replace(run, checks=conditions.checks(query)) for run in found]


def _of_endpoint(query: Query, subject: int, kinds: tuple[int, ...] | None) -> Run:
    key: Terms = (("subject = ?", (subject,)),)
    if kinds is not None:
        key = (*key, (f"kind IN ({', '.join('?' * len(kinds))})", kinds))
    return Run(table="members", key=key, checks=conditions.times(query))


def _wanted(con: Connection, query: Query) -> tuple[int, ...] | None:
    """Return the kinds that a query asks for; None if it asks for any."""
    terms = conditions.kinds(query)
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
    terms = [
        ("name > ''", ()),
        *conditions.equal(query, "namespace", "name"),
        *conditions.globs(query),
        *conditions.within(query),
    ]
    where, values = " AND ".join(term for term, _ in terms), [value for _, own in terms for value in own]
    sql = f"SELECT subject FROM subjects WHERE {where}"  # noqa: S608 - no value in it
    return (subject for (subject,) in con.execute(sql, values))


def _of_kinds(con: Connection, query: Query, subject: int) -> Iterator[Run]:
    """Yield a run for each kind of a subject that is wanted."""
    terms = conditions.kinds(query)
    where = " AND ".join(["true", *(term for term, _ in terms)])
    values = [subject, *(value for _, own in terms for value in own)]
    for (kind,) in con.execute(f"{THERE} WHERE {where}", values):
        key: Terms = (("subject = ?", (subject,)), ("kind = ?", (kind,)))
        yield Run(table="entries", key=key, checks=conditions.times(query))

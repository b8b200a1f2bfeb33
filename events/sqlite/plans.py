"""How a query is answered from the indexes: never by a sort, and by a scan only where most of what it meets will match.

An index entry ends with the position, so the entries of one value are a run in the log's order. A query takes the
fewest runs that hold all that it may match, merges them by position, and stops at its limit:

- few positions are left between `after` and `before`: the table itself;
- a stream, or an intent: its own run; a policy: besides its own those of its intents;
- type, status, cause, policy, actor: one run for each *kind* (their combination) that there is, for the whole log, for
  a namespace, or for an endpoint. Kinds are few, and are found by leaping through the index from one to the next;
- globs: the runs of the endpoints that match; where these are too many, what is left of the query, and the globs for
  each event.

Times are nearly in the order of positions, and by how much they are not is known (`lateness`): they narrow the
positions, and only near their ends are times looked at. What runs do not make sure of is checked event by event.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from events.matching import among
from events.query import Query

NEAR = 2000  # positions: so few are read one by one
MOST_RUNS = 1000  # merged; beyond that a scan meets what matches sooner
MOST_SUBJECTS = 50  # endpoints for each of which its kinds are looked up
MOST_OF_SUBJECTS = 300  # runs of these, or intents of a policy
END = "\x1f"  # of each part of a kind
AFTER_END = "\x20"
PARTIAL = {  # what must be said for SQLite to see that an index holds enough
    "events_follows": ("intent IS NOT NULL",),
    "events_followed": ("intent IS NOT NULL", "policy IS NULL"),
}
OF_POLICY = (
    "(policy = ? OR policy IS NULL AND intent IS NOT NULL AND EXISTS "
    "(SELECT 1 FROM events AS meant WHERE meant.intent = events.intent AND meant.policy = ?))"
)

Value = str | int
Terms = tuple[tuple[str, tuple[Value, ...]], ...]  # conditions with their values
Wanted = tuple[frozenset[str] | None, ...]  # what each part of a kind may be; None: anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Entries of an index, or rows of the table (None), that fulfil these conditions, in the order of positions."""

    index: str | None = None
    terms: Terms = ()
    order: str = "position"


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
        order = f"{run.order} {'DESC' if self.newest_first else 'ASC'}"
        return f"{self._select(run, columns)} ORDER BY {order} LIMIT ?"

    def count(self, run: Run) -> str:
        """Return the statement that counts a run between two positions."""
        return self._select(run, "count(*)")

    def values(self, run: Run, first: int, last: int) -> list[Value]:
        """Return the values for a statement, but for its limit."""
        return [*(value for _, values in run.terms for value in values), first, last]

    def _select(self, run: Run, columns: str) -> str:
        source = "events" if run.index is None else f"events INDEXED BY {run.index}"
        place = "position" if run.order == "position" else "+position"  # a plus: this is no range to search by
        terms = [*(term for term, _ in run.terms), f"{place} >= ?", f"{place} <= ?"]
        return f"SELECT {columns} FROM {source} WHERE {' AND '.join(terms)}"  # noqa: S608 - no value in it


def plans(con: sqlite3.Connection, query: Query, head: int) -> list[Plan]:
    """Choose what answers a query, in parts that follow one another in its order."""
    if query.globs:
        con.create_function("among", 2, among(query.globs), deterministic=True)
    parts = [_plan(con, part) for part in _spans(con, query, head)]
    return parts[::-1] if query.newest_first else parts


def _spans(con: sqlite3.Connection, query: Query, head: int) -> list[Query]:
    """Divide a query by positions: where times may or may not fit, and between, where they are sure to."""
    oldest = con.execute("SELECT min(position) FROM events").fetchone()[0] or 1
    first, last = max(query.after + 1, oldest), head if query.before is None else min(query.before - 1, head)
    begin, sure, until, end = first, first, last + 1, last + 1
    (seconds,) = con.execute("SELECT seconds FROM lateness").fetchone()
    late = timedelta(seconds=seconds + 1)
    if query.since is not None:
        begin, sure = _place(con, query.since, -late, first, last), _place(con, query.since, late, first, last)
    if query.until is not None:
        until, end = _place(con, query.until, -late, first, last), _place(con, query.until, late, first, last)
    if sure >= until:
        spans = [(begin, end, query)]
    else:
        spans = [(begin, sure, query), (sure, until, replace(query, since=None, until=None)), (until, end, query)]
    return [replace(part, after=first - 1, before=beyond) for first, beyond, part in spans if first < beyond]


def _place(con: sqlite3.Connection, at: datetime, later: timedelta, first: int, last: int) -> int:
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


def _plan(con: sqlite3.Connection, query: Query) -> Plan:
    last = 0 if query.before is None else query.before - 1
    runs = _runs(con, query, near=last - query.after <= NEAR)
    overlap = query.intent is not None or query.policy is not None
    return Plan(first=query.after + 1, last=last, newest_first=query.newest_first, runs=tuple(runs), overlap=overlap)


def _runs(con: sqlite3.Connection, query: Query, *, near: bool) -> list[Run]:
    if query.intent is not None:
        return _of_intent(query)
    if near:
        return [_walk(query)]
    if query.stream is not None:
        return [Run(terms=_checks(query), order="version")]
    return _by_kinds(con, query) if query.policy is None else _of_policy(con, query)


def _walk(query: Query) -> Run:
    return Run(terms=_checks(query))


def _of_intent(query: Query) -> list[Run]:
    named = Run(index="events_intent", terms=(("intent = ?", (query.intent or "",)), *_checks(query)))
    return [named, *(Run(terms=(("position = ?", (place,)), *_checks(query))) for place in sorted(set(query.evidence)))]


def _of_policy(con: sqlite3.Connection, query: Query) -> list[Run]:
    """Take what names a policy, and what names its intents: each of these, or, where they are many, any intent."""
    intents, checks = _intents(con, _wanted(Query(policy=query.policy))), _checks(query)
    if len(intents) <= MOST_OF_SUBJECTS:
        found = [Run(index="events_intent", terms=(("intent = ?", (intent,)),)) for intent in intents]
    elif query.namespace is not None and query.name is not None:
        found = [_run("events_followed", (query.namespace, query.name))]
    else:
        types, statuses, cause, _, actor = _wanted(query)
        found = list(_kinds(con, "events_follows", (), (types, statuses, cause, frozenset({""}), actor)))
    return [*_by_kinds(con, query), *(replace(run, terms=(*run.terms, *checks)) for run in found)]


def _intents(con: sqlite3.Connection, wanted: Wanted) -> list[str]:
    """Return the intents that some kinds of events name, or as many as show that they are too many."""
    found: list[str] = []
    for run in _kinds(con, "events_follows", (), wanted):
        (_, values), *_ = run.terms
        sql = "SELECT intent FROM events INDEXED BY events_follows WHERE kind = ? AND intent IS NOT NULL LIMIT ?"
        found += (intent for (intent,) in con.execute(sql, (*values, MOST_OF_SUBJECTS + 1 - len(found))))
    return list(dict.fromkeys(found))


def _by_kinds(con: sqlite3.Connection, query: Query) -> list[Run]:
    """Take the runs of the kinds that match: in the log, in a namespace, or of endpoints."""
    several = bool(query.globs) or (query.name is not None and query.namespace is None)
    subject = tuple(part for part in (query.namespace, query.name) if part is not None and not several)
    if several:
        runs, checks = _of_subjects(con, query)
    elif any(_wanted(query)) or len(subject) == 1:
        index = ("events_kind", "events_namespace", "events_name")[len(subject)]
        runs, checks = list(islice(_kinds(con, index, subject, _wanted(query)), MOST_RUNS + 1)), _times(query)
    else:
        runs, checks = [_run("events_subject", subject) if subject else Run()], _times(query)
    if len(runs) > MOST_RUNS:
        return [_walk(query)]
    return [replace(run, terms=(*run.terms, *checks)) for run in runs]


def _of_subjects(con: sqlite3.Connection, query: Query) -> tuple[list[Run], Terms]:
    """Take the runs of the endpoints that match; if they are too many, those of the kinds, and check each event."""
    wanted, times = _wanted(query), _times(query)
    subjects = list(islice(_subjects(con, query), MOST_RUNS + 1))
    if not any(wanted):
        return [_run("events_subject", subject) for subject in subjects], times
    if len(subjects) <= MOST_SUBJECTS:
        each = (run for subject in subjects for run in _kinds(con, "events_name", subject, wanted))
        runs = list(islice(each, MOST_OF_SUBJECTS + 1))
        if len(runs) <= MOST_OF_SUBJECTS:
            return runs, times
    space = () if query.namespace is None else (query.namespace,)
    found = _kinds(con, "events_namespace" if space else "events_kind", space, wanted)
    return list(islice(found, MOST_RUNS + 1)), _checks(query)


def _run(index: str, subject: Sequence[str], *kind: str) -> Run:
    columns = [*("namespace", "name")[: len(subject)], *("kind",)[: len(kind)]]
    values = zip(columns, (*subject, *kind), strict=True)
    terms: Terms = tuple((f"{column} = ?", (value,)) for column, value in values)
    return Run(index=index, terms=(*terms, *((term, ()) for term in PARTIAL.get(index, ()))))


def _subjects(con: sqlite3.Connection, query: Query) -> Iterator[tuple[str, str]]:
    """Yield the endpoints that a query may be about, leaping through the index from one to the next."""
    within = among(query.globs)
    for namespace in _namespaces(con) if query.namespace is None else (query.namespace,):
        for name in _leaping(con, "name", "namespace = ? AND name > ?", namespace):
            if within(namespace, name) and query.name in {None, name}:
                yield namespace, name


def _namespaces(con: sqlite3.Connection) -> Iterator[str]:
    return _leaping(con, "namespace", "namespace > ? AND name IS NOT NULL")


def _leaping(con: sqlite3.Connection, column: str, where: str, *within: str) -> Iterator[str]:
    """Yield each value of a column of the index of subjects once."""
    sql = f"SELECT {column} FROM events INDEXED BY events_subject WHERE {where} ORDER BY {column} LIMIT 1"  # noqa: S608
    value = ""
    while (found := con.execute(sql, (*within, value)).fetchone()) is not None:
        (value,) = found
        yield value


def _kinds(con: sqlite3.Connection, index: str, subject: Sequence[str], wanted: Wanted) -> Iterator[Run]:
    """Yield a run for each kind that is wanted, leaping through the index over those that are not."""
    terms = [f"{column} = ?" for column in ("namespace", "name")[: len(subject)]]
    where = " AND ".join([*terms, *PARTIAL.get(index, ()), "kind >= ?"])
    sql = f"SELECT kind FROM events INDEXED BY {index} WHERE {where} ORDER BY kind LIMIT 1"  # noqa: S608 - no value in it
    place: str | None = ""
    while place is not None and (found := con.execute(sql, (*subject, place)).fetchone()) is not None:
        fits, place = leap(found[0], wanted)
        if fits:
            yield _run(index, subject, found[0])


def leap(kind: str, wanted: Wanted) -> tuple[bool, str | None]:
    """Return whether a kind is wanted, and the text from which on the next one can be; None when there can be none."""
    parts, before = kind.split(END), ""
    for part, allowed in zip(parts, wanted, strict=False):
        if allowed is not None and part not in allowed:
            ahead = [text for value in allowed if (text := f"{before}{value}{END}") > kind]
            return False, min(ahead) if ahead else f"{before[:-1]}{AFTER_END}" if before else None
        before += part + END
    return True, f"{before[:-1]}{AFTER_END}"


def _wanted(query: Query) -> Wanted:
    one = [frozenset({value}) if value is not None else None for value in (query.cause, query.policy, query.actor)]
    several = [frozenset(values) if values else None for values in (query.types, query.statuses)]
    return (*several, *one)


def _checks(query: Query) -> Terms:
    """Return all that a query asks of an event, but for its position, as conditions on its columns."""
    one = {name: getattr(query, name) for name in ("stream", "namespace", "name", "actor", "cause")}
    terms: list[tuple[str, tuple[Value, ...]]] = [
        (f"{column} = ?", (value,)) for column, value in one.items() if value is not None
    ]
    several = (("type", query.types), ("status", query.statuses))
    terms += [(f"{column} IN ({', '.join('?' * len(values))})", values) for column, values in several if values]
    terms += [("among(namespace, name)", ())] if query.globs else []
    terms += [] if query.policy is None else [(OF_POLICY, (query.policy, query.policy))]
    return (*terms, *_times(query))


def _times(query: Query) -> Terms:
    asked = (("time >= ?", query.since), ("time < ?", query.until))
    return tuple((term, (_text(at),)) for term, at in asked if at is not None)


def _text(at: datetime) -> str:
    """Return an instant as the column `time` spells it, also those of years before 1000."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

"""What a query asks of an event, as conditions of a statement with their values: never a value within the text."""

from datetime import UTC, datetime

from events.query import Query

OF_POLICY = (
    "(events.policy = ? OR events.policy IS NULL AND EXISTS (SELECT 1 FROM intents "
    "WHERE intents.intent = events.intent AND intents.policy = ? AND intents.position < events.position))"
)

Value = str | int
Terms = tuple[tuple[str, tuple[Value, ...]], ...]  # conditions with their values


def kinds(query: Query) -> Terms:
    """Return what a query asks of a kind, as conditions on the table of kinds."""
    return (*_either(query), *equal(query, "cause", "policy", "actor"))


def checks(query: Query) -> Terms:
    """Return all that a query asks of an event, but for its position, as conditions on its columns."""
    named: Terms = ()
    if query.intent is not None:
        places = ", ".join("?" * len(query.evidence))
        named = ((f"(intent = ? OR position IN ({places}))", (query.intent, *query.evidence)),)
    policy: Terms = () if query.policy is None else ((OF_POLICY, (query.policy, query.policy)),)
    columns = equal(query, "stream", "namespace", "name", "actor", "cause")
    return (*named, *columns, *_either(query), *globs(query), *within(query), *policy, *times(query))


def equal(query: Query, *columns: str) -> Terms:
    """Return that columns are what a query asks for, where it asks."""
    asked = ((column, getattr(query, column)) for column in columns)
    return tuple((f"{column} = ?", (value,)) for column, value in asked if value is not None)


def _either(query: Query) -> Terms:
    several = (("type", query.types), ("status", query.statuses))
    return tuple((f"{column} IN ({', '.join('?' * len(values))})", values) for column, values in several if values)


def globs(query: Query) -> Terms:
    """Return that the endpoint is among those of a query's globs."""
    return (("among(namespace, name)", ()),) if query.globs else ()


def within(query: Query) -> Terms:
    """Return that the namespace is one that the caller may see."""
    return () if query.within is None else (("permitted(namespace)", ()),)


def times(query: Query) -> Terms:
    """Return that the event happened when a query asks for."""
    asked = (("time >= ?", query.since), ("time < ?", query.until))
    return tuple((term, (text(at),)) for term, at in asked if at is not None)


def text(at: datetime) -> str:
    """Return an instant as the column `time` spells it, also those of years before 1000."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

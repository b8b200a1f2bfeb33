"""What must stand in the index for the events, and nothing else: a statement for each thing that can be wrong.

`LACKS`: the first event between two positions that is not found by what it should be found by. `STRAYS`: a row that no
event is found by. Where every event has its row, and there are as many rows as there should be, no row is a stray; so
these are looked for only where the numbers differ.
"""

from typing import NamedTuple

from events.catalogue.acts import Intended
from events.codec import type_of
from events.sqlite.index import MEANT, OF_KIND, WHOSE

BETWEEN = "events.position BETWEEN ?1 AND ?2"
KIND = f"SELECT 1 FROM kinds WHERE {OF_KIND}"  # noqa: S608 - a constant
OWN = "SELECT subject FROM subjects WHERE subjects.namespace = events.namespace AND subjects.name = events.name"
ITS_NAMESPACE = "SELECT subject FROM subjects WHERE subjects.namespace = events.namespace AND subjects.name = ''"
# How many events there are, and how many of them have a namespace, a name, an intent.
NUMBERS = """
    SELECT count(*), count(namespace), count(name), count(intent) FROM events WHERE position BETWEEN ?1 AND ?2
"""
# The next rows of `intents`, and whether each is that of the event by which the intent was meant.
INTENTS = f"""
    SELECT CAST(intent AS BLOB), position,
        EXISTS (
            SELECT 1 FROM events WHERE events.position = intents.position
            AND events.intent = intents.intent AND events.policy = intents.policy
        )
        OR EXISTS (
            SELECT 1 FROM archived WHERE archived.position = intents.position AND archived.type = '{type_of(Intended)}'
        )
    FROM intents WHERE intent >= CAST(?1 AS TEXT) ORDER BY intent LIMIT ?2
"""  # noqa: S608 - constants


class Lack(NamedTuple):
    """Something by which an event should be found, and the table and the statement that show that it is not."""

    table: str
    why: str
    sql: str


class Stray(NamedTuple):
    """How many rows a table has: `times` each of NUMBERS, and the statement that returns one which is too many."""

    times: tuple[int, int, int, int]
    sql: str


def _without(table: str, row: str, of: str = f"events WHERE {BETWEEN}") -> str:
    return (
        f"SELECT events.position FROM {of} AND NOT EXISTS (SELECT 1 FROM {table} WHERE {row}) "  # noqa: S608 - constants
        "ORDER BY events.position LIMIT 1"
    )


def _meant(table: str, row: str, joined: str = "") -> str:
    return (
        f"WITH meant AS MATERIALIZED ({MEANT}) SELECT meant.position FROM meant {joined} "  # noqa: S608 - constants
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {row}) ORDER BY meant.position LIMIT 1"
    )


def _stray(table: str, upto: str, rows: str) -> str:
    return (
        f"SELECT {table}.position FROM {table} WHERE {table}.position > (SELECT {upto} FROM head) "  # noqa: S608 - constants
        f"OR NOT EXISTS (SELECT 1 FROM {rows}) LIMIT 1"
    )


OF_IDS = (
    Lack(
        "ids",
        "the event is not found by its id",
        _without("ids", "ids.crc = check_sum(events.id) AND ids.position = events.position"),
    ),
)
OF_INTENTS = (
    Lack(
        "intents",
        "what follows this intent is not known to follow it",
        _without(
            "intents",
            # By this event, or by an earlier one that is not archived: of those it cannot be told what they meant, and
            # an intent is meant once, as its id stays taken.
            "intents.intent = events.intent AND (intents.position = events.position AND intents.policy = events.policy "
            "OR intents.position < events.position AND EXISTS (SELECT 1 FROM events AS earlier "
            "WHERE earlier.position = intents.position AND earlier.intent = intents.intent))",
            f"events WHERE {BETWEEN} AND events.intent IS NOT NULL AND events.policy IS NOT NULL",
        ),
    ),
)
LACKS = (
    Lack("streams", "the event's stream is not known", _without("streams", "streams.name = events.stream")),
    Lack(
        "versions",
        "the event is not found, or with another version, in its stream",
        _without(
            "versions",
            "versions.stream = (SELECT streams.stream FROM streams WHERE streams.name = events.stream) "
            "AND versions.position = events.position AND versions.version = events.version",
        ),
    ),
    Lack(
        "kinds",
        "the event's type, status, cause, policy and actor are not known together",
        f"SELECT events.position FROM events {WHOSE} WHERE {BETWEEN} AND NOT EXISTS ({KIND}) ORDER BY 1 LIMIT 1",  # noqa: S608 - constants
    ),
    Lack(
        "subjects",
        "the event's namespace is not known",
        f"SELECT events.position FROM events WHERE {BETWEEN} AND namespace IS NOT NULL "  # noqa: S608 - constants
        f"AND NOT EXISTS ({ITS_NAMESPACE}) ORDER BY 1 LIMIT 1",
    ),
    Lack(
        "subjects",
        "the event's endpoint is not known",
        f"SELECT events.position FROM events WHERE {BETWEEN} AND name IS NOT NULL "  # noqa: S608 - constants
        f"AND NOT EXISTS ({OWN}) ORDER BY 1 LIMIT 1",
    ),
    Lack(
        "entries",
        "the event is not found by its type, status, cause, policy or actor",
        _meant("entries", "entries.subject = 0 AND entries.kind = meant.kind AND entries.position = meant.position"),
    ),
    Lack(
        "entries",
        "the event is not found by its namespace",
        _meant(
            "entries",
            "entries.subject = subjects.subject AND entries.kind = meant.kind AND entries.position = meant.position",
            "JOIN subjects ON subjects.namespace = meant.namespace AND subjects.name = ''",
        ),
    ),
    Lack(
        "members",
        "the event is not found, or as one of another kind, by its endpoint",
        _meant(
            "members",
            "members.subject = subjects.subject AND members.position = meant.position AND members.kind = meant.kind",
            "JOIN subjects ON subjects.namespace = meant.namespace AND subjects.name = meant.name",
        ),
    ),
    Lack(
        "followers",
        "the event is not found by its intent",
        _without(
            "followers",
            "followers.intent = events.intent AND followers.position = events.position",
            f"events WHERE {BETWEEN} AND events.intent IS NOT NULL",
        ),
    ),
)
STRAY_IDS = {
    "ids": Stray(
        (1, 0, 0, 0),
        _stray("ids", "known", "events WHERE events.position = ids.position AND check_sum(events.id) = ids.crc"),
    ),
}
STRAYS = {
    "versions": Stray(
        (1, 0, 0, 0),
        _stray(
            "versions",
            "indexed",
            "events JOIN streams ON streams.name = events.stream "
            "WHERE events.position = versions.position AND streams.stream = versions.stream",
        ),
    ),
    "entries": Stray(
        (1, 1, 0, 0),
        _stray(
            "entries",
            "indexed",
            f"events {WHOSE} JOIN kinds ON {OF_KIND} "
            "WHERE events.position = entries.position AND kinds.kind = entries.kind "
            f"AND (entries.subject = 0 OR entries.subject = ({ITS_NAMESPACE}))",
        ),
    ),
    "members": Stray(
        (0, 0, 1, 0),
        _stray("members", "indexed", f"events WHERE events.position = members.position AND members.subject = ({OWN})"),
    ),
    "followers": Stray(
        (0, 0, 0, 1),
        _stray(
            "followers",
            "indexed",
            "events WHERE events.position = followers.position AND events.intent = followers.intent",
        ),
    ),
}

"""What events are found by: tables of our own, brought up to date many events at once.

An index of SQLite's own is changed with every event, and a group of events on as many endpoints then rewrites several
pages for each of them. So the log runs ahead of its index by a few events: who writes has these in mind (see `ledger`),
and who reads takes them one by one (see `plans`). A step of the index is part of the transaction that makes it due:
both are there or neither is.
"""

from zlib import crc32

from events.sqlite.driver import Connection

STEP = 768  # events: a step takes some ten milliseconds, in which nothing is acknowledged
IDS = 4096  # ids: they have no order, and so each of a few would be written to a page of its own
# All that can be made anew of the events.
TABLES = (
    *("ids", "streams", "versions", "kinds", "subjects", "entries", "members", "followers"),
    *("intents", "lateness"),  # these two are kept up with every event
)

# ?1 and ?2: the first and the last position.
OF_IDS = "SELECT id, position FROM events WHERE position BETWEEN ?1 AND ?2"
STREAMS = "INSERT OR IGNORE INTO streams (name) SELECT DISTINCT stream FROM events WHERE position BETWEEN ?1 AND ?2"
PLACES = """
    SELECT streams.stream, events.position, events.version FROM events JOIN streams ON streams.name = events.stream
    WHERE events.position BETWEEN ?1 AND ?2
"""
VERSIONS = f"INSERT INTO versions (stream, position, version) {PLACES} ORDER BY 1, 2"
NO_VERSIONS = f"DELETE FROM versions WHERE (stream, position, version) IN ({PLACES})"  # noqa: S608 - a constant
SUBJECTS = """
    INSERT OR IGNORE INTO subjects (namespace, name)
    SELECT DISTINCT namespace, '' FROM events WHERE position BETWEEN ?1 AND ?2 AND namespace IS NOT NULL
    UNION SELECT DISTINCT namespace, name FROM events WHERE position BETWEEN ?1 AND ?2 AND name IS NOT NULL
"""
WHOSE = "LEFT JOIN intents ON intents.intent = events.intent AND intents.position < events.position"
KINDS = f"""
    INSERT OR IGNORE INTO kinds (type, status, cause, policy, actor)
    SELECT DISTINCT type, coalesce(status, ''), coalesce(cause, ''), coalesce(events.policy, intents.policy, ''), actor
    FROM events {WHOSE} WHERE events.position BETWEEN ?1 AND ?2
"""  # noqa: S608 - constants
OF_KIND = """
    kinds.type = events.type AND kinds.status = coalesce(events.status, '')
    AND kinds.cause = coalesce(events.cause, '') AND kinds.actor = events.actor
    AND kinds.policy = coalesce(events.policy, intents.policy, '')
"""
MEANT = f"""
    SELECT events.position, events.namespace, events.name, kinds.kind
    FROM events {WHOSE} JOIN kinds ON {OF_KIND}
    WHERE events.position BETWEEN ?1 AND ?2
"""  # noqa: S608 - constants
OF_KINDS = f"""
    WITH meant AS MATERIALIZED ({MEANT})
    SELECT 0 AS subject, kind, position FROM meant
    UNION ALL
    SELECT subject, kind, position FROM meant JOIN subjects USING (namespace) WHERE subjects.name = ''
"""  # noqa: S608 - a constant
OF_ENDPOINTS = f"""
    WITH meant AS MATERIALIZED ({MEANT})
    SELECT subject, position, kind FROM meant JOIN subjects USING (namespace, name)
"""  # noqa: S608 - a constant
ENTRIES = f"INSERT INTO entries (subject, kind, position) {OF_KINDS} ORDER BY 1, 2, 3"
NO_ENTRIES = (  # one for the whole log and one for namespaces: only so are they looked for by the key
    f"DELETE FROM entries WHERE subject = 0 AND (kind, position) IN (SELECT kind, position FROM ({MEANT}))",  # noqa: S608 - a constant
    f"""
    DELETE FROM entries WHERE (subject, kind, position) IN (
        SELECT subject, kind, position FROM ({MEANT}) JOIN subjects USING (namespace) WHERE subjects.name = ''
    )
    """,  # noqa: S608 - a constant
)
MEMBERS = f"INSERT INTO members (subject, position, kind) {OF_ENDPOINTS} ORDER BY 1, 2"
NO_MEMBERS = f"DELETE FROM members WHERE (subject, position, kind) IN ({OF_ENDPOINTS})"  # noqa: S608 - a constant
NAMED = "SELECT intent, position FROM events WHERE position BETWEEN ?1 AND ?2 AND intent IS NOT NULL"
FOLLOWERS = f"INSERT INTO followers (intent, position) {NAMED} ORDER BY 1, 2"
NO_FOLLOWERS = f"DELETE FROM followers WHERE (intent, position) IN ({NAMED})"  # noqa: S608 - a constant
UNUSED = {  # rows that stand for nothing that is in the index
    "streams": "NOT EXISTS (SELECT 1 FROM versions WHERE versions.stream = streams.stream)",
    "kinds": "NOT EXISTS (SELECT 1 FROM entries WHERE entries.subject = 0 AND entries.kind = kinds.kind)",
    "subjects": """
        subjects.subject = 0 OR NOT (
            subjects.name = '' AND EXISTS (SELECT 1 FROM entries WHERE entries.subject = subjects.subject)
            OR subjects.name > '' AND EXISTS (SELECT 1 FROM members WHERE members.subject = subjects.subject)
        )
    """,
}


def check_sum(id_: str) -> int:
    """Return what stands for an id in the index: 32 bits with a sign, which take the least room."""
    return crc32(id_.encode()) - (1 << 31)


def keep_up(con: Connection, head: int) -> tuple[bool, bool]:
    """Extend the index, and the ids, where so many are missing that it is worth while; return which was extended."""
    indexed, known = con.execute("SELECT indexed, known FROM head").fetchone()
    extends = head - indexed >= STEP
    # Not both in one transaction, if it can be helped: who waits for one step need not wait for the other.
    learns = head - known >= (2 * IDS if extends else IDS)
    if extends:
        extend(con, indexed + 1, head)
    if learns:
        learn(con, known + 1, head)
    return extends, learns


def extend(con: Connection, first: int, last: int) -> None:
    """Let events be found by the index, from the first to the last position."""
    for statement in (STREAMS, VERSIONS, KINDS, SUBJECTS, ENTRIES, MEMBERS, FOLLOWERS):
        con.execute(statement, (first, last))
    con.execute("UPDATE head SET indexed = max(indexed, ?)", (last,))


def learn(con: Connection, first: int, last: int) -> None:
    """Let events be found by their ids."""
    con.executemany("INSERT INTO ids (crc, position) VALUES (?, ?)", _ids(con, first, last))
    con.execute("UPDATE head SET known = max(known, ?)", (last,))


def withdraw(con: Connection, first: int, last: int) -> None:
    """Let events not be found by the index any more; they must stand as they did when they were put in."""
    for statement in (NO_VERSIONS, *NO_ENTRIES, NO_MEMBERS, NO_FOLLOWERS):
        con.execute(statement, (first, last))


def tidy(con: Connection) -> None:
    """Let go of what stands for nothing any more; it may be a text that was to be taken out."""
    for table, unused in UNUSED.items():
        con.execute(f"DELETE FROM {table} WHERE {unused}")  # noqa: S608 - constants


def unlearn(con: Connection, first: int, last: int) -> None:
    """Let events not be found by their ids any more."""
    con.executemany("DELETE FROM ids WHERE crc = ? AND position = ?", _ids(con, first, last))


def _ids(con: Connection, first: int, last: int) -> list[tuple[int, int]]:
    return sorted((check_sum(id_), position) for id_, position in con.execute(OF_IDS, (first, last)))


def missing(con: Connection) -> list[str]:
    """Return the tables that are not there."""
    there = {name for (name,) in con.execute("SELECT CAST(name AS BLOB) FROM sqlite_schema WHERE type = 'table'")}
    return [table for table in TABLES if table.encode() not in there]

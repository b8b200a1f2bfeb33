"""What events are found by: tables of our own, brought up to date many events at once.

An index of SQLite's own is changed with every event, and a group of events on as many endpoints then rewrites several
pages for each of them. So the log runs ahead of its index by a few events: who writes has these in mind (see `ledger`),
and who reads takes them one by one (see `plans`). A step of the index is part of the transaction that makes it due:
both are there or neither is.
"""

import sqlite3
from zlib import crc32

STEP = 512  # events: a step takes some milliseconds, in which nothing is acknowledged

# ?1 and ?2: the first and the last position.
IDS = "SELECT id, position FROM events WHERE position BETWEEN ?1 AND ?2"
STREAMS = "INSERT OR IGNORE INTO streams (name) SELECT DISTINCT stream FROM events WHERE position BETWEEN ?1 AND ?2"
PLACES = """
    SELECT streams.stream, events.position, events.version FROM events JOIN streams ON streams.name = events.stream
    WHERE events.position BETWEEN ?1 AND ?2
"""
VERSIONS = f"INSERT INTO versions (stream, position, version) {PLACES} ORDER BY 1, 2"
NO_VERSIONS = f"DELETE FROM versions WHERE (stream, position, version) IN ({PLACES})"  # noqa: S608 - a constant
KINDS = """
    INSERT OR IGNORE INTO kinds (type, status, cause, policy, actor)
    SELECT DISTINCT type, coalesce(status, ''), coalesce(cause, ''), coalesce(events.policy, intents.policy, ''), actor
    FROM events LEFT JOIN intents ON intents.intent = events.intent AND intents.position < events.position
    WHERE events.position BETWEEN ?1 AND ?2
"""
SUBJECTS = """
    INSERT OR IGNORE INTO subjects (namespace, name)
    SELECT DISTINCT namespace, '' FROM events WHERE position BETWEEN ?1 AND ?2 AND namespace IS NOT NULL
    UNION SELECT DISTINCT namespace, name FROM events WHERE position BETWEEN ?1 AND ?2 AND name IS NOT NULL
"""
MEANT = """
    SELECT events.position, events.namespace, events.name, kinds.kind
    FROM events
    LEFT JOIN intents ON intents.intent = events.intent AND intents.position < events.position
    JOIN kinds ON kinds.type = events.type AND kinds.status = coalesce(events.status, '')
        AND kinds.cause = coalesce(events.cause, '') AND kinds.actor = events.actor
        AND kinds.policy = coalesce(events.policy, intents.policy, '')
    WHERE events.position BETWEEN ?1 AND ?2
"""
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
NO_ENTRIES = f"DELETE FROM entries WHERE (subject, kind, position) IN ({OF_KINDS})"  # noqa: S608 - a constant
MEMBERS = f"INSERT INTO members (subject, position, kind) {OF_ENDPOINTS} ORDER BY 1, 2"
NO_MEMBERS = f"DELETE FROM members WHERE (subject, position, kind) IN ({OF_ENDPOINTS})"  # noqa: S608 - a constant
NAMED = "SELECT intent, position FROM events WHERE position BETWEEN ?1 AND ?2 AND intent IS NOT NULL"
FOLLOWERS = f"INSERT INTO followers (intent, position) {NAMED} ORDER BY 1, 2"
NO_FOLLOWERS = f"DELETE FROM followers WHERE (intent, position) IN ({NAMED})"  # noqa: S608 - a constant


def check_sum(id_: str) -> int:
    """Return what stands for an id in the index: 32 bits with a sign, which take the least room."""
    return crc32(id_.encode()) - (1 << 31)


def keep_up(con: sqlite3.Connection, head: int) -> bool:
    """Extend the index if so many events are not in it that it is worth while; return whether it was."""
    (indexed,) = con.execute("SELECT indexed FROM head").fetchone()
    if head - indexed < STEP:
        return False
    extend(con, indexed + 1, head)
    return True


def extend(con: sqlite3.Connection, first: int, last: int) -> None:
    """Let events be found by the index, from the first to the last position."""
    con.executemany("INSERT INTO ids (crc, position) VALUES (?, ?)", _ids(con, first, last))
    for statement in (STREAMS, VERSIONS, KINDS, SUBJECTS, ENTRIES, MEMBERS, FOLLOWERS):
        con.execute(statement, (first, last))
    con.execute("UPDATE head SET indexed = max(indexed, ?)", (last,))


def withdraw(con: sqlite3.Connection, first: int, last: int) -> None:
    """Let events not be found any more; they must stand as they did when they were put in."""
    con.executemany("DELETE FROM ids WHERE crc = ? AND position = ?", _ids(con, first, last))
    for statement in (NO_VERSIONS, NO_ENTRIES, NO_MEMBERS, NO_FOLLOWERS):
        con.execute(statement, (first, last))


def _ids(con: sqlite3.Connection, first: int, last: int) -> list[tuple[int, int]]:
    return sorted((check_sum(id_), position) for id_, position in con.execute(IDS, (first, last)))

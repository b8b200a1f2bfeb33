"""How far an index says that it reaches, and whether that can be: what a start looks at, however long the log is."""

from events.anchor import Misindexed
from events.sqlite.driver import Connection
from events.sqlite.index import missing

REACH = "SELECT coalesce((SELECT max(last) FROM segments), 0), indexed, known, position FROM head"
ARCHIVED, INDEXED, KNOWN, HEAD = range(4)  # columns of it
UNKNOWN_LATENESS = Misindexed(table="lateness", position=None, why="its one row is not there")
BEYOND = """
    SELECT max((SELECT max(position) FROM entries WHERE subject = 0 AND entries.kind = kinds.kind)) FROM kinds
"""


def impossible(con: Connection) -> Misindexed | None:
    """Return what is wrong at first sight: what can be told at once, however long the log is."""
    if absent := missing(con):
        return Misindexed(table=absent[0], position=None, why="it is not there")
    if con.execute("SELECT count(*) FROM lateness").fetchone() != (1,):
        return UNKNOWN_LATENESS
    archived, indexed, known, head = con.execute(REACH).fetchone()
    for reach, what in ((indexed, "indexed"), (known, "known")):
        if not archived <= reach <= head:
            why = f"it says that events up to {reach} are {what}, and they reach from {archived + 1} to {head}"
            return Misindexed(table="head", position=None, why=why)
    (beyond,) = con.execute(BEYOND).fetchone()
    if beyond is not None and beyond > indexed:
        return Misindexed(table="entries", position=beyond, why=f"events beyond {indexed} are not in the index yet")
    return None

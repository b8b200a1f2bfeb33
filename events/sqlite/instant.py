"""Reading several things as they stood together."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_instant(con: sqlite3.Connection) -> Iterator[None]:
    """Read all that the block asks for as of one instant, which ends with it: a longer one would keep the WAL long."""
    con.execute("BEGIN")
    try:
        yield
    finally:
        con.rollback()

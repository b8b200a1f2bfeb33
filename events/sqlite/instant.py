"""Reading several things as they stood together."""

from collections.abc import Iterator
from contextlib import contextmanager

from events.sqlite.driver import Connection


@contextmanager
def one_instant(con: Connection) -> Iterator[None]:
    """Read all that the block asks for as of one instant, which ends with it: a longer one would keep the WAL long."""
    con.execute("BEGIN")
    try:
        yield
    finally:
        con.execute("ROLLBACK")

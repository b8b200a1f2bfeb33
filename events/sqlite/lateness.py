"""By how much events are late: what lets a time be found by halving (see `plans`), worked out anew."""

from datetime import datetime

from events.sqlite.driver import Connection

TIMES = """
    SELECT position, CAST(time AS BLOB) FROM archived WHERE position BETWEEN ?1 AND ?2
    UNION ALL SELECT position, CAST(time AS BLOB) FROM events WHERE position BETWEEN ?1 AND ?2 ORDER BY 1
"""


class Lateness:
    """The latest time of the events that were passed, and by how much one was ever before that of an earlier one."""

    def __init__(self) -> None:
        """Know of no event."""
        self.seconds = 0.0
        self.latest: str | None = None

    def go_on(self, con: Connection, first: int, last: int) -> None:
        """Pass the events from one position to another, be they archived or not."""
        for _, time in con.execute(TIMES, (first, last)):
            self._pass(time.decode())

    def _pass(self, time: str) -> None:
        if self.latest is None or time >= self.latest:
            self.latest = time
        else:
            late = datetime.fromisoformat(self.latest) - datetime.fromisoformat(time)
            self.seconds = max(self.seconds, late.total_seconds())

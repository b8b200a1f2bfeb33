"""The machine's wall clock: the one place that reads it.

Apart from `clock`, because a command that only asks the daemon needs the time, and none of what lets time pass.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the machine's wall time, aware and in UTC."""
    return datetime.now(UTC)

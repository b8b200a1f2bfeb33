"""The log in memory: for tests, for demonstrations, and to say in few lines what a log is.

`log` is the event log, `board` its board; both lie in a `store`, which plays the disk: a log that is dropped without
being closed and opened again on the same store is a crash and a restart.
"""

from events.memory.log import MemoryLog
from events.memory.store import MemoryStore

__all__ = ["MemoryLog", "MemoryStore"]

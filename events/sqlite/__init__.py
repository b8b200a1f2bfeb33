"""The log on SQLite: the default, one daemon on one machine.

`log` is the event log and its queue, `writer` the one connection that writes, `ledger` what a job does in its
transaction, `index` what events are found by; `proving` shows that they are, by the statements of `checks`, and
`reindexing` makes it anew. `reader` are the connections that only read; `spans`, `plans`, `runs` and `merging` are how
they answer a query. `file` is the database file itself, `lock` who may hold it and on which file systems.
"""

from events.sqlite.log import SqliteLog, open_readonly
from events.sqlite.reader import SqliteReader

__all__ = ["SqliteLog", "SqliteReader", "open_readonly"]

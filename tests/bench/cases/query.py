"""The first page of every kind of query on a log of 1,000,000 events, in both orders: the slower of the two medians.

The log is one that is hard to ask (see `askedlog`). Each query is asked of a connection that was just opened, as the
first page of a command is.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from events.query import Query
from events.sqlite.file import open_for_reading
from events.sqlite.reader import _count, _page
from tests.bench.askedlog import APART, BEGIN, make
from tests.bench.figure import Figure

EVENTS = 1_000_000
ROUNDS = 5
ITEMS = 100
REACH_MS = 20.0

CHANGED = "endpoint.status_changed"
MIDDLE = BEGIN + EVENTS // 2 * APART
QUERIES: Mapping[str, dict[str, Any]] = {
    "everything": {},
    "a type of 900,000": {"types": (CHANGED,)},
    "a type of 1,000": {"types": ("daemon.started",)},
    "a type of none": {"types": ("act.warned",)},
    "four types": {"types": (CHANGED, "act.intended", "hold.placed", "daemon.started")},
    "a status": {"statuses": ("failed",)},
    "statuses and cause": {"statuses": ("failed", "paused"), "cause": "person"},
    "an actor of 95%": {"actor": "watcher"},
    "an actor of few": {"actor": "person:7"},
    "a type and an actor that never meet": {"types": (CHANGED,), "actor": "daemon"},
    "a policy of many intents": {"policy": "p1"},
    "a policy and an actor that never meet": {"policy": "p1", "actor": "watcher"},
    "a namespace": {"namespace": "acme-1"},
    "a namespace and a type": {"namespace": "acme-1", "types": ("hold.placed",)},
    "an endpoint": {"namespace": "acme-1", "name": "e-0001"},
    "an endpoint and a status": {"namespace": "acme-1", "name": "e-0001", "statuses": ("failed",)},
    "an endpoint and a policy": {"namespace": "acme-1", "name": "e-0001", "policy": "p2"},
    "a glob of 100 endpoints": {"globs": (("acme-1/*",),)},
    "a glob of 10 endpoints and a type": {"globs": (("*/e-000*",),), "types": ("hold.placed",)},
    "a glob of 100 endpoints and a type": {"globs": (("acme-1/*",),), "types": ("hold.placed",)},
    "a glob of none": {"globs": (("nowhere/*",),)},
    "since the middle": {"since": MIDDLE},
    "until the middle, a status, a namespace": {"until": MIDDLE, "statuses": ("failed",), "namespace": "acme-3"},
    "an hour": {"since": MIDDLE, "until": MIDDLE + timedelta(hours=1), "types": (CHANGED,)},
    "since after the end": {"since": BEGIN + 2 * EVENTS * APART, "types": (CHANGED,)},
    "an intent": {"intent": "intent-77"},
    "a stream": {"stream": "daemon"},
    "behind a position, a type": {"after": 700_000, "types": ("hold.placed",)},
}


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        make(path, EVENTS)
        for name, asked in QUERIES.items():
            queries = [Query(**asked, newest_first=newest_first, limit=ITEMS) for newest_first in (False, True)]
            worst = max(median(_ms(path, query) for _ in range(ROUNDS)) for query in queries)
            yield Figure(
                name=f"query, {name}",
                value=worst,
                unit="ms",
                reach=f"<= {REACH_MS:g}",
                met=worst <= REACH_MS,
            )
        with closing(open_for_reading(path)) as con:
            began = perf_counter()
            found = _count(con, Query(types=(CHANGED,)))
            yield Figure(name=f"query, count of {found:,}", value=(perf_counter() - began) * 1e3, unit="ms")


def _ms(path: Path, query: Query) -> float:
    with closing(open_for_reading(path)) as con:
        began = perf_counter()
        _page(con, query)
        return (perf_counter() - began) * 1e3

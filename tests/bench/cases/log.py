"""The event log on SQLite beside `eventsourcing` on SQLite, and SQLite itself as the limit; and how soon news arrive.

All in files of their own in one folder, with the same events under the same names, each acknowledged when it is on
disk. Ours has what theirs has not: the hash chain, an id of each event that is looked for, times, actors, and indexes
for queries. The rounds are interleaved, so that a busy machine is busy for all; the median counts, of the p99 too.

A delivery is timed to the subscriber, and judged from the call of append, beside what one page costs to write and sync
in the same round. With many callers it waits in their line, and is told without a reach.
"""

import gc
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median, quantiles

from events.sqlite.file import WAL_BYTES
from tests.bench.disk import durable_folder, syncs
from tests.bench.facts import Facts
from tests.bench.figure import Figure
from tests.bench.stores import Deal, EventSourcing, Ours, Raw, Store

ROUNDS = 7
CALLERS = 64
BATCH = 100
ALREADY = 20_000  # events that are there when the first round begins
ALONE, EACH, BATCHED = 500, 50, 5_000  # events of one caller, of each of many, and in batches, in a round
PEER = "eventsourcing"


class Tally:
    """What the rounds measured: rates a second, and p50 and p99 in ms, by who and what."""

    def __init__(self) -> None:
        self._rates: defaultdict[str, list[float]] = defaultdict(list)
        self._waits: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)

    def count(self, what: str, number: int, seconds: float) -> None:
        self._rates[what].append(number / seconds)

    def waited(self, what: str, seconds: Sequence[float]) -> None:
        cuts = quantiles(seconds, n=100)
        self._waits[what].append((cuts[49] * 1000, cuts[98] * 1000))

    def rate(self, what: str) -> float:
        return median(self._rates[what])

    def p50(self, what: str) -> float:
        return median(p50 for p50, _ in self._waits[what])

    def p99(self, what: str) -> float:
        return median(p99 for _, p99 in self._waits[what])


def measure() -> Iterator[Figure]:
    folder, file_system = durable_folder()
    tally, sizes = Tally(), dict[str, float]()
    with tempfile.TemporaryDirectory(dir=folder) as made:
        with ExitStack() as stack:
            ours = stack.enter_context(closing(Ours(Path(made, "ours"))))
            raw = stack.enter_context(closing(Raw(Path(made, "raw"))))
            peer = stack.enter_context(closing(EventSourcing(Path(made, PEER))))
            stores: dict[str, Store] = {"raw": raw, PEER: peer, "ours": ours}
            run(tally, stores, ours, Path(made, "synced"))
            counts = {name: store.read() for name, store in stores.items()}
        sizes = {name: Path(made, name).stat().st_size / count for name, count in counts.items()}
    yield from appends(tally)
    yield from reads(tally)
    yield from deliveries(tally, file_system)
    yield from weights(sizes)


def run(tally: Tally, stores: dict[str, Store], ours: Ours, synced: Path) -> None:
    facts = Facts()
    already = facts.deal(CALLERS, ALREADY // CALLERS)
    for store in stores.values():
        store.appending(already, BATCH)()
    for _ in range(ROUNDS):
        alone, many, batched = facts.deal(1, ALONE), facts.deal(CALLERS, EACH), facts.deal(1, BATCHED)
        for name, store in stores.items():
            append(tally, f"{name}, 1 caller", store, alone)
            if name != "raw":
                append(tally, f"{name}, {CALLERS} callers", store, many)
            append(tally, f"{name}, batches of {BATCH}", store, batched, BATCH)
            read(tally, f"{name}, read", store)
        tally.waited("a page synced", syncs(synced, WAL_BYTES, ALONE))
        deliver(tally, "1 caller", ours, facts.deal(1, ALONE))
        deliver(tally, f"{CALLERS} callers", ours, facts.deal(CALLERS, EACH))


@contextmanager
def unseen() -> Iterator[None]:
    """Spare the garbage collector, and so whoever is measured, a look at everything that was made ready before."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def append(tally: Tally, what: str, store: Store, deal: Deal, batch: int = 1) -> None:
    appending = store.appending(deal, batch)
    with unseen():
        began = time.perf_counter()
        took = appending()
        seconds = time.perf_counter() - began
    tally.count(what, sum(len(own) for own in deal), seconds)
    tally.waited(what, took)


def read(tally: Tally, what: str, store: Store) -> None:
    with unseen():
        began = time.perf_counter()
        seen = store.read()
        seconds = time.perf_counter() - began
    tally.count(what, seen, seconds)


def deliver(tally: Tally, who: str, ours: Ours, deal: Deal) -> None:
    with unseen():
        took = ours.deliveries(deal)
    tally.waited(f"append to subscriber, {who}", [one.from_call for one in took])
    tally.waited(f"acknowledgement to subscriber, {who}", [one.from_acknowledgement for one in took])


def appends(tally: Tally) -> Iterator[Figure]:
    for how in ("1 caller", f"batches of {BATCH}"):
        yield from rates(tally, how, "raw", PEER, "ours")
    yield from rates(tally, f"{CALLERS} callers", PEER, "ours", reach=5)
    for how in ("1 caller", f"{CALLERS} callers"):
        for name in (PEER, "ours"):
            yield Figure(name=f"log, {name}, {how}: p50", value=tally.p50(f"{name}, {how}"), unit="ms")
            yield p99(tally, name, how)


def rates(tally: Tally, how: str, *names: str, reach: float | None = None) -> Iterator[Figure]:
    """Yield how many events a second each store did, and ours beside the peer's."""
    for name in names:
        rate, peers = tally.rate(f"{name}, {how}"), tally.rate(f"{PEER}, {how}")
        judged = reach if name == "ours" else None
        yield Figure(
            name=f"log, {name}, {how}",
            value=rate,
            unit="events/s",
            ratio=None if name == PEER else rate / peers,
            against=None if name == PEER else PEER,
            reach=None if judged is None else f">= {judged} x",
            met=None if judged is None else rate >= judged * peers,
        )


def p99(tally: Tally, name: str, how: str) -> Figure:
    value, peers = tally.p99(f"{name}, {how}"), tally.p99(f"{PEER}, {how}")
    compared, judged = name != PEER, name != PEER and how != "1 caller"
    return Figure(
        name=f"log, {name}, {how}: p99",
        value=value,
        unit="ms",
        ratio=value / peers if compared else None,
        against=PEER if compared else None,
        reach="< 1 x" if judged else None,
        met=value < peers if judged else None,
    )


def reads(tally: Tally) -> Iterator[Figure]:
    yield from rates(tally, "read", "raw", PEER, "ours", reach=1.5)


def deliveries(tally: Tally, file_system: str) -> Iterator[Figure]:
    synced = tally.p99("a page synced")
    yield Figure(name=f"log, a page synced on {file_system}: p50", value=tally.p50("a page synced"), unit="ms")
    yield Figure(name=f"log, a page synced on {file_system}: p99", value=synced, unit="ms")
    for who in ("1 caller", f"{CALLERS} callers"):
        for since in ("acknowledgement", "append"):
            what = f"{since} to subscriber, {who}"
            judged = since == "append" and who == "1 caller"
            yield Figure(name=f"log, {what}: p50", value=tally.p50(what), unit="ms")
            yield Figure(
                name=f"log, {what}: p99",
                value=tally.p99(what),
                unit="ms",
                ratio=tally.p99(what) / synced,
                against="the p99 of a page synced",
                reach="<= 10 x" if judged else None,
                met=tally.p99(what) <= 10 * synced if judged else None,
            )


def weights(sizes: dict[str, float]) -> Iterator[Figure]:
    for name, size in sizes.items():
        yield Figure(
            name=f"log, {name}: on disk",
            value=size,
            unit="bytes/event",
            ratio=None if name == PEER else size / sizes[PEER],
            against=None if name == PEER else PEER,
        )

"""The good looks at whole namespaces, as the simulator's log of requests tells them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulation.story import Story
from tests.simulation.witness import Exchange

MARGIN = timedelta(seconds=2)
CALL = timedelta(seconds=60) - MARGIN / 2  # one page, with every try: the configuration's time limit, three times


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Every page of a namespace, each answered well; `next_at` is when the next one was begun, or tried."""

    namespace: str
    since: datetime
    until: datetime
    next_at: datetime


def good_sweeps(story: Story) -> list[Sweep]:
    """Return the sweeps before the restart that came to their end well and showed something, by their beginning."""
    pages: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in story.exchanges:
        if exchange.listing:
            pages[exchange.parts[0]].append(exchange)
    found = [sweep for namespace, own in pages.items() for sweep in _sweeps(namespace, own)]
    shown = [sweep for sweep in found if sweep.next_at < story.restarted_at and not _lost(story, sweep)]
    return sorted(shown, key=lambda sweep: sweep.since)


def _lost(story: Story, sweep: Sweep) -> bool:
    """Return whether the token had lost the namespace at any time of a sweep: then it showed nothing."""
    return any(
        trouble.namespace == sweep.namespace and trouble.since <= sweep.until and sweep.since <= trouble.until
        for trouble in story.troubles
    )


def _sweeps(namespace: str, pages: Sequence[Exchange]) -> Iterator[Sweep]:
    """Join pages to sweeps: one begins without a cursor, and it went well if its last page did.

    `calls` holds the sweep's pages from the first try of the first one on, the failed tries too: all that can be.
    """
    calls: list[Exchange] = []
    for page in pages:
        if "cursor=" in page.request.query:
            calls.append(page)
            continue
        good = [call for call in calls if _well(call)]
        if good and good[-1] is calls[-1] and _in_time(calls):
            yield Sweep(namespace=namespace, since=good[0].at, until=good[-1].answered_at, next_at=page.at)
        tried = [] if good else [call for call in calls if page.at - call.at < CALL + MARGIN]
        calls = [*tried, page]


def _well(page: Exchange) -> bool:
    return page.good and page.request.status == 200


def _in_time(calls: Sequence[Exchange]) -> bool:
    """Return whether each page came before its call was given up."""
    since = calls[0].at
    for call in calls:
        if call.answered_at - since >= CALL:
            return False
        if _well(call):
            since = call.answered_at
    return True

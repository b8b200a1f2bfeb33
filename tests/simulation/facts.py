"""The promises on what was seen: every change once, in order, in a window that is true, and nothing that was not so."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from statemachine.model import Deleted, Discovered, End, StatusChanged, Window, instant
from tests.simulation.record import Entry, Record
from tests.simulation.told import ABSENT, UNREADABLE, Span, Spans
from tests.simulation.windows import PATIENCE, true_window


def numbered_without_a_gap(record: Record) -> Iterator[str]:
    """Positions are dense, and so are the versions of each stream; no id stands twice."""
    versions: Counter[str] = Counter()
    for place, entry in enumerate(record.entries, 1):
        recorded = entry.recorded
        versions[recorded.stream] += 1
        if (recorded.position, recorded.version) != (place, versions[recorded.stream]):
            yield f"{recorded.stream} has version {recorded.version} at position {recorded.position}, not {place}"
    ids = Counter(entry.recorded.id for entry in record.entries)
    yield from (f"the id {id_} stands {count} times" for id_, count in ids.items() if count > 1)


def chained(record: Record) -> Iterator[str]:
    """A life begins by a discovery and ends by a deletion; what one change calls new, the next calls old."""
    for place, facts in record.facts.items():
        status = ABSENT
        for entry in facts:
            match entry.event:
                case Discovered(sighting=sighting):
                    if status != ABSENT:
                        yield f"{place} is discovered at {entry.position} while it is {status}"
                    status = str(sighting.status)
                case StatusChanged(old=old, new=new):
                    if str(old) != status or old == new:
                        yield f"{place} was {status} before position {entry.position}, which says {old} → {new}"
                    status = str(new)
                case Deleted(old=old):
                    if str(old) != status:
                        yield f"{place} was {status} before its deletion at {entry.position}, which says {old}"
                    status = ABSENT
                case _ if status == ABSENT:
                    yield f"{place} is absent at {entry.position}, which tells of {type(entry.event).__name__}"
                case _:
                    pass


def seen_as_it_was(record: Record) -> Iterator[str]:
    """Every status that is recorded as seen was true in its window, once for each time that it became true.

    A change lies after `not_before` and no later than `seen_at`; the status still held when the look was taken, which
    is no longer ago than a look lasts. Each change of the truth stands for at most one event, in its order. Where the
    wall clock jumped within a window, its ends mean no true instant: then the change must lie before the commit.
    """
    for place, facts in record.facts.items():
        spans, index = record.spans[place], -1
        for entry in facts:
            found = _place_in_truth(record, entry, spans, index)
            if found is None:
                yield f"{place} at {entry.position} ({entry.at:%T}): {entry.event} was not so in its window"
            else:
                index = found


def _place_in_truth(record: Record, entry: Entry, spans: Spans, index: int) -> int | None:
    """Return which span an event tells of; None if none behind `index` can be meant."""
    life = entry.recorded.stream.rsplit("/", maxsplit=1)[-1]
    after = range(index + 1, len(spans))
    match entry.event:
        case StatusChanged(window=window, new=new):
            true = true_window(record, window, entry)
            fits = (at for at in after if _is(spans[at], str(new), life) and true.holds(spans[at]))
        case Discovered(seen_at=seen_at, sighting=sighting):
            true = true_window(record, Window(not_before=seen_at, seen_at=seen_at), entry)
            fits = (at for at in after if _is(spans[at], str(sighting.status), life) and true.ends_in(spans[at]))
        case Deleted(window=window, end=End.NOT_FOUND):
            true = true_window(record, window, entry)
            fits = (at for at in after if spans[at].status == ABSENT and true.ends_in(spans[at]))
        case _:
            return index
    return next(iter(fits), None)


def _is(span: Span, status: str, life: str) -> bool:
    return span.status == status and instant(span.life) == life


def absent_as_it_was(record: Record) -> Iterator[str]:
    """Where a discovery says that an endpoint was absent at some time, it began to be told only after that.

    Not judged where pages shifted, which can hide any endpoint, where a garbled document hid even the name, or where
    the token did not see the namespace: if nothing known is missing then, nobody can tell.
    """
    for place, facts in record.facts.items():
        for entry in facts:
            if not isinstance(entry.event, Discovered) or entry.event.absent_at is None:
                continue
            window = Window(
                not_before=entry.event.absent_at,
                seen_at=entry.event.seen_at,
                blur_seconds=entry.event.blur_seconds,
            )
            true = true_window(record, window, entry)
            began = _told_since(record.spans[place], true.seen)
            if not true.exact or began is None or record.shifting(began, true.seen):
                continue
            if began <= true.since and not record.out_of_reach(place, true.since):
                yield f"{place} at {entry.position}: told since {began:%T}, and said to be absent at {true.since:%T}"


def _told_since(spans: Spans, seen: datetime) -> datetime | None:
    """Return since when an endpoint was told without a break; None if a document could not be read meanwhile."""
    began = seen
    for span in reversed([span for span in spans if span.since <= seen]):
        if span.status == UNREADABLE:
            return None
        if span.status == ABSENT:
            break
        began = span.since
    return began


def deleted_only_after_a_404(record: Record) -> Iterator[str]:
    """No life is recorded as gone unless a direct look at it was answered 404, or a newer life was seen."""
    for place, facts in record.facts.items():
        for entry in facts:
            if isinstance(entry.event, Deleted) and entry.event.end is End.NOT_FOUND:
                looks = (look for look in record.looks.get(place, []) if look.request.status == 404)
                if not any(entry.at - PATIENCE < look.answered_at <= entry.at for look in looks):
                    yield f"{place} is deleted at {entry.position}, and nobody was answered 404"

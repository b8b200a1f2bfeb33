"""The promises on what must not be missed: every change, also after an outage; and what an outage must not tell."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from statemachine.model import Deleted, Discovered, StatusChanged, Window, instant
from tests.simulation.record import LOOK, MOMENT, Entry, Record
from tests.simulation.sweeps import Sweep, good_sweeps
from tests.simulation.told import ABSENT, UNREADABLE
from tests.simulation.windows import PATIENCE, true_window
from tests.simulation.world import NAMESPACES

BOARD = timedelta(seconds=15) + 2 * LOOK  # how far the board may lag behind the last good sweep
LAG = timedelta(seconds=45)  # in the quiet time, from a change until it must be known
LONG = timedelta(seconds=180)  # in which every namespace is asked for, whatever the weather


def nothing_missed(record: Record) -> Iterator[str]:
    """What was true throughout a good sweep was in the log then, or a moment later.

    So every change that two successful looks could tell is there. Not judged: a sweep that was crossed by a write, or
    by another look, at the same endpoint (the later answer counts, and the next sweep tells), or by the daemon's end,
    and one whose pages shifted.
    """
    crossings = _crossings(record)
    states = {place: list(_states(facts)) for place, facts in record.facts.items()}
    for sweep in good_sweeps(record.story):
        alive = record.alive(sweep.since, max(sweep.next_at, sweep.until + MOMENT))
        if not alive or record.shifting(sweep.since, sweep.until):
            continue
        for place, spans in record.spans.items():
            span = next((span for span in spans if span.covers(sweep.since, sweep.until)), None)
            if span is None or span.status in {ABSENT, UNREADABLE} or not place.startswith(f"{sweep.namespace}/"):
                continue
            if any(since <= sweep.until and sweep.since <= until for since, until in crossings[place]):
                continue
            if (span.status, instant(span.life)) not in _states_between(states.get(place, []), sweep):
                yield f"{place} was {span.status} throughout the sweep at {sweep.since:%T}, and the log does not know"


def _crossings(record: Record) -> defaultdict[str, list[tuple[datetime, datetime]]]:
    crossings: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for place, looks in record.looks.items():
        crossings[place] += [(look.at, look.answered_at) for look in looks]
    for write in record.writes:
        crossed = (write.at - MOMENT, write.at + timedelta(seconds=25))
        about = "/".join(write.parts[:2])
        for place in [about] if "/" in about else record.spans:  # the path of a creation does not name it
            if place.startswith(about):
                crossings[place].append(crossed)
    return crossings


def _states(facts: list[Entry]) -> Iterator[tuple[datetime, tuple[str, str]]]:
    for entry in facts:
        life = entry.recorded.stream.rsplit("/", maxsplit=1)[-1]
        match entry.event:
            case Discovered(sighting=sighting):
                yield entry.at, (str(sighting.status), life)
            case StatusChanged(new=new):
                yield entry.at, (str(new), life)
            case Deleted():
                yield entry.at, (ABSENT, life)
            case _:
                pass


def _states_between(states: list[tuple[datetime, tuple[str, str]]], sweep: Sweep) -> set[tuple[str, str]]:
    """Return the state that the log had when a sweep began, and those that it came to until a moment after it."""
    before = [state for at, state in states if at < sweep.since][-1:]
    return {*before, *(state for at, state in states if sweep.since <= at <= sweep.until + MOMENT)}


def no_wider_than_the_outage(record: Record) -> Iterator[str]:
    """A window begins no earlier than the last good sweep that held the endpoint, less what the board may lag: 15 s.

    Not judged where the clock jumped, where the document was veiled, or where a write kept a sweep from counting.
    """
    sweeps = defaultdict(list)
    for sweep in good_sweeps(record.story):
        if record.alive(sweep.since, max(sweep.next_at, sweep.until + MOMENT)):
            sweeps[sweep.namespace].append(sweep)
    veiled = {f"{veil.namespace}/{veil.name}" for veil in record.story.veils}
    for place, facts in record.facts.items():
        for entry in facts:
            if not isinstance(entry.event, StatusChanged) or place in veiled:
                continue
            true = true_window(record, entry.event.window, entry)
            spans = [span for span in record.spans[place] if true.since < span.since <= true.seen]
            began = spans[0].since if spans else true.seen
            held = [span for span in record.spans[place] if span.status != ABSENT]
            last = [
                sweep.since
                for sweep in sweeps[place.split("/")[0]]
                if sweep.until + MOMENT < began and any(span.covers(sweep.since, sweep.until) for span in held)
            ][-1:]
            written = _written(record, place, true.since, true.seen)
            if true.exact and not written and last and true.since < last[0] - BOARD:
                yield f"{place} at {entry.position}: the window begins at {true.since:%T}, a good sweep at {last[0]:%T}"


def _written(record: Record, place: str, since: datetime, until: datetime) -> bool:
    namespace = place.split("/", maxsplit=1)[0]
    return any(write.parts[0] == namespace and since - PATIENCE < write.at < until for write in record.writes)


def blind_is_not_news(record: Record) -> Iterator[str]:
    """While a namespace is down, or its token is refused or revoked, nothing is told of its endpoints.

    And those of other namespaces are looked at as before.
    """
    for trouble in record.story.troubles:
        for place, facts in record.facts.items():
            for entry in facts if place.startswith(f"{trouble.namespace}/") else ():
                told = entry.at < trouble.until and _looked_at(record, entry) > trouble.since
                if told and not _was_gone_before(record, entry, trouble.since):
                    yield f"{place} at {entry.position}: told while it was {trouble.kind}"
        if trouble.until - trouble.since > LONG and record.alive(trouble.since, trouble.until):
            asked = {
                exchange.parts[0]
                for exchange in record.story.exchanges
                if exchange.listing and trouble.since < exchange.at < trouble.until
            }
            for namespace in set(NAMESPACES) - asked:
                yield f"{namespace} was not looked at while {trouble.namespace} was {trouble.kind}"


def _was_gone_before(record: Record, entry: Entry, since: datetime) -> bool:
    """Return whether it is a deletion that was answered 404 already before: then the second look adds nothing."""
    looks = (look for look in record.looks.get(entry.place, []) if look.request.status == 404)
    gone = any(entry.at - PATIENCE < look.answered_at < since for look in looks)
    return isinstance(entry.event, Deleted) and gone


def _looked_at(record: Record, entry: Entry) -> datetime:
    """Return when the look that an event tells of was begun, at the earliest."""
    match entry.event:
        case Discovered(seen_at=at):
            window = Window(not_before=at, seen_at=at)
        case event:
            window = event.window  # type: ignore[union-attr]  # facts are lifecycle events, and all others have one
    true = true_window(record, window, entry)
    return true.seen - true.looked_for


def known_at_the_end(record: Record) -> Iterator[str]:
    """After the quiet time the log tells of every endpoint what is true of it, or was a moment ago."""
    end = record.story.restarted_at
    for place, spans in record.spans.items():
        facts = record.facts.get(place, [])
        said = ([state for _, (state, _) in _states(facts)] or [ABSENT])[-1]
        true = {span.status for span in spans if span.meets(end - LAG, end)}
        if said not in true:
            yield f"{place} is {true} at the end, and the log says {said}"

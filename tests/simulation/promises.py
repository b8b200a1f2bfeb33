"""The promises of the design (§5), as code: each takes the record of one story and yields what breaks it.

What is true is told by the simulator, by its history and its log of requests; never by the daemon.
"""

from collections.abc import Callable, Iterator

from events import codec
from events.streams import subject
from events.views.fleet import Fleet
from tests.simulation import acts, allowed, asked, facts, missed, stays, waited
from tests.simulation.record import Record
from tests.simulation.world import OBSERVED, PLAIN, TOKEN

FAILED = ('"event": "request_failed"', '"event": "server_failed"', '"status": 500')
Promise = Callable[[Record], Iterator[str]]


def no_secret_gets_out(record: Record) -> Iterator[str]:
    """What was planted into documents is nowhere: not in the log, on the board, or in what the process logs (5)."""
    for marker in (PLAIN, TOKEN):
        if marker.encode() in record.story.stored:
            where = [entry.position for entry in record.entries if marker.encode() in entry.recorded.data]
            yield f"{marker} stands in the store, in events {where}"
        yield from (f"{marker} stands in the line {line}" for line in record.story.lines if marker in line)


def replayed_to_the_same(record: Record) -> Iterator[str]:
    """The log from its beginning gives the fleet that the last daemon knew (7)."""
    live, fleet = record.story.fleet, Fleet()
    for entry in record.entries:
        if entry.position <= live.position:
            fleet.apply(entry.recorded, codec.decode(entry.recorded))
    for what in ("endpoints", "namespaces", "all_holds", "position"):
        if getattr(fleet, what) != getattr(live, what):
            yield f"{what} differ between the live view and the replayed one"


def restarted_without_a_trace(record: Record) -> Iterator[str]:
    """A restart over the same log in a quiet world tells only of the daemon itself, and writes nothing (7).

    But time goes on: a warning whose moment comes, an incident whose time is full, and what an endpoint does by itself
    around that time, is news.
    """
    since = record.story.restarted_at - missed.LAG
    moved = {place for place, spans in record.spans.items() if spans[-1].since > since}
    for recorded in record.story.restart:
        of_itself = recorded.type.startswith(("daemon.", "configuration.", "act.warned", "incident.", "delivery."))
        if not of_itself and str(subject(recorded.stream)) not in moved:
            yield f"{recorded.type} at {recorded.position}: a quiet restart told news"
    for write in record.writes:
        if write.at >= record.story.restarted_at:
            yield f"{write.request.path} was written after a quiet restart"


def nothing_failed_inside(record: Record) -> Iterator[str]:
    """Whoever asks the daemon is answered, as long as it lives: no request fails inside it."""
    for line in record.story.lines:
        if any(failed in line for failed in FAILED):
            yield f"the daemon says: {line}"


def observed_only(record: Record) -> Iterator[str]:
    """To a namespace in observe mode nothing is ever written, whatever is asked (8)."""
    for write in record.writes:
        if write.parts[0] == OBSERVED:
            yield f"{write.request.path} was written, and {OBSERVED} is only observed"


PROMISES: tuple[Promise, ...] = (
    facts.numbered_without_a_gap,
    facts.chained,
    facts.seen_as_it_was,
    facts.absent_as_it_was,
    missed.nothing_missed,
    missed.no_wider_than_the_outage,
    facts.deleted_only_after_a_404,
    missed.blind_is_not_news,
    missed.known_at_the_end,
    acts.decided_once,
    acts.told_how_it_ended,
    acts.meant_before_it_was_done,
    acts.never_blindly,
    acts.effective_once,
    acts.not_after_a_person,
    acts.wakes_nobody,
    acts.confirmed_as_it_was,
    allowed.freshly_looked_at,
    allowed.only_where_allowed,
    allowed.warned_before,
    allowed.settled_before,
    allowed.old_enough,
    stays.nothing_put_out_under_a_lease,
    stays.taken_as_told,
    stays.kept_as_long_as_was_told,
    stays.over_when_it_is_over,
    stays.woken_once,
    stays.put_back_once,
    stays.put_back_only_what_a_lease_woke,
    asked.asked_once,
    asked.written_by_name,
    asked.told_as_it_ended,
    asked.never_where_it_is_observed,
    waited.told_the_truth,
    no_secret_gets_out,
    replayed_to_the_same,
    restarted_without_a_trace,
    observed_only,
    nothing_failed_inside,
)


def broken(record: Record) -> list[str]:
    """Return what is broken of all promises, each with its promise's name."""
    return [f"{promise.__name__}: {what}" for promise in PROMISES for what in promise(record)]

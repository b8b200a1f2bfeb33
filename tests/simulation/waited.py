"""The promises on waiting: whoever waits is told the truth, or that his time is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from service.subscribers.ready import READY, End
from tests.simulation.clocks import START
from tests.simulation.machine import Waited
from tests.simulation.record import LOOK, Record
from tests.simulation.sweeps import Sweep, good_sweeps
from tests.simulation.told import ABSENT, UNREADABLE

PROBED = timedelta(seconds=2) + LOOK  # how old the last answer of a health route may be
ENDS = {End.PAUSED: {"paused"}, End.GONE: {ABSENT}, End.FAILED: {"failed", "updateFailed"}}


def told_the_truth(record: Record) -> Iterator[str]:
    """A wait ends as the endpoint was: reached, paused, gone or failed is what it was told as since the last good look.

    Not judged: a name of which nothing was ever seen, in a namespace that the token has lost: it lists nothing there.

    Ready is what has just answered at its health route: however old the view is, that is of now.
    """
    sweeps = good_sweeps(record.story)
    for waited in record.story.waits:
        if waited.answer.end is None:
            yield f"{waited.place}: a wait ended at {waited.until:%T} without an end"
        elif waited.answer.end is not End.TIMED_OUT and not _unheard_of(record, waited):
            yield from _untrue(record, waited, waited.answer.end, _seen(record, waited, sweeps))


def _unheard_of(record: Record, waited: Waited) -> bool:
    known = any(entry.at < waited.until for entry in record.facts.get(waited.place, []))
    return not known and record.out_of_reach(waited.place, waited.until)


def _untrue(record: Record, waited: Waited, end: End, seen: datetime) -> Iterator[str]:
    statuses = ENDS.get(end, waited.goal.reached)
    ready = end is End.REACHED and READY in statuses
    since = waited.until - PROBED if ready else seen
    shown = [span for span in record.spans[waited.place] if span.meets(since, waited.until)]
    told = {str(span.state) for span in shown} if ready else {span.status for span in shown}
    if UNREADABLE not in told and told.isdisjoint({"running"} if ready else statuses):
        yield f"{waited.place}: told {end} at {waited.until:%T}, and since {since:%T} it was {told}"


def _seen(record: Record, waited: Waited, sweeps: list[Sweep]) -> datetime:
    """Return since when the daemon's view may be: the last but one good look, as the last may have been overtaken.

    What is out of reach, or one of a crowd that is missing, it keeps as it was last seen.
    """
    own = [sweep.since for sweep in sweeps if waited.place.startswith(f"{sweep.namespace}/")]
    looks = [look.at for look in record.looks.get(waited.place, [])]
    return sorted(
        [START, START, *(at for at in (*own, *looks) if at < waited.until - LOOK and record.believed(waited.place, at))]
    )[-2]

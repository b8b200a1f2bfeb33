"""The promises on leases: what keeps an endpoint awake, until when, and what becomes of it after the last one."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from events.catalogue.acts import Intended
from events.catalogue.keepers import LeaseExpired
from service.simulator import Happening, State
from tests.simulation.callers import Stay
from tests.simulation.clocks import ROUNDING
from tests.simulation.machine import Life
from tests.simulation.record import LOOK, Leased, Meant, Record
from tests.simulation.told import UNREADABLE, Span
from tests.simulation.witness import ROBOT, Exchange

GRACE = timedelta(minutes=2)  # after a start, for every holder to come back
REST = {State.PAUSED, State.SCALED_TO_ZERO}


def nothing_put_out_under_a_lease(record: Record) -> Iterator[str]:
    """While a lease is in force, no policy means to act on the endpoint, nor sends what it had meant before.

    Who takes a lease between the last look and the write comes too late, as anybody would.
    """
    for meant in (*record.by_policy, *record.put_back):
        for leased in record.leased:
            if leased.place != meant.place or leased.ended_at <= meant.entry.at:
                continue
            where = f"{meant.place} at {meant.entry.position}"
            if leased.taken.position < meant.entry.position:
                yield f"{where}: meant under the lease that {leased.holder} took at {leased.taken.position}"
            for write in record.sent(meant):
                if leased.taken.at + LOOK < write.at < leased.ended_at:
                    yield f"{where}: written at {write.at:%T} under the lease of {leased.taken.at:%T}"


def taken_as_told(record: Record) -> Iterator[str]:
    """Whoever was told of a lease has one, by his own name, and one alone however often he asked."""
    leased = defaultdict(list)
    for each in record.leased:
        leased[each.holder].append(each)
    for stay in record.story.stays:
        own = leased[stay.actor]
        if len(own) > 1:
            yield f"{stay.who}: {len(own)} leases under one key"
        if stay.lease is not None and [each.id for each in own] != [stay.lease]:
            yield f"{stay.who} was told of the lease {stay.lease}, and the log knows {own}"


def kept_as_long_as_was_told(record: Record) -> Iterator[str]:
    """No lease expires before the time is over that its holder was told, by true time, nor before its grace.

    However the wall clock jumps, and whatever dies meanwhile. Who asks again for a lease is told of the one he has.
    """
    for stay, leased in _pairs(record):
        if leased.ended is None or not isinstance(leased.ended.event, LeaseExpired):
            continue
        ended = leased.ended.at + ROUNDING
        for tried in stay.kept:
            since = max(leased.taken.at, tried.sent) if tried in stay.renewals else leased.taken.at
            if tried.answered_at <= ended < since + timedelta(seconds=stay.seconds):
                yield f"{stay.who} was told at {tried.answered_at:%T} of {stay.seconds} s, and it expired at {ended:%T}"
        life = [life for life in record.story.lives if life.since <= ended][-1]
        came_back = any(life.since < tried.sent < ended for tried in stay.renewals)
        if leased.taken.at < life.since and not came_back and ended < life.since + _grace(stay):
            yield f"{stay.who}: expired at {ended:%T}, and the daemon was back only at {life.since:%T}"


def over_when_it_is_over(record: Record) -> Iterator[str]:
    """What was not renewed in time ends, as soon as a daemon is there to end it, and then counts no more."""
    for stay, leased in _pairs(record):
        heard = max(
            [leased.taken.at, *(min(tried.answered_at, tried.sent + LOOK) for tried in stay.renewals)],
        )
        for life in record.story.lives:
            due = _due(stay, leased, life, heard)
            if due is not None and due + LOOK < min(life.until, leased.ended_at):
                yield f"{stay.who}: not heard of since {heard:%T}, and still in force at {due + LOOK:%T}"
        for tried in stay.renewals:
            if tried.good and tried.sent > leased.ended_at:
                yield f"{stay.who}: renewed at {tried.sent:%T}, over since {leased.ended_at:%T}"
            if tried.code == 404 and tried.answered_at < leased.ended_at:
                yield f"{stay.who}: said to be over at {tried.answered_at:%T}, and in force until {leased.ended_at:%T}"


def _due(stay: Stay, leased: Leased, life: Life, heard: datetime) -> datetime | None:
    """Return when a daemon should have ended a lease; None if it heard of its holder later, or never knew of it."""
    if leased.taken.at > life.until:
        return None
    if leased.taken.at < life.since:
        return max(life.since + _grace(stay), heard + timedelta(seconds=stay.seconds))
    return heard + timedelta(seconds=stay.seconds)


def woken_once(record: Record) -> Iterator[str]:
    """However many holders there are, an endpoint is resumed for them once, until something puts it out again.

    Not judged: what nobody could see, since its document could not be read all the while.
    """
    holders = {stay.actor for stay in record.story.stays}
    writes: defaultdict[str, list[tuple[Meant, Exchange]]] = defaultdict(list)
    for meant in record.meant:
        if meant.entry.recorded.actor in holders and meant.intended.policy is None:
            writes[meant.place] += [(meant, write) for write in record.sent(meant)]
    for place, sent in writes.items():
        for (first, _), (second, write) in pairwise(sent):
            effects = record.effects(first)
            if first is second or not effects:
                continue
            shown = [span.status for span in record.spans[place] if span.meets(effects[0], write.at)]
            put_out = any(effects[0] < span.since <= write.at for span in _out(record, place))
            if not put_out and set(shown) != {UNREADABLE}:
                yield f"{place}: resumed at {effects[0]:%T}, and again at {write.at:%T}, though nothing put it out"


def _out(record: Record, place: str) -> list[Span]:
    return [span for span in record.spans[place] if span.state in {*REST, State.FAILED, State.ABSENT}]


def put_back_once(record: Record) -> Iterator[str]:
    """One pause follows the last of several leases, and none without one that asked for it."""
    ends: Counter[tuple[str, str]] = Counter()
    for meant in record.put_back:
        last = (meant.intended.revision or "").partition("/")[0]
        ends[meant.place, last] += len(record.effects(meant))
        leased = next((each for each in record.leased if each.id == last), None)
        if leased is None or not leased.pause_after or leased.ended_at > meant.entry.at:
            yield f"{meant.place} at {meant.entry.position}: put back for {leased}"
    yield from (f"{place}: put back {count} times after {last}" for (place, last), count in ends.items() if count > 1)


def put_back_only_what_a_lease_woke(record: Record) -> Iterator[str]:
    """What a lease did not resume, or somebody else touched or asked for since, is not put back when the lease ends.

    Not judged: an edit of which no look showed that it was under way; what nobody could have seen, since no look lay
    between the person and the write, or none between a pause
    and the resume that followed it.
    """
    holders = {stay.actor for stay in record.story.stays}
    for meant in record.put_back:
        where = f"{meant.place} at {meant.entry.position}"
        woken = record.entries[meant.intended.evidence[0] - 1]
        if not isinstance(woken.event, Intended) or woken.event.command != "resume":
            yield f"{where}: it rests on {woken.event}"
        elif woken.recorded.actor not in holders:
            yield f"{where}: {woken.recorded.actor} had resumed it, without a lease"
        for write in record.sent(meant):
            yield from (f"{where}: {why}" for why in _others(record, meant, woken.at, write.at))


def _others(record: Record, meant: Meant, woken: datetime, written: datetime) -> Iterator[str]:
    for happening in record.story.history:
        by_a_person = happening.actor is not None and not happening.actor.startswith(ROBOT)
        if f"{happening.namespace}/{happening.name}" != meant.place or not by_a_person:
            continue
        known = happening.cause != "wake" and _was_seen(record, meant.place, happening, written)
        if woken < happening.at < written and known:
            yield f"{happening.actor} had done a {happening.cause} at {happening.at:%T}, written at {written:%T}"
    for ask in record.story.asks:
        for tried in ask.tries:
            told = ask.verb == "resume" and tried.good and woken < tried.sent and tried.answered_at < meant.entry.at
            if ask.place == meant.place and told:
                yield f"{ask.who} was told at {tried.answered_at:%T} that it runs, written at {written:%T}"


def _was_seen(record: Record, place: str, happening: Happening, before: datetime) -> bool:
    """Return whether a look could tell of it: of whoever puts it out or wakes it, that it rested in between."""
    looks = [(look.at, look.answered_at) for look in record.looks.get(place, []) if look.answered_at <= before]
    if happening.cause == "update":  # by itself it makes no event, and may have changed nothing but its own time
        spans = [span for span in record.spans[place] if span.since == happening.at and span.state is State.UPDATING]
        return any(span.since <= asked and answered < span.until for span in spans for asked, answered in looks)
    if happening.cause not in {"pause", "resume", "scale_to_zero"}:
        return any(happening.at <= asked for asked, _ in looks)
    rests = [span for span in _out(record, place) if span.since <= happening.at <= span.until]
    return any(span.since <= asked and answered < span.until for span in rests for asked, answered in looks)


def _pairs(record: Record) -> Iterator[tuple[Stay, Leased]]:
    stays = {stay.actor: stay for stay in record.story.stays}
    yield from ((stays[leased.holder], leased) for leased in record.leased if leased.holder in stays)


def _grace(stay: Stay) -> timedelta:
    return max(GRACE, timedelta(seconds=stay.seconds))

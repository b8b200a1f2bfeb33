"""The promises on where a policy may act: upon what it has just seen, what is old enough, warned of, and free."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from events.catalogue.acts import Warned
from events.catalogue.daemon import ConfigurationApplied
from service.config import Policy
from service.leases.rest import POLICY
from service.simulator import State
from statemachine.model import EndpointName
from tests.simulation.record import LOOK, MOMENT, Meant, Record
from tests.simulation.sweeps import good_sweeps
from tests.simulation.told import UNREADABLE

JUMP = timedelta(seconds=60)  # a greater jump of the wall clock counts as a new start


def freshly_looked_at(record: Record) -> Iterator[str]:
    """A policy means to act only upon an endpoint that a look, a moment before, showed to be running and readable.

    So nothing is done on an unknown status, an unreadable document, a namespace that is out of reach, or an endpoint
    that is gone.
    """
    for meant in record.by_policy:
        looks = [
            look
            for look in record.looks.get(meant.place, [])
            if look.request.status == 200 and look.answered_at <= meant.entry.at < look.answered_at + LOOK
        ]
        shown = {
            span.status
            for look in looks[-1:]
            for span in record.spans[meant.place]
            if span.meets(look.at, look.answered_at)
        }
        if "running" not in shown:
            yield f"{meant.place} at {meant.entry.position}: meant upon {shown or 'no look'}"


def only_where_allowed(record: Record) -> Iterator[str]:
    """No policy acts on what is protected, in no group of its own, held, or in a namespace that is only observed.

    Nor is anything put back to rest there when a lease ends.
    """
    for meant in (*record.by_policy, *record.put_back):
        where = f"{meant.place} at {meant.entry.position}"
        configuration = record.configuration(meant.entry.position)
        name = EndpointName(*meant.place.split("/"))
        groups = configuration.settings.groups_of(name, frozenset())
        if not configuration.acts(name.namespace):
            yield f"{where}: its namespace is only observed"
        if any(configuration.settings.groups[group].protected for group in groups):
            yield f"{where}: it is protected"
        if meant.intended.policy != POLICY and set(groups).isdisjoint(_policy(record, meant).groups):
            yield f"{where}: it is in no group of the policy"
        for held in record.holds:
            begun = held.placed.position < meant.entry.position and held.name in {"", meant.place}
            ended = (held.lifted or meant.entry.position) < meant.entry.position
            if begun and not ended and held.until > meant.entry.recorded.time:
                yield f"{where}: it is held since {held.placed.position}"


def _policy(record: Record, meant: Meant) -> Policy:
    settings = record.configuration(meant.entry.position).settings
    return next(policy for policy in settings.policies if policy.name == meant.intended.policy)


def warned_before(record: Record) -> Iterator[str]:
    """Every warning that the policy owes was given, and its promise kept: by the wall, and in true time."""
    for meant in record.by_policy:
        where, intended, policy = f"{meant.place} at {meant.entry.position}", meant.intended, _policy(record, meant)
        about = (intended.policy, intended.revision, intended.life, intended.evidence[0])
        given = {
            entry.event.edge_seconds: entry
            for entry in record.entries
            if isinstance(entry.event, Warned)
            and (entry.place, entry.position < meant.entry.position) == (meant.place, True)
            and (entry.event.policy, entry.event.revision, entry.event.life, entry.event.cause) == about
        }
        if missing := {edge.total_seconds() for edge in policy.warn} - given.keys():
            yield f"{where}: no warning was given of {missing}"
        for edge, entry in given.items():
            if isinstance(entry.event, Warned) and meant.entry.recorded.time < entry.event.due_at:
                yield f"{where}: before {entry.event.due_at}, which was promised at {entry.position}"
            had = meant.entry.at - entry.at + record.walls.forward(entry.at, meant.entry.at) + MOMENT
            if had < timedelta(seconds=edge):
                yield f"{where}: only {had} after the warning at {entry.position}"


def settled_before(record: Record) -> Iterator[str]:
    """Nothing is done for `settle` after a start, a changed configuration, or a great jump of the clock."""
    applied = [
        entry.at for entry in record.entries if isinstance(entry.event, ConfigurationApplied) and entry.event.changes
    ]
    jumps = [setting.at for setting in record.story.settings if abs(setting.jump) > JUMP]
    for meant in record.by_policy:
        settle = record.configuration(meant.entry.position).settings.settle
        for began in (*(life.since for life in record.story.lives), *applied, *jumps):
            waited = meant.entry.at - began
            small = sum(
                (jump for jump in record.walls.jumps(began, meant.entry.at) if timedelta() < jump <= JUMP), timedelta()
            )
            if MOMENT < waited < settle - small - MOMENT:
                yield f"{meant.place} at {meant.entry.position}: only {waited} after {began:%T}"


def old_enough(record: Record) -> Iterator[str]:
    """Nothing is put out that has truly run for less than `max_age`, less what the wall clock ran ahead.

    A time in which it did not run, and in which nobody could look or read what was shown, is not known to anybody and
    counts as running.
    """
    looks = [(sweep.namespace, sweep.since, sweep.until) for sweep in good_sweeps(record.story)]
    direct = [(place, look) for place, looks in record.looks.items() for look in looks if look.request.status == 200]
    looks += [(place, look.at, look.answered_at) for place, look in direct]
    looks = [(about, since, until) for about, since, until in looks if record.alive(since, until + MOMENT)]
    for meant in record.by_policy:
        own = [(since, until) for about, since, until in looks if f"{meant.place}/".startswith(f"{about}/")]
        since = _running_since(record, meant, own)
        age = meant.entry.at - since + record.walls.forward(since, meant.entry.at)
        max_age = _policy(record, meant).when.max_age
        if max_age is None or age + MOMENT < max_age:
            yield f"{meant.place} at {meant.entry.position} ({meant.entry.at:%T}): only {age} old"


def _running_since(record: Record, meant: Meant, looks: list[tuple[datetime, datetime]]) -> datetime:
    """Return since when it runs; also while the API did not tell it, as long as it came back as the same life."""
    spans = [span for span in record.spans[meant.place] if span.since < meant.entry.at]
    since, life = meant.entry.at, spans[-1].life
    for span in reversed(spans):
        if span.state is State.RUNNING and span.life == life:
            since = span.since
        elif span.life == life and (span.state is State.ABSENT or span.status == UNREADABLE):
            continue
        elif any(span.since <= asked and answered < span.until for asked, answered in looks):
            break
    return since

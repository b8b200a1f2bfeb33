"""The promises on what was done: decided once, pursued until its end is told, never blindly, never twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from events.catalogue.acts import Confirmed, Warned
from events.record import decision_id
from statemachine.model import EndpointName
from tests.simulation.record import LOOK, Meant, Record
from tests.simulation.witness import ROBOT

LONGEST_BLIND = timedelta(minutes=3)  # that a view may be old and still be believed
JUMP = timedelta(seconds=60)  # a greater jump of the wall clock counts as a new start


def decided_once(record: Record) -> Iterator[str]:
    """An intent's id follows from policy, revision, life and cause; a warning is given once for each edge."""
    for meant in (*record.by_policy, *record.put_back):
        if not _follows(meant):
            yield f"{meant.place} at {meant.entry.position}: its id does not follow from what it was decided on"
    warned = Counter(
        (entry.place, event.policy, event.revision, event.life, event.cause, event.edge_seconds)
        for entry in record.entries
        if isinstance(event := entry.event, Warned)
    )
    yield from (f"warned {count} times: {key}" for key, count in warned.items() if count > 1)


def _follows(meant: Meant) -> bool:
    intended, name = meant.intended, EndpointName(*meant.place.split("/"))
    parts = (intended.policy, intended.revision, name, intended.life, intended.evidence[0], intended.command)
    return decision_id("policy", *parts) == intended.intent


def told_how_it_ended(record: Record) -> Iterator[str]:
    """After the quiet time every intent has one outcome."""
    for meant in record.meant:
        if len(meant.outcomes) != 1:
            yield f"{meant.place} at {meant.entry.position}: {len(meant.outcomes)} outcomes"


def meant_before_it_was_done(record: Record) -> Iterator[str]:
    """Whatever was written to the API, and whatever it changed, an open intent had said so."""
    sent = {id(write) for meant in record.meant for write in record.sent(meant)}
    for write in record.writes:
        if id(write) not in sent:
            yield f"{write.request.path} was written at {write.at:%T}, and nobody had meant it"
    effects = {(meant.place, effect) for meant in record.meant for effect in record.effects(meant)}
    for happening in record.story.history:
        place = f"{happening.namespace}/{happening.name}"
        if (happening.actor or "").startswith(ROBOT) and (place, happening.at) not in effects:
            yield f"{place}: {happening.cause} at {happening.at:%T} belongs to no open intent"


def never_blindly(record: Record) -> Iterator[str]:
    """Between two writes of one intent lies a look, unless the first was surely not carried out (429)."""
    for meant in record.meant:
        sent = record.sent(meant)
        for first, second in pairwise(sent):
            looks = record.looks.get(meant.place, [])
            looked = any(first.at <= look.at and look.answered_at <= second.at for look in looks)
            if first.request.status != 429 and not looked:
                yield f"{meant.place} at {meant.entry.position}: written at {first.at:%T} and again at {second.at:%T}"


def effective_once(record: Record) -> Iterator[str]:
    """No intent, and no reason of a policy, has two effects in the world."""
    reasons: Counter[object] = Counter()
    for meant in record.meant:
        effects, intended = len(record.effects(meant)), meant.intended
        if effects > 1:
            yield f"{meant.place} at {meant.entry.position}: {effects} effects of one intent"
        if intended.policy is not None:
            key = (meant.place, intended.policy, intended.revision, intended.life, intended.evidence[0])
            reasons[key] += effects
    yield from (f"{count} effects of one reason: {key}" for key, count in reasons.items() if count > 1)


def not_after_a_person(record: Record) -> Iterator[str]:
    """Nothing is written for an intent once a look could have told that a person was there after it was meant.

    The API knows no compare-and-set: who comes between the last look and the write cannot be seen, by anybody.
    """
    people = defaultdict(list)
    for happening in record.story.history:
        if happening.actor is not None and not happening.actor.startswith(ROBOT):
            people[f"{happening.namespace}/{happening.name}"].append(happening.at)
    for meant in (*record.by_policy, *record.put_back):
        for write in record.sent(meant):
            for acted in people[meant.place]:
                looks = record.looks.get(meant.place, [])
                seen = any(acted <= look.at and look.answered_at <= write.at for look in looks)
                if meant.entry.at < acted < write.at and seen:
                    yield f"{meant.place} at {meant.entry.position}: written at {write.at:%T}, a person at {acted:%T}"


def wakes_nobody(record: Record) -> Iterator[str]:
    """No probe of a health route wakes an endpoint that a look had shown, or could have shown, to be asleep.

    Who falls asleep between the last look and the probe cannot be seen.
    """
    probes = {exchange.at for exchange in record.story.exchanges if exchange.request.path.endswith("/health")}
    fell: dict[str, datetime] = {}
    for happening in record.story.history:
        place = f"{happening.namespace}/{happening.name}"
        if happening.cause == "wake" and happening.at in probes and happening.at - fell[place] > LONGEST_BLIND:
            yield f"{place}: asleep since {fell[place]:%T}, and woken by a probe at {happening.at:%T}"
        fell[place] = happening.at


def confirmed_as_it_was(record: Record) -> Iterator[str]:
    """A confirmed intent's status was told or true, after it was meant and before it was confirmed.

    The answer to a write is not veiled: it tells what is true also of an endpoint that looks cannot read.
    """
    for meant in record.meant:
        for outcome in meant.outcomes:
            if isinstance(outcome.event, Confirmed):
                told = (span for span in record.spans[meant.place] if span.meets(meant.entry.at - LOOK, outcome.at))
                if not any(outcome.event.status in {span.status, span.state.value} for span in told):
                    yield f"{meant.place} at {outcome.position}: never {outcome.event.status}"

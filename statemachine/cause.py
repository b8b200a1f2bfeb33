"""Who brought a change about: what the table knows, what the document says, and which decision of ours it follows.

Three witnesses, none of which is believed beyond what it saw:

- *the table* knows who can cause each step. Where all that could have caused a change is the platform, or all is a
  person, or all is a request, it says so; where the table leaves more than one open, the cause stays unknown;
- *the document* names whoever edited it last. If that edit came since the look before, that person was there, and if a
  person can have caused the change, did;
- *our own intents*: one that is under way and asks for a step on the way that the status went, is what it follows; from
  a status that nobody knows, one that asks for a step to where it went.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from statemachine.legality import CLASSIFIED, Classification
from statemachine.model import Cause, Kind, Ours
from statemachine.status import AnyStatus, Status, UnknownStatus
from statemachine.table import TABLE, Arrow, By, Trigger, between


@dataclass(frozen=True, slots=True)
class Suspects:
    """What can have caused a change: `by` and `trigger` where the table leaves but one; `triggers`: all on the way."""

    by: By | None
    trigger: Trigger | None
    triggers: frozenset[Trigger]

    def may_be(self, by: By) -> bool:
        """Say whether one of the triggers is pulled by these."""
        return any(PULLED_BY[trigger] is by for trigger in self.triggers)


LEADS_TO: frozenset[tuple[Trigger, AnyStatus]] = frozenset((arrow.trigger, arrow.target) for arrow in TABLE)
PULLED_BY: Mapping[Trigger, By] = MappingProxyType({arrow.trigger: arrow.by for arrow in TABLE})
Way = tuple[Arrow, ...]
NOBODY = Suspects(None, None, frozenset())


def cause_of_status(old: AnyStatus, new: AnyStatus, *, editor: str | None, ours: Sequence[Ours]) -> Cause:
    """Say who changed a status; `editor` is who edited the document since the look before, if anybody did.

    From a status that nobody knows a change follows a decision of ours that can lead where it led, and tells no more.
    """
    if isinstance(old, UnknownStatus):
        own = next((own for own in ours if (own.trigger, new) in LEADS_TO), None)
        return Cause(editor=editor, intent=None if own is None else own.intent)
    return _judge(SUSPECTS.get((old, new), NOBODY), editor=editor, ours=ours)


def cause_of_edit(*, editor: str | None, ours: Sequence[Ours]) -> Cause:
    """Say who changed a configuration: an update is the only step that does."""
    return _judge(EDIT, editor=editor, ours=ours)


def cause_of_end(old: AnyStatus, *, ours: Sequence[Ours]) -> Cause:
    """Say who ended a life; nobody edits what is gone."""
    return cause_of_status(old, Status.ABSENT, editor=None, ours=ours)


def _judge(suspects: Suspects, *, editor: str | None, ours: Sequence[Ours]) -> Cause:
    by, trigger = suspects.by, suspects.trigger
    own = next((own for own in ours if own.trigger in suspects.triggers), None)
    if own is not None:
        by, trigger = by or PULLED_BY[own.trigger], trigger or own.trigger
    elif by is None and editor is not None and suspects.may_be(By.PERSON):
        by = By.PERSON
    return Cause(by=by, trigger=trigger, editor=editor, intent=None if own is None else own.intent)


def suspects_of_every_pair(
    table: Sequence[Arrow], classified: Mapping[tuple[Status, Status], Classification]
) -> Mapping[tuple[AnyStatus, AnyStatus], Suspects]:
    """Work out who can have caused each change: by its one step, or else along every way that may explain it.

    A change that one step explains needs no other. Of one that was skipped the classification names the best way, but
    others with as few uncertain steps explain it as well, and nobody is named whom one of them does not name.
    """
    direct = between(table)
    ways: dict[tuple[Status, Status], list[Way]] = {}
    for (old, new), found in classified.items():
        if old is new:
            continue
        if found.kind is Kind.DIRECT:
            ways[old, new] = [(arrow,) for arrow in direct[old, new]]
        elif found.kind is Kind.SKIPPED:
            ways[old, new] = _least_uncertain(_ways(table, (), old, new))
    return MappingProxyType({pair: _suspects(found) for pair, found in ways.items()})


def _ways(table: Sequence[Arrow], way: Way, here: Status, end: Status) -> Iterator[Way]:
    """Yield every way on from `here` that comes by no status twice, with at most one step from outside."""
    been = {arrow.source for arrow in way} | {here}
    outside = any(arrow.by is not By.PLATFORM for arrow in way)
    for arrow in table:
        if arrow.source is not here or arrow.target in been or (outside and arrow.by is not By.PLATFORM):
            continue
        if arrow.target is end:
            yield (*way, arrow)
        else:
            yield from _ways(table, (*way, arrow), arrow.target, end)


def _least_uncertain(ways: Iterable[Way]) -> list[Way]:
    """Return the ways through those statuses through which one leads with the fewest uncertain steps."""
    found = list(ways)
    doubts = [(sum(not arrow.certain for arrow in way), tuple(arrow.target for arrow in way)) for way in found]
    least = min(doubts)[0]
    places = {targets for doubt, targets in doubts if doubt == least}
    return [way for way, (_, targets) in zip(found, doubts, strict=True) if targets in places]


def _suspects(ways: Sequence[Way]) -> Suspects:
    """Return whom all these ways agree upon. A way's cause is its step from outside, or else the platform."""
    decisive = [(way, next((arrow for arrow in way if arrow.by is not By.PLATFORM), None)) for way in ways]
    doers = {By.PLATFORM if arrow is None else arrow.by for _, arrow in decisive}
    # Of several steps of the platform's none is the cause more than the others.
    steps = {arrow.trigger if arrow else way[0].trigger if len(way) == 1 else None for way, arrow in decisive}
    return Suspects(
        by=doers.pop() if len(doers) == 1 else None,
        trigger=steps.pop() if len(steps) == 1 else None,
        triggers=frozenset(arrow.trigger for way in ways for arrow in way),
    )


SUSPECTS = suspects_of_every_pair(TABLE, CLASSIFIED)
EDIT = Suspects(By.PERSON, Trigger.UPDATE, frozenset({Trigger.UPDATE}))

"""Who brought a change about: what the table knows, what the document says, and which decision of ours it follows.

Three witnesses, none of which is believed beyond what it saw:

- *the table* knows who can cause each step. Where all that could have caused a change is the platform, or all is a
  person, or all is a request, it says so; where the table leaves more than one open, the cause stays unknown;
- *the document* names whoever edited it last. If that edit came since the look before, that person was there, and if a
  person can have caused the change, did;
- *our own intents*: one that is under way and asks for a step on the way that the status went, is what it follows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from statemachine.legality import CLASSIFIED, Classification
from statemachine.model import Cause, Ours
from statemachine.status import AnyStatus, Status
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


PULLED_BY: Mapping[Trigger, By] = MappingProxyType({arrow.trigger: arrow.by for arrow in TABLE})
NOBODY = Suspects(None, None, frozenset())


def cause_of_status(old: AnyStatus, new: AnyStatus, *, editor: str | None, ours: Sequence[Ours]) -> Cause:
    """Say who changed a status; `editor` is who edited the document since the look before, if anybody did."""
    return _judge(SUSPECTS.get((old, new), NOBODY), editor=editor, ours=ours)


def cause_of_edit(*, editor: str | None, ours: Sequence[Ours]) -> Cause:
    """Say who changed a configuration: an update is the only step that does."""
    return _judge(EDIT, editor=editor, ours=ours)


def cause_of_end(old: AnyStatus, *, ours: Sequence[Ours]) -> Cause:
    """Say who ended a life; nobody edits what is gone."""
    return cause_of_status(old, Status.ABSENT, editor=None, ours=ours)


def _judge(suspects: Suspects, *, editor: str | None, ours: Sequence[Ours]) -> Cause:
    intent = next((own.intent for own in ours if own.trigger in suspects.triggers), None)
    by, trigger = suspects.by, suspects.trigger
    if by is None and (intent is not None or editor is not None) and suspects.may_be(By.PERSON):
        by = By.PERSON
    if trigger is None and intent is not None:
        trigger = next(own.trigger for own in ours if own.intent == intent)
    return Cause(by=by, trigger=trigger, editor=editor, intent=intent)


def suspects_of_every_pair(
    table: Iterable[Arrow], classified: Mapping[tuple[Status, Status], Classification]
) -> Mapping[tuple[AnyStatus, AnyStatus], Suspects]:
    """Work out who can have caused each change, along the way that its classification names."""
    arrows = between(table)
    ways = {
        (old, new): [arrows.get(step, []) for step in pairwise((old, *classification.via, new))]
        for (old, new), classification in classified.items()
    }
    return MappingProxyType({pair: _suspects(way) for pair, way in ways.items() if all(way)})


def _suspects(way: Sequence[Sequence[Arrow]]) -> Suspects:
    """Return who can have caused a way, given all arrows of each of its steps."""
    triggers = frozenset(arrow.trigger for step in way for arrow in step)
    doers = [{arrow.by for arrow in step} for step in way]
    outside = [step for step, by in zip(way, doers, strict=True) if by != {By.PLATFORM}]
    if not outside:  # every step is the platform's; of one step alone the trigger can be told
        own = {arrow.trigger for arrow in way[0]} if len(way) == 1 else set()
        return Suspects(By.PLATFORM, own.pop() if len(own) == 1 else None, triggers)
    decisive = [arrow for step in outside for arrow in step]
    by, own = {arrow.by for arrow in decisive}, {arrow.trigger for arrow in decisive}
    return Suspects(by.pop() if len(by) == 1 else None, own.pop() if len(own) == 1 else None, triggers)


SUSPECTS = suspects_of_every_pair(TABLE, CLASSIFIED)
EDIT = Suspects(By.PERSON, Trigger.UPDATE, frozenset({Trigger.UPDATE}))

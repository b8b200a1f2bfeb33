"""One sentence for a change of status: how it relates to the table, by which steps it came, and whose doing it was.

A sentence says what the classification and the cause say, and no more. Where the table leaves several triggers open for
a step it names them all, each with whoever pulls it, and says which of them are not certain.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import assert_never

from statemachine.legality import Classification
from statemachine.model import Cause, Kind
from statemachine.status import AnyStatus, UnknownStatus
from statemachine.table import TABLE, Arrow, By, between

ARROWS: Mapping[tuple[AnyStatus, AnyStatus], Sequence[Arrow]] = dict(between(TABLE).items())
DOERS: Mapping[By, str] = {By.PLATFORM: "the platform", By.PERSON: "a person", By.REQUEST: "a request"}


def explain(old: AnyStatus, new: AnyStatus, classified: Classification, cause: Cause) -> str:
    """Say in one sentence what a change of status was. Total, also for what an older table had decided."""
    change = f"{old} → {new}"
    match classified.kind:
        case Kind.DIRECT if old == new:
            return f"{change} is no change of status."
        case Kind.DIRECT:
            doing = "" if _is_told_by_its_step(old, new, cause) else f"; {_doing(cause)}"
            return f"{change} is one step: {_steps((old, new), cause)}{doing}."
        case Kind.SKIPPED:
            steps = _steps((old, *classified.via, new), cause)
            return f"{change} passed {_listed(classified.via)} unseen: {steps}; {_doing(cause)}."
        case Kind.UNEXPECTED:
            known = "no steps of the platform's with at most one command or request among them lead there"
            return f"{change} is unexpected: {known}, and it is believed all the same; {_doing(cause)}."
        case Kind.UNKNOWN:
            strange = _listed(tuple(dict.fromkeys(f"{end}" for end in (old, new) if isinstance(end, UnknownStatus))))
            return (
                f"{change} is unknown: nothing is concluded from what is not known here ({strange}); {_doing(cause)}."
            )
        case _:
            assert_never(classified.kind)


def _steps(way: Sequence[AnyStatus], cause: Cause) -> str:
    steps = [ARROWS.get(step, ()) for step in pairwise(way)]
    if len(steps) == 1:  # of several steps it is not known which was this one's
        steps = [[arrow for arrow in steps[0] if arrow.by is cause.by] or steps[0]]
    told = ([arrow for arrow in step if arrow.trigger is cause.trigger] or step for step in steps)
    return ", then ".join(" or ".join(map(_pull, step)) or "a step that the table does not have" for step in told)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _is_told_by_its_step(old: AnyStatus, new: AnyStatus, cause: Cause) -> bool:
    """Say whether a single step, which names who pulls it, says all that the cause does."""
    alone = cause.editor is None and cause.intent is None
    return alone and any(arrow.by is cause.by for arrow in ARROWS.get((old, new), ()))


def _pull(arrow: Arrow) -> str:
    return f"{arrow.trigger} by {DOERS[arrow.by]}{'' if arrow.certain else ' (not certain)'}"


def _doing(cause: Cause) -> str:
    """Say whose doing it was. An editor did what a person did, and else was only there."""
    editor = cause.editor
    if cause.by is None:
        doing = "whose doing cannot be told"
    elif cause.by is By.PERSON and editor is not None:
        doing, editor = f"the doing of {editor}", None
    else:
        doing = f"the doing of {DOERS[cause.by]}"
    there = "" if editor is None else f", while {editor} edited it"
    return doing + there + ("" if cause.intent is None else f", as our decision {cause.intent} asked")

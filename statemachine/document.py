"""The whole state machine as one Markdown document: what `docs/state-machine.md` holds.

All of it is asked of the code that the daemon runs: table, classification of every pair, causes, permits.
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

from statemachine.cause import NOBODY, SUSPECTS, cause_of_status
from statemachine.diagram import mermaid
from statemachine.legality import AlreadySo, Command, NotPermitted, Permit, Permitted, Sureness, classify, permits
from statemachine.model import Kind
from statemachine.status import FACTS, AnyStatus, Status, UnknownStatus
from statemachine.table import TABLE
from statemachine.wording import explain

UNKNOWN = UnknownStatus("(unknown)")


def markdown() -> str:
    """Return the document."""
    return "\n\n".join(
        [
            "# The state machine",
            "<!-- Written by scripts/diagram from the code: do not edit it here. -->",
            INTRODUCTION,
            "## The statuses",
            OF_STATUSES,
            _table(("status", "billed", "settled", "serves"), map(_facts, Status)),
            "## The steps",
            OF_STEPS,
            f"```mermaid\n{mermaid()}\n```",
            _arrows(),
            "## Every change of status",
            OF_CHANGES,
            _overview(),
            _table(
                ("from", "to", "kind", "via", "by", "trigger", "in a sentence"),
                (_change(old, new) for old in Status for new in Status),
            ),
            "## Every command in every status",
            OF_COMMANDS,
            _table(("status", *Command), (_answers(status) for status in (*Status, UNKNOWN))),
        ]
    )


INTRODUCTION = """\
What Lamplighter knows of the life of an inference endpoint. `lamplighter diagram` prints the diagram for Mermaid, with
`--markdown` this document, and with `--svg` the drawing beside it, [state-machine.svg](state-machine.svg)."""

OF_STATUSES = """\
The eight of the API, and `absent`: before creation and after deletion. *Billed*: replicas cost money. *Settled*: it
stays so until somebody or something acts. *Serves*: a request may be answered, if a replica is ready. A text that is
none of these is kept as it came, told once, and never acted on."""

OF_STEPS = """\
Each step has a trigger, and each trigger is pulled by one party. A `?` marks what has no certain evidence: people may
go that way, policies may not. Of the evidence, *docs* is the official documentation, *client* the official client, [C]
another client, [I] an inference."""

OF_CHANGES = """\
Lamplighter looks now and then, so a status that it never saw is ordinary: paused → running between two looks is a
resume and a start, and no error. A change is

- *direct* (`●`), if it is one step, or none at all;
- *skipped* (`1`, `2`, …: so many statuses were not seen), if the platform's own steps and at most one command or
  request from outside lead there;
- *unexpected* (`!`), if nothing of that kind does: it is recorded, told, and believed all the same;
- *unknown*, if one of its ends is a status that Lamplighter does not know.

Of several ways the one is named that has the fewest steps without certain evidence, then the shortest, then the one
with fewer steps from outside. *By* and *trigger* are what the table alone tells of the cause; where it leaves more than
one open, they stay empty, and only the document's editor or a decision of Lamplighter's own can fill them."""

OF_COMMANDS = """\
Where there is no evidence that a command applies, a policy does not give it, and a person may try: the answer is then
the API's. *Already so* is never told from a view that is not fresh."""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _facts(status: Status) -> tuple[str, ...]:
    facts = FACTS[status]
    return (f"`{status}`", *("yes" if fact else "no" for fact in (facts.billed, facts.settled, facts.serves)))


def _arrows() -> str:
    rows = (
        (arrow.source, arrow.target, arrow.trigger, arrow.by, "yes" if arrow.certain else "no", arrow.evidence)
        for arrow in TABLE
    )
    return _table(("from", "to", "trigger", "by", "certain", "evidence"), rows)


def _overview() -> str:
    """Return the square of all pairs, one sign for each."""
    return _table(("from ↓ to →", *Status), ((f"**{old}**", *(_sign(old, new) for new in Status)) for old in Status))


def _sign(old: Status, new: Status) -> str:
    classified = classify(old, new)
    return SIGNS.get(classified.kind, f"{len(classified.via)}")


def _change(old: Status, new: Status) -> tuple[str, ...]:
    classified = classify(old, new)
    suspects = SUSPECTS.get((old, new), NOBODY)
    sentence = explain(old, new, classified, cause_of_status(old, new, editor=None, ours=()))
    via = ", ".join(classified.via)
    return (old, new, classified.kind, via, suspects.by or "", suspects.trigger or "", sentence)


def _answers(status: AnyStatus) -> tuple[str, ...]:
    return (f"{status}", *(_answer(permits(status, command)) for command in Command))


def _answer(permit: Permit) -> str:
    match permit:
        case Permitted(sureness=sureness):
            return SURENESS[sureness]
        case AlreadySo():
            return "already so"
        case NotPermitted():
            return "not"
        case _:
            assert_never(permit)


SIGNS = {Kind.DIRECT: "●", Kind.UNEXPECTED: "!"}  # of what was skipped, the number of statuses that were not seen
SURENESS = {
    Sureness.EVIDENCE: "permitted",
    Sureness.NO_EVIDENCE: "permitted, no evidence",
    Sureness.UNKNOWN_STATUS: "permitted, status unknown",
}

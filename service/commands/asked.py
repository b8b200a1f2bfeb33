"""What a person asks for: what of it stands in the intent, what must not be written, and what became of it before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from events import codec, streams
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended
from events.log import EventLog
from events.query import Query
from events.views.fleet import Act
from service.commands.outcome import Unfit
from service.masking import find_marks
from service.ports import Writer
from statemachine.configuration import Scalar
from statemachine.model import EndpointName

STORY = tuple(map(codec.type_of, (Intended, Confirmed, Failed, Abandoned)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """By whom, why, what it writes (masked), with whose token (None: the daemon's own), and the id of it all."""

    intent: str
    actor: str
    reason: str
    writer: Writer | None
    wanted: Mapping[str, Scalar]

    def told(self) -> dict[str, Any]:
        """Return what of it stands in the intent."""
        return {
            "intent": self.intent,
            "reason": self.reason or f"asked by {self.actor}",
            "evidence": (),
            "wanted": self.wanted,
            "borrowed": self.writer is not None,
        }


def why_unfit(document: Mapping[str, Any]) -> Unfit | None:
    """Return why a document must not be written: a mark would overwrite the value that it hides."""
    marks = tuple(find_marks(document))
    if not marks:
        return None
    do = "the mark would overwrite the true value: leave it out, or give its true value"
    return Unfit(reason=f"{', '.join(marks)} is masked in what was to be written, and {do}", fields=marks)


async def remembered(log: EventLog, name: EndpointName, intent: str) -> Act | None:
    """Return the act that has this id, as the log tells it, however long ago it was."""
    page = await log.read(Query(stream=streams.acts(name), intent=intent, types=STORY, limit=2))
    act: Act | None = None
    for recorded in page.events:
        match codec.decode(recorded):
            case Intended() as intended if act is None:
                act = Act(intended=intended, actor=recorded.actor, position=recorded.position)
            case (Confirmed() | Failed() | Abandoned()) as outcome if act is not None:
                act = replace(act, outcome=outcome, ended_at=recorded.time, ended=recorded.position)
            case _:
                pass
    return act

"""What whoever asked is told: one union."""

from dataclasses import dataclass

from events.catalogue.acts import Abandoned, Confirmed, Failed
from events.views.fleet import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The effect was seen."""

    status: str
    intent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToDo:
    """A fresh look says that it is already so."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """This process may not write there; nothing was sent. `reason` names the line to change."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotApply:
    """A fresh look says that the command does not apply, or (`gone`) there is no such endpoint; nothing was sent.

    `unseen`: the look itself failed; why, `reason` tells to whoever runs the daemon.
    """

    reason: str
    gone: bool = False
    unseen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """What was to be written would do harm, or is nothing that can be written; `fields` are where. Nothing was sent."""

    reason: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTaken:
    """The key belongs to a command that was to write something else; nothing was sent."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Hugging Face said no, or its effect never showed. `code` and `body` are its own, where there was an answer."""

    reason: str
    intent: str
    code: int | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """The intent was not carried out: it was abandoned, is under way elsewhere, or (`stale`) decided on an old view."""

    reason: str
    intent: str
    stale: bool = False


Outcome = Done | NothingToDo | NotAllowed | CannotApply | Unfit | KeyTaken | Rejected | GivenUp


def as_it_ended(act: Act) -> Outcome:
    """Return what a command that was asked before came to, for whoever asks with the same key again."""
    intent = act.intended.intent
    match act.outcome:
        case Confirmed(status=status):
            return Done(status=status, intent=intent)
        case Failed(error=error, code=code):
            return Rejected(reason=error, intent=intent, code=code)
        case Abandoned(reason=reason):
            return GivenUp(reason=reason, intent=intent)
        case None:
            return GivenUp(reason=f"it is under way since position {act.position}", intent=intent)

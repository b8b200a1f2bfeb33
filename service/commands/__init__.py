"""What a person or a policy asks for: permitted? intend, send, look, tell the outcome.

The intent stands in the log before anything is sent, and the outcome after. Between the two the process may die; then
the open intent is taken up again: effect there, confirmed; endpoint changed since, held or too late, abandoned; else
sent again. `means` is what all of it acts through. People come to the `desk`, which decides whether something is
meant, or place `holds`; policies decide elsewhere. `asked` is what a person asks for, `binding` ties an intent to what
it was decided on, `commander` has it carried out, `sending` sends it, `pursuit` brings it to its outcome, and
`creation` one that makes an endpoint; `effect` and `wanted` are the pure part of judging one, `ending` tells it,
`outcome` is what whoever asked is told.
"""

from service.commands.commander import Commander
from service.commands.desk import Desk
from service.commands.holds import Holds
from service.commands.means import Means
from service.commands.outcome import (
    CannotApply,
    Done,
    GivenUp,
    KeyTaken,
    NotAllowed,
    NothingToDo,
    Outcome,
    Rejected,
    Unfit,
)

__all__ = [
    "CannotApply",
    "Commander",
    "Desk",
    "Done",
    "GivenUp",
    "Holds",
    "KeyTaken",
    "Means",
    "NotAllowed",
    "NothingToDo",
    "Outcome",
    "Rejected",
    "Unfit",
]

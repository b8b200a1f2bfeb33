"""The verbs of the state machine: what other packages import.

To read the state machine from the beginning:

1. `status`: the statuses, and what is true of each;
2. `table`: every step between them, its cause and its evidence;
3. `legality`: the one `transitions.Machine` built from the table; how an observed change relates to it, and what it
   permits — and why paused → running in one look is no error;
4. `model`: what a look can see, what can have happened, what an endpoint is;
5. `cause`: who brought a change about, as far as it can be known;
6. `life`: from a look to events, and from events to the endpoint;
7. `wording`, `diagram`, `drawing`, `document`: all of that for readers.

Pure, all of it: no input or output, no clock, no chance, no logging.
"""

from statemachine.legality import (
    MACHINE,
    AlreadySo,
    Classification,
    Command,
    NotPermitted,
    Permit,
    Permitted,
    Sureness,
    classify,
    permits,
)
from statemachine.life import by_life, decide, evolve, fold, is_late
from statemachine.table import TABLE, Arrow, By, Trigger
from statemachine.wording import explain

__all__ = [
    "MACHINE",
    "TABLE",
    "AlreadySo",
    "Arrow",
    "By",
    "Classification",
    "Command",
    "NotPermitted",
    "Permit",
    "Permitted",
    "Sureness",
    "Trigger",
    "by_life",
    "classify",
    "decide",
    "evolve",
    "explain",
    "fold",
    "is_late",
    "permits",
]

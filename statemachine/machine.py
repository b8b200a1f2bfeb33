"""The verbs of the state machine: what other packages import.

To read the state machine from the beginning:

1. `status`: the statuses, and what is true of each;
2. `table`: every step between them, its cause and its evidence;
3. `legality`: the one `transitions.Machine` built from the table; how an observed change relates to it, and what it
   permits — and why paused → running in one look is no error;
4. `model`: what a look can see, what can have happened, what an endpoint is. Under it `configuration` holds the
   largest part small;
5. `windows`, `cause`: when it happened, and who brought it about, as far as either can be known;
6. `deciding`: from a look to events, by the `differences` between two sightings;
7. `evolving`: from events to the endpoint;
8. `clocks`: from events to times: how long it was what, how often it started and failed, how long its starts took, all
   within bounds. Under them `tally` counts time, `course` what happens along the way, and `availability` says when it
   could serve;
9. `wording`, `diagram`, `drawing`, `document`: all of that for readers.

Pure, all of it: no input or output, no clock, no chance, no logging.
"""

from statemachine.availability import Share
from statemachine.clocks import Clocks, Reading, advance, clocks_of, until
from statemachine.deciding import by_life, decide
from statemachine.evolving import evolve, fold
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
from statemachine.table import TABLE, Arrow, By, Trigger
from statemachine.tally import Bounds, Stretch
from statemachine.windows import is_late
from statemachine.wording import explain

__all__ = [
    "MACHINE",
    "TABLE",
    "AlreadySo",
    "Arrow",
    "Bounds",
    "By",
    "Classification",
    "Clocks",
    "Command",
    "NotPermitted",
    "Permit",
    "Permitted",
    "Reading",
    "Share",
    "Stretch",
    "Sureness",
    "Trigger",
    "advance",
    "by_life",
    "classify",
    "clocks_of",
    "decide",
    "evolve",
    "explain",
    "fold",
    "is_late",
    "permits",
    "until",
]

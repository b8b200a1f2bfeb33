"""What may follow: how a change that was seen relates to the table, and which commands an endpoint permits.

`transitions` is the authority: one machine is built from the table, and whether there is a step is asked of it alone.
The table adds what a machine has no place for: who causes a step and whether its evidence is certain. All answers are
worked out once, at import, because the watcher asks for them at every look.

We look now and then, so a status that was never seen is ordinary: paused → running between two looks is a resume and
a start, and no error. An observed change is

- *direct*, if it is one step of the table (the same status twice is no step at all, and counts as direct);
- *skipped*, if the platform's own steps and at most one command or request from outside lead there: two outsiders
  between two looks would explain anything;
- *unexpected*, if nothing of that kind does;
- *unknown*, if one of its ends is a status that Lamplighter does not know.

Of several ways the one with the fewest steps without certain evidence is named: without this rule pending → updating
would tell of a failure, since an update after a failure, which nothing speaks for, is a step less than a start and an
update. Among these the shortest; then the one with fewer steps from outside; then the one whose statuses come first in
the order in which `Status` declares them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush
from types import MappingProxyType

from transitions import Machine

from statemachine.model import Kind
from statemachine.status import AnyStatus, Status, UnknownStatus
from statemachine.table import TABLE, Arrow, By, Trigger


def build(table: Iterable[Arrow]) -> Machine:
    """Return the machine of a table; it has no model, since we never walk it: we ask it what is legal."""
    steps = [{"trigger": arrow.trigger, "source": arrow.source, "dest": arrow.target} for arrow in table]
    return Machine(model=None, states=Status, initial=None, auto_transitions=False, transitions=steps)


MACHINE = build(TABLE)


@dataclass(frozen=True, slots=True)
class Classification:
    """How a change of status relates to the table; `via` holds what it passed unseen, if it was skipped."""

    kind: Kind
    via: tuple[Status, ...] = ()


def classify(old: AnyStatus, new: AnyStatus) -> Classification:
    """Say how a change from one status to another relates to the table. Total: any two statuses have an answer."""
    if isinstance(old, UnknownStatus) or isinstance(new, UnknownStatus):
        return UNKNOWN
    return CLASSIFIED[old, new]


def classify_every_pair(machine: Machine, table: Sequence[Arrow]) -> Mapping[tuple[Status, Status], Classification]:
    """Work out the answer for every pair of known statuses."""
    legal = [arrow for arrow in table if machine.get_transitions(arrow.trigger, arrow.source, arrow.target)]
    every: dict[tuple[Status, Status], Classification] = {}
    for old in Status:
        walks = _best_walks(legal, old)
        for new in Status:
            if old is new or machine.get_transitions(source=old, dest=new):
                every[old, new] = Classification(Kind.DIRECT)
            elif new in walks:
                every[old, new] = Classification(Kind.SKIPPED, via=walks[new].between)
            else:
                every[old, new] = Classification(Kind.UNEXPECTED)
    return MappingProxyType(every)


ORDER = tuple(Status)
MOST_FROM_OUTSIDE = 1


@dataclass(frozen=True, slots=True, order=True)
class _Walk:
    """A way through the table. The order of the fields is the order of preference: the least is the best."""

    uncertain: int
    steps: int
    outside: int
    places: tuple[int, ...]  # each status on the way, by its place in ORDER

    @property
    def end(self) -> Status:
        return ORDER[self.places[-1]]

    @property
    def between(self) -> tuple[Status, ...]:
        return tuple(ORDER[place] for place in self.places[1:-1])

    def along(self, arrow: Arrow) -> "_Walk":
        return _Walk(
            self.uncertain + (not arrow.certain),
            self.steps + 1,
            self.outside + (arrow.by is not By.PLATFORM),
            (*self.places, ORDER.index(arrow.target)),
        )


def _best_walks(arrows: Sequence[Arrow], start: Status) -> dict[Status, _Walk]:
    """Return the best walk to each status that can be reached: Dijkstra's search over (status, steps from outside)."""
    best: dict[Status, _Walk] = {}
    done: set[tuple[Status, int]] = set()
    open_walks = [_Walk(0, 0, 0, (ORDER.index(start),))]
    while open_walks:
        walk = heappop(open_walks)
        if (walk.end, walk.outside) in done:
            continue
        done.add((walk.end, walk.outside))
        best.setdefault(walk.end, walk)
        for arrow in arrows:
            further = walk.along(arrow)
            if arrow.source is walk.end and further.outside <= MOST_FROM_OUTSIDE:
                heappush(open_walks, further)
    return best


UNKNOWN = Classification(Kind.UNKNOWN)
CLASSIFIED = classify_every_pair(MACHINE, TABLE)


class Command(StrEnum):
    """What a person or a policy can ask for; each is spelt as its trigger."""

    PAUSE = "pause"
    RESUME = "resume"
    SCALE_TO_ZERO = "scale_to_zero"
    UPDATE = "update"
    DELETE = "delete"


class Sureness(StrEnum):
    """How sure it is that a command applies: people may go on whatever it is, policies need evidence."""

    EVIDENCE = "evidence"
    NO_EVIDENCE = "noEvidence"  # the table has the step, but only infers it
    UNKNOWN_STATUS = "unknownStatus"  # the table does not know where the step would begin


@dataclass(frozen=True, slots=True)
class Permitted:
    """The command applies, as far as is known."""

    sureness: Sureness

    @property
    def certain(self) -> bool:
        """Say whether a policy may go by it."""
        return self.sureness is Sureness.EVIDENCE


@dataclass(frozen=True, slots=True)
class AlreadySo:
    """The endpoint is where the command would bring it, or on its way there. Never to be told from a stale view."""


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """The command does not apply: a sentence that says why, and the commands that do."""

    reason: str
    permitted: tuple[Command, ...]


Permit = Permitted | AlreadySo | NotPermitted

# What a command is for. A resumed endpoint that still starts needs no second resume. An update has no such end: whether
# the wanted configuration is there already cannot be told from the status.
GOALS: Mapping[Command, frozenset[Status]] = MappingProxyType(
    {
        Command.PAUSE: frozenset({Status.PAUSED}),
        Command.RESUME: frozenset({Status.PENDING, Status.INITIALIZING, Status.RUNNING}),
        Command.SCALE_TO_ZERO: frozenset({Status.SCALED_TO_ZERO}),
        Command.UPDATE: frozenset(),
        Command.DELETE: frozenset({Status.ABSENT}),
    }
)


def permits(status: AnyStatus, command: Command) -> Permit:
    """Say whether a command applies to an endpoint of this status.

    Total. Of an unknown status nothing is known, so nothing is refused: a person goes upstream, a policy does not.
    """
    if isinstance(status, UnknownStatus):
        return UNCERTAIN
    return PERMITS[status, command]


def _permit(machine: Machine, table: Iterable[Arrow], status: Status, command: Command) -> Permit:
    if status in GOALS[command]:
        return AlreadySo()
    triggers = machine.get_triggers(status)
    if command in triggers:
        ways = {arrow.certain for arrow in table if arrow.source is status and arrow.trigger is Trigger(command)}
        return Permitted(Sureness.EVIDENCE if True in ways else Sureness.NO_EVIDENCE)
    permitted = tuple(other for other in Command if other in triggers)
    words = ", ".join(spoken(other) for other in permitted) or "nothing"
    return NotPermitted(f"cannot {spoken(command)} while the status is {status}; permitted now: {words}", permitted)


def spoken(command: Command) -> str:
    """Return a command as it is said in a sentence."""
    return command.replace("_", " ")


UNCERTAIN = Permitted(Sureness.UNKNOWN_STATUS)
PERMITS: Mapping[tuple[Status, Command], Permit] = MappingProxyType(
    {(status, command): _permit(MACHINE, TABLE, status, command) for status in Status for command in Command}
)

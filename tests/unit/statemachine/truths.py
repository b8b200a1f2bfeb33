"""What really was, and the looks at it: so that what is told of a life can be held against it.

Status and ready replicas change in odd seconds; looks are asked for in even ones, take four seconds, and answer what is
true in their middle. Where the looks could tell, the truth goes the way that the table names; where nobody could look,
or the table knows no way, it goes anywhere. That is just what the clocks claim to bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from statemachine.legality import classify
from statemachine.model import Kind, Missing, Observation, Seen, Unreadable
from statemachine.status import AnyStatus, Status, UnknownStatus
from tests.unit.statemachine.histories import BIRTHS, START, Asked, look_at, sighting

State = tuple[AnyStatus, int]
CREATED = int((BIRTHS[0] - START).total_seconds())
LASTING = 4
UNKNOWN = (UnknownStatus("warming"), UnknownStatus("odd"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One look: `remembered` by the next, or after a `gap`. `told`: the document says how many replicas are ready."""

    second: int
    readable: bool = True
    remembered: bool = True
    gap: bool = False
    told: bool = True
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """When it became what, in seconds after START, and the looks at it."""

    states: Sequence[tuple[int, State]]
    glances: Sequence[Glance]
    born: bool  # seen to be absent before

    def at(self, second: int) -> State:
        return next(state for since, state in reversed(self.states) if since <= second)

    def spans(self, begin: int, end: int) -> list[tuple[State, timedelta]]:
        """Return each state between two instants, and how long it lasted."""
        ends = [since for since, _ in self.states[1:]] + [end]
        return [
            (state, timedelta(seconds=max(min(end, until) - max(begin, since), 0)))
            for (since, state), until in zip(self.states, ends, strict=True)
        ]

    def history(self) -> list[Asked]:
        """Return what the looks saw."""
        asked: list[Asked] = []
        last = START - timedelta(seconds=20) if self.born else None
        for glance in self.glances:
            asked.append((self._seen(glance), last, glance.gap))
            last = START + timedelta(seconds=glance.second) if glance.remembered else None
        return asked

    def _seen(self, glance: Glance) -> Observation:
        look = look_at(glance.second, lasting=LASTING)
        status, ready = self.at(glance.second + 2)
        if not glance.readable:
            return Unreadable(look=look, reason="status.state")
        if status is Status.ABSENT:
            return Missing(look=look)
        told = ready if glance.told else None
        return Seen(look=look, sighting=sighting(status, ready_replicas=told, message=glance.message))


existing: st.SearchStrategy[AnyStatus] = st.sampled_from([each for each in Status if each is not Status.ABSENT])
seen = existing | existing | st.just(Status.ABSENT) | st.sampled_from(UNKNOWN)
ready = st.integers(0, 2)
anything: st.SearchStrategy[list[State]] = st.lists(st.tuples(st.sampled_from([*Status, *UNKNOWN]), ready), max_size=4)


@st.composite
def truths(draw: st.DrawFn, *, watched: bool = False) -> Truth:
    """Draw a truth; if `watched`, every look could read and is remembered, and the table explains all."""
    told = watched or draw(st.booleans())
    state: State = (draw(existing), draw(ready))
    born = draw(st.booleans()) and (not watched or _is_explained(Status.ABSENT, state[0]))
    states: list[tuple[int, State]] = [(CREATED, (Status.ABSENT, 0) if born else state)]
    if born:
        states += _spread(draw, _way(draw, (Status.ABSENT, 0), state), -18, 2)
    glances = [Glance(second=0, told=told)]
    read = glances[0]
    for _ in range(draw(st.integers(0, 8))):
        glance = Glance(
            second=glances[-1].second + 2 * draw(st.integers(6, 30)),
            readable=watched or state[0] is Status.ABSENT or draw(st.integers(0, 4)) > 0,
            remembered=watched or draw(st.booleans()),
            gap=not watched and draw(st.integers(0, 4)) == 0,
            told=told,
            message=draw(st.sampled_from([read.message, "waiting"])),
        )
        if glance.readable:
            new: State = (draw(existing if watched else seen), draw(ready))
            if watched and not _is_explained(state[0], new[0]):
                new = state
            detail = (told and state[1] != new[1]) or read.message != glance.message
            tells = state[0] != new[0] or (detail and new[0] is not Status.ABSENT)
            blind = not glances[-1].readable or (glance.gap and tells)
            between = [*draw(anything), new] if blind else _way(draw, state, new)
            states += _spread(draw, between, read.second + 2, glance.second + 2)
            state, read = new, glance
        glances.append(glance)
    if read is not glances[-1]:
        states += _spread(draw, draw(anything), read.second + 2, glances[-1].second + 2)
    return Truth(states=states, glances=glances, born=born)


def _way(draw: st.DrawFn, old: State, new: State) -> list[State]:
    """Return what it goes through after `old`, up to `new`, if looks before and after could tell."""
    if old == new:
        return []
    if old[0] == new[0]:
        return [new, old, new] if draw(st.booleans()) else [new]
    if not _is_explained(old[0], new[0]):
        return [*draw(anything), new]
    way = (old[0], *classify(old[0], new[0]).via, new[0])
    return [*((status, draw(ready)) for status in way), new]


def _is_explained(old: AnyStatus, new: AnyStatus) -> bool:
    return classify(old, new).kind in {Kind.DIRECT, Kind.SKIPPED}


def _spread(draw: st.DrawFn, states: Sequence[State], begin: int, end: int) -> list[tuple[int, State]]:
    """Give each state an odd second of its own between two even ones."""
    odd = st.integers(begin // 2, end // 2 - 1).map(lambda half: 2 * half + 1)
    since = draw(st.lists(odd, min_size=len(states), max_size=len(states), unique=True))
    return list(zip(sorted(since), states, strict=True))

"""Histories of looks at one endpoint's name, for the properties: what was observed, decided and known, look by look."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from statemachine.configuration import Flattened, Scalar
from statemachine.machine import by_life, decide, evolve
from statemachine.model import (
    Discovered,
    Endpoint,
    LifecycleEvent,
    Look,
    Missing,
    Observation,
    Seen,
    Sighting,
    Unreadable,
    Window,
)
from statemachine.status import AnyStatus, Status, UnknownStatus

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BIRTHS = tuple(START - timedelta(days=days) for days in (30, 20, 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One look: what was known before, what was seen, what was decided, what is known after."""

    before: Endpoint
    observation: Observation
    events: tuple[LifecycleEvent, ...]
    after: Endpoint


def look_at(seconds: float, *, lasting: float = 1.0) -> Look:
    """Return a look of a steady clock that was asked for so many seconds after START."""
    asked_at = START + timedelta(seconds=seconds)
    return Look(
        asked_at=asked_at,
        answered_at=asked_at + timedelta(seconds=lasting),
        asked=seconds,
        answered=seconds + lasting,
    )


def sighting(
    status: AnyStatus = Status.RUNNING,
    *,
    created_at: datetime = BIRTHS[0],
    configuration: Mapping[str, Scalar] = Flattened(),
    **fields: object,
) -> Sighting:
    """Return a sighting of the first life, unless told otherwise."""
    held = Flattened(configuration)
    return Sighting(status=status, created_at=created_at, configuration=held, **fields)  # type: ignore[arg-type]


def known_as(first: Sighting, *, seconds: float = 0.0) -> Endpoint:
    """Return an endpoint discovered by a look at so many seconds after START, absent ten seconds before."""
    seen = Seen(look=look_at(seconds), sighting=first)
    (discovered,) = decide(Endpoint(), seen, not_before=START + timedelta(seconds=seconds - 10), gap=False)
    return evolve(Endpoint(), discovered)


def apply_all(endpoint: Endpoint, events: Iterable[LifecycleEvent]) -> Endpoint:
    for event in events:
        endpoint = evolve(endpoint, event)
    return endpoint


def telling(seen: Sighting | None) -> tuple[object, ...] | None:
    """Return what of a sighting makes events; a null in the configuration is the same as no such path."""
    if seen is None:
        return None
    configuration = {path: value for path, value in seen.configuration.items() if value is not None}
    replicas = (seen.ready_replicas, seen.target_replicas)
    return (seen.status, seen.created_at, *replicas, seen.url, seen.message, configuration)


def window_of(event: LifecycleEvent) -> Window:
    """Return the window of any event; what is claimed of a life at its discovery is what `evolve` makes of it."""
    if not isinstance(event, Discovered):
        return event.window
    since = evolve(Endpoint(), event).since
    assert since is not None
    return since


def streams(steps: Iterable[Step]) -> dict[datetime, list[LifecycleEvent]]:
    """Return the stream of each life, as a caller would write them."""
    written: dict[datetime, list[LifecycleEvent]] = {}
    for step in steps:
        for life, events in by_life(step.before, step.events):
            written.setdefault(life, []).extend(events)
    return written


Decide = Callable[..., tuple[LifecycleEvent, ...]]
Asked = tuple[Observation, datetime | None, bool]


def lived(history: Iterable[Asked], *, decide: Decide = decide) -> list[Step]:
    """Decide and evolve through a history."""
    steps = []
    known = Endpoint()
    for observation, not_before, gap in history:
        events = decide(known, observation, not_before=not_before, gap=gap)
        after = apply_all(known, events)
        steps.append(Step(before=known, observation=observation, events=events, after=after))
        known = after
    return steps


statuses: st.SearchStrategy[AnyStatus] = st.sampled_from(Status) | st.text(max_size=3).map(UnknownStatus)
scalars: st.SearchStrategy[Scalar] = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", ""])
few = st.none() | st.integers(0, 2)
words = st.none() | st.sampled_from(["", "starting", "out of memory"])
instants = st.integers(0, 3).map(lambda days: START + timedelta(days=days))
sightings = st.builds(
    Sighting,
    status=statuses,
    created_at=st.sampled_from(BIRTHS),
    updated_at=st.none() | instants,
    updated_by=words,
    ready_replicas=few,
    target_replicas=few,
    url=words,
    message=words,
    configuration=st.dictionaries(st.sampled_from(["a", "a.b", "c"]), scalars).map(Flattened),
)


@st.composite
def histories(draw: st.DrawFn, *, steady: bool = False) -> list[Asked]:
    """Draw a history of looks; unless steady, the wall clock jumps, and looks are forgotten.

    Secrets change in steady histories only: that one is told once is promised only where time does not run back.
    """
    asked: list[Asked] = []
    wall, monotonic, last = 0.0, 0.0, None
    for _ in range(draw(st.integers(1, 12))):
        pause, lasting = draw(st.integers(1, 100)), draw(st.integers(1, 5))
        wall += pause if steady else draw(st.sampled_from([pause, pause, -pause, -5000, 5000]))
        monotonic += pause
        start = START + timedelta(seconds=wall)
        wall += lasting if steady else draw(st.sampled_from([lasting, lasting, -lasting]))
        end = START + timedelta(seconds=wall)
        look = Look(asked_at=start, answered_at=end, asked=monotonic, answered=monotonic + lasting)
        monotonic += lasting
        secrets = draw(st.sampled_from([(), (), ("model.secrets.TOKEN",)])) if steady else ()
        kind = draw(st.sampled_from([Seen, Seen, Seen, Unreadable, Missing]))
        observation: Observation = Missing(look=look)
        if kind is Seen:
            observation = Seen(look=look, sighting=draw(sightings), changed_secrets=secrets)
        elif kind is Unreadable:
            observation = Unreadable(look=look, reason="status.state")
        asked.append((observation, last if steady else draw(st.sampled_from([last, None])), draw(st.booleans())))
        last = start
    return asked

"""The state machine: decide on a look, fold a million events, hold 100,000 endpoints; beside `transitions` and a dict.

A daemon looks for ever, and nearly always nothing changed: that is the figure that counts. It meets it in two forms.
An unchanged document is the same sighting again (the client remembers its reading), as long as the endpoint has not
changed since it was discovered; after a change, or a restart, the endpoint's sighting is built from events, and each
look is compared with it: an equal one, but not the same.

The rounds are interleaved, so that a busy machine is busy for all; the median counts, in CPU time.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, cycle, islice
from statistics import median
from timeit import Timer

import msgspec
from msgspec.structs import replace
from transitions import Machine

from statemachine.machine import TABLE, Trigger, decide, evolve, fold
from statemachine.model import Discovered, Endpoint, LifecycleEvent, Look, Ours, Seen, Sighting
from statemachine.status import Status
from tests.bench.figure import Figure
from tests.bench.weigh import Weight, read

ROUNDS = 7
CALLS = 20_000
EVENTS = 1_000_000
FOLDS = 3
ENDPOINTS = 100_000
PATIENCE_SECONDS = 300
START = datetime(2026, 3, 1, tzinfo=UTC)
LAP = (Trigger.PAUSE, Trigger.RESUME, Trigger.SCHEDULE, Trigger.BECOME_READY)  # from running to running

Call = Callable[[], object]


def measure() -> Iterator[Figure]:
    yield from decisions()
    yield from folds()
    yield from memory()


def decisions() -> Iterator[Figure]:
    calls = contenders()
    rounds = [{name: cpu(call, CALLS) for name, call in calls.items()} for _ in range(ROUNDS)]
    took = {name: median(told[name] for told in rounds) * 1e6 for name in calls}
    took["transitions"] /= len(LAP)
    yield Figure(name="machine, a dict lookup", value=took["dict"], unit="us")
    yield Figure(name="machine, transitions: one trigger", value=took["transitions"], unit="us")
    for name, reach in (
        ("unchanged, the same", 1),
        ("unchanged, an equal one", 1),
        ("a pause", 20),
        ("all at once", 20),
    ):
        for peer in ("transitions", "dict"):
            judged = peer == "transitions"
            yield Figure(
                name=f"machine, decide: {name}" + ("" if judged else ", to a dict"),
                value=took[name],
                unit="us",
                ratio=took[name] / took[peer],
                against="a trigger of transitions" if judged else "a dict lookup",
                reach=f"<= {reach} us" if judged else None,
                met=took[name] <= reach if judged else None,
            )


def cpu(call: Call, times: int) -> float:
    """Return the CPU seconds that one call takes."""
    return Timer(call, timer=time.process_time).timeit(times) / times


def contenders() -> dict[str, Call]:
    """Return what is measured, by name; of each decision the number of its events is held first."""
    running, again = read(0), read(0)
    known = discovered(running)
    pairs = {(old, new): object() for old in Status for new in Status}
    return {
        "dict": partial(pairs.__getitem__, (Status.RUNNING, Status.PAUSED)),
        "transitions": lap(),
        "unchanged, the same": deciding(known, running, events=0),
        "unchanged, an equal one": deciding(known, again, events=0),
        "a pause": deciding(known, paused(again), events=3),
        "all at once": deciding(known, reconfigured(paused(again)), events=4),
    }


def lap() -> Call:
    """Return a call that pulls the triggers of a whole lap on one model."""
    model = type("Model", (), {})()
    steps = [{"trigger": arrow.trigger, "source": arrow.source, "dest": arrow.target} for arrow in TABLE]
    Machine(model, states=Status, initial=Status.RUNNING, auto_transitions=False, transitions=steps)
    pull = [getattr(model, trigger) for trigger in LAP]

    def run() -> None:
        for trigger in pull:
            trigger()

    run()
    if model.state is not Status.RUNNING:
        raise RuntimeError(f"the lap ends in {model.state}, not where it began")
    return run


def deciding(known: Endpoint, new: Sighting, *, events: int) -> Call:
    """Return a call that decides on a sighting, as the watcher asks."""
    call = partial(
        decide,
        known,
        Seen(look=look(2), sighting=new),
        not_before=look(1).asked_at,
        gap=False,
        edited_at=START,
        ours=[Ours("i", Trigger.PAUSE)],
    )
    if len(call()) != events:
        raise RuntimeError(f"{call()} is not what was to be measured: {events} events")
    return call


def look(number: int) -> Look:
    """Return the look of this number: one every ten seconds, and each takes one."""
    asked = 10.0 * number
    asked_at = START + timedelta(seconds=asked)
    return Look(asked_at=asked_at, answered_at=asked_at + timedelta(seconds=1), asked=asked, answered=asked + 1)


def discovered(sighting: Sighting) -> Endpoint:
    return fold(decide(Endpoint(), Seen(look=look(0), sighting=sighting), not_before=None, gap=False))


def paused(sighting: Sighting) -> Sighting:
    return replace(sighting, status=Status.PAUSED, ready_replicas=0, target_replicas=0, url=None)


def reconfigured(sighting: Sighting) -> Sighting:
    return replace(sighting, configuration=sighting.configuration.changed({"compute.scaling.maxReplica": 7}))


def folds() -> Iterator[Figure]:
    """Fold a long life: laps through four statuses, whose events are those that `decide` makes of them."""
    first, *laps = life()
    took = median(cpu(partial(folded, first, laps), 1) for _ in range(FOLDS))
    kinds = len({type(event) for event in laps})
    yield Figure(
        name=f"machine, fold of {EVENTS:,} events of {kinds} kinds", value=took, unit="s", reach="<= 2 s", met=took <= 2
    )


def life() -> list[LifecycleEvent]:
    """Return a discovery and the events of one lap, after which the endpoint is what it was."""
    running = read(0)
    stopped = reconfigured(paused(running))
    pending = replace(stopped, status=Status.PENDING, target_replicas=2)
    starting = replace(pending, status=Status.INITIALIZING, message="loading")
    known, told = Endpoint(), list[LifecycleEvent]()
    for number, seen in enumerate((running, stopped, pending, starting, running)):
        happened = decide(known, Seen(look=look(number), sighting=seen), not_before=None, gap=False)
        for event in happened:
            known = evolve(known, event)
        told += happened
    return told


def folded(first: LifecycleEvent, laps: list[LifecycleEvent]) -> None:
    if not isinstance(first, Discovered) or fold([first, *laps]).status is not Status.RUNNING:
        raise RuntimeError("the life does not go from a discovery round to running")
    fold(chain([first], islice(cycle(laps), EVENTS - 1)))


def memory() -> Iterator[Figure]:
    command = [sys.executable, "-m", "tests.bench.weigh", str(ENDPOINTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS)
    weight = msgspec.json.decode(done.stdout, type=Weight)
    bytes_each = weight.whole / ENDPOINTS
    yield Figure(
        name="machine, memory beside the document",
        value=bytes_each,
        unit="bytes/endpoint",
        ratio=weight.whole / weight.documents,
        against="the document",
        reach="<= 1024 bytes",
        met=bytes_each <= 1024,
    )
    rest = weight.without_configuration / ENDPOINTS
    yield Figure(name="machine, memory but for the configuration", value=rest, unit="bytes/endpoint")

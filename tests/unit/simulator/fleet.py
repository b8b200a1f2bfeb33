"""A fleet of fifty and its people, drawn from a seed; and what a judge of its bill adds up by himself."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

from service.simulator import Happening, Simulator
from service.simulator.hardware import provider_document
from service.simulator.truth import Sized
from tests.unit.simulator.hands import START, HandClock

NAMESPACES = ("acme-prod", "acme-staging", "acme-research", "acme-labs", "acme-credit")
ON_CREDIT = "acme-credit"
FIFTY = tuple((NAMESPACES[number % 5], f"e-{number:02}") for number in range(50))
HARDWARE = ("nvidia-t4", "nvidia-l4", "nvidia-a10g", "nvidia-a100")
PEOPLE = ("alice", "bob", "carol", "ci-bot")
VERBS = {"pause": 4, "resume": 8, "update": 5, "scale_to_zero": 2, "request": 3, "fail": 1, "delete": 1}
USD_PER_QUARTER_DAY = 12.0  # of credits; less than would be used
IMPATIENT = 0.4  # so many acts are followed by another one within minutes


def lived(seed: int, days: int) -> Simulator:
    """Return a simulator in which the fleet has lived for so many days."""
    clock = HandClock()
    simulator = Simulator(clock=clock, seed=seed)
    faults, durations = simulator.faults, simulator.durations
    faults.p_fail_start = faults.p_stick_start = faults.p_crash = 0.08
    faults.p_fail_update = faults.p_update_restarts = 0.3
    durations.pending_seconds, durations.updating_seconds = (5.0, 600.0), (60.0, 1800.0)
    dice = Random(f"{seed}/fleet")
    for namespace, name in FIFTY:
        _settle(simulator, dice, namespace, name, days)
    for quarter in range(4 * days):
        simulator.credits.pay(ON_CREDIT, USD_PER_QUARTER_DAY * (quarter + 1))
        clock.forward(6 * 3600)
        simulator.now()
    return simulator


def _settle(simulator: Simulator, dice: Random, namespace: str, name: str, days: int) -> None:
    simulator.create(namespace, name, **_shape(dice))
    if dice.random() < 0.5:
        simulator.traffic(namespace, name, per_day=dice.choice((24, 96, 480)))
    at = START
    while (at := at + timedelta(seconds=_gap_seconds(dice))) < START + timedelta(days=days):
        verb = dice.choices(tuple(VERBS), weights=tuple(VERBS.values()))[0]
        change = _change(dice) if verb == "update" else {}
        simulator.at(at, namespace, name, verb, actor=dice.choice(PEOPLE), **change)
        if verb == "delete":
            simulator.at(at + timedelta(hours=1), namespace, name, "create", **_shape(dice))


def _gap_seconds(dice: Random) -> float:
    return dice.uniform(0, 900) if dice.random() < IMPATIENT else dice.uniform(3600, 12 * 3600)


def _shape(dice: Random) -> dict[str, Any]:
    sleeps = dice.random() < 0.5
    return {
        "actor": dice.choice(PEOPLE),
        "instance_type": dice.choice(HARDWARE),
        "min_replica": 0 if sleeps else 1,
        "max_replica": dice.choice((1, 3, 5)),
        "measure": {"pendingRequests": 0.02},
        "scale_to_zero_timeout": 60 if sleeps else None,
    }


def _change(dice: Random) -> dict[str, Any]:
    return dice.choice(
        (
            {"revision": f"v{dice.randrange(100)}"},
            {"instance_type": dice.choice(HARDWARE)},
            {"min_replica": dice.choice((1, 2)), "max_replica": 3},
            {"tags": ["labelled"]},
        )
    )


@dataclass
class Seen:
    """What the judge knows of one life while he reads on."""

    state: str = "absent"
    up: bool = False
    replicas: int = 0
    price: Fraction = Fraction(0)
    changes: list[Happening | Sized] = field(default_factory=list)


Life = tuple[str, str, datetime]


def owed(simulator: Simulator) -> dict[Life, Fraction]:
    """Add up the bill from the two histories and the prices that the API tells: no part of the bill is asked."""
    now, prices = simulator.now(), dict(_prices())
    lives: defaultdict[Life, Seen] = defaultdict(Seen)
    changes: list[Happening | Sized] = [*simulator.history, *simulator.replica_history]
    for change in sorted(changes, key=lambda change: change.at):
        lives[change.namespace, change.name, change.created_at].changes.append(change)
    sums = {life: _sum(seen, prices, now) for life, seen in lives.items()}
    return {life: total for life, total in sums.items() if total}


def _sum(seen: Seen, prices: dict[tuple[str, str, str, str], Fraction], now: datetime) -> Fraction:
    total = Fraction(0)
    ends = [change.at for change in seen.changes[1:]] + [now]
    for change, end in zip(seen.changes, ends, strict=True):
        _read(seen, change, prices)
        hours = Fraction((end - change.at) // timedelta(microseconds=1), 3600 * 10**6)
        if seen.state in {"initializing", "running", "updating"} or (seen.state == "updateFailed" and seen.up):
            total += hours * seen.replicas * seen.price
    return total


def _read(seen: Seen, change: Happening | Sized, prices: dict[tuple[str, str, str, str], Fraction]) -> None:
    if isinstance(change, Sized):
        seen.replicas, seen.price = change.replicas, prices[change.hardware]
        return
    seen.state = change.new.value
    if seen.state == "running":
        seen.up = True
    elif seen.state not in {"updating", "updateFailed"}:
        seen.up = False


def _prices() -> Iterator[tuple[tuple[str, str, str, str], Fraction]]:
    for vendor in provider_document([])["vendors"]:
        for region in vendor["regions"]:
            for compute in region["computes"]:
                place = (vendor["name"], region["name"], compute["instanceType"], compute["instanceSize"])
                yield place, Fraction(str(compute["pricePerHour"]))


def is_continuous(history: list[Happening]) -> bool:
    """Tell whether each change of a name continues the one before."""
    names = defaultdict(list)
    for one in history:
        names[one.namespace, one.name].append(one)
    return all(before.new is after.old for own in names.values() for before, after in pairwise(own))

"""What is owed: read off the truth whenever it moves, in whole numbers, so that no sum is ever rounded.

It knows nothing of the history, which a judge may add up by himself and compare. Assumed, since nothing tells: the
rules of `BILLED`; that a replica is paid for from the moment it is wanted, as one that initializes is; and that a
part of a minute is paid as that part. What was before the simulator's start, or before the sowing, costs nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from service.simulator.hardware import micro_usd_per_hour
from service.simulator.life import Life
from service.simulator.rules import State

MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
# What is counted: micro-dollars an hour, for a microsecond.
UNITS_PER_USD = 10**6 * 3600 * 10**6


class Billed(StrEnum):
    """When a status costs money."""

    ALWAYS = "always"
    WHILE_UP = "while replicas are up"
    NEVER = "never"


BILLED: Mapping[State, Billed] = MappingProxyType(
    {
        State.ABSENT: Billed.NEVER,
        State.PENDING: Billed.NEVER,  # assumed
        State.INITIALIZING: Billed.ALWAYS,  # documented
        State.RUNNING: Billed.ALWAYS,  # documented
        State.UPDATING: Billed.ALWAYS,  # assumed
        State.UPDATE_FAILED: Billed.WHILE_UP,  # assumed
        State.FAILED: Billed.NEVER,  # assumed
        State.SCALED_TO_ZERO: Billed.NEVER,
        State.PAUSED: Billed.NEVER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which an endpoint's rate did not change."""

    namespace: str
    name: str
    created_at: datetime
    since: datetime
    until: datetime
    replicas: int
    micro_usd_per_hour: int  # for one replica

    def within(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of it lies between two instants."""
        return max(min(self.until, until) - max(self.since, since), timedelta())

    def units(self, since: datetime, until: datetime) -> int:
        """Return what is owed for what lies between two instants."""
        return self.within(since, until) // MICROSECOND * self.replicas * self.micro_usd_per_hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is owed for one life of an endpoint, or for one minute of it."""

    namespace: str
    name: str
    created_at: datetime
    since: datetime
    until: datetime
    billed: timedelta
    replica_time: timedelta  # two replicas for an hour are two hours
    replicas: int  # the most at one time
    units: int

    @property
    def usd(self) -> Decimal:
        """Return it in dollars; sum `units` first where it matters."""
        return Decimal(self.units) / UNITS_PER_USD


def billed_replicas(life: Life) -> int:
    """Return how many replicas are paid for now."""
    rule = BILLED[life.state]
    pays = rule is Billed.ALWAYS or (rule is Billed.WHILE_UP and life.up_since is not None)
    return life.target_replicas if pays else 0


class Bill:
    """The stretches of all lives so far, and those that are still open."""

    def __init__(self) -> None:
        self._closed: list[Stretch] = []
        self._open: dict[int, Stretch] = {}  # by the life's order; `until` is not known yet
        self._spent: Counter[str] = Counter()  # by namespace, for what is closed

    def read(self, life: Life, now: datetime) -> bool:
        """Note what an endpoint costs from now on; return whether that is a change."""
        replicas = billed_replicas(life)
        price = micro_usd_per_hour(life.document) if replicas else 0
        running = self._open.get(life.order)
        if (replicas, price) == ((running.replicas, running.micro_usd_per_hour) if running else (0, 0)):
            return False
        if running is not None:
            self._close(life.order, now)
        if replicas:
            self._open[life.order] = Stretch(
                namespace=life.namespace,
                name=life.name,
                created_at=life.created_at,
                since=now,
                until=now,
                replicas=replicas,
                micro_usd_per_hour=price,
            )
        return True

    def stretches(self, now: datetime) -> list[Stretch]:
        """Return all stretches up to now, those that go on among them."""
        return [*self._closed, *(_ended(stretch, now) for stretch in self._open.values())]

    def units(self, namespace: str, now: datetime) -> int:
        """Return what a namespace owes in all."""
        going = (stretch for stretch in self._open.values() if stretch.namespace == namespace)
        return self._spent[namespace] + sum(_ended(one, now).units(one.since, now) for one in going)

    def rate(self, namespace: str) -> int:
        """Return what a namespace owes for each microsecond from now on."""
        going = (stretch for stretch in self._open.values() if stretch.namespace == namespace)
        return sum(stretch.replicas * stretch.micro_usd_per_hour for stretch in going)

    def _close(self, order: int, now: datetime) -> None:
        closed = _ended(self._open.pop(order), now)
        if closed.until > closed.since:
            self._closed.append(closed)
            self._spent[closed.namespace] += closed.units(closed.since, closed.until)


def charges(stretches: list[Stretch], since: datetime, until: datetime) -> list[Charge]:
    """Return what is owed between two instants, a charge for each life that owes anything, the oldest debt first."""
    return [_charge(own, since, until) for own in _by_life(stretches, since, until)]


def charges_by_minute(stretches: list[Stretch], since: datetime, until: datetime) -> Iterator[Charge]:
    """Return the same, a charge for each minute (of the wall clock) of each life that owes anything for it."""
    for own in _by_life(stretches, since, until):
        minute = max(since, own[0].since).replace(second=0, microsecond=0)
        while minute < min(until, max(one.until for one in own)):
            begins, ends = max(minute, since), min(minute + MINUTE, until)
            if paid := [one for one in own if one.within(begins, ends)]:
                yield _charge(paid, begins, ends)
            minute += MINUTE


def _by_life(stretches: list[Stretch], since: datetime, until: datetime) -> list[list[Stretch]]:
    lives: dict[tuple[str, str, datetime], list[Stretch]] = {}
    for stretch in sorted(stretches, key=lambda one: (one.since, one.namespace, one.name)):
        if stretch.within(since, until):
            lives.setdefault((stretch.namespace, stretch.name, stretch.created_at), []).append(stretch)
    return list(lives.values())


def _charge(own: list[Stretch], since: datetime, until: datetime) -> Charge:
    return Charge(
        namespace=own[0].namespace,
        name=own[0].name,
        created_at=own[0].created_at,
        since=since,
        until=until,
        billed=sum((one.within(since, until) for one in own), timedelta()),
        replica_time=sum((one.within(since, until) * one.replicas for one in own), timedelta()),
        replicas=max(one.replicas for one in own),
        units=sum(one.units(since, until) for one in own),
    )


def _ended(stretch: Stretch, until: datetime) -> Stretch:
    return replace(stretch, until=until)

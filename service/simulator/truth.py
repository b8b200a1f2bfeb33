"""What is true, and what has happened: the endpoints, a queue of what is to happen next, and the history.

Time is passed in. `advance` lets everything happen that was due, at its own instant and in order; so it makes no
difference whether someone looks every second or once a day. Nothing here knows HTTP, a clock or an event loop.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.simulator.bill import Bill
from service.simulator.hardware import Place, place_of
from service.simulator.life import Life
from service.simulator.rules import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A change of what a reader of the API could see of an endpoint's status.

    The `old` of each is the `new` of the one before of the same name, also across lives. A deletion happens when the
    API stops telling the endpoint, a moment after it was asked for. `actor` is None for the platform.
    """

    at: datetime
    namespace: str
    name: str
    created_at: datetime
    old: State
    new: State
    cause: str
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """A change of how many replicas there shall be, or of the hardware that each of them has."""

    at: datetime
    namespace: str
    name: str
    created_at: datetime
    replicas: int
    hardware: Place


# What is due: when, in which turn, and what. Plain tuples, since the queue is the heart of a long run.
_Due = tuple[datetime, int, Callable[[], None]]


class Truth:
    """The endpoints of all namespaces, as of the instant `now`."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.history: list[Happening] = []
        self.sizes: list[Sized] = []
        self.bill = Bill()
        self.on_rate: Callable[[str], None] = lambda _namespace: (
            None
        )  # told of a namespace that begins to owe otherwise
        self._sizes: dict[int, tuple[int, Place]] = {}
        self._lives: dict[str, dict[str, Life]] = {}
        self._queue: list[_Due] = []
        self._turns = itertools.count()
        self._orders = itertools.count()
        self._numbers: dict[tuple[str, str], int] = {}

    def advance(self, to: datetime) -> None:
        """Let everything happen that is due up to `to`; a clock that jumped back changes nothing."""
        while self._queue and self._queue[0][0] <= to:
            at, _, happen = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            happen()
        self.now = max(self.now, to)

    def at(self, when: datetime, happen: Callable[[], None]) -> None:
        """Schedule anything; what was scheduled first for one instant happens first."""
        heapq.heappush(self._queue, (when, next(self._turns), happen))

    def later(self, seconds: float, life: Life, happen: Callable[[Life], None]) -> None:
        """Schedule something about an endpoint, which happens only if nothing has changed its plan by then."""
        epoch = life.epoch

        def unless_overtaken() -> None:
            if life.epoch == epoch:
                happen(life)

        self.at(self.now + timedelta(seconds=seconds), unless_overtaken)

    def move(self, life: Life, new: State, cause: str, actor: str | None = None) -> None:
        """Change an endpoint's status: the only place where that is done. What was scheduled for it is off."""
        old, life.state = life.state, new
        life.epoch += 1
        if old is not new and not life.hidden:
            self._record(life, old, new, cause, actor)
        self.changed(life)

    def changed(self, life: Life) -> None:
        """Note what a change of status, of replicas or of the document does to the size and to the bill."""
        size = (life.target_replicas, place_of(life.document))
        if self._sizes.get(life.order, (0, None)) != size:
            self._sizes[life.order] = size
            self._resized(life, *size)
        if self.bill.read(life, self.now):
            self.on_rate(life.namespace)

    def hide(self, life: Life, *, hidden: bool) -> None:
        """Let the API no longer, or again, tell the endpoint; its life goes on meanwhile, untold."""
        if life.hidden is hidden:
            return
        life.hidden = hidden
        if hidden:
            self._record(life, life.state, State.ABSENT, "vanish", None)
        else:
            self._record(life, State.ABSENT, life.state, "return", None)

    def add(self, namespace: str, name: str, bear: Callable[[int, int], Life]) -> Life:
        """Enter a new life, made by `bear(number, order)`."""
        number = self._numbers.get((namespace, name), 0) + 1
        life = bear(number, next(self._orders))
        self._numbers[namespace, name] = number
        self._lives.setdefault(namespace, {})[name] = life
        return life

    def remove(self, life: Life) -> None:
        """End a life: the name is free."""
        self.move(life, State.ABSENT, "delete", life.deleted_by)
        del self._lives[life.namespace][life.name]
        del self._sizes[life.order]

    def find(self, namespace: str, name: str) -> Life | None:
        """Return the present life of a name, also a hidden one."""
        return self._lives.get(namespace, {}).get(name)

    def told(self, namespace: str, *, hidden: bool = False) -> list[Life]:
        """Return what the API tells of a namespace, oldest first; or all that there is, hidden ones too."""
        return [life for life in self._lives.get(namespace, {}).values() if hidden or not life.hidden]

    def everything(self) -> Iterator[Life]:
        """Return every present life, hidden ones too."""
        return itertools.chain.from_iterable(lives.values() for lives in self._lives.values())

    def namespaces(self) -> list[str]:
        """Return the namespaces in which there ever was an endpoint."""
        return sorted(self._lives)

    def _record(self, life: Life, old: State, new: State, cause: str, actor: str | None) -> None:
        self.history.append(
            Happening(
                at=self.now,
                namespace=life.namespace,
                name=life.name,
                created_at=life.created_at,
                old=old,
                new=new,
                cause=cause,
                actor=actor,
            )
        )

    def _resized(self, life: Life, replicas: int, hardware: Place) -> None:
        self.sizes.append(
            Sized(
                at=self.now,
                namespace=life.namespace,
                name=life.name,
                created_at=life.created_at,
                replicas=replicas,
                hardware=hardware,
            )
        )

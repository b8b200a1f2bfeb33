"""One life of one name: what is true of an endpoint between its creation and its end."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from service.simulator.document import Document
from service.simulator.lifecycle import Fate
from service.simulator.rules import State

UP = frozenset({State.RUNNING, State.UPDATING, State.UPDATE_FAILED})  # the old revision serves through an update
DOWN = frozenset({State.PAUSED, State.SCALED_TO_ZERO, State.FAILED})


@dataclass(slots=True, kw_only=True)
class Life:
    """An endpoint. `number` counts the lives of its name; `order` those of the whole simulator."""

    namespace: str
    name: str
    number: int
    order: int
    document: Document
    created_at: datetime
    created_by: str
    fraction_digits: int  # of createdAt: 0, 3 or 9
    updated_at: datetime
    updated_by: str

    state: State = State.ABSENT
    start_seconds: float | None = None  # how long every start shall take; None leaves it to the dice
    next_fate: Fate | None = None  # how the next start shall end; None leaves it to the dice
    plans: int = 0  # drawn so far
    epoch: int = 0  # grows with every change of plan: what was scheduled under an older one no longer happens

    replicas: int = 1  # how many there shall be, while there shall be any
    ready_at: list[datetime] = field(default_factory=list)  # when each is, or will be, up: the first with the status
    easing_epoch: int | None = None  # the plan under which it is going to be asked whether fewer will do
    answer_lag_seconds: float = 0.0
    replica_seconds: float = 0.0
    active_at: datetime | None = None  # the last request, or the start
    requests: Counter[int] = field(default_factory=Counter)  # answered, by minute since 1970
    refusals: Counter[tuple[int, int]] = field(default_factory=Counter)  # what was not, by minute and status code
    error: str = ""

    mute: bool = False  # says running, and does not answer
    hidden: bool = False  # exists, and the API does not tell it
    deleting: bool = False
    deleted_by: str | None = None

    @property
    def scaling(self) -> dict[str, Any]:
        """Return `compute.scaling` as the document has it."""
        return self.document["compute"].get("scaling") or {}

    @property
    def least_replicas(self) -> int:
        """Return minReplica as the document has it."""
        return int(self.scaling.get("minReplica") or 0)

    @property
    def most_replicas(self) -> int:
        """Return maxReplica as the document has it."""
        return int(self.scaling.get("maxReplica") or 1)

    @property
    def up_since(self) -> datetime | None:
        """Return since when its first replica is up."""
        return self.ready_at[0] if self.ready_at else None

    @property
    def idle_at(self) -> datetime | None:
        """Return when it will be scaled to zero unless a request comes, or None for never."""
        minutes = self.scaling.get("scaleToZeroTimeout")
        return self.active_at + timedelta(minutes=minutes) if minutes and self.active_at else None

    @property
    def target_replicas(self) -> int:
        """Return how many replicas there shall be."""
        return 0 if self.state in DOWN else self.replicas

    def ready_replicas(self, now: datetime) -> int:
        """Return how many replicas are up: the first one with the status, the others one by one."""
        return min(self.target_replicas, sum(at <= now for at in self.ready_at))

    def requests_in(self, minute: int) -> int:
        """Return how many requests were answered in a minute since 1970."""
        return self.requests[minute]

    def answers(self, now: datetime) -> bool:
        """Tell whether a replica really answers: a while later than the status says so."""
        if self.up_since is None or self.mute or self.state not in UP:
            return False
        return now >= self.up_since + timedelta(seconds=self.answer_lag_seconds)

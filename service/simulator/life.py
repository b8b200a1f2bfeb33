"""One life of one name: what is true of an endpoint between its creation and its end."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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

    up_since: datetime | None = None  # the first replica has been up since
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
    def least_replicas(self) -> int:
        """Return minReplica as the document has it."""
        return int((self.document["compute"].get("scaling") or {}).get("minReplica") or 0)

    @property
    def idle_at(self) -> datetime | None:
        """Return when it will be scaled to zero unless a request comes, or None for never."""
        minutes = (self.document["compute"].get("scaling") or {}).get("scaleToZeroTimeout")
        return self.active_at + timedelta(minutes=minutes) if minutes and self.active_at else None

    @property
    def target_replicas(self) -> int:
        """Return how many replicas there shall be."""
        return 0 if self.state in DOWN else max(1, self.least_replicas)

    def ready_replicas(self, now: datetime) -> int:
        """Return how many replicas are up: the first one with the status, the others one by one."""
        if self.up_since is None:
            return 0
        further = (now - self.up_since).total_seconds() / max(self.replica_seconds, 0.001)
        return min(self.target_replicas, 1 + int(further))

    def answers(self, now: datetime) -> bool:
        """Tell whether a replica really answers: a while later than the status says so."""
        if self.up_since is None or self.mute or self.state not in UP:
            return False
        return now >= self.up_since + timedelta(seconds=self.answer_lag_seconds)

"""What a watcher remembers of one endpoint between two looks; in memory, rebuilt from the log at a start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from statemachine.model import Endpoint, Look, Observation, Ours, Seen, Unreadable


@dataclass(slots=True, kw_only=True)
class Track:
    """The endpoint as the log has it, where its stream stands, and which looks still count.

    `looked_at`: when the last readable look was asked for; None before the first one of this process, and then the
    board or the log bounds the window. `edited_at` is the document's own `updatedAt` by then: an edit alone makes no
    event, and so does not show in `endpoint`. `answered`: monotonic instant of the last look or write; what was asked
    before it is late. `writing`: writes in flight. `blurred`: it was there, but never once readable, since `absent_at`.
    `followed`: the decisions of ours that are under way, and that a change was told to follow.
    """

    endpoint: Endpoint = field(default_factory=Endpoint)
    life: datetime | None = None
    version: int = 0
    looked_at: datetime | None = None
    edited_at: datetime | None = None
    answered: float = float("-inf")
    gap: bool = False
    writing: int = 0
    blurred: bool = False
    absent_at: datetime | None = None
    followed: set[str] = field(default_factory=set)

    def is_late(self, look: Look) -> bool:
        """Return whether a later look at, or a write to, this endpoint was answered after this look was asked for."""
        return look.asked < self.answered

    def not_before(self, new_since: datetime | None) -> datetime | None:
        """Return where a window would start; `new_since` is the last good look at the namespace."""
        if self.endpoint.sighting is not None:
            return self.looked_at
        return self.absent_at if self.blurred else new_since

    def unfollowed(self, ours: Sequence[Ours]) -> list[Ours]:
        """Return the decisions that a change may still follow: each is carried out once, so the next is another's."""
        self.followed &= {own.intent for own in ours}
        return [own for own in ours if own.intent not in self.followed]

    def take(self, observation: Observation, *, new_since: datetime | None) -> None:
        """Remember that this look counted; only a look that could be read bounds the next window."""
        self.answered = max(self.answered, observation.look.answered)
        if isinstance(observation, Seen):
            self.edited_at = observation.sighting.updated_at
        if not isinstance(observation, Unreadable):
            self.looked_at = observation.look.asked_at
            self.gap = self.blurred = False
        elif self.endpoint.sighting is None and not self.blurred:
            self.blurred, self.absent_at = True, new_since

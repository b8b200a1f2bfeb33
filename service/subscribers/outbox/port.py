"""What a channel is: the port between the outbox and the world, beside the code that needs it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from events.catalogue.incidents import Severity
from events.catalogue.notifications import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message on its way out. `id` is the same over all tries, so that the receiver can drop repeats.

    `position` is where the notification stands in the log, `evidence` where its cause does.
    """

    id: str
    log_id: str
    position: int
    message: Message
    subject: str
    at: datetime
    title: str
    text: str
    why: str
    incidents: tuple[str, ...]
    evidence: int
    rule: str | None = None
    severity: Severity | None = None


class Rejected(Exception):
    """The channel did not take a message; what is said names no secret.

    `retry_after`: the receiver asks not to be tried earlier. `gone`: it wants nothing more, ever. `unreachable`: nobody
    was there who could have looked at this one, so that another would fare no better.
    """

    def __init__(
        self, reason: str, *, retry_after: timedelta | None = None, gone: bool = False, unreachable: bool = False
    ) -> None:
        """Keep what the receiver asked for."""
        super().__init__(reason)
        self.retry_after = retry_after
        self.gone = gone
        self.unreachable = unreachable


class Channel(Protocol):
    """Somewhere that messages go."""

    async def send(self, message: Outgoing) -> None:
        """Hand one message over, within the channel's own time limit; raise Rejected if it was not taken.

        It may have been taken although Rejected is raised: the answer was lost. Never more than one try a call.
        """
        ...

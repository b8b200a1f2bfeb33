"""What a hook hands its events to: the port between the log and the receiver, beside the code that needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A CloudEvent on its way out, as JSON. `id` is the same over all tries, so that the receiver can drop repeats.

    `variables` tell a command in short what it gets.
    """

    id: str
    body: bytes
    variables: Mapping[str, str] = field(default_factory=dict)


class Receiver(Protocol):
    """Somewhere that events go."""

    async def deliver(self, parcel: Parcel) -> None:
        """Hand one event over, within the receiver's own time limit; raise Rejected if it was not taken.

        It may have been taken although Rejected is raised: the answer was lost. Never more than one try a call.
        """
        ...

"""The statuses of an endpoint, and what is true of each.

The eight of the Inference Endpoints API, and `absent`: before creation and after deletion. The API's set is open, so
a text that is not among them is kept as it came (`UnknownStatus`), told once, and never acted on.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """A status that Lamplighter knows, spelt as the API spells it."""

    ABSENT = "absent"
    PENDING = "pending"
    INITIALIZING = "initializing"
    RUNNING = "running"
    UPDATING = "updating"
    UPDATE_FAILED = "updateFailed"
    FAILED = "failed"
    SCALED_TO_ZERO = "scaledToZero"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class UnknownStatus:
    """A status text that the API gave and Lamplighter does not know; kept as it came, in `raw`."""

    raw: str

    def __str__(self) -> str:
        """Return the text as the API gave it."""
        return self.raw


AnyStatus = Status | UnknownStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is true of an endpoint while it has a status.

    `billed`: replicas cost money. `settled`: it stays so until somebody or something acts. `serves`: a request may be
    answered, if a replica is ready. Nothing is documented on the billing of pending, failed, updating and updateFailed:
    the first two are taken as not billed, the others as billed, and that stands here alone.
    """

    billed: bool
    settled: bool
    serves: bool


FACTS: dict[Status, Facts] = {
    Status.ABSENT: Facts(billed=False, settled=True, serves=False),
    Status.PENDING: Facts(billed=False, settled=False, serves=False),
    Status.INITIALIZING: Facts(billed=True, settled=False, serves=False),
    Status.RUNNING: Facts(billed=True, settled=True, serves=True),
    Status.UPDATING: Facts(billed=True, settled=False, serves=True),
    Status.UPDATE_FAILED: Facts(billed=True, settled=True, serves=True),
    Status.FAILED: Facts(billed=False, settled=True, serves=False),
    Status.SCALED_TO_ZERO: Facts(billed=False, settled=True, serves=False),
    Status.PAUSED: Facts(billed=False, settled=True, serves=False),
}


def read_status(text: str) -> AnyStatus:
    """Return the status that a text of the API names; `absent` is ours and counts as unknown when the API says it."""
    try:
        status = Status(text)
    except ValueError:
        return UnknownStatus(text)
    return UnknownStatus(text) if status is Status.ABSENT else status

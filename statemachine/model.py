"""The nouns: what a look can see, what can have happened, and what an endpoint is.

Each is frozen. `*_at` is an aware UTC datetime. An endpoint's identity is its name and the instant of its creation: a
name that is deleted and created again has two lives, and their events stand in two streams.

All are dataclasses but `Sighting` and `Endpoint`. These two are made anew at every event, and there are as many in
memory as a fleet has endpoints: a struct of msgspec's takes a twentieth of the time to replace, and less room.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from statemachine.configuration import Flattened, Scalar
from statemachine.status import AnyStatus, Status
from statemachine.table import By, Trigger


@dataclass(frozen=True, slots=True, order=True)
class EndpointName:
    """What people call an endpoint: `namespace/name`."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"


class Sighting(Struct, frozen=True, kw_only=True, gc=False):  # nothing that it holds can lead back to it
    """What one readable document says of an endpoint, with every secret already masked.

    `configuration` maps a dotted path (`compute.scaling.maxReplica`) to its value or its mask. People are ids.
    `status`: as the API spells it. `created_at`: which life of the name it is. `created_by`: who made it. `updated_at`,
    `updated_by`: when somebody edited it last, and who. `ready_replicas`, `target_replicas`: how many there are, and
    how many are wanted. `url`: where it infers. `message`: the platform's own words about it.
    """

    status: AnyStatus
    created_at: datetime
    updated_at: datetime | None = None
    created_by: str | None = None
    updated_by: str | None = None
    ready_replicas: int | None = None
    target_replicas: int | None = None
    url: str | None = None
    message: str | None = None
    configuration: Flattened = Flattened()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When a look was asked for and when its answer was there.

    `asked` and `answered` are the same two instants in monotonic seconds of this process: order is judged by them,
    since a wall clock may jump.
    """

    asked_at: datetime
    answered_at: datetime
    asked: float
    answered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The document was there and readable. `changed_secrets`: masked paths whose hidden value differs from before."""

    look: Look
    sighting: Sighting
    changed_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The document was there, and could not be understood. `reason` names the place, never a value."""

    look: Look
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Every page arrived without it, and a direct GET then said 404."""

    look: Look


Observation = Seen | Unreadable | Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When it happened: after `not_before`, no later than `seen_at`.

    `gap` if nobody could look in between: an outage, a restart, a document that could not be read.

    The windows of one life do not overlap, so that its times add up. But a look takes a while, and what changed twice
    around one look may have changed the second time before that look's answer had come: where the end of the window
    before cut this one short, it may have happened up to `blur_seconds` earlier than `not_before`.
    """

    not_before: datetime
    seen_at: datetime
    gap: bool = False
    blur_seconds: float = 0.0


class Kind(StrEnum):
    """How an observed change of status relates to the table of the state machine."""

    DIRECT = "direct"  # one arrow of the table
    SKIPPED = "skipped"  # a path of platform steps with at most one outside command; `via` was not seen
    UNEXPECTED = "unexpected"  # no such path: recorded, told, believed
    UNKNOWN = "unknown"  # one of the two ends is a status that we do not know


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A life was seen for the first time, at `seen_at`.

    `absent_at` is the last good look at its namespace that did not hold it, or its creation where the wall clock has
    jumped back behind that look since; None when the namespace itself was new, and then nothing is claimed about the
    time before `seen_at`. `gap` and `blur_seconds` as in a window.
    """

    seen_at: datetime
    absent_at: datetime | None
    sighting: Sighting
    gap: bool = False
    blur_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who brought a change about, as far as it can be known; None is unknown, and nothing is guessed.

    `by` and `trigger`: what the table knows alone for the way that the status went. `editor`: who the document says
    edited the endpoint since the look before. `intent`: the id of the decision of ours that the change follows.
    """

    by: By | None = None
    trigger: Trigger | None = None
    editor: str | None = None
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class Ours:
    """A decision of ours that is under way for an endpoint: its id, and what it asks for."""

    intent: str
    trigger: Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """The status differs between two good looks; `via` holds the statuses it must have passed unseen.

    `old`, `new`: the statuses at the two looks. `updated_at`, `updated_by`: when somebody had edited the endpoint last,
    as its new document says, and who. `message`: the platform's own words in that document.
    """

    window: Window
    old: AnyStatus
    new: AnyStatus
    kind: Kind
    via: tuple[Status, ...] = ()
    updated_at: datetime | None = None
    updated_by: str | None = None
    message: str | None = None
    cause: Cause = Cause()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicasChanged:
    """The number of ready or wanted replicas differs: `old_ready` and `old_target` before, `ready` and `target` now."""

    window: Window
    old_ready: int | None
    old_target: int | None
    ready: int | None
    target: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlChanged:
    """The inference URL differs: `old` before, `new` now; a paused endpoint has none."""

    window: Window
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChanged:
    """The platform's own words about the endpoint differ, while its status does not: `message` is what they are now."""

    window: Window
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One `path` of the configuration: its value (or mask) before (`old`) and after (`new`).

    None where the path was not there, or was there and null: the API means the same by both.
    """

    path: str
    old: Scalar
    new: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfigured:
    """The configuration differs: a masked difference. `changed_secrets` names paths whose hidden value changed.

    `changes`: each path that differs. `updated_at`, `updated_by`: when somebody edited the endpoint last, and who.
    """

    window: Window
    changes: tuple[Change, ...]
    changed_secrets: tuple[str, ...] = ()
    updated_at: datetime | None = None
    updated_by: str | None = None
    cause: Cause = Cause()


@dataclass(frozen=True, slots=True, kw_only=True)
class BecameUnreadable:
    """The document cannot be understood any more: what follows is not known until it can.

    `reason` names the place in the document, never a value.
    """

    window: Window
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BecameReadable:
    """The document can be understood again."""

    window: Window


class End(StrEnum):
    """Why a life is over."""

    NOT_FOUND = "notFound"  # a GET said 404
    RECREATED = "recreated"  # the name has a newer life


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """This life is over; its name may be used again. `old` is the last status seen."""

    window: Window
    old: AnyStatus
    end: End
    cause: Cause = Cause()


LifecycleEvent = (
    Discovered
    | StatusChanged
    | ReplicasChanged
    | UrlChanged
    | MessageChanged
    | Reconfigured
    | BecameUnreadable
    | BecameReadable
    | Deleted
)


class Endpoint(Struct, frozen=True, kw_only=True, gc=False):
    """What the events of one life add up to; `sighting` is None before its discovery and after its deletion.

    `since` bounds the instant at which the current status began. `latest` is the window of the latest event of any
    kind: no later window begins or ends before it does.
    """

    sighting: Sighting | None = None
    since: Window | None = None
    readable: bool = True
    latest: Window | None = None

    @property
    def status(self) -> AnyStatus:
        """Return the last status seen; absent when there is none."""
        return Status.ABSENT if self.sighting is None else self.sighting.status


def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 text in UTC with six digits: one spelling for each instant."""
    # Not strftime: it is slower, and leaves out the zeros of early years.
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"

"""What is told to who waits, and who holds what awake."""

import msgspec

from service.web.shapes.cells import Instant


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """How long the starts of an endpoint took that were seen whole: half within `p50_seconds`."""

    starts: int
    p50_seconds: float
    p90_seconds: float


class Snippets(msgspec.Struct, frozen=True, kw_only=True):
    """Python that calls the endpoint; `openai` is null where it does not speak that protocol."""

    inference_client: str
    openai: str | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How a wait ended: reached, failed, paused, gone or timedOut; null while it goes on. `expected`: null if unknown.

    `health` is the address of its health route; `snippets` are there once it has a url.
    """

    end: str | None
    status: str
    url: str | None
    ready_replicas: int | None
    healthy: bool
    waiting_for: str
    message: str | None
    health: str | None
    model: str | None
    revision: str | None
    task: str | None
    expected: Expected | None
    snippets: Snippets | None


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody needs an endpoint awake until then, unless it is renewed; `seconds` is how long a renewal lasts.

    `pause_after`: when it ends as the last one, what a lease resumed is put back to rest.
    """

    lease: str
    endpoint: str
    holder: str
    reason: str
    since: Instant
    until: Instant
    seconds: float
    pause_after: bool


class Leases(msgspec.Struct, frozen=True, kw_only=True):
    """Every lease, by endpoint."""

    items: tuple[Lease, ...]


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """A lease that was given back, and how many are left. `then`: putBack, kept, or null if nobody asked for that.

    `why` says why it is kept as it is.
    """

    lease: str
    left: int
    then: str | None
    why: str | None


class LeaseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long (90s, 5m), what for, and whether what a lease resumed is put back to rest after the last one."""

    for_: str = msgspec.field(name="for", default="2m")
    reason: str = ""
    pause_after: bool = False


class RenewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long from now on; as long as before, if nothing is said."""

    for_: str | None = msgspec.field(name="for", default=None)


class EnsureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is needed, and by which lease, if by one."""

    reason: str = ""
    lease: str | None = None

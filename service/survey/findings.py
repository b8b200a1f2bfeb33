"""The nouns of a survey: what was found, and what could not be read. None means unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from service.ports import Hardware
from statemachine.model import EndpointName
from statemachine.status import FACTS, AnyStatus, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What is known of the requests to an endpoint: `count` of them since `since`.

    `last_at` is the end of the step in which the last one came: it was no later. None: there was none since `since`.
    """

    since: datetime
    count: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One endpoint, as it was found.

    `status` is None if its document cannot be understood, and then `unreadable` says why. `usd_per_hour` is price times
    replicas, now; 0 only for a status that is not billed. `editor_left`: whoever edited it last is no member of the
    namespace any more. `requests_unknown` says why there is no request data, if it was asked for.
    """

    name: EndpointName
    status: AnyStatus | None
    unreadable: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    edited_at: datetime | None = None
    edited_by: str | None = None
    editor_left: bool | None = None
    tags: frozenset[str] = frozenset()
    hardware: Hardware | None = None
    availability: str | None = None
    replicas: int | None = None
    usd_per_hour: float | None = None
    requests: Requests | None = None
    requests_unknown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A namespace that could not be read: `sign` is short (`401`, `timeout`), `error` says what to do."""

    namespace: str
    sign: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything that was found at one time.

    `namespaces` are those that could be read, each with the file whose token did it (None: HF_TOKEN or the saved
    login). `remarks` tell of what is missing beside whole namespaces.
    """

    at: datetime
    since: datetime
    namespaces: Mapping[str, Path | None]
    found: tuple[Found, ...]
    closed: tuple[Closed, ...]
    remarks: tuple[str, ...] = ()


def serves(found: Found) -> bool:
    """Return whether an endpoint may be answering requests now: only then its request count says who needs it."""
    return isinstance(found.status, Status) and FACTS[found.status].serves

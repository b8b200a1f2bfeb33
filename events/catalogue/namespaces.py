"""What is told of a namespace as a whole: whether it can be read, and whether its endpoints are really gone."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceUnreachable:
    """The namespace cannot be read since `since`; `error` is a short stable word, `detail` a scrubbed sentence."""

    since: datetime
    error: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceRecovered:
    """The namespace can be read again at `seen_at`, after having been unreachable since `since`."""

    since: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisappearanceSuspected:
    """So many endpoints vanished in one sweep that a token's trouble is likelier than their deletion.

    `missing`: their names. `known`: how many endpoints there were. `seen_at`: when the sweep ended.
    """

    seen_at: datetime
    missing: tuple[str, ...]
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspicionEnded:
    """The suspicion is over at `seen_at`: `confirmed` if they are really gone, else they were seen again."""

    seen_at: datetime
    confirmed: bool

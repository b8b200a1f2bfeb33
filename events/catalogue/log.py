"""What was done to the log itself, and what was found when it was proved."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """Texts of the event at `position` were replaced by a mark, because they must not be kept; the actor says `why`.

    `fields` names what was replaced. `data_hash` is the hash of the payload as it was, by which it stands in the
    chain; `replaced_by` that of the payload as it is. Both are SHA-256 in hexadecimal digits.
    """

    position: int
    fields: tuple[str, ...]
    data_hash: str
    replaced_by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The events from `first` to `last` were taken out of the log and lie in a file; the actor says `why`, or nothing.

    `hash` is the chain's at `last`, and `digest` the SHA-256 of the file called `file`, both in hexadecimal digits.
    `without` names subscribers that are no more, and whose cursors were moved to `last` for that reason.
    """

    first: int
    last: int
    hash: str
    file: str
    digest: str
    why: str | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFoundBroken:
    """An inspection of the log, up to `position`, found that its chain does not hold, or that a view is not of it.

    `at`: when it ended. `why` says what does not hold, and where.
    """

    at: datetime
    position: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFoundSound:
    """An inspection of the log, up to `position`, found nothing wrong any more. `at`: when it ended."""

    at: datetime
    position: int

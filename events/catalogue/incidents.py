"""That something is wrong, and that it is over."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How much an incident matters to whoever is called."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A rule's condition holds. `arrival`: it already did at the first look, so nobody is paged for it.

    `incident`: its id. `rule`: the rule's name. `reason`: what holds, for people. `evidence`: the position that shows
    it. `at`: since when it counts.
    """

    incident: str
    rule: str
    severity: Severity
    reason: str
    evidence: int
    at: datetime
    arrival: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A rule's condition holds no longer.

    `incident`: its id. `rule`: the rule's name. `reason`: what ended it, for people. `evidence`: the position that
    shows it. `fired_at`, `at`: when it began to count, and when it ended.
    """

    incident: str
    rule: str
    reason: str
    evidence: int
    fired_at: datetime
    at: datetime

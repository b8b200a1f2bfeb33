"""The noun of an examination: one thing that was looked at, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a check came to."""

    OK = "ok"
    LACKS = "lacks"  # Lamplighter works without it, and cannot do something
    FAILS = "fails"  # Lamplighter cannot do its work
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at (`subject`: this machine, or a namespace), what came of it, and what to do about it."""

    subject: str
    what: str
    verdict: Verdict
    says: str
    do: str = ""

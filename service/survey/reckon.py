"""What a survey comes to: how much burns, and what runs although nobody seems to call. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.burn import burn
from service.survey.findings import Found, Survey, serves
from statemachine.status import Status

HOURS_A_MONTH = 730
STARTING = frozenset({Status.INITIALIZING, Status.UPDATING})  # and paid for meanwhile
LONG_START = timedelta(days=1)  # a start may take hours; one that was asked for longer ago is worth a look


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A survey, added up.

    `usd_per_hour` is what is known to burn, or None if nothing is known of what may burn; `unpriced` counts what burns
    besides, or may, at an unknown rate. `quiet` runs and was not called for a while, or has been starting for long, the
    dearest first. `blind` counts what runs, has no request data and is therefore not in `quiet`.
    """

    survey: Survey
    by_status: Mapping[str, int]
    usd_per_hour: float | None
    unpriced: int
    quiet: tuple[Found, ...]
    blind: int

    @property
    def quiet_usd_per_hour(self) -> float | None:
        """Return what the quiet ones are known to cost, or None if nothing is known of it."""
        return burn([found.usd_per_hour for found in self.quiet]).usd_per_hour


def reckon(survey: Survey, *, idle: timedelta) -> Report:
    """Add up; quiet is what had neither a request nor an edit for `idle`."""
    quiet = [found for found in survey.found if is_quiet(found, survey.at, idle)]
    quiet.sort(key=lambda found: (-(found.usd_per_hour or 0.0), found.name))
    burning = burn([found.usd_per_hour for found in survey.found])
    return Report(
        survey=survey,
        by_status=Counter("unreadable" if found.status is None else str(found.status) for found in survey.found),
        usd_per_hour=burning.usd_per_hour,
        unpriced=burning.unpriced,
        quiet=tuple(quiet),
        blind=sum(_may_serve(found) and found.requests is None for found in survey.found if found not in quiet),
    )


def is_quiet(found: Found, now: datetime, idle: timedelta) -> bool:
    """Return whether it costs money and nobody seems to need it.

    What may serve must be known to have had no request; what is starting cannot have served anyone, and is told by when
    it was last edited. Missing data is never taken for quiet.
    """
    if found.edited_at is None or found.created_at is None or found.replicas == 0:
        return False
    if found.status in STARTING:
        return now - found.edited_at >= LONG_START
    if not _may_serve(found) or found.requests is None:
        return False
    return now - max(found.created_at, found.edited_at, found.requests.last_at or found.requests.since) >= idle


def _may_serve(found: Found) -> bool:
    return serves(found) and found.status not in STARTING

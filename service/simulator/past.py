"""What an endpoint had behind it when it was sown: the part of its life that the simulator did not see.

Only documents and request counts tell of it. The history and the bill begin with the sowing (cause `sow`, by nobody):
nothing that was before is entered as if it had been seen, and nothing is charged for it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from service.simulator.errors import Invalid

DAY_SECONDS, MINUTES_PER_DAY = 86_400, 1440
MOST_PER_DAY = DAY_SECONDS  # one each second
MOST_REQUESTS = 10_000_000
MOST_DAYS = 36_525.0  # a century


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Ages count back from the sowing, in days; what is not said was just now, by who creates it."""

    created_at: datetime | None = None
    created_days_ago: float | None = None
    edited_days_ago: float | None = None
    edited_by: str | None = None
    requests_per_day: float = 0.0  # evenly, over `requests_days`, up to the sowing
    requests_days: float = 14.0
    requests_days_ago: tuple[float, ...] = ()  # and single ones

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Read what is said by these names, as JSON and TOML have it too; refuse what makes no sense."""
        values = dict(said)
        if isinstance(values.get("created_at"), str):
            values["created_at"] = instant(values["created_at"], "created_at")
        values["requests_days_ago"] = tuple(values.get("requests_days_ago", ()))
        past = cls(**values)
        past.check()
        return past

    @property
    def told(self) -> bool:
        """Tell whether there is any: without it an endpoint is created, not sown."""
        return self != type(self)()

    def check(self) -> None:
        """Refuse what cannot have been."""
        if self.created_at is not None and self.created_days_ago is not None:
            raise Invalid("created_at and created_days_ago say the same: give one of them")
        if self.created_at is not None and self.created_at.tzinfo is None:
            raise Invalid(f"created_at {self.created_at} names no time zone: write it in UTC, with a Z")
        ages = (self.created_days_ago or 0.0, self.edited_days_ago or 0.0, *self.requests_days_ago)
        if not all(0 <= days <= MOST_DAYS for days in (*ages, self.requests_days)):
            raise Invalid(f"an age or a span is from 0 to {MOST_DAYS:g} days: days ago count back from now")
        if not 0 <= self.requests_per_day <= MOST_PER_DAY:
            raise Invalid(f"requests_per_day is from 0 to {MOST_PER_DAY}, one each second")
        if self.requests_per_day * self.requests_days > MOST_REQUESTS:
            raise Invalid(
                f"that would be more than {MOST_REQUESTS} requests of the past: say fewer a day, or fewer days"
            )

    def born_at(self, now: datetime) -> datetime:
        """Return when it was created; not later than it was edited."""
        born = self.created_at or _before(now, self.created_days_ago or self.edited_days_ago or 0.0)
        if born > now:
            raise Invalid(f"created_at {born} lies in the future: it is {now}")
        if self.edited_days_ago is not None and _before(now, self.edited_days_ago) < born:
            raise Invalid(
                f"it cannot have been edited {self.edited_days_ago:g} days ago, before it was created: {born}"
            )
        return born

    def edited_at(self, now: datetime) -> datetime:
        """Return when it was edited last; its creation counts."""
        return self.born_at(now) if self.edited_days_ago is None else _before(now, self.edited_days_ago)

    def requests(self, now: datetime, *, born_at: datetime) -> Counter[int]:
        """Return how many requests were answered, by minute since 1970; none before it was created, if that is told."""
        began, ends = (at.timestamp() / DAY_SECONDS for at in (born_at, now))
        number = round(self.requests_per_day * self.requests_days)
        steady = ((place + 0.5) / self.requests_per_day for place in range(number))
        at = (ends - days for days in (*steady, *self.requests_days_ago))
        return Counter(int(one * MINUTES_PER_DAY) for one in at if one >= began or born_at == now)


PAST = frozenset(field.name for field in fields(Past))


def _before(now: datetime, days: float) -> datetime:
    return now - timedelta(days=days)


def instant(text: str, name: str) -> datetime:
    """Read an instant, which is in UTC unless it says otherwise."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{name} {text!r} is no instant: write it as 2026-07-02T09:00:00Z") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)

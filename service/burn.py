"""What endpoints cost an hour: price times replicas. What is not known is None all the way, and never zero. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.ports import Hardware, Offer
from statemachine.model import Sighting
from statemachine.status import FACTS, Status

_PLACES = ("provider.vendor", "provider.region", "compute.instanceType", "compute.instanceSize")


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """What some endpoints cost together.

    `usd_per_hour` is what is known to burn, or None if nothing is known of what may burn; `unpriced` counts what burns
    besides, or may, at an unknown rate. `as_of` is the oldest look that this rests on, or None if there was none.
    """

    usd_per_hour: float | None
    unpriced: int
    as_of: datetime | None = None


def burn(rates: Sequence[float | None], *, as_of: datetime | None = None) -> Burn:
    """Add up: a sum of unknown rates alone would look like nothing at all, and is unknown."""
    known = sum((rate for rate in rates if rate is not None), 0.0)
    unpriced = sum(rate is None for rate in rates)
    return Burn(usd_per_hour=None if unpriced and not known else known, unpriced=unpriced, as_of=as_of)


def together(burns: Iterable[Burn]) -> Burn:
    """Add up what was added up, by the same rule. Of what nobody looked at yet it says nothing."""
    all_of_it = tuple(burns)
    found = burn([one.usd_per_hour for one in all_of_it])
    oldest = min((one.as_of for one in all_of_it if one.as_of is not None), default=None)
    return Burn(usd_per_hour=found.usd_per_hour, unpriced=sum(one.unpriced for one in all_of_it), as_of=oldest)


def usd_per_hour(sighting: Sighting, offer: Offer | None) -> float | None:
    """Return what an endpoint costs now, or None; 0 only where no replica costs money, whatever the price."""
    replicas = replicas_now(sighting)
    if not replicas:
        return None if replicas is None else 0.0
    return None if offer is None else offer.usd_per_hour * replicas


def replicas_now(sighting: Sighting) -> int | None:
    """Return how many replicas cost money: those wanted, or those ready if these are more; 0 if none is billed."""
    if not isinstance(sighting.status, Status):
        return None
    if not FACTS[sighting.status].billed:
        return 0
    ready, wanted = sighting.ready_replicas, sighting.target_replicas
    if wanted is None:
        return ready or None  # none is ready, and how many are on their way is not told
    return max(ready or 0, wanted)


def hardware_of(sighting: Sighting) -> Hardware | None:
    """Return what an endpoint runs on, or None if its configuration does not tell."""
    told = [value for place in _PLACES if isinstance(value := sighting.configuration.get(place), str)]
    return Hardware(*told) if len(told) == len(_PLACES) else None

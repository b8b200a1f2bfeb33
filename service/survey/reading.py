"""From what Hugging Face answered to what was found: pure, and careful never to take missing data for none."""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.burn import replicas_now, usd_per_hour
from service.masking import MARK
from service.ports import Hardware, Item, Offer, RequestCounts
from service.survey.findings import Found, Requests
from statemachine.model import Seen

HOLE_STEPS = 2  # so many steps without a point are a hole: nothing is claimed about the time before it


def read_item(item: Item, *, offers: Mapping[Hardware, Offer] | None, members: frozenset[str] | None) -> Found:
    """Return what an item says, priced; without offers no price is known, without members nobody has left."""
    observation = item.observation
    if not isinstance(observation, Seen):
        return Found(name=item.name, status=None, unreadable=observation.reason)
    sighting, document = observation.sighting, msgspec.json.decode(item.document)
    hardware = _hardware(document)
    offer = offers.get(hardware) if offers is not None and hardware is not None else None
    return Found(
        name=item.name,
        status=sighting.status,
        created_at=sighting.created_at,
        created_by=_person(document, "createdBy"),
        edited_at=sighting.updated_at,
        edited_by=_person(document, "updatedBy"),
        editor_left=_has_left(_told(document, "status", "updatedBy", "name"), members),
        tags=frozenset(tag for tag in _at(document, "tags") or () if isinstance(tag, str)),
        hardware=hardware,
        availability=offer.status if offer else None,
        replicas=replicas_now(sighting),
        usd_per_hour=usd_per_hour(sighting, offer),
    )


def read_requests(told: RequestCounts) -> Requests | None:
    """Return what the counts prove up to now, or None: no points, or none of late, prove nothing.

    Only the time since the last hole counts, so that an outage of the metrics never looks like quiet.
    """
    if not told.counts:
        return None
    hole = told.step * HOLE_STEPS
    points = sorted(told.counts)
    if told.until - (points[-1][0] + told.step) > hole:
        return None
    first = len(points) - 1
    while first > 0 and points[first][0] - points[first - 1][0] <= hole:
        first -= 1
    known = points[first:]
    last = max((at for at, count in known if count), default=None)
    return Requests(
        since=max(known[0][0], told.since),
        count=sum(count for _, count in known),
        last_at=None if last is None else min(last + told.step, told.until),
    )


def _hardware(document: Any) -> Hardware | None:
    places = (("provider", "vendor"), ("provider", "region"), ("compute", "instanceType"), ("compute", "instanceSize"))
    told = [one for place in places if (one := _told(document, *place)) is not None]
    return Hardware(*told) if len(told) == len(places) else None


def _person(document: Any, role: str) -> str | None:
    """Return a person's name, or the id where there is no name."""
    return _told(document, "status", role, "name") or _told(document, "status", role, "id")


def _has_left(name: str | None, members: frozenset[str] | None) -> bool | None:
    """Return whether somebody is no member any more; members are known by name, so that an id tells nothing."""
    return None if members is None or name is None else name not in members


def _told(document: Any, *path: str) -> str | None:
    """Return a text, or None for what is not there, or masked."""
    told = _at(document, *path)
    return told if isinstance(told, str) and told not in {"", MARK} else None


def _at(document: Any, *path: str) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document

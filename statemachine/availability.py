"""Availability: the share of time in which an endpoint could serve, of all in which it was wanted up.

It is wanted up unless it is absent, paused or scaled to zero: a start and a failure count against it, a rest does not.
It can serve while its status serves and a replica is ready, by what the API says; nobody calls it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, auto
from types import MappingProxyType

from statemachine.course import AT_REST, Move
from statemachine.model import Endpoint
from statemachine.status import FACTS, AnyStatus, Status
from statemachine.tally import Tally, stretch


class Service(StrEnum):
    """Whether it could serve while it was wanted up."""

    UP = auto()  # its status serves and a replica is ready
    DOWN = auto()  # wanted up, and could not serve: starting, failed, or without a ready replica
    RESTING = auto()  # absent, paused or scaled to zero: not wanted up
    UNTOLD = auto()  # an unknown status, or one that serves with a number of replicas that nobody told


def _could_be(status: Status) -> frozenset[Service]:
    if status in AT_REST:
        return frozenset({Service.RESTING})
    return frozenset({Service.UP, Service.DOWN} if FACTS[status].serves else {Service.DOWN})


EVERY_SERVICE = frozenset(Service)
COULD_BE: Mapping[AnyStatus, frozenset[Service]] = MappingProxyType({each: _could_be(each) for each in Status})


def service_of(endpoint: Endpoint) -> Service:
    """Say whether an endpoint can serve, by the latest that is known of it."""
    could_be = COULD_BE.get(endpoint.status, EVERY_SERVICE)
    ready = None if endpoint.sighting is None else endpoint.sighting.ready_replicas
    if len(could_be) == 1:
        return next(iter(could_be))
    if endpoint.status not in COULD_BE or ready is None:
        return Service.UNTOLD
    return Service.UP if ready > 0 else Service.DOWN


def service_along(move: Move, before: Endpoint, after: Endpoint) -> frozenset[Service]:
    """Return what it can have been on a way; around a change of status, replicas may come or go at any instant."""
    among = {service_of(before), service_of(after)}
    if len(move.way) > 1:
        among.update(*(COULD_BE.get(status, EVERY_SERVICE) for status in move.way))
    return frozenset(among) if move.sure and Service.UNTOLD not in among else EVERY_SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of a time, from 0 to 1, known within bounds."""

    lower: float
    upper: float


def availability(service: Tally[Service]) -> Share | None:
    """Return the share of time in which it could serve, of all in which it was wanted up; None if it never was.

    At worst it was down whenever it may have been, and at best up: uncertain times, gaps and untold times included.
    """
    up, down, untold = (stretch(service, each) for each in (Service.UP, Service.DOWN, Service.UNTOLD))
    most_up, most_down = up.upper + untold.certain, down.upper + untold.certain
    if not most_up + most_down:
        return None
    return Share(lower=_part(up.lower, most_down), upper=_part(most_up, down.lower))


def _part(up: timedelta, down: timedelta) -> float:
    return up / (up + down) if up else 0.0

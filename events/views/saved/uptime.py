"""The clocks of every life in a snapshot: a row each. Times are whole microseconds: nothing is lost on the way."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from events.views.saved.form import Shape
from events.views.uptime import Life, Uptime
from statemachine.availability import Service
from statemachine.course import Failures, Starts
from statemachine.machine import Bounds, Clocks
from statemachine.model import Endpoint, EndpointName, Window
from statemachine.status import AnyStatus
from statemachine.tally import Tally

FOLD = 2
T = TypeVar("T")
MICROSECOND = timedelta(microseconds=1)


class TallyRow(msgspec.Struct, frozen=True, kw_only=True):
    """How long it was what: statuses, or the kinds of service."""

    now: Any
    edge: Window
    among: tuple[Any, ...]
    hidden: bool
    certain: tuple[tuple[Any, int], ...]
    possible: tuple[tuple[Any, int], ...]
    in_windows: int
    in_gaps: int


class StatusTallyRow(TallyRow, frozen=True, kw_only=True):
    """How long it had which status."""

    now: AnyStatus
    among: tuple[AnyStatus, ...]
    certain: tuple[tuple[AnyStatus, int], ...]
    possible: tuple[tuple[AnyStatus, int], ...]


class ServiceTallyRow(TallyRow, frozen=True, kw_only=True):
    """How long it could serve, or not."""

    now: Service
    among: tuple[Service, ...]
    certain: tuple[tuple[Service, int], ...]
    possible: tuple[tuple[Service, int], ...]


class LifeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One life and its clocks; `took` are the least and the longest that each of its starts can have taken."""

    stream: str
    name: EndpointName
    created_at: datetime
    version: int
    endpoint: Endpoint
    statuses: StatusTallyRow | None
    service: ServiceTallyRow | None
    unsettled: Window | None
    starts: int
    under_way: Window | None
    took: tuple[tuple[int, int], ...]
    failures: Failures


def _rows(uptime: Uptime) -> Iterator[LifeRow]:
    for stream, life in uptime.lives.items():
        clocks = life.clocks
        yield LifeRow(
            stream=stream,
            name=life.name,
            created_at=life.created_at,
            version=life.version,
            endpoint=clocks.endpoint,
            statuses=None if clocks.statuses is None else StatusTallyRow(**_told(clocks.statuses)),
            service=None if clocks.service is None else ServiceTallyRow(**_told(clocks.service)),
            unsettled=clocks.unsettled,
            starts=clocks.starts.count,
            under_way=clocks.starts.under_way,
            took=tuple((each.lower // MICROSECOND, each.upper // MICROSECOND) for each in clocks.starts.took),
            failures=clocks.failures,
        )


def _view(position: int, rows: Iterable[LifeRow]) -> Uptime:
    uptime = Uptime()
    uptime.position = position
    for row in rows:
        took = tuple(Bounds(lower=lower * MICROSECOND, upper=upper * MICROSECOND) for lower, upper in row.took)
        clocks = Clocks(
            endpoint=row.endpoint,
            statuses=None if row.statuses is None else _tally(row.statuses),
            service=None if row.service is None else _tally(row.service),
            unsettled=row.unsettled,
            starts=Starts(count=row.starts, under_way=row.under_way, took=took),
            failures=row.failures,
        )
        uptime.put(row.stream, Life(name=row.name, created_at=row.created_at, clocks=clocks, version=row.version))
    return uptime


def _told(tally: Tally[Any]) -> dict[str, Any]:
    return {
        "now": tally.now,
        "edge": tally.edge,
        "among": tuple(sorted(tally.among, key=str)),
        "hidden": tally.hidden,
        "certain": _microseconds(tally.certain),
        "possible": _microseconds(tally.possible),
        "in_windows": tally.in_windows // MICROSECOND,
        "in_gaps": tally.in_gaps // MICROSECOND,
    }


def _tally(row: TallyRow) -> Tally[Any]:
    return Tally(
        now=row.now,
        edge=row.edge,
        among=frozenset(row.among),
        hidden=row.hidden,
        certain={key: time * MICROSECOND for key, time in row.certain},
        possible={key: time * MICROSECOND for key, time in row.possible},
        in_windows=row.in_windows * MICROSECOND,
        in_gaps=row.in_gaps * MICROSECOND,
    )


def _microseconds(times: Mapping[T, timedelta]) -> tuple[tuple[T, int], ...]:
    return tuple((key, time // MICROSECOND) for key, time in sorted(times.items(), key=lambda item: str(item[0])))


UPTIME = Shape(name="uptime", fold=FOLD, row=LifeRow, rows=_rows, view=_view)

"""The fleet in a snapshot: a row for each endpoint and each namespace, and one for what holds everywhere."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.keepers import LeaseTaken
from events.views.fleet import Act, Fleet, Health, Hold, Known, Lease
from events.views.saved.form import Shape
from statemachine.model import Endpoint, EndpointName

# 2: intents tell what they send, and whose token signs it; who needs an endpoint awake. 3: a hold stays for a day more.
FOLD = 3


class ActRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An act, with the one way in which it ended, if it did."""

    intended: Intended
    actor: str
    position: int
    ended_at: datetime | None = None
    ended: int | None = None
    confirmed: Confirmed | None = None
    failed: Failed | None = None
    abandoned: Abandoned | None = None


class LeaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lease that has not ended."""

    taken: LeaseTaken
    since: datetime
    position: int


class EndpointRow(msgspec.Struct, frozen=True, kw_only=True, tag="endpoint"):
    """All that is known of an endpoint."""

    name: EndpointName
    endpoint: Endpoint
    life: datetime | None
    version: int
    cause: int
    changed: int
    returned_at: datetime | None
    returned_by: str | None
    acts_version: int
    warnings: tuple[tuple[int, Warned], ...]
    holds: tuple[Hold, ...]
    open: tuple[ActRow, ...]
    closed: tuple[ActRow, ...]
    leases: tuple[LeaseRow, ...] = ()
    leases_version: int = 0
    let_go: tuple[datetime, int] | None = None


class NamespaceRow(msgspec.Struct, frozen=True, kw_only=True, tag="namespace"):
    """How a namespace is."""

    name: str
    health: Health


class EverywhereRow(msgspec.Struct, frozen=True, kw_only=True, tag="everywhere"):
    """The holds on everything, and the version of their stream."""

    holds: tuple[Hold, ...]
    version: int


Row = EndpointRow | NamespaceRow | EverywhereRow


def _rows(fleet: Fleet) -> Iterator[Row]:
    yield EverywhereRow(holds=tuple(fleet.all_holds.values()), version=fleet.all_version)
    for name, health in fleet.namespaces.items():
        yield NamespaceRow(name=name, health=health)
    yield from map(_endpoint_row, fleet.endpoints.values())


def _view(position: int, rows: Iterable[Row]) -> Fleet:
    fleet = Fleet()
    fleet.position = position
    for row in rows:
        match row:
            case EndpointRow():
                fleet.endpoints[row.name] = _known(row)
            case NamespaceRow():
                fleet.namespaces[row.name] = row.health
            case EverywhereRow():
                fleet.all_holds, fleet.all_version = {hold.id: hold for hold in row.holds}, row.version
    return fleet


def _endpoint_row(known: Known) -> EndpointRow:
    return EndpointRow(
        name=known.name,
        endpoint=known.endpoint,
        life=known.life,
        version=known.version,
        cause=known.cause,
        changed=known.changed,
        returned_at=known.returned_at,
        returned_by=known.returned_by,
        acts_version=known.acts_version,
        warnings=known.warnings,
        holds=tuple(known.holds.values()),
        open=tuple(map(_act_row, known.open.values())),
        closed=tuple(map(_act_row, known.closed)),
        leases=tuple(
            LeaseRow(taken=lease.taken, since=lease.since, position=lease.position) for lease in known.leases.values()
        ),
        leases_version=known.leases_version,
        let_go=known.let_go,
    )


def _known(row: EndpointRow) -> Known:
    return Known(
        name=row.name,
        endpoint=row.endpoint,
        life=row.life,
        version=row.version,
        cause=row.cause,
        changed=row.changed,
        returned_at=row.returned_at,
        returned_by=row.returned_by,
        acts_version=row.acts_version,
        warnings=row.warnings,
        holds={hold.id: hold for hold in row.holds},
        open={act.intended.intent: _act(act) for act in row.open},
        closed=tuple(map(_act, row.closed)),
        leases={
            lease.taken.lease: Lease(taken=lease.taken, since=lease.since, position=lease.position)
            for lease in row.leases
        },
        leases_version=row.leases_version,
        let_go=row.let_go,
    )


def _act_row(act: Act) -> ActRow:
    outcome = act.outcome
    return ActRow(
        intended=act.intended,
        actor=act.actor,
        position=act.position,
        ended_at=act.ended_at,
        ended=act.ended,
        confirmed=outcome if isinstance(outcome, Confirmed) else None,
        failed=outcome if isinstance(outcome, Failed) else None,
        abandoned=outcome if isinstance(outcome, Abandoned) else None,
    )


def _act(row: ActRow) -> Act:
    return Act(
        intended=row.intended,
        actor=row.actor,
        position=row.position,
        outcome=row.confirmed or row.failed or row.abandoned,
        ended_at=row.ended_at,
        ended=row.ended,
    )


FLEET = Shape(name="fleet", fold=FOLD, row=Row, rows=_rows, view=_view)

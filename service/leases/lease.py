"""What a lease is, how long it is kept, and why an endpoint is not put back to rest after the last one; pure.

A lease is only ever ended by its holder, or because its holder was not heard of for as long as it had said. What the
daemon itself does not know, a crash or a clock that was moved, never ends one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from events.catalogue import Event
from events.views.fleet import Hold, Known
from statemachine.legality import Command
from statemachine.model import Deleted, Discovered, Reconfigured, StatusChanged
from statemachine.status import AnyStatus, Status
from statemachine.table import By

SHORTEST, LONGEST = timedelta(seconds=5), timedelta(days=1)
GRACE_SECONDS = 120.0  # after a start, for every holder to come back
AT_REST = frozenset({Status.PAUSED, Status.SCALED_TO_ZERO})  # what a resume wakes
AWAKE = frozenset({Status.PENDING, Status.INITIALIZING, Status.RUNNING})  # what may be put back to rest

TOUCHED = "somebody else was at it since a lease resumed it"
NAMED = 3  # leases that are told one by one


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease as it lies on the board: each renewal lets it last `seconds` from then on."""

    id: str
    holder: str
    reason: str
    since: datetime
    until: datetime
    seconds: float
    pause_after: bool = False


class Woken(msgspec.Struct, frozen=True, kw_only=True):
    """That a lease resumed the endpoint: by which intent, where that stands in the log, and from what it woke it."""

    intent: str
    position: int
    was: str

    @property
    def back(self) -> Command:
        """Return what brings it back to how it was."""
        return Command.SCALE_TO_ZERO if self.was == Status.SCALED_TO_ZERO else Command.PAUSE


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What lies on the board of one endpoint. `owed` is the last lease that ended, until what it asked for is done."""

    leases: tuple[Lease, ...] = ()
    woken: Woken | None = None
    owed: Lease | None = None


@dataclass(slots=True, kw_only=True)
class Chain:
    """Leases that follow each other on one endpoint without a gap, and what they have in common."""

    leases: dict[str, Lease] = field(default_factory=dict)
    woken: Woken | None = None
    owed: Lease | None = None

    @property
    def row(self) -> Row | None:
        """Return what lies of it on the board; None when there is nothing left to know."""
        if not self.leases and self.owed is None:
            return None
        return Row(leases=tuple(self.leases.values()), woken=self.woken, owed=self.owed)

    def told(self) -> str:
        """Return who holds it awake, and what for, the first to have come first; most of a crowd is only counted."""
        named = [f"{lease.holder} ({lease.reason})" if lease.reason else lease.holder for lease in self.leases.values()]
        if len(named) > NAMED:
            named[NAMED:] = [f"{len(named) - NAMED} more"]
        return f"held awake by {', '.join(named)}"

    def end(self, id_: str) -> None:
        """Take a lease out. If it was the last one, and asked for it, the endpoint is owed its rest."""
        lease = self.leases.pop(id_, None)
        if lease is not None and not self.leases:
            self.owed = lease if lease.pause_after and self.woken is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What a release comes to. `left`: how many other leases there are. `kept`: why it is not put back to rest.

    None: it is put back to rest now. An empty text: nobody asked for that.
    """

    lease: Lease
    left: int
    kept: str | None


def grace(lease: Lease) -> float:
    """Return for how many seconds at least a lease is kept after a start: its holder may be on the way back."""
    return max(GRACE_SECONDS, lease.seconds)


def remembered(known: Known, row: Row) -> Chain:
    """Return the chain of an endpoint after a start: which leases there are tells the log, until when tells the board.

    An end that is in the log, and not yet on the board, counts.
    """
    on_board = {lease.id: lease for lease in row.leases}
    chain = Chain(woken=row.woken, owed=row.owed)
    for id_, lease in known.leases.items():
        taken = lease.taken
        chain.leases[id_] = (
            on_board.pop(id_)
            if id_ in on_board
            else Lease(
                id=id_,
                holder=taken.holder,
                reason=taken.reason,
                since=lease.since,
                until=taken.until,
                seconds=max((taken.until - lease.since).total_seconds(), SHORTEST.total_seconds()),
                pause_after=taken.pause_after,
            )
        )
    if not chain.leases and on_board and chain.woken is not None:
        last = max(on_board.values(), key=lambda lease: lease.until)
        chain.owed = chain.owed or (last if last.pause_after else None)
    return chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """All that bears on whether an endpoint is put back to rest after its last lease."""

    status: AnyStatus
    woken: Woken | None
    touched: bool
    hold: Hold | None
    protected_by: str | None
    observe: str | None


def why_kept(parting: Parting) -> str | None:
    """Return why the endpoint is left as it is, or None: it is put back to rest."""
    if parting.woken is None:
        return "no lease resumed it: somebody else had it running"
    if parting.observe is not None:
        return parting.observe
    if parting.protected_by is not None:
        return f"it is protected by group {parting.protected_by}"
    if parting.hold is not None:
        return f"it is held by {parting.hold.author} until {parting.hold.until:%Y-%m-%d %H:%M} UTC"
    if parting.status not in AWAKE:
        return f"it is {parting.status}"
    if parting.touched:
        return TOUCHED
    return None


def touched(events: Iterable[Event], intent: str) -> bool:
    """Return whether any of the facts since a resume tells of somebody else than who meant it.

    Whose edit a document tells may be seen at a change that somebody else made: of our own token none is another's.
    """
    ours: set[str | None] = {None}
    for event in events:
        if _by_another(event, intent, ours):
            return True
        if isinstance(event, StatusChanged) and event.cause.intent == intent:
            ours.add(event.cause.editor)
    return False


def _by_another(event: Event, intent: str, ours: set[str | None]) -> bool:
    match event:
        case StatusChanged(old=old, via=via, cause=cause):
            if cause.intent == intent:
                return False
            put_out = old is Status.PAUSED or Status.PAUSED in via
            return cause.by is By.PERSON or put_out or cause.editor not in ours
        case Reconfigured(cause=cause):
            return cause.intent != intent
        case Discovered() | Deleted():
            return True
        case _:
            return False

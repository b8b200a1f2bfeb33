"""The book of leases: taken, renewed, released, expired.

That a lease was taken and that it ended are events; until when it lasts stands on the board, renewal by renewal. So a
crash loses no lease, and at worst some renewals: after a start each is kept for at least its grace. While the process
lives, the monotonic clock alone tells when one is over: a wall clock that jumps ends none.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from events import codec, streams
from events.catalogue.keepers import LeaseExpired, LeaseReleased, LeaseTaken
from events.errors import LogUnusable
from events.log import EventLog
from events.record import decision_id
from events.unit import AlreadyDecided, Appended, StaleVersion, Unit, Write
from service.clock import Clock, wait
from service.commands import Commander, Desk, Done, NothingToDo, Outcome
from service.leases.flight import Flights
from service.leases.lease import Chain, Lease, Released, Row, Woken, grace, remembered
from service.leases.rest import Rest
from service.live import Live
from service.ports import HubError
from service.turns import Turns
from service.watch import NotWatched, Watch
from statemachine.model import EndpointName

BOARD = "lease"  # the kind of its rows there, one an endpoint
IDLE_SECONDS = 600.0  # between two looks at the book when nothing is due
LEAST_SECONDS = 0.001  # a clock that is not as fine as the deadline would be asked again and again
RETRY_SECONDS = 10.0  # before an endpoint that could not be looked at is tried again
_logger: Any = structlog.get_logger()


class Over(Exception):
    """The lease that is asked for was taken before, by the same request, and has ended since."""


class Leases:
    """Who needs which endpoint awake. What is asked of one endpoint happens one after the other."""

    def __init__(self, *, log: EventLog, live: Live, watch: Watch, clock: Clock) -> None:
        """Know of none until `restore`."""
        self._log = log
        self._live = live
        self._clock = clock
        self._flights = Flights(watch)
        self._rest = Rest(log=log, live=live, watch=watch, clock=clock)
        self._chains: dict[EndpointName, Chain] = {}
        self._deadlines: dict[str, float] = {}
        self._turns = Turns[EndpointName]()
        self._stirred = asyncio.Event()
        self._closing: set[EndpointName] = set()

    async def restore(self, *, lasting: bool = True) -> None:
        """Take up what the log and the board tell; before anything may be paused.

        Each lease is kept for its grace from now on. Where no holder can come back, because this process does not last,
        for its grace from when it should have ended.
        """
        now, monotonic = self._clock.now(), self._clock.monotonic()
        rows = {key: msgspec.json.decode(row, type=Row) for key, row in (await self._log.board.scan(BOARD)).items()}
        leased = {str(name) for name, known in self._live.fleet.endpoints.items() if known.leases}
        for key in sorted(leased | rows.keys()):
            name = EndpointName(*key.split("/", 1))
            chain = self._chains[name] = remembered(self._live.fleet.known(name), rows.get(key, Row()))
            for id_, lease in chain.leases.items():
                begin = now if lasting else lease.until
                until = begin + timedelta(seconds=grace(lease))
                self._deadlines[id_] = monotonic + (until - now).total_seconds()
                if lasting:
                    chain.leases[id_] = msgspec.structs.replace(lease, until=until)
            await self._save(name)

    def of(self, name: EndpointName) -> tuple[Lease, ...]:
        """Return who needs an endpoint awake, the longest first."""
        chain = self._chains.get(name)
        return () if chain is None else tuple(sorted(chain.leases.values(), key=lambda lease: lease.since))

    def woken(self, name: EndpointName) -> Woken | None:
        """Return the resume by which a lease on an endpoint woke it; None where none did."""
        chain = self._chains.get(name)
        return None if chain is None else chain.woken

    def all(self) -> Iterator[tuple[EndpointName, Lease]]:
        """Yield every lease, by the name of its endpoint."""
        for name in sorted(self._chains):
            yield from ((name, lease) for lease in self.of(name))

    async def take(
        self, name: EndpointName, *, holder: str, key: str, reason: str, span: timedelta, pause_after: bool
    ) -> Lease:
        """Keep an endpoint awake for so long, or until that is renewed; on disk when it returns.

        `key` makes it one lease, however often it is asked for. Raises Over when that one has ended since.
        """
        id_ = decision_id("lease", holder, key, name)
        async with self._turns.of(name):
            if before := self._lease(name, id_):
                return before
            now = self._clock.now()
            taken = LeaseTaken(lease=id_, holder=holder, reason=reason, until=now + span, pause_after=pause_after)
            await self._live.reach(await self._tell(name, taken, id_=id_, at=now, actor=holder))
            if id_ not in self._live.fleet.known(name).leases:
                raise Over
            lease = Lease(
                id=id_,
                holder=holder,
                reason=reason,
                since=now,
                until=now + span,
                seconds=span.total_seconds(),
                pause_after=pause_after,
            )
            chain = self._chains.setdefault(name, Chain())
            chain.owed = None
            return await self._keep(name, chain, lease)

    async def renew(self, name: EndpointName, id_: str, *, span: timedelta | None = None) -> Lease | None:
        """Let a lease last for as long again from now on, or for another span; None if there is no such lease."""
        async with self._turns.of(name):
            lease = self._lease(name, id_)
            if lease is None:
                return None
            seconds = lease.seconds if span is None else span.total_seconds()
            until = self._clock.now() + timedelta(seconds=seconds)
            return await self._keep(
                name, self._chains[name], msgspec.structs.replace(lease, until=until, seconds=seconds)
            )

    async def release(self, name: EndpointName, id_: str, *, actor: str, commander: Commander) -> Released | None:
        """Give a lease back, and tell what becomes of the endpoint; None if there is no such lease."""
        async with self._turns.of(name):
            lease = self._lease(name, id_)
            if lease is None:
                return None
            chain = self._chains[name]
            woken = chain.woken
            await self._end(name, lease, LeaseReleased(lease=id_, holder=lease.holder), actor=actor)
            left, others = len(chain.leases), chain.told()
        kept: str | None = ""
        if lease.pause_after:
            kept = others if left else await self._rest.why_kept(name, woken, commander)
        return Released(lease=lease, left=left, kept=kept)

    async def ensure(
        self, name: EndpointName, *, lease: str | None, actor: str, key: str, reason: str, desk: Desk
    ) -> Outcome:
        """See to it that an endpoint runs or starts: one resume for all who ask at the same time.

        What a lease's holder resumed, its chain may put back to rest. Who asks without a lease wants it to run on: then
        nobody's lease puts it back.
        """
        landed = await self._flights.wake(name, desk=desk, actor=actor, key=key, reason=reason)
        async with self._turns.of(name):
            chain = self._chains.get(name)
            if chain is None or not isinstance(landed.outcome, Done | NothingToDo):
                return landed.outcome
            if lease is None:
                chain.woken = None
            elif landed.led and lease in chain.leases and isinstance(landed.outcome, Done):
                chain.woken = await self._rest.woken(landed.outcome.intent, landed.was)
            await self._save(name)
        return landed.outcome

    async def run_on(self, name: EndpointName) -> None:
        """Let an endpoint run on when its leases end: a person asked that it runs."""
        async with self._turns.of(name):
            chain = self._chains.get(name)
            if chain is not None and chain.woken is not None:
                chain.woken = None
                await self._save(name)

    async def once(self, commander: Commander) -> None:
        """End what is over, and put back to rest what is owed that, one time."""
        await self._expire()
        for name in [name for name, chain in self._chains.items() if chain.owed is not None and not chain.leases]:
            await self._close(name, commander)

    async def run(self, commander: Commander) -> None:
        """End what is not renewed, and put back to rest what is owed that, for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._stirred.clear()
                try:
                    await self._expire()
                    seconds = self._seconds_until_next()
                except LogUnusable as error:
                    _logger.error("log_unusable", error=str(error))
                    seconds = RETRY_SECONDS
                for name, chain in self._chains.items():
                    if chain.owed is not None and not chain.leases and name not in self._closing:
                        self._closing.add(name)
                        task = tasks.create_task(self._close(name, commander), name=f"put back {name}")
                        task.add_done_callback(lambda _, name=name: self._closing.discard(name))  # type: ignore[misc]
                await wait(self._clock, self._stirred, seconds)

    async def _close(self, name: EndpointName, commander: Commander) -> None:
        """Put an endpoint back to rest, as its last lease asked; until that is decided it is owed, whatever crashes."""
        while (chain := self._chains.get(name)) is not None and (last := chain.owed) is not None:
            try:
                outcome = await self._rest.put_back(name, chain, last, commander)
                _logger.info("put_back", endpoint=str(name), outcome=str(outcome))
                async with self._turns.of(name):
                    if isinstance(outcome, Done):
                        chain.woken = None
                    if chain.owed is last:
                        chain.owed = None
                    await self._save(name)
            except NotWatched as error:  # nor does anybody look: it stays as it is
                _logger.warning("not_put_back", endpoint=str(name), error=str(error))
                async with self._turns.of(name):
                    chain.owed = None
                    await self._save(name)
            except (HubError, LogUnusable) as error:
                _logger.warning("put_back_later", endpoint=str(name), error=str(error))
                await self._clock.sleep(RETRY_SECONDS)

    async def _expire(self) -> None:
        for name, lease in list(self.all()):
            if self._is_over(lease.id):
                async with self._turns.of(name):
                    late = self._lease(name, lease.id)
                    if late is not None and self._is_over(late.id):
                        event = LeaseExpired(lease=late.id, holder=late.holder, until=late.until)
                        await self._end(name, late, event, actor="daemon")

    def _is_over(self, id_: str) -> bool:
        return self._clock.monotonic() >= self._deadlines.get(id_, 0.0)

    def _seconds_until_next(self) -> float:
        now = self._clock.monotonic()
        return min([IDLE_SECONDS, *(max(LEAST_SECONDS, deadline - now) for deadline in self._deadlines.values())])

    def _lease(self, name: EndpointName, id_: str) -> Lease | None:
        chain = self._chains.get(name)
        return None if chain is None else chain.leases.get(id_)

    async def _keep(self, name: EndpointName, chain: Chain, lease: Lease) -> Lease:
        chain.leases[lease.id] = lease
        self._deadlines[lease.id] = self._clock.monotonic() + lease.seconds
        self._stirred.set()
        await self._save(name)
        return lease

    async def _end(self, name: EndpointName, lease: Lease, event: LeaseReleased | LeaseExpired, *, actor: str) -> None:
        """End a lease: first in the log, so that nothing acts on an end that a crash would take back."""
        id_ = decision_id("lease over", lease.id)
        position = await self._tell(name, event, id_=id_, at=self._clock.now(), actor=actor)
        self._chains[name].end(lease.id)
        self._deadlines.pop(lease.id, None)
        await self._save(name)
        await self._live.reach(position)
        self._stirred.set()

    async def _save(self, name: EndpointName) -> None:
        """Put on the board what there is to know of an endpoint's leases, or take it away."""
        chain = self._chains.get(name)
        row = None if chain is None else chain.row
        if row is None:
            self._chains.pop(name, None)
        await self._log.board.put(BOARD, {str(name): None if row is None else msgspec.json.encode(row)})

    async def _tell(
        self,
        name: EndpointName,
        event: LeaseTaken | LeaseReleased | LeaseExpired,
        *,
        id_: str,
        at: datetime,
        actor: str,
    ) -> int:
        """Append it, once; return where it stands."""
        stream = streams.lease(name)
        draft = codec.decision(id_, event, time=at, actor=actor)
        while True:
            write = Write(expected=await self._log.version(stream), drafts=(draft,))
            (result,) = await self._log.append([Unit(streams={stream: write})])
            match result:
                case Appended(events=events):
                    return events[-1].position
                case AlreadyDecided(stored=stored):
                    return stored.position
                case StaleVersion():
                    continue
                case _:
                    raise LogUnusable(str(result))

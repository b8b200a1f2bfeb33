"""Put out what nobody needs: warn, look afresh, act, see that it took effect.

It decides nothing itself: `plan` does. It gives each warning and each intent its id, so that each is given once,
however often the process is started.
"""

import asyncio
from datetime import datetime
from typing import Any

import structlog

from events import codec, streams
from events.catalogue.acts import Warned
from events.errors import LogUnusable
from events.log import EventLog
from events.record import decision_id
from events.unit import Unit, Write
from service.clock import Clock
from service.commands import Commander
from service.live import Live
from service.ports import HubError
from service.subscribers.plan import Line, Moment, Verdict, lines, plan
from service.watch import Watch
from statemachine.model import EndpointName

MAX_SECONDS = 60.0  # between two plans, however quiet it is
BURST_SECONDS = 0.5  # between two plans, however much happens: a burst of events is planned for once
JUMP_SECONDS = 60.0  # by which wall and monotonic time may part before it counts as a jump
RETRY_SECONDS = 10.0  # before a due act is tried again whose endpoint could not be looked at
_logger: Any = structlog.get_logger()


class Autopause:
    """The policies at work. `step` does what is due now, once."""

    def __init__(
        self, *, log: EventLog, live: Live, watch: Watch, commander: Commander, clock: Clock, settled_at: datetime
    ) -> None:
        """`settled_at`: no act before it; set anew when the configuration changes."""
        self.settled_at = settled_at
        self._anchor = (clock.now(), clock.monotonic())
        self._acting: set[EndpointName] = set()
        self._log = log
        self._live = live
        self._watch = watch
        self._commander = commander
        self._clock = clock

    def moment(self) -> Moment:
        """Return what the plan needs to know of now."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        drift = (now - self._anchor[0]).total_seconds() - (monotonic - self._anchor[1])
        if abs(drift) > JUMP_SECONDS:
            # Ages are told by the wall clock: after a jump, whatever seems due now waits as after a start.
            self.settled_at = max(self.settled_at, now + self._commander.configuration.settings.settle)
            _logger.warning("clock_jumped", seconds=round(drift), settled_at=str(self.settled_at))
        self._anchor = (now, monotonic)
        return Moment(now=now, settled_at=self.settled_at, looked_at=self._watch.looked_at)

    def plan(self) -> list[Line]:
        """Return what the policies come to now."""
        return list(plan(self._live.fleet, self._commander.configuration, self.moment()))

    async def run(self) -> None:
        """Do what is due, then wait for the next instant or the next event, for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                position = self._live.fleet.position
                try:
                    seconds = await self._step(tasks)
                except LogUnusable as error:
                    _logger.error("log_unusable", error=str(error))
                    seconds = MAX_SECONDS
                await self._live.beyond(position, seconds=seconds)
                await self._clock.sleep(BURST_SECONDS)

    async def once(self) -> None:
        """Do what is due now, and return when its outcome is in the log."""
        async with asyncio.TaskGroup() as tasks:
            await self._step(tasks)

    async def _step(self, tasks: asyncio.TaskGroup) -> float:
        """Give the warnings that are due, begin the acts that are due; return the seconds until more may be."""
        due = [line for line in self.plan() if line.observe is None and line.name not in self._acting]
        warnings = [line for line in due if line.verdict is Verdict.WARN]
        for line in warnings:
            await self._warn(line)
        for line in due:
            if line.verdict is Verdict.ACT and line.name not in self._acting:
                self._acting.add(line.name)
                task = tasks.create_task(self._act(line), name=f"{line.policy.name} on {line.name}")
                task.add_done_callback(lambda _, name=line.name: self._acting.discard(name))  # type: ignore[misc]
        if warnings:
            await self._live.reach(await self._log.head())
            return 0.0
        now = self._clock.now()
        instants = [line.next_at for line in due if line.next_at is not None and line.verdict is not Verdict.ACT]
        return min([MAX_SECONDS, *(max(0.0, (at - now).total_seconds()) for at in instants)])

    async def _warn(self, line: Line) -> None:
        known = self._live.fleet.known(line.name)
        if known.life is None or line.edge is None or line.due_at is None:
            return
        warned = Warned(
            policy=line.policy.name,
            revision=line.policy.revision,
            life=known.life,
            cause=line.cause,
            edge_seconds=line.edge.total_seconds(),
            command=line.command.value,
            due_at=line.due_at,
            reason=line.reason,
        )
        id_ = decision_id("warn", line.policy.name, line.policy.revision, line.name, known.life, line.cause, line.edge)
        stream = streams.acts(line.name)
        draft = codec.decision(id_, warned, time=self._clock.now(), actor=f"policy:{line.policy.name}")
        unit = Unit(
            streams={
                stream: Write(expected=await self._log.version(stream), drafts=(draft,)),
                streams.life(line.name, known.life): Write(expected=known.version),
            }
        )
        (result,) = await self._log.append([unit])
        _logger.info("warned", endpoint=str(line.name), due_at=line.due_at, result=type(result).__name__)

    async def _act(self, line: Line) -> None:
        """Look afresh, decide again on what was seen, and only then intend."""
        try:
            await self._watch.look(line.name)
            await self._intend(line)
        except (HubError, LogUnusable) as error:
            # What stands in the log as an intent is taken up again; what does not is planned again.
            _logger.warning("act_put_off", endpoint=str(line.name), error=str(error))
            await self._clock.sleep(RETRY_SECONDS)

    async def _intend(self, line: Line) -> None:
        await self._live.reach(await self._log.head())
        known = self._live.fleet.known(line.name)
        if known.life is None:
            return
        again = [
            fresh
            for fresh in lines(known, self._live.fleet, self._commander.configuration, self.moment())
            if fresh.policy == line.policy and fresh.cause == line.cause and fresh.verdict is Verdict.ACT
        ]
        for fresh in again:
            warnings = tuple(position for position, warned in known.warnings if warned.policy == fresh.policy.name)
            intended = self._commander.intend(
                line.name,
                fresh.command,
                life=known.life,
                policy=fresh.policy.name,
                revision=fresh.policy.revision,
                cause=fresh.cause,
                reason=fresh.reason,
                evidence=(fresh.cause, *warnings),
            )
            actor = f"policy:{fresh.policy.name}"
            seen = {
                streams.acts(line.name): known.acts_version,
                streams.lease(line.name): known.leases_version,
                streams.EVERYTHING: self._live.fleet.all_version,
            }
            outcome = await self._commander.carry_out(line.name, intended, actor=actor, seen=seen)
            _logger.info("acted", endpoint=str(line.name), command=fresh.command.value, outcome=str(outcome))

"""Bring an intent that stands in the log to its outcome: send, look, and send again only while nothing has changed."""

from typing import Any

import structlog

from events import codec, streams
from events.catalogue import Abandoned, Confirmed, Failed
from events.query import Query
from events.record import decision_id
from events.views.fleet import Act
from service.commands.acts import tell
from service.commands.effect import shows, undone
from service.commands.means import Means
from service.commands.outcome import Done, GivenUp, Outcome, Rejected
from service.ports import AlreadyRunning, HubError, Item, Refused, Unauthorized, Unavailable
from statemachine.machine import Command
from statemachine.model import Deleted, Discovered, EndpointName, Reconfigured, StatusChanged
from statemachine.status import AnyStatus

VERIFY_SECONDS = 60.0  # within which an accepted command must show its effect
LOOK_SECONDS = 3.0  # between two looks for the effect
ON_ITS_WAY_SECONDS = 30.0  # so long a write may take effect after its answer was given up: it is not repeated before
CHANGES = tuple(map(codec.type_of, (Discovered, StatusChanged, Reconfigured, Deleted)))

_logger: Any = structlog.get_logger()


class Pursuit:
    """Sends, looks, and tells what came of it."""

    def __init__(self, means: Means) -> None:
        """Take what it acts through; nothing is sent yet."""
        self._log = means.log
        self._fleet = means.fleet
        self._watch = means.watch
        self._writers = means.writers
        self._clock = means.clock
        self._configuration = means.configuration

    async def follow(self, name: EndpointName, act: Act, *, sent: bool) -> Outcome:
        """Return when the outcome of an intent is in the log. `sent`: it may have been sent before, so look first.

        A look that shows no effect says little while a write may be on its way: what is sent a second time then would
        come after whoever undid the first, and what is given up then may be done all the same.
        """
        command = Command(act.intended.command)
        on_its_way_since = self._clock.monotonic() if sent else float("-inf")
        accepted: float | None = None
        answer: Item | None = None
        while True:
            if sent:
                on_its_way = self._clock.monotonic() - on_its_way_since < ON_ITS_WAY_SECONDS
                outcome = await self._judge(name, act, accepted=accepted, answer=answer, on_its_way=on_its_way)
                if outcome is not None:
                    return outcome
                if accepted is not None or on_its_way:
                    await self._clock.sleep(LOOK_SECONDS)
                    continue
            try:
                answer = await self._send(name, command)
                accepted = self._clock.monotonic()
            except AlreadyRunning:
                accepted = self._clock.monotonic()  # the API takes it for done: that must show, as if it were accepted
            except Unavailable as error:
                # It may have had its effect or not: only a look can tell, and not at once.
                _logger.warning("act_unanswered", endpoint=str(name), command=command.value, error=str(error))
                on_its_way_since = float("-inf") if error.word == "rate_limited" else self._clock.monotonic()
                await self._clock.sleep(LOOK_SECONDS)
            except HubError as error:
                return await self._fail(name, act, error)
            sent = True

    async def _judge(
        self, name: EndpointName, act: Act, *, accepted: float | None, answer: Item | None, on_its_way: bool
    ) -> Outcome | None:
        """Look afresh and tell the outcome; None while it is open, and then it may be sent if it was not accepted."""
        command = Command(act.intended.command)
        await self._look(name, command)
        track = self._watch.track(name)
        status = track.endpoint.status
        if shows(command, status):
            return await self._confirm(name, act, status=status, late=accepted is None)
        if accepted is None and on_its_way:
            return None
        if accepted is None:
            abandoned = await self._why_give_up(name, act)
            return await self._abandon(name, act, abandoned) if abandoned else None
        if shown := undone(command, answer, track):
            return await self._confirm(name, act, status=shown, late=False)
        if self._clock.monotonic() - accepted < VERIFY_SECONDS:
            return None
        reason = f"{command} was accepted, but {VERIFY_SECONDS:.0f} s later {name} is still {status}"
        await self._close(name, act, Failed(intent=act.intended.intent, error=reason))
        return Rejected(reason=reason, intent=act.intended.intent)

    async def _look(self, name: EndpointName, command: Command) -> None:
        """Look until there is an answer: without one nothing is known, so nothing is sent and nothing given up."""
        while True:
            try:
                await self._watch.look(name)
            except HubError as error:
                _logger.warning("effect_unseen", endpoint=str(name), command=command.value, error=str(error))
                await self._clock.sleep(LOOK_SECONDS)
            else:
                return

    async def _why_give_up(self, name: EndpointName, act: Act) -> Abandoned | None:
        """Return why an intent without effect is not sent (again), or None."""
        intended, stream = act.intended, streams.life(name, act.intended.life)
        changes = await self._log.read(Query(stream=stream, after=act.position, types=CHANGES, limit=1))
        # From here on nothing is waited for: a hold that was granted meanwhile must count.
        track, now = self._watch.track(name), self._clock.now()
        known = self._fleet.known(name)
        hold, leases = self._fleet.held(known, now), list(known.leases.values())

        def abandoned(reason: str, *, touched: bool = False) -> Abandoned:
            return Abandoned(intent=intended.intent, reason=reason, touched=touched)

        if track.endpoint.sighting is None or track.life != intended.life:
            return abandoned("the endpoint that this was decided for is gone")
        if not track.endpoint.readable:
            return abandoned("its document cannot be read any more")
        if track.edited_at != intended.updated_at or changes.events:
            return abandoned("the endpoint changed since this was decided", touched=True)
        if now > intended.deadline:
            return abandoned("its deadline has passed")
        if name.namespace not in self._writers:
            return abandoned(self._configuration.why_observe(name.namespace))
        if intended.policy is not None and hold is not None:
            return abandoned(f"held by {hold.author}: {hold.reason}")
        if intended.policy is not None and leases and intended.command != Command.RESUME:
            return abandoned(f"held awake by {leases[0].taken.holder}")
        return None

    async def _send(self, name: EndpointName, command: Command) -> Item:
        """Send the command and record what its answer tells, both as one write in flight."""
        writer = self._writers[name.namespace]
        with self._watch.writing(name):
            match command:
                case Command.PAUSE:
                    item = await writer.pause(name)
                case Command.RESUME:
                    item = await writer.resume(name)
                case Command.SCALE_TO_ZERO:
                    item = await writer.scale_to_zero(name)
                case _:
                    raise AssertionError(f"{command} cannot be sent yet")
            await self._watch.absorb(item)
        return item

    async def _confirm(self, name: EndpointName, act: Act, *, status: AnyStatus, late: bool) -> Outcome:
        intent = act.intended.intent
        confirmed = Confirmed(intent=intent, status=str(status), seen_at=self._clock.now(), late=late)
        await self._close(name, act, confirmed)
        return Done(status=str(status), intent=intent)

    async def _abandon(self, name: EndpointName, act: Act, abandoned: Abandoned) -> Outcome:
        await self._close(name, act, abandoned)
        return GivenUp(reason=abandoned.reason, intent=abandoned.intent)

    async def _fail(self, name: EndpointName, act: Act, error: HubError) -> Outcome:
        code = error.code if isinstance(error, Refused) else 401 if isinstance(error, Unauthorized) else None
        body = error.body if isinstance(error, Refused) else None
        await self._close(name, act, Failed(intent=act.intended.intent, error=str(error), code=code))
        return Rejected(reason=str(error), intent=act.intended.intent, code=code, body=body)

    async def _close(self, name: EndpointName, act: Act, outcome: Confirmed | Failed | Abandoned) -> None:
        id_ = decision_id("outcome", act.intended.intent)
        await tell(self._log, self._clock, name, outcome, id_=id_, actor=act.actor)

"""Bring an intent that stands in the log to its outcome: send, look, and send again only while nothing has changed."""

from collections.abc import Sequence
from typing import Any

import structlog

from events import codec, streams
from events.catalogue.acts import Abandoned, Failed, Intended
from events.query import Query
from events.views.fleet import Act, Hold, Lease
from service.commands.effect import effect_of, undone
from service.commands.ending import LOOK_SECONDS, Ending
from service.commands.means import Means
from service.commands.outcome import Outcome, Rejected
from service.commands.sending import Send, Sending
from service.ports import AlreadyRunning, HubError, Item, Unavailable
from statemachine.machine import Command
from statemachine.model import Deleted, Discovered, EndpointName, Reconfigured, StatusChanged

LONGEST_WAIT_SECONDS = 60.0  # that an answer may ask for before the next look
VERIFY_SECONDS = 60.0  # within which an accepted command must show its effect
ON_ITS_WAY_SECONDS = 30.0  # so long a write may take effect after its answer was given up: it is not repeated before
CHANGES = tuple(map(codec.type_of, (Discovered, StatusChanged, Reconfigured, Deleted)))

_logger: Any = structlog.get_logger()


class Pursuit:
    """Sends, looks, and tells what came of it."""

    def __init__(self, means: Means, ending: Ending) -> None:
        """Take what it acts through; nothing is sent yet."""
        self._ending = ending
        self._log = means.log
        self._live = means.live
        self._watch = means.watch
        self._writers = means.writers
        self._clock = means.clock
        self._configuration = means.configuration

    async def follow(self, name: EndpointName, act: Act, *, sent: bool, send: Send | None = None) -> Outcome:
        """Return when the outcome of an intent is in the log. `sent`: it may have been sent before, so look first.

        Without `send` it goes by the daemon's own token, where that can be: what an update sends, and the token of
        whoever asked, are kept nowhere, and such an intent of a process that died is judged by looking alone.

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
                outcome = await self._judge(
                    name, act, accepted=accepted, answer=answer, on_its_way=on_its_way, again=send is not None
                )
                if outcome is not None:
                    return outcome
                if accepted is not None or on_its_way:
                    await self._clock.sleep(LOOK_SECONDS)
                    continue
            try:
                answer = await (send or self._own(name, command))()
                accepted = self._clock.monotonic()
                if command is Command.UPDATE:  # its answer is the document as it is from now on
                    status = self._watch.track(name).endpoint.status
                    return await self._ending.confirm(name, act, status=status, late=False)
            except AlreadyRunning:
                accepted = self._clock.monotonic()  # the API takes it for done: that must show, as if it were accepted
            except Unavailable as error:
                # It may have had its effect or not: only a look can tell, and not at once.
                _logger.warning("act_unanswered", endpoint=str(name), command=command.value, error=str(error))
                on_its_way_since = float("-inf") if error.word == "rate_limited" else self._clock.monotonic()
                await self._clock.sleep(min(max(LOOK_SECONDS, error.wait_seconds), LONGEST_WAIT_SECONDS))
            except HubError as error:
                return await self._ending.fail(name, act, error)
            sent = True

    def _own(self, name: EndpointName, command: Command) -> Send:
        return Sending(watch=self._watch, writer=self._writers[name.namespace]).command(name, command)

    async def _judge(
        self,
        name: EndpointName,
        act: Act,
        *,
        accepted: float | None,
        answer: Item | None,
        on_its_way: bool,
        again: bool,
    ) -> Outcome | None:
        """Look afresh and tell the outcome; None while it is open, and then it may be sent if it was not accepted."""
        command = Command(act.intended.command)
        await self._ending.look(name, command)
        track = self._watch.track(name)
        status = track.endpoint.status
        if shown := effect_of(act.intended, track):
            return await self._ending.confirm(name, act, status=shown, late=accepted is None)
        if accepted is None and on_its_way:
            return None
        if accepted is None:
            abandoned = await self._why_give_up(name, act, again=again)
            return await self._ending.abandon(name, act, abandoned) if abandoned else None
        if shown := undone(command, answer, track):
            return await self._ending.confirm(name, act, status=shown, late=False)
        if self._clock.monotonic() - accepted < VERIFY_SECONDS:
            return None
        reason = f"{command} was accepted, but {VERIFY_SECONDS:.0f} s later {name} is still {status}"
        await self._ending.close(name, act, Failed(intent=act.intended.intent, error=reason))
        return Rejected(reason=reason, intent=act.intended.intent)

    async def _why_give_up(self, name: EndpointName, act: Act, *, again: bool) -> Abandoned | None:
        """Return why an intent without effect is not sent (again), or None; `again`: what sends it is still there."""
        intended, life = act.intended, act.intended.life
        stream = streams.acts(name) if life is None else streams.life(name, life)
        changes = await self._log.read(Query(stream=stream, after=act.position, types=CHANGES, limit=1))
        # From here on nothing is waited for: a hold that was granted meanwhile must count.
        track, now = self._watch.track(name), self._clock.now()
        fleet = self._live.fleet
        known = fleet.known(name)
        hold, leases = fleet.held(known, now), list(known.leases.values())

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
        kept_back = _why_kept_back(intended, hold, leases) or (None if again else _why_not_again(intended))
        return None if kept_back is None else abandoned(kept_back)


def _why_kept_back(intended: Intended, hold: Hold | None, leases: Sequence[Lease]) -> str | None:
    """Return who keeps a policy from what it meant to do."""
    if intended.policy is None:
        return None
    if hold is not None:
        return f"held by {hold.author}: {hold.reason}"
    if leases and intended.command != Command.RESUME:
        return f"held awake by {leases[0].taken.holder}"
    return None


def _why_not_again(intended: Intended) -> str | None:
    """Return why what was sent by who is gone cannot be sent again."""
    if intended.command == Command.UPDATE:
        return "it shows no effect, and what was to be sent is kept nowhere: send it again"
    if intended.borrowed:
        return "it shows no effect, and the token that signed it is kept nowhere: ask again"
    return None

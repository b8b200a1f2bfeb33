"""Put an intent into the log and have it pursued to its outcome, one at a time per endpoint; also what was left open.

It decides nothing: whoever means something has looked, and binds it to the version of the endpoint that was seen.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from events.catalogue.acts import Intended
from events.errors import LogUnusable
from events.record import decision_id
from events.unit import AlreadyDecided, Appended, StaleVersion
from events.views.fleet import Act
from service.commands.acts import tell
from service.commands.binding import bound, condition_of
from service.commands.creation import CREATE, Creation
from service.commands.ending import Ending
from service.commands.means import Means
from service.commands.outcome import GivenUp, Outcome
from service.commands.pursuit import Pursuit
from service.commands.sending import Send
from service.turns import Turns
from statemachine.machine import Command
from statemachine.model import EndpointName

KEPT = 1000  # outcomes remembered for who asks again with the same key before the views tell it
OVER = "the configuration was read anew meanwhile: the log tells whether it goes on"
SHOWN_SECONDS = 2.0  # of the loop's time: views that a log leaves behind must not keep an act from being sent
AGAIN_SECONDS = 60.0  # between two rounds over the intents that were left open

_logger: Any = structlog.get_logger()


class Commander:
    """Carries out what was decided; `writers` holds only the namespaces that this process may write to."""

    def __init__(self, means: Means) -> None:
        """Take what it acts through; nothing is sent yet."""
        self.writers = means.writers
        self.configuration = means.configuration
        self._log = means.log
        self._live = means.live
        self._watch = means.watch
        self._clock = means.clock
        ending = Ending(means)
        self._pursuit = Pursuit(means, ending)
        self._creation = Creation(means, ending)
        self.turns = Turns[EndpointName]()
        self._ended: dict[str, Outcome] = {}  # intents of this process: the views may not know of their end yet
        self._pursuits: set[asyncio.Timeout] = set()
        self._taken: set[str] = set()  # open intents that have a task
        self._over = False

    def intend(
        self,
        name: EndpointName,
        command: Command,
        *,
        life: datetime,
        policy: str,
        revision: str,
        cause: int,
        reason: str,
        evidence: tuple[int, ...],
    ) -> Intended:
        """Return what a policy means to do, decided on the endpoint as the watcher knows it now."""
        return bound(
            self._watch.track(name),
            command.value,
            life=life,
            now=self._clock.now(),
            intent=decision_id("policy", policy, revision, name, life, cause, command),
            reason=reason,
            evidence=evidence,
            policy=policy,
            revision=revision,
        )

    async def carry_out(
        self,
        name: EndpointName,
        intended: Intended,
        *,
        actor: str,
        seen: Mapping[str, int] | None = None,
        send: Send | None = None,
    ) -> Outcome:
        """Append the intent on the version it was decided on, then pursue it to its outcome.

        `seen` are the versions of other streams that it was decided on: a hold that came since makes it stale. `send`
        sends it; without one the daemon's own token does.
        """
        async with self.turns.of(name):
            if self._over:
                return GivenUp(reason=OVER, intent=intended.intent)
            if self._clock.now() > intended.deadline:
                reason = "its deadline passed while it waited for another act to end: ask again"
                return GivenUp(reason=reason, intent=intended.intent)
            condition = condition_of(name, intended, seen or {})
            result = await tell(
                self._log, self._clock, name, intended, id_=intended.intent, actor=actor, condition=condition
            )
            match result:
                case Appended(events=events):
                    act = Act(intended=intended, actor=actor, position=events[-1].position)
                    await self._shown(act.position)
                    return await self._pursue(name, act, sent=False, send=send)
                case AlreadyDecided(stored=stored):
                    before = GivenUp(reason=f"decided before, at position {stored.position}", intent=intended.intent)
                    return self._ended.get(intended.intent, before)
                case StaleVersion():
                    reason = f"{name} changed while this was decided: ask again"
                    return GivenUp(reason=reason, intent=intended.intent, stale=True)
                case _:
                    return GivenUp(reason=str(result), intent=intended.intent)

    def ended(self, intent: str) -> Outcome | None:
        """Return what an intent of this process came to lately, in the words of whoever sent it."""
        return self._ended.get(intent)

    async def run(self) -> None:
        """Take up what was left open, by a process that died or a log that failed, now and every minute.

        When this ends, no command of this commander goes on: its successor takes up what it left.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._take_up(tasks)
                    await self._clock.sleep(AGAIN_SECONDS)
        finally:
            self.end()

    def end(self) -> None:
        """Let no command go on, and none begin; also where `run` never began."""
        self._over = True
        for pursuit in self._pursuits:
            pursuit.reschedule(0)

    async def resume_open(self) -> None:
        """Bring every open intent to its outcome; return when all are."""
        async with asyncio.TaskGroup() as tasks:
            self._take_up(tasks)

    async def _shown(self, position: int) -> None:
        """Return when the views know of an intent, or after a moment: by them an effect is told to be its own."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_SECONDS):
                await self._live.reach(position)

    def _take_up(self, tasks: asyncio.TaskGroup) -> None:
        """Begin what is open, each by itself: one that gets no answer holds up no other."""
        for name, known in self._live.fleet.endpoints.items():
            if name.namespace not in self._watch.watchers:
                continue  # nobody looks there any more: it stays open, and is told as such
            for act in known.open.values():
                if act.intended.intent not in self._taken:
                    self._taken.add(act.intended.intent)
                    tasks.create_task(self._resume(name, act), name=f"resume intent on {name}")

    async def _resume(self, name: EndpointName, act: Act) -> None:
        intent = act.intended.intent
        try:
            async with self.turns.of(name):
                if intent not in self._ended:
                    outcome = await self._pursue(name, act, sent=True)
                    _logger.info("open_intent_ended", endpoint=str(name), outcome=type(outcome).__name__)
        except LogUnusable as error:
            _logger.error("log_unusable", endpoint=str(name), intent=intent, error=str(error))
        finally:
            self._taken.discard(intent)

    async def _pursue(self, name: EndpointName, act: Act, *, sent: bool, send: Send | None = None) -> Outcome:
        if self._over:
            return GivenUp(reason=OVER, intent=act.intended.intent)
        limit = asyncio.timeout(None)  # without a time: `run` pulls it when it ends
        self._pursuits.add(limit)
        try:
            async with limit:
                if act.intended.command == CREATE:
                    outcome = await self._creation.follow(name, act, send=send)
                else:
                    outcome = await self._pursuit.follow(name, act, sent=sent, send=send)
        except TimeoutError:
            return GivenUp(reason=OVER, intent=act.intended.intent)
        finally:
            self._pursuits.discard(limit)
        self._ended[act.intended.intent] = outcome
        if len(self._ended) > KEPT:
            del self._ended[next(iter(self._ended))]
        return outcome

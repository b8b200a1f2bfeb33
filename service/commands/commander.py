"""Decide whether something is meant, put the intent into the log, and have it pursued: one at a time per endpoint.

A person is refused only after a fresh look; a policy is bound to the version of the endpoint that it decided on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from events import codec, streams
from events.catalogue.acts import Intended
from events.catalogue.keepers import HoldLifted, HoldPlaced
from events.errors import LogUnusable
from events.record import decision_id
from events.unit import AlreadyDecided, Appended, StaleVersion
from events.views.fleet import Act
from service.commands.acts import tell
from service.commands.asked import Asked, remembered, why_unfit
from service.commands.creation import CREATE, Creation
from service.commands.effect import scaling_of
from service.commands.ending import Ending
from service.commands.lifting import id_of_lift, id_of_request, lifted_before
from service.commands.means import Means
from service.commands.outcome import (
    CannotApply,
    GivenUp,
    KeyTaken,
    NotAllowed,
    NothingToDo,
    Outcome,
    Unfit,
    as_it_ended,
)
from service.commands.pursuit import Pursuit
from service.commands.sending import Send, Sending
from service.commands.wanted import wanted_of
from service.masking import fit_name
from service.ports import HubError, Item, Writer
from service.turns import Turns
from service.watch.track import Track
from statemachine.machine import AlreadySo, Command, NotPermitted, permits
from statemachine.model import EndpointName, Missing, Seen

DEADLINE = timedelta(minutes=5)  # later than that after the decision, its reason is stale
KEPT = 1000  # outcomes remembered for who asks again with the same key before the views tell it
OVER = "the configuration was read anew meanwhile: the log tells whether it goes on"
DECISIONS = 3  # of a person's command, each after a look: another act may change the endpoint between look and intent
VIEWS_TRIES = 100  # half of them at once, the others 10 ms apart
AGAIN_SECONDS = 60.0  # between two rounds over the intents that were left open

_logger: Any = structlog.get_logger()


class Commander:
    """Carries out commands; `writers` holds only the namespaces that this process may write to."""

    def __init__(self, means: Means) -> None:
        """Take what it acts through; nothing is sent yet."""
        self.writers = means.writers
        self.configuration = means.configuration
        self._log = means.log
        self._fleet = means.fleet
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

    async def ask(
        self,
        name: EndpointName,
        command: Command,
        *,
        actor: str,
        key: str,
        reason: str = "",
        writer: Writer | None = None,
    ) -> Outcome:
        """Do what a person asks. `key` makes it one command, however often it is asked; `writer` signs it, else we."""
        intent = decision_id("command", actor, key, name, command)
        asked = Asked(intent=intent, actor=actor, reason=reason, writer=writer, wanted={})
        if told := await self._told_before(name, asked):
            return told
        send = self._sending(name, writer).command(name, command)

        async def decide() -> Outcome:
            found = await self._looked(name)
            if isinstance(found, CannotApply):
                return found
            return self._why_not(name, found, command) or await self._mean(name, command.value, asked, send)

        return await self._decided(name, asked, decide)

    async def delete(
        self, name: EndpointName, *, actor: str, key: str, reason: str = "", writer: Writer | None = None
    ) -> Outcome:
        """Delete an endpoint for a person; its outcome waits until a look says that it is gone."""
        return await self.ask(name, Command.DELETE, actor=actor, key=key, reason=reason, writer=writer)

    async def update(
        self,
        name: EndpointName,
        changes: Mapping[str, Any],
        *,
        actor: str,
        key: str,
        reason: str = "",
        writer: Writer | None = None,
    ) -> Outcome:
        """Change for a person what a partial document names; the answer of the API is the outcome."""
        if unfit := why_unfit(changes):
            return unfit
        intent = decision_id("command", actor, key, name, Command.UPDATE)
        asked = Asked(intent=intent, actor=actor, reason=reason, writer=writer, wanted=wanted_of(changes))
        if told := await self._told_before(name, asked):
            return told
        send = self._sending(name, writer).update(name, changes)

        async def decide() -> Outcome:
            found = await self._looked(name)
            if isinstance(found, CannotApply):
                return found
            return await self._mean(name, Command.UPDATE.value, asked, send)

        return await self._decided(name, asked, decide)

    async def create(
        self,
        namespace: str,
        document: Mapping[str, Any],
        *,
        actor: str,
        key: str,
        reason: str = "",
        writer: Writer | None = None,
    ) -> Outcome:
        """Create an endpoint for a person, by its whole document; sent once, whatever happens.

        Where there is one of that name already it is sent all the same: the conflict is for the API to tell.
        """
        said = document.get("name")
        if not isinstance(said, str) or not fit_name(said):
            return Unfit(reason="an endpoint needs a `name`: 1 to 32 of a-z, 0-9 and -", fields=("name",))
        if unfit := why_unfit(document):
            return unfit
        name = EndpointName(namespace, said)
        intent = decision_id("command", actor, key, name, CREATE)
        asked = Asked(intent=intent, actor=actor, reason=reason, writer=writer, wanted=wanted_of(document))
        if told := await self._told_before(name, asked):
            return told
        try:
            found = await self._watch.look(name)
        except HubError as error:
            return CannotApply(reason=str(error), unseen=True)
        track = Track() if isinstance(found, Missing) else self._watch.track(name)
        intended = self._intended(track, track.life, CREATE, **asked.told())
        send = self._sending(name, writer).create(name, document)
        return await self.carry_out(name, intended, actor=actor, send=send)

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
        return self._intended(
            self._watch.track(name),
            life,
            command.value,
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
            condition = dict(seen or {})
            if intended.life is not None and intended.command != CREATE:  # whether a name is free, the API decides
                condition[streams.life(name, intended.life)] = intended.version
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

    async def _shown(self, position: int) -> None:
        """Return when the views know of an intent, or after a moment: by them an effect is told to be its own."""
        for tried in range(VIEWS_TRIES):
            if self._fleet.position >= position:
                return
            await (asyncio.sleep(0) if tried < VIEWS_TRIES // 2 else self._clock.sleep(0.01))

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

    async def hold(
        self, name: EndpointName | None, *, author: str, reason: str, until: datetime, key: str
    ) -> HoldPlaced:
        """Place a hold on one endpoint, or (None) on all; return what is placed, the first one if the key was used."""
        placed = HoldPlaced(hold=decision_id("hold", author, key, name), author=author, reason=reason, until=until)
        result = await tell(self._log, self._clock, name, placed, id_=placed.hold, actor=author)
        stored = codec.decode(result.stored) if isinstance(result, AlreadyDecided) else placed
        return stored if isinstance(stored, HoldPlaced) else placed

    async def unhold(self, name: EndpointName | None, *, author: str, key: str | None = None) -> int:
        """Lift every hold that is in force on one endpoint, or (None) those on all; return how many.

        With a key it is done once: asked again, it lifts what was placed before and is left (a process may have died in
        the middle), nothing that was placed since, and returns how many it lifted in all.
        """
        holds = self._fleet.all_holds if name is None else self._fleet.known(name).holds
        request = id_of_request(author, key)
        lifted = {} if request is None else await lifted_before(self._log, name, author=author, request=request)
        since = min(lifted.values(), default=None)
        count = len(lifted)
        for hold in list(holds.values()):
            if hold.id in lifted or hold.until <= self._clock.now() or (since is not None and hold.position > since):
                continue
            told = HoldLifted(hold=hold.id, author=author, request=request)
            result = await tell(self._log, self._clock, name, told, id_=id_of_lift(hold.id), actor=author)
            count += isinstance(result, Appended)  # else another request lifted it first
        return count

    async def _told_before(self, name: EndpointName, asked: Asked) -> Outcome | None:
        """Return what is told at once: that nothing is written here, or how the command of the same key went."""
        if name.namespace not in self.writers:
            return NotAllowed(reason=self.configuration.why_observe(name.namespace))
        before = await remembered(self._log, name, asked.intent)
        if before is None:
            return None
        if before.intended.wanted != asked.wanted:
            return KeyTaken(
                reason=f"this key belongs to the command at position {before.position}, which was to write something "
                "else: send another key"
            )
        return self._ended.get(asked.intent) or as_it_ended(before)

    async def _decided(self, name: EndpointName, asked: Asked, decide: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Return what a command comes to, or, if to nothing, what its like of the same key came to meanwhile."""
        outcome = await _anew_while_stale(decide)
        if isinstance(outcome, CannotApply | NothingToDo):
            return await self._told_before(name, asked) or outcome
        return outcome

    async def _looked(self, name: EndpointName) -> Item | CannotApply:
        """Look afresh; say why nothing can be sent to what is not there, or of which nothing is known."""
        try:
            found = await self._watch.look(name)
        except HubError as error:
            return CannotApply(reason=str(error), unseen=True)
        if isinstance(found, Missing):
            return CannotApply(reason=f"there is no endpoint {name}: nothing was sent", gone=True)
        if self._watch.track(name).life is None:
            return CannotApply(reason=f"{name}: its document was never readable, so nothing is known of it")
        return found

    def _sending(self, name: EndpointName, writer: Writer | None) -> Sending:
        return Sending(watch=self._watch, writer=writer or self.writers[name.namespace])

    def _why_not(self, name: EndpointName, found: Item, command: Command) -> Outcome | None:
        """Return why a command does not apply to what was just seen, or None."""
        if not isinstance(found.observation, Seen):
            return None  # of what cannot be read the status is that of some earlier time
        status = self._watch.track(name).endpoint.status
        match permits(status, command):
            case AlreadySo():
                return NothingToDo(status=str(status))
            case NotPermitted(reason=why):
                return CannotApply(reason=f"{name}: {why}")
            case _:
                return None

    async def _mean(self, name: EndpointName, command: str, asked: Asked, send: Send) -> Outcome:
        track = self._watch.track(name)
        intended = self._intended(track, track.life, command, **asked.told())
        return await self.carry_out(name, intended, actor=asked.actor, send=send)

    def _intended(self, track: Track, life: datetime | None, command: str, **what: Any) -> Intended:
        return Intended(
            command=command,
            life=life,
            version=track.version,
            updated_at=track.edited_at,
            scaling=scaling_of(track),
            deadline=self._clock.now() + DEADLINE,
            **what,
        )

    def _take_up(self, tasks: asyncio.TaskGroup) -> None:
        """Begin what is open, each by itself: one that gets no answer holds up no other."""
        for name, known in self._fleet.endpoints.items():
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


async def _anew_while_stale(decide: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Look and decide anew when the endpoint changed in between: that is no reason to refuse a person."""
    for _ in range(DECISIONS - 1):
        outcome = await decide()
        if not (isinstance(outcome, GivenUp) and outcome.stale):
            return outcome
    return await decide()

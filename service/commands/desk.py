"""What people ask for: refused only after a fresh look, and done once, however often it is asked with one key."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from events.record import decision_id
from service.commands.asked import Asked, remembered, why_unfit
from service.commands.binding import bound
from service.commands.commander import Commander
from service.commands.creation import CREATE
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
from service.commands.sending import Send, Sending
from service.commands.wanted import wanted_of
from service.masking import fit_name
from service.ports import HubError, Item, Writer
from service.watch.track import Track
from statemachine.machine import AlreadySo, Command, NotPermitted, permits
from statemachine.model import EndpointName, Missing, Seen

DECISIONS = 3  # of a person's command, each after a look: another act may change the endpoint between look and intent


class Desk:
    """Takes what people ask for, looks, and has it carried out; `writer` signs it, else the daemon's own token."""

    def __init__(self, means: Means, commander: Commander) -> None:
        """Take what it looks with, and who carries out."""
        self._log = means.log
        self._watch = means.watch
        self._clock = means.clock
        self._commander = commander

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
        """Do what needs no document. `key` makes it one command, however often it is asked."""
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
        """Delete an endpoint; its outcome waits until a look says that it is gone."""
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
        """Change what a partial document names; the answer of the API is the outcome."""
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
        """Create an endpoint by its whole document; sent once, whatever happens.

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
        return await self._carried_out(name, track, CREATE, asked, self._sending(name, writer).create(name, document))

    async def when_free(self, name: EndpointName) -> None:
        """Return when the act that is under way on an endpoint, if any, has come to its end."""
        async with self._commander.turns.of(name):
            pass

    async def _told_before(self, name: EndpointName, asked: Asked) -> Outcome | None:
        """Return what is told at once: that nothing is written here, or how the command of the same key went."""
        if name.namespace not in self._commander.writers:
            return NotAllowed(reason=self._commander.configuration.why_observe(name.namespace))
        before = await remembered(self._log, name, asked.intent)
        if before is None:
            return None
        if before.intended.wanted != asked.wanted:
            return KeyTaken(
                reason=f"this key belongs to the command at position {before.position}, which was to write something "
                "else: send another key"
            )
        return self._commander.ended(asked.intent) or as_it_ended(before)

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
        return Sending(watch=self._watch, writer=writer or self._commander.writers[name.namespace])

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
        return await self._carried_out(name, self._watch.track(name), command, asked, send)

    async def _carried_out(self, name: EndpointName, track: Track, command: str, asked: Asked, send: Send) -> Outcome:
        intended = bound(track, command, life=track.life, now=self._clock.now(), **asked.told())
        return await self._commander.carry_out(name, intended, actor=asked.actor, send=send)


async def _anew_while_stale(decide: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Look and decide anew when the endpoint changed in between: that is no reason to refuse a person."""
    for _ in range(DECISIONS - 1):
        outcome = await decide()
        if not (isinstance(outcome, GivenUp) and outcome.stale):
            return outcome
    return await decide()

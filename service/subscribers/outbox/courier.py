"""Carry every pending letter to its channel, each at its own time: one that fails holds up no other.

Order is kept per incident alone. A resolve overtakes a firing that was never sent, and tells both; it waits for the
arrival message that its incident stands in. Tries are counted on the board, so that a restart repeats none early.
A crash between sending and recording sends once more, under the same id: at least once, never lost.
"""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Any

import structlog

from events.catalogue.notifications import Delivered, DeliveryFailing, Superseded, Undeliverable
from events.log import EventLog
from events.views.outbox import Letter, Outbox
from service.clock import Clock
from service.masking import scrub
from service.subscribers.outbox.book import Book
from service.subscribers.outbox.letters import outgoing, seconds_until_retry
from service.subscribers.outbox.port import Channel, Rejected

AT_ONCE = 4  # sends to one channel at the same time
RESOLUTION = 0.01  # seconds: less is not slept for, since a clock need not move by it

_logger: Any = structlog.get_logger()


class Courier:
    """One for all channels. `disabled` are those that want nothing more, with what they said."""

    def __init__(self, *, log: EventLog, clock: Clock, channels: Mapping[str, Channel], chance: Random) -> None:
        """`chance` spreads the retries."""
        self.disabled: dict[str, str] = {}
        self._book = Book(log=log, clock=clock)
        self._log = log
        self._clock = clock
        self._channels = dict(channels)
        self._chance = chance
        self._slots = {name: asyncio.Semaphore(AT_ONCE) for name in channels}
        self._carried: set[str] = set()  # letters that have a task
        self._in_flight: set[str] = set()  # letters that are being tried

    @property
    def outbox(self) -> Outbox:
        """Return what is to be sent and what ended lately, for whoever shows it."""
        return self._book.outbox

    def configure(self, channels: Mapping[str, Channel]) -> None:
        """Use other channels from the next try on; one that was disabled is tried again."""
        self._channels = dict(channels)
        self.disabled.clear()
        for name in channels:
            self._slots.setdefault(name, asyncio.Semaphore(AT_ONCE))
        self._book.news.set()

    async def run(self) -> None:
        """Carry what is pending and what comes, for ever."""
        await self._book.open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._book.follow(), name="outbox follows the log")
            while True:
                self._book.news.clear()
                for letter in self.outbox.pending.values():
                    if letter.id not in self._carried and self._may_go(letter):
                        self._carried.add(letter.id)
                        tasks.create_task(self._carry(letter.id), name=f"deliver {letter.id} to {letter.channel}")
                await self._book.news.wait()

    async def flush(self) -> None:
        """Try every letter that is due now, once, and return: what failed stays for a later process."""
        self._book.patient = False
        await self._book.open()
        while due := [
            letter for letter in self.outbox.pending.values() if self._may_go(letter) and self._is_due(letter)
        ]:
            async with asyncio.TaskGroup() as tasks:
                for letter in due:
                    tasks.create_task(self._try(letter), name=f"deliver {letter.id}")

    def _may_go(self, letter: Letter) -> bool:
        """Say whether nothing that must come first is still under way."""
        firing = self.outbox.firing(letter)
        return (
            letter.channel in self._channels
            and letter.id not in self._in_flight
            and self.outbox.arrival(letter) is None
            and (firing is None or firing.id not in self._in_flight)
        )

    def _is_due(self, letter: Letter) -> bool:
        return self._book.seconds_left(letter) < RESOLUTION

    async def _carry(self, id_: str) -> None:
        """Try a letter at each of its due times until it ended, or must wait for another."""
        while (letter := self.outbox.pending.get(id_)) is not None and self._may_go(letter):
            if self._is_due(letter):
                await self._try(letter)
            else:
                await self._clock.sleep(self._book.seconds_left(letter))
        self._carried.discard(id_)

    async def _try(self, letter: Letter) -> None:
        self._in_flight.add(letter.id)
        try:
            async with self._slots[letter.channel]:
                settled = await self._settled_order(letter.id)
                if settled is not None:
                    await self._send(settled)
        finally:
            self._in_flight.discard(letter.id)
            self._book.news.set()  # another may have waited for this one

    async def _settled_order(self, id_: str) -> Letter | None:
        """Return the letter as it is to be sent; None if another tells what it was to tell."""
        letter = self.outbox.pending.get(id_)
        if letter is None:
            return None
        resolve, firing = self.outbox.resolve(letter), self.outbox.firing(letter)
        if resolve is not None:
            await self._book.end(letter, Superseded(notification=letter.id, by=resolve.id))
        if firing is not None:
            await self._book.end(firing, Superseded(notification=firing.id, by=letter.id))
        return self.outbox.pending.get(id_)

    async def _send(self, letter: Letter) -> None:
        channel = self._channels.get(letter.channel)
        if channel is None:
            return
        if letter.channel in self.disabled:
            await self._give_up(letter, self.disabled[letter.channel])
            return
        try:
            await channel.send(outgoing(letter, self._log.log_id))
        except Rejected as error:
            await self._fail(letter, error)
        except Exception as error:  # noqa: BLE001 - a defect of one channel must not stop the others
            await self._fail(letter, Rejected(f"{type(error).__name__}: {error}"))
        else:
            await self._book.end(letter, Delivered(notification=letter.id, attempts=self._book.attempts(letter) + 1))

    async def _fail(self, letter: Letter, error: Rejected) -> None:
        reason, attempts = scrub(str(error)), self._book.attempts(letter) + 1
        if error.gone:
            self.disabled[letter.channel] = f"the channel wants nothing more ({reason}): change it and reload"
        seconds = None if error.gone else seconds_until_retry(attempts, error.retry_after, self._chance)
        if seconds is None:
            await self._give_up(letter, self.disabled.get(letter.channel, reason), attempts=attempts)
            return
        await self._book.put_off(letter, seconds, reason)
        if attempts == 1:
            _logger.warning("delivery_failing", channel=letter.channel, notification=letter.id, error=reason)
            await self._book.record(letter, DeliveryFailing(notification=letter.id, error=reason))

    async def _give_up(self, letter: Letter, reason: str, *, attempts: int | None = None) -> None:
        tried = self._book.attempts(letter) if attempts is None else attempts
        _logger.error("undeliverable", channel=letter.channel, notification=letter.id, attempts=tried, error=reason)
        await self._book.end(letter, Undeliverable(notification=letter.id, attempts=tried, error=reason))

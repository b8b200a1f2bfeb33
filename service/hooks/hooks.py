"""All hooks side by side: each goes its own way, so one that is slow or dead delays no other.

What a hook has seen is known by its cursor in the log, `hook/NAME`. One that is taken out of the configuration leaves
its cursor there, and goes on from it if it comes back; one with another name is another hook.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import structlog

from events import delivery
from events.log import EventLog
from events.unit import CursorMove, Unit
from service.clock import Clock
from service.hooks.hook import Hook

ONCE_SECONDS = 120.0  # for the hooks of one round
_logger: Any = structlog.get_logger()


class Hooks:
    """The hooks of one configuration."""

    def __init__(self, hooks: Iterable[Hook], *, log: EventLog, clock: Clock) -> None:
        """Nothing is handed over yet."""
        self.all = tuple(hooks)
        self._log = log
        self._clock = clock

    async def run(self) -> None:
        """Hand over what there is and what comes, for ever."""
        async with asyncio.TaskGroup() as tasks:
            for hook in self.all:
                tasks.create_task(self._follow(hook), name=hook.name)

    async def once(self) -> None:
        """Hand over what there is; what is not taken in time, or finds nobody there, stays for a later process."""
        try:
            async with self._clock.timeout(ONCE_SECONDS), asyncio.TaskGroup() as tasks:
                for hook in self.all:
                    tasks.create_task(self._drain(hook), name=hook.name)
        except TimeoutError:
            _logger.warning("hooks_left_behind", seconds=ONCE_SECONDS)

    async def _follow(self, hook: Hook) -> None:
        await self._begin(hook)
        await delivery.run(self._log, hook, self._clock, hook.patience)

    async def _drain(self, hook: Hook) -> None:
        await self._begin(hook)
        try:
            await delivery.drain(self._log, hook, self._clock, replace(hook.patience, longest=None))
        except delivery.Unavailable as error:
            _logger.warning("hook_left_behind", hook=hook.settings.name, error=str(error))

    async def _begin(self, hook: Hook) -> None:
        """Let a hook that never moved begin at what comes from now on, unless it asks for everything."""
        if hook.settings.from_ == "start" or await self._log.cursor(hook.name):
            return
        if head := await self._log.head():
            await self._log.append([Unit(cursor=CursorMove(name=hook.name, old=0, new=head))])

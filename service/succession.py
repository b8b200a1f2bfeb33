"""How one configuration follows another while the process lives on.

One reign ends and the next begins, just as after a crash: what is not in the log did not happen. One that broke down is
begun anew by the same configuration; one whose configuration cannot be used never begins, and the present one stays.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import structlog

from events.errors import LogUnusable
from service.access import load_token
from service.config import ConfigError, Configuration
from service.journal import Journal
from service.parts import Parts

RESTART_SECONDS = 5.0  # before a reign that broke down is begun anew
_logger: Any = structlog.get_logger()


class Reign(Protocol):
    """What one configuration brings; it does nothing before `settled_at`."""

    @property
    def configuration(self) -> Configuration: ...

    @property
    def settled_at(self) -> datetime: ...

    async def run(self) -> None:
        """Do all of it, for ever."""
        ...

    async def end(self) -> None:
        """Let nothing of it go on, also where it was replaced before `run` began."""
        ...


R = TypeVar("R", bound=Reign)


class Succession(Generic[R]):
    """The reigns of one process, one after the other."""

    def __init__(
        self,
        parts: Parts,
        journal: Journal,
        *,
        reload: Callable[[], Configuration] | None,
        reloading: asyncio.Event,
        begin: Callable[[Configuration, datetime], Awaitable[R]],
        install: Callable[[Parts, R], None],
    ) -> None:
        """`reload` reads the configuration anew when `reloading` is set; `install` shows a new reign to who asks."""
        self._parts = parts
        self._journal = journal
        self._reload = reload
        self._reloading = reloading
        self._begin = begin
        self._install = install

    async def run(self, reign: R) -> None:
        """Let one reign follow the other, for ever."""
        while True:
            configuration, settle, broke_down = reign.configuration, False, False
            try:
                async with asyncio.TaskGroup() as tasks:
                    running = tasks.create_task(reign.run(), name="reign")
                    configuration = await self._next_configuration()
                    running.cancel()
            except* LogUnusable as errors:
                _logger.error("log_unusable", error=str(innermost(errors)))
                broke_down = True
            except* Exception as errors:  # whatever it is: the log is whole, and the world is watched again
                _logger.exception("reign_broke_down", error=str(innermost(errors)))
                settle, broke_down = True, True
            await reign.end()
            if (task := asyncio.current_task()) and task.cancelling():
                raise asyncio.CancelledError  # the group may have shown its own trouble instead of our end
            if broke_down:
                await self._parts.clock.sleep(RESTART_SECONDS)
            reign = await self._successor(reign, configuration, settle=settle)
            self._install(self._parts, reign)

    async def _successor(self, old: R, configuration: Configuration, *, settle: bool) -> R:
        """Return the next reign: nothing is done by a configuration of which the log does not tell yet.

        It settles anew if it must (`settle`) or if the configuration is another; else as the old one would have.
        """
        parts = self._parts
        while True:
            try:
                if configuration is not old.configuration:
                    settle |= await self._journal.applied(configuration)
                await parts.live.reach(await parts.log.head())
                anew = parts.clock.now() + configuration.settings.settle
                return await self._begin(configuration, anew if settle else old.settled_at)
            except LogUnusable as error:
                settle = True  # what was written may have come through: the next try would not know it for news
                _logger.error("log_unusable", error=str(error))
                await parts.clock.sleep(RESTART_SECONDS)

    async def _next_configuration(self) -> Configuration:
        """Return the next configuration that can be used; one that cannot be is told, and the present one stays."""
        while True:
            await self._reloading.wait()
            self._reloading.clear()
            if self._reload is None:
                continue
            try:
                new = _within_one_process(self._parts.configuration, self._reload())
                self._parts.token = load_token(new.settings)
            except ConfigError as error:
                _logger.error("configuration_refused", error=str(error))
                await self._journal.refused(str(error))
            else:
                return new


def innermost(error: Exception) -> Exception:
    """Return the first error itself, out of the groups that tasks which ran side by side put around it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _within_one_process(old: Configuration, new: Configuration) -> Configuration:
    for key in ("log", "listen"):
        if getattr(new.settings, key) != getattr(old.settings, key):
            raise ConfigError(f"{key} cannot change while the daemon runs: restart it")
    return new

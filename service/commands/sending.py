"""What is sent for an intent, and with whose token; the answer is recorded as one write in flight."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from service.commands.quoting import hidden_in, hush
from service.ports import HubError, Item, Writer
from service.watch import Watch
from statemachine.machine import Command
from statemachine.model import EndpointName

Send = Callable[[], Awaitable[Item | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Builds what sends a command once, each time that it is called; a deletion answers with no document."""

    watch: Watch
    writer: Writer

    def command(self, name: EndpointName, command: Command) -> Send:
        """Return what sends a command that needs no document."""
        match command:
            case Command.PAUSE:
                return self._recording(name, lambda: self.writer.pause(name))
            case Command.RESUME:
                return self._recording(name, lambda: self.writer.resume(name))
            case Command.SCALE_TO_ZERO:
                return self._recording(name, lambda: self.writer.scale_to_zero(name))
            case Command.DELETE:
                return self._recording(name, lambda: self.writer.delete(name))
            case _:
                raise AssertionError(f"{command} is nothing without its document")

    def update(self, name: EndpointName, changes: Mapping[str, Any]) -> Send:
        """Return what sends a partial document."""
        return self._recording(name, lambda: self.writer.update(name, changes), hidden=hidden_in(changes))

    def create(self, name: EndpointName, document: Mapping[str, Any]) -> Send:
        """Return what sends a whole document."""
        hidden = hidden_in(document)
        return self._recording(name, lambda: self.writer.create(name.namespace, document), hidden=hidden)

    def _recording(
        self, name: EndpointName, send: Callable[[], Awaitable[Item | None]], *, hidden: frozenset[str] = frozenset()
    ) -> Send:
        async def sent() -> Item | None:
            with self.watch.writing(name):
                try:
                    item = await send()
                except HubError as error:
                    hush(error, hidden)
                    raise
                if item is not None and not await self.watch.absorb(item):
                    # Somebody looked meanwhile, and that look may tell what was before: the next reader must see this.
                    with suppress(HubError):
                        await self.watch.look(name)
            return item

        return sent

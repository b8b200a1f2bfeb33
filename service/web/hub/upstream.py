"""What is read with a caller's own token: equal reads of one token are shared, and so many at most go upstream at once.

A read that is shared began after each who is answered by it asked. Of what it tells nothing is kept beyond the answers.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from service.callers import Caller, Callers
from service.ports import Item, Sweep
from statemachine.model import EndpointName, Missing


async def sweep(callers: Callers, caller: Caller, namespace: str) -> Sweep:
    """Return every endpoint of a namespace; raise NoRoom where too many reads are under way."""
    found: Sweep = await _shared(callers, caller, namespace, lambda: caller.connection.hub.sweep(namespace))
    return found


async def look(callers: Callers, caller: Caller, name: EndpointName) -> Item | Missing:
    """Return one endpoint, or Missing; raise NoRoom where too many reads are under way."""
    found: Item | Missing = await _shared(callers, caller, name, lambda: caller.connection.hub.look(name))
    return found


async def _shared(callers: Callers, caller: Caller, what: Hashable, read: Callable[[], Awaitable[Any]]) -> Any:
    async def let_through() -> Any:
        async with callers.reads.through(caller.known.name):
            return await read()

    return await caller.reads.look(what, let_through)

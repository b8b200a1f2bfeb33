"""What a daemon does about a log that was changed behind its back: it does not start on it, unless it is told to."""

from typing import Any

import structlog

from events.anchor import Anchor, Broken
from events.errors import LogError
from events.log import LogReader

_logger: Any = structlog.get_logger()


class ChainBroken(LogError):
    """The log does not hold what was written to it."""

    def __init__(self, broken: Broken) -> None:
        """Name the place, and what can be done."""
        super().__init__(
            f"{broken}. Nothing is started on it. Keep a copy, look for who wrote to it, and restore a backup; or go "
            "on with what it says now, of which every start will tell, by the flag --despite-broken-chain"
        )
        self.broken = broken


async def require_whole(log: LogReader, since: Anchor, *, despite_broken_chain: bool) -> None:
    """Prove the log from where it is known to hold. Raises ChainBroken, or tells of it and goes on."""
    found = await log.verify(since=since)
    if isinstance(found, Anchor):
        return
    if not despite_broken_chain:
        raise ChainBroken(found)
    _logger.error("chain_broken", position=found.position, why=found.why)

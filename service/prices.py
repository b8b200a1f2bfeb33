"""What the hardware of each watched namespace costs, as Hugging Face told last.

Prices are looked at seldom, beside everything else: nothing waits for them, and that they cannot be had is no trouble
of a namespace. They are kept in memory, and not for ever: an old price is not known to be one.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import structlog

from service.burn import hardware_of, usd_per_hour
from service.clock import Clock
from service.ports import Hardware, HubError, Offer
from statemachine.model import Sighting

LOOK_SECONDS = 6 * 3600.0  # between two looks: prices change by the month, if at all
AGAIN_SECONDS = 15 * 60.0  # after a look that failed
BELIEVED_SECONDS = 24 * 3600.0
_logger: Any = structlog.get_logger()


class Asked(Protocol):
    """Who knows prices."""

    async def prices(self, namespace: str) -> Mapping[Hardware, Offer]:
        """Return what the hardware that this namespace can use costs; raise HubError where that cannot be had."""
        ...


class Prices:
    """The prices that are known. They outlive the client that asked: a new configuration goes on with them."""

    def __init__(self, clock: Clock) -> None:
        """Know none."""
        self._clock = clock
        self._told: dict[str, tuple[float, Mapping[Hardware, Offer]]] = {}

    async def run(self, asked: Asked, namespaces: Iterable[str]) -> None:
        """Look for ever, at each namespace in a task of its own."""
        async with asyncio.TaskGroup() as tasks:
            for namespace in namespaces:
                tasks.create_task(self._keep(asked, namespace), name=f"prices of {namespace}")

    async def look(self, asked: Asked, namespace: str) -> bool:
        """Look once; return whether there was an answer. Without one, what was known before is kept while it counts."""
        try:
            offers = await asked.prices(namespace)
        except HubError as error:
            _logger.info("prices_not_told", namespace=namespace, error=str(error))
            return False
        self._told[namespace] = (self._clock.monotonic(), offers)
        return True

    def rate(self, namespace: str, sighting: Sighting) -> float | None:
        """Return what an endpoint of a namespace costs an hour now; None if that is not known."""
        at, offers = self._told.get(namespace, (float("-inf"), {}))
        hardware = hardware_of(sighting)
        known = hardware is not None and self._clock.monotonic() - at < BELIEVED_SECONDS
        return usd_per_hour(sighting, offers.get(hardware) if hardware is not None and known else None)

    async def _keep(self, asked: Asked, namespace: str) -> None:
        while True:
            told = await self.look(asked, namespace)
            await self._clock.sleep(LOOK_SECONDS if told else AGAIN_SECONDS)

"""Whose turn it is: one act at a time on each endpoint. Of an endpoint that nobody acts on, nothing is kept."""

import asyncio
from weakref import WeakValueDictionary

from statemachine.model import EndpointName


class Turns:
    """A lock for each endpoint, there as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        """Nobody acts yet."""
        self._locks: WeakValueDictionary[EndpointName, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """Return on how many endpoints somebody acts."""
        return len(self._locks)

    def of(self, name: EndpointName) -> asyncio.Lock:
        """Return what whoever acts on this endpoint has to hold."""
        return self._locks.setdefault(name, asyncio.Lock())

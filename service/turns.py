"""Whose turn it is: one at a time on each thing, like an endpoint. Of what nobody is at, nothing is kept."""

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

K = TypeVar("K", bound=Hashable)


class Turns(Generic[K]):
    """A lock for each key, there as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        """Nobody acts yet."""
        self._locks: WeakValueDictionary[K, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """Return on how many keys somebody acts."""
        return len(self._locks)

    def of(self, key: K) -> asyncio.Lock:
        """Return what whoever acts on this has to hold."""
        return self._locks.setdefault(key, asyncio.Lock())

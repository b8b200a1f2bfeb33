"""All the namespaces that are watched: the one door through which anybody looks at Hugging Face."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from events.views.fleet import Fleet
from service.clock import Clock
from service.ports import Item
from service.watch.shared import Shared
from service.watch.track import Track
from service.watch.watcher import Watcher
from statemachine.model import EndpointName, Missing

LOOKS = 4  # at single endpoints of one namespace, that callers ask for, at a time


class NotWatched(Exception):
    """The namespace is not in the configuration."""


class Watch:
    """One watcher a namespace, started and stopped together.

    It outlives its watchers: a new configuration brings new ones, and those who wait go on waiting.
    """

    def __init__(self, clock: Clock) -> None:
        """Watch nothing until watchers begin."""
        self._clock = clock
        self.watchers: dict[str, Watcher] = {}
        self._awaited: Counter[str] = Counter()
        self._looks: Shared[Item | Missing] = Shared()
        self._room = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(LOOKS))
        self._sweeps: Shared[bool] = Shared()

    async def begin(self, watchers: dict[str, Watcher], fleet: Fleet) -> None:
        """Let new watchers take up what log, board and predecessors know, and only then look through them."""
        for watcher in watchers.values():
            await watcher.restore(fleet)
        for namespace, watcher in watchers.items():
            if namespace in self.watchers:
                watcher.succeed(self.watchers[namespace])
        self.watchers = watchers

    async def run(self) -> None:
        """Watch every namespace for ever, each in a task of its own: one's trouble does not hold up another."""
        async with asyncio.TaskGroup() as tasks:
            for namespace, watcher in self.watchers.items():
                tasks.create_task(watcher.run(), name=f"watch {namespace}")

    async def sweep(self) -> bool:
        """Sweep every namespace once; return whether all could be read."""
        return all([await watcher.sweep() for watcher in self.watchers.values()])

    async def save(self) -> None:
        """Put every namespace's freshness on the board: a clean stop."""
        for watcher in self.watchers.values():
            await watcher.save()

    def of(self, namespace: str) -> Watcher:
        """Return the watcher of a namespace, or raise NotWatched."""
        watcher = self.watchers.get(namespace)
        if watcher is None:
            watched = ", ".join(self.watchers) or "none"
            raise NotWatched(f"namespace {namespace!r} is not watched (watched: {watched}): add it under [namespaces]")
        return watcher

    def track(self, name: EndpointName) -> Track:
        """Return what the watcher knows of an endpoint now, at least as new as the log's own views."""
        return self.of(name.namespace).tracks.get(name) or Track()

    def document(self, name: EndpointName) -> bytes | None:
        """Return the last masked document of an endpoint."""
        return self.of(name.namespace).documents.get(name)

    def looked_at(self, namespace: str) -> datetime | None:
        """Return when this process last saw a namespace well, by a wall clock that was as it is now; None: not yet."""
        swept = self.watchers[namespace].swept if namespace in self.watchers else None
        return None if swept is None else self._clock.now() - timedelta(seconds=self._clock.monotonic() - swept)

    async def look(self, name: EndpointName) -> Item | Missing:
        """Look at one endpoint now; what changed is recorded before this returns."""
        return await self.of(name.namespace).look(name)

    async def look_for_all(self, name: EndpointName) -> Item | Missing:
        """Look at one endpoint as `look` does, once for all who ask before that look begins, and few at a time.

        Whoever asks for many names, there or not, waits, and not the watcher.
        """
        self.of(name.namespace)

        async def look() -> Item | Missing:
            async with self._room[name.namespace]:
                return await self.look(name)

        return await self._looks.look(name, look)

    async def sweep_for_all(self, namespace: str) -> bool:
        """Look at a whole namespace, once for all who ask before that look begins; return whether it could be read."""
        return await self._sweeps.look(namespace, lambda: self.of(namespace).sweep())

    async def absorb(self, item: Item) -> bool:
        """Record what the answer to one of our own writes tells; return whether it still tells anything."""
        return item.name in await self.of(item.name.namespace).absorb({item.name: item})

    @contextmanager
    def writing(self, name: EndpointName) -> Iterator[None]:
        """Say that a write to an endpoint is in flight."""
        with self.of(name.namespace).writing(name):
            yield

    @contextmanager
    def attention(self, name: EndpointName) -> Iterator[None]:
        """Say that somebody waits for something of this endpoint: its namespace is looked at faster meanwhile."""
        watcher = self.of(name.namespace)
        self._awaited[name.namespace] += 1
        watcher.nudge()
        try:
            yield
        finally:
            self._awaited[name.namespace] -= 1

    def awaited(self, namespace: str) -> bool:
        """Return whether somebody waits for something of a namespace."""
        return self._awaited[namespace] > 0

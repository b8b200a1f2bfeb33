"""Watch one namespace: ask, decide what happened, append it.

The only writer of this namespace's facts. It never acts, and it never reads anything but Hugging Face, the log and
the board. Its own trouble (a token, an outage, a full disk) is told as its own, and never as an endpoint's.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import structlog

from events.errors import LogUnusable
from events.log import EventLog
from events.views.fleet import Fleet
from service.clock import Clock, wait
from service.config import Poll
from service.ports import HubError, Item, Reader, Sweep, Unavailable
from service.watch import pace
from service.watch.facts import record
from service.watch.track import Track
from service.watch.trouble import Trouble
from statemachine.machine import decide
from statemachine.model import EndpointName, LifecycleEvent, Missing, Observation, Ours

FRESHNESS_SECONDS = 15.0  # how far the board may lag: what a crash widens the next window by


class Watcher:
    """One namespace's task. `run` is for ever; `sweep` is one round of it.

    `swept_at` is when the last good sweep was asked for, `swept` the same in monotonic seconds of this process; `asked`
    tells whether one sweep is over, well or not. `unsaved` are documents that the board does not have as they are.
    """

    def __init__(
        self,
        namespace: str,
        *,
        reader: Reader,
        log: EventLog,
        clock: Clock,
        poll: Poll,
        chance: random.Random,
        awaited: Callable[[], bool] = lambda: False,
        ours: Callable[[EndpointName], Sequence[Ours]] = lambda _: (),
    ) -> None:
        """`awaited`: does somebody wait for something of this namespace now; `ours`: what of ours is under way."""
        self.namespace = namespace
        self.tracks: dict[EndpointName, Track] = {}
        self.documents: dict[EndpointName, bytes] = {}
        self.unsaved: dict[str, bytes | None] = {}
        self.swept_at: datetime | None = None
        self.swept: float | None = None
        self.trouble = Trouble(namespace, log=log, clock=clock)
        self._reader = reader
        self._log = log
        self._clock = clock
        self._poll = poll
        self._chance = chance
        self._lock = asyncio.Lock()
        self._sweeping = asyncio.Lock()
        self.asked = False
        self._awaited = awaited
        self._ours = ours
        self._nudge = asyncio.Event()
        self._saved = float("-inf")
        self._whole_at: datetime | None = None
        self._left_out: dict[str, bytes] = {}  # by the sweep at `_whole_at`: when each was last looked at
        self._on_board: frozenset[str] = frozenset()  # whose row there says that it was left out
        self._gap = False  # an outage or a restart lies between the last good sweep and now
        self._logger: Any = structlog.get_logger().bind(namespace=namespace)

    async def restore(self, fleet: Fleet) -> None:
        """Take up what the log and the board know, before the first sweep."""
        row = await self._log.board.get("sweep", self.namespace)
        self.swept_at = None if row is None else msgspec.json.decode(row, type=datetime)
        self._gap = row is not None
        left_out = await self._log.board.scan("left_out")
        self._on_board = frozenset(key for key in left_out if key.startswith(f"{self.namespace}/"))
        for key, document in (await self._log.board.scan("document")).items():
            if key.startswith(f"{self.namespace}/"):
                self.documents[EndpointName(*key.split("/", 1))] = document
        for name, known in fleet.endpoints.items():
            if name.namespace == self.namespace:
                own = left_out.get(str(name))
                looked_at = self.swept_at if own is None else msgspec.json.decode(own, type=datetime)
                self.tracks[name] = Track(
                    endpoint=known.endpoint,
                    life=known.life,
                    version=known.version,
                    looked_at=looked_at if known.endpoint.readable else None,
                    gap=True,
                )
        if self.namespace in fleet.namespaces:
            self.trouble.restore(fleet.namespaces[self.namespace])

    def succeed(self, before: "Watcher") -> None:
        """Take over the documents of who watched the namespace before: the board has them as they were a while ago."""
        self.documents = dict(before.documents)
        self.unsaved = dict(before.unsaved)

    async def run(self) -> None:
        """Sweep for ever, at the pace that the namespace asks for."""
        while True:
            try:
                await self.sweep()
                seconds = self._seconds()
                if self._clock.monotonic() + seconds - self._saved > FRESHNESS_SECONDS:
                    await self.save()
            except LogUnusable as error:
                # Nothing counts as known that is not in the log: the next sweep decides it again.
                self._logger.error("log_unusable", error=str(error))
                seconds = self._seconds()
            await self._pause(seconds)

    async def sweep(self) -> bool:
        """Look at the whole namespace once and record what changed; return whether it could be read.

        One sweep comes after the other, whoever asks for them: an outage that two met at once would be told twice.
        """
        async with self._sweeping:
            return await self._sweep()

    async def _sweep(self) -> bool:
        asked_at = self._clock.now()
        try:
            sweep = await self._reader.sweep(self.namespace)
        except HubError as error:
            self._gap = True
            for track in self.tracks.values():
                track.gap = True
            await self.trouble.unreachable(error, since=asked_at)
            self.asked = True
            return False
        await self.trouble.reachable(seen_at=sweep.look.answered_at)
        await self.absorb({name: item for name, item in sweep.items.items() if not self.track(name).writing})
        if await self._look_for_missing(sweep):
            self.swept_at, self.swept = sweep.look.asked_at, sweep.look.asked
            self._gap = False
            self._whole_at, self._left_out = self.swept_at, dict(self._behind(self.swept_at))
        self.asked = True
        return True

    async def look(self, name: EndpointName) -> Item | Missing:
        """Look at one endpoint directly and record what changed; raise HubError when there is no answer.

        A 404 counts only from a token that still names the namespace, and not while its endpoints vanish in a crowd.
        """
        found = await self._reader.look(name)
        known = self.tracks.get(name)
        if isinstance(found, Missing) and known is not None and known.endpoint.sighting is not None:
            if self.trouble.suspected or not await self._token_names_namespace():
                raise Unavailable(
                    f"{name} was answered 404, but the token may have lost the namespace {self.namespace!r}: "
                    "whether the endpoint is gone is not known; check the token's organisations",
                    word="suspected",
                )
            found = await self._reader.look(name)  # the token may have found the namespace again since the first look
        await self.absorb({name: found})
        track = self.track(name)
        if track.life is None and not track.writing and isinstance(found, Missing):
            del self.tracks[name]  # whatever name is asked for, only those that were there are remembered
        return found

    async def absorb(self, found: Mapping[EndpointName, Item | Missing]) -> set[EndpointName]:
        """Decide what these looks tell, and append it: one unit per endpoint, all in one call. Return who was counted.

        What was asked before somebody else was answered is late, and tells nothing.
        """
        async with self._lock:
            observations: dict[EndpointName, Observation] = {}
            changes: dict[EndpointName, tuple[LifecycleEvent, ...]] = {}
            for name, item in found.items():
                observation = item if isinstance(item, Missing) else item.observation
                track = self.track(name)
                if track.is_late(observation.look):
                    continue
                observations[name] = observation
                self._remember(name, None if isinstance(item, Missing) else item.document)
                happened = decide(
                    track.endpoint,
                    observation,
                    not_before=track.not_before(self.swept_at),
                    gap=track.gap,
                    edited_at=track.edited_at,
                    ours=track.unfollowed(self._ours(name)),
                )
                if happened:
                    changes[name] = happened
            taken = await record(self._log, self.tracks, changes) if changes else set()
            for name, observation in observations.items():
                if name in taken or name not in changes:
                    self.track(name).take(observation, new_since=self.swept_at)
            return set(observations)

    @contextmanager
    def writing(self, name: EndpointName) -> Iterator[None]:
        """Say that a write is in flight: list looks are ignored, and what was asked before its answer is late."""
        track = self.track(name)
        track.writing += 1
        try:
            yield
        finally:
            track.writing -= 1
            track.answered = max(track.answered, self._clock.monotonic())
            if not track.writing and track.life is None and not track.blurred:
                self.tracks.pop(name, None)  # what could not be created is not remembered

    def nudge(self) -> None:
        """Sweep as soon as the rate limit allows."""
        self._nudge.set()

    async def healthy(self, url: str, health_route: str) -> bool:
        """Return whether the health route of an endpoint of this namespace answers 200."""
        return await self._reader.healthy(url, health_route, self.namespace)

    async def save(self) -> None:
        """Put freshness and the masked documents on the board: at most every 15 s, and at a clean stop."""
        unsaved, self.unsaved = self.unsaved, {}
        try:
            if unsaved:
                await self._log.board.put("document", unsaved)
            if self._whole_at is not None:
                # In this order: between the two, a crash makes a window too wide, and never wrong.
                seen_again = dict.fromkeys(self._on_board - self._left_out.keys())
                if rows := {**seen_again, **self._left_out}:
                    await self._log.board.put("left_out", rows)
                await self._log.board.put("sweep", {self.namespace: msgspec.json.encode(self._whole_at)})
                self._on_board = frozenset(self._left_out)
        except (LogUnusable, asyncio.CancelledError):
            self.unsaved = unsaved | self.unsaved
            raise
        self._saved = self._clock.monotonic()

    def track(self, name: EndpointName) -> Track:
        """Return what is remembered of an endpoint; of a new one, nothing yet."""
        if name not in self.tracks:
            self.tracks[name] = Track(gap=self._gap)
        return self.tracks[name]

    def _behind(self, swept_at: datetime) -> Iterator[tuple[str, bytes]]:
        """Return who was not seen by this sweep (missing, or crossed by a write), and when it was last looked at.

        After a crash the window of such a one must not begin at that sweep.
        """
        for name, track in self.tracks.items():
            if track.endpoint.sighting is not None and track.looked_at is not None and track.looked_at < swept_at:
                yield str(name), msgspec.json.encode(track.looked_at)

    def _seconds(self) -> float:
        endpoints = [track.endpoint for track in self.tracks.values()]
        return pace.seconds_until_next(
            endpoints, awaited=self._awaited(), fast=self._poll.fast, slow=self._poll.slow, chance=self._chance
        )

    async def _pause(self, seconds: float) -> None:
        self._nudge.clear()
        started = self._clock.monotonic()
        await wait(self._clock, self._nudge, seconds)
        await self._clock.sleep(max(0.0, pace.MIN_SECONDS - (self._clock.monotonic() - started)))

    async def _look_for_missing(self, sweep: Sweep) -> bool:
        """Ask after those that the sweep did not hold; return whether the sweep showed the namespace at all."""
        alive = {name: track for name, track in self.tracks.items() if track.endpoint.sighting is not None}
        missing = {
            name
            for name, track in alive.items()
            if name not in sweep.items and not track.writing and not track.is_late(sweep.look)
        }
        if sweep.nameless and missing:
            return True  # one of the documents whose name cannot be read may well be the missing one
        named = not missing or await self._token_names_namespace()
        if named is None:
            return False
        if await self.trouble.believes(missing, known=len(alive), named=named):
            await self._confirm_missing(sorted(missing))
        return named

    async def _confirm_missing(self, names: Sequence[EndpointName]) -> None:
        """Look at each; what was answered 404 is gone, if the token names the namespace afterwards, too."""
        found: dict[EndpointName, Item | Missing] = {}
        for name in names:
            try:
                found[name] = await self._reader.look(name)
            except HubError as error:
                self._logger.warning("missing_unconfirmed", endpoint=str(name), error=str(error))
        if any(isinstance(item, Missing) for item in found.values()) and not await self._token_names_namespace():
            found = {name: item for name, item in found.items() if not isinstance(item, Missing)}
        await self.absorb(found)

    async def _token_names_namespace(self) -> bool | None:
        try:
            identity = await self._reader.whoami(self.namespace)
        except HubError as error:
            self._logger.warning("whoami_failed", error=str(error))
            return None
        return self.namespace in identity.namespaces

    def _remember(self, name: EndpointName, document: bytes | None) -> None:
        if self.documents.get(name) == document:
            return
        if document is None:
            del self.documents[name]
        else:
            self.documents[name] = document
        self.unsaved[str(name)] = document

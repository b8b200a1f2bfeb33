"""Tell clients when an endpoint is ready, or why it will not be.

Any number of waiters share the one watch: they make their namespace poll faster, and ask Hugging Face nothing
themselves. Only the endpoint's own health route is probed, once for all of them, and only while it runs: a request to
one that is scaled to zero would wake and bill it.

Whoever wants the same of the same endpoint is one crowd: how it stands is judged once, and told to all of them at once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta

from service.clock import Clock, wait as wait_for
from service.live import Live
from service.ports import HubError
from service.subscribers.ready import Answer, End, Goal, expected_of, health_route, state
from service.watch import NotWatched, Watch
from statemachine.model import EndpointName
from statemachine.status import Status

PROBE_SECONDS = 2.0  # between two probes of one endpoint's health route
STALE = timedelta(minutes=2)  # on an older view (after an outage, a restart) a probe could wake what fell asleep
AGAIN_SECONDS = 15.0  # after which who follows is told again, though nothing changed
ANY = Goal()


@dataclass(slots=True)
class _Crowd:
    """All who want the same of one endpoint; `moved` and `ended` are set once, and then others take their place."""

    name: EndpointName
    goal: Goal
    answer: Answer
    count: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    attention: ExitStack = field(default_factory=ExitStack)

    def tell(self, answer: Answer) -> None:
        """Wake those whom this concerns."""
        self.answer = answer
        self.moved.set()
        self.moved = asyncio.Event()
        if answer.end is not None:
            self.ended.set()
            self.ended = asyncio.Event()


class Readiness:
    """The shared watch of all who wait."""

    def __init__(self, *, live: Live, watch: Watch, clock: Clock) -> None:
        """Nobody waits yet."""
        self._live = live
        self._watch = watch
        self._clock = clock
        self._crowds: dict[tuple[EndpointName, Goal], _Crowd] = {}
        self._healthy: dict[EndpointName, bool] = {}
        self._awaited = asyncio.Event()

    async def run(self) -> None:
        """Probe the health route of each endpoint that is awaited and runs, and tell what changed, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._probe_all(), name="probes")
            tasks.create_task(self._judge_all(), name="waiters")

    async def wait(self, name: EndpointName, *, goal: Goal = ANY, seconds: float) -> Answer:
        """Wait until the endpoint is as it is wanted, until that is no use, or until the time is over."""
        asked = self._clock.monotonic()
        crowd = self._join(name, goal)
        try:
            async with self._clock.timeout(seconds):
                while self._goes_on(crowd, asked):
                    await crowd.ended.wait()
                return crowd.answer
        except TimeoutError:
            return replace(crowd.answer, end=End.TIMED_OUT)
        finally:
            self._leave(crowd)

    async def follow(self, name: EndpointName, *, goal: Goal = ANY, seconds: float) -> AsyncGenerator[Answer, None]:
        """Yield how it stands, at once, whenever that changes, and now and then; the last has an end, as in `wait`."""
        asked = self._clock.monotonic()
        crowd = self._join(name, goal)
        try:
            while self._goes_on(crowd, asked):
                moved, left = crowd.moved, asked + seconds - self._clock.monotonic()
                if left <= 0:
                    yield replace(crowd.answer, end=End.TIMED_OUT)
                    return
                yield replace(crowd.answer, end=None)
                await wait_for(self._clock, moved, min(left, AGAIN_SECONDS))
            yield crowd.answer
        finally:
            self._leave(crowd)

    def waiters(self) -> Counter[EndpointName]:
        """Return how many wait now, by endpoint."""
        counts: Counter[EndpointName] = Counter()
        for (name, _), crowd in self._crowds.items():
            counts[name] += crowd.count
        return counts

    def _goes_on(self, crowd: _Crowd, asked: float) -> bool:
        """Return whether it must be waited on. A name that never was may have been made a moment ago."""
        if crowd.answer.end is not End.GONE or self._live.fleet.known(crowd.name).life is not None:
            return crowd.answer.end is None
        swept = self._watch.of(crowd.name.namespace).swept
        return swept is None or swept < asked

    async def _judge_all(self) -> None:
        while True:
            await self._awaited.wait()
            position = self._live.fleet.position
            self._judge()
            await self._live.beyond(position, seconds=PROBE_SECONDS)

    def _judge(self) -> None:
        for crowd in list(self._crowds.values()):
            answer = self._state(crowd.name, crowd.goal)
            if answer != crowd.answer or answer.end is not None:
                crowd.tell(answer)

    async def _probe_all(self) -> None:
        while True:
            await self._awaited.wait()
            async with asyncio.TaskGroup() as tasks:
                for name in dict.fromkeys(
                    name for name, _ in self._crowds
                ):  # in an order of their own, as a seed must replay
                    tasks.create_task(self._probe(name), name=f"probe {name}")
            self._judge()
            await self._clock.sleep(PROBE_SECONDS)

    async def _probe(self, name: EndpointName) -> None:
        endpoint = self._live.fleet.known(name).endpoint
        sighting, runs = endpoint.sighting, endpoint.status is Status.RUNNING and endpoint.readable
        if sighting is None or not runs or not sighting.ready_replicas or not sighting.url or not self._fresh(name):
            self._healthy[name] = False
            return
        try:
            route = health_route(self._watch.document(name))
            self._healthy[name] = await self._watch.of(name.namespace).healthy(sighting.url, route)
        except (HubError, NotWatched):
            self._healthy[name] = False  # our own trouble: the waiters go on waiting

    def _fresh(self, name: EndpointName) -> bool:
        looked_at = self._watch.looked_at(name.namespace)
        return looked_at is not None and self._clock.now() - looked_at <= STALE

    def _state(self, name: EndpointName, goal: Goal) -> Answer:
        try:
            document = self._watch.document(name)
        except NotWatched:
            document = None
        return state(
            self._live.fleet.known(name),
            goal,
            healthy=self._healthy.get(name, False),
            document=document,
            expected=expected_of(self._live.uptime.of(name), self._clock.now()),
        )

    def _join(self, name: EndpointName, goal: Goal) -> _Crowd:
        """Return the crowd to which one more belongs now, which must `_leave` it. Raises NotWatched."""
        self._watch.of(name.namespace).nudge()
        answer, crowd = self._state(name, goal), self._crowds.get((name, goal))
        if crowd is None:
            crowd = self._crowds[name, goal] = _Crowd(name, goal, answer)
            crowd.attention.enter_context(self._watch.attention(name))
        elif answer != crowd.answer:
            crowd.tell(answer)
        crowd.count += 1
        self._awaited.set()
        return crowd

    def _leave(self, crowd: _Crowd) -> None:
        crowd.count -= 1
        if crowd.count:
            return
        crowd.attention.close()
        del self._crowds[crowd.name, crowd.goal]
        if not any(name == crowd.name for name, _ in self._crowds):
            self._healthy.pop(crowd.name, None)
        if not self._crowds:
            self._awaited.clear()

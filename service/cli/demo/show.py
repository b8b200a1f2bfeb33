"""The demo itself: simulator, daemon, clients and narration in one loop, on one clock."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from events.delivery import CaughtUp, subscribe
from service import app, logs
from service.cli.demo.clients import Visit, visits, wait_together
from service.cli.demo.narrator import Narrator
from service.cli.demo.pace import DAY_SECONDS, Pace
from service.cli.demo.reckoning import Reckoning
from service.cli.demo.stage import MAX_AGE, NAMESPACES, Stage, stage
from service.cli.logfile import event_document
from service.cli.spelling import counted
from service.clock import LoopClock, SystemClock
from service.durations import humanize
from service.parts import Parts
from service.simulator import Planned, plan_day
from service.subscribers.ready import End

DAY = timedelta(seconds=DAY_SECONDS)
FIRST_HOUR = 7  # of the clock on the wall: the day is planned from before anyone gets up
TIDIED = timedelta(hours=23, minutes=40)  # when what the next day makes anew is deleted
LEFT_OVER = ("sdxl-demo", "mixtral-test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is left when the demo is over. `hours`: of simulated time; `interrupted`: by Ctrl-C."""

    reckoning: Reckoning
    hours: float
    requests: int
    directory: Path
    log_url: str
    interrupted: bool


@dataclass(slots=True, kw_only=True)
class Show:
    """One run of the demo."""

    pace: Pace
    clock: LoopClock
    narrator: Narrator = field(default_factory=Narrator)
    reckoning: Reckoning = field(default_factory=Reckoning)
    interrupted: bool = False

    async def play(self, seed: int) -> Outcome:
        """Play until the time is over, or until Ctrl-C."""
        began = self.clock.now()
        async with stage(self.pace, self.clock, seed=seed, alerted=self._alerted) as stands:
            with stands.daemon_log.open("w", encoding="utf-8") as file:
                logs.configure(file)
                world = app.World(clock=self.clock, chance=Random(seed))  # noqa: S311  # only who waits how long
                async with app.daemon(stands.configuration, world) as parts:
                    self._open(stands, parts)
                    async with self._company(stands, parts):
                        await self._until_the_end()
            return Outcome(
                reckoning=self.reckoning,
                hours=(self.clock.now() - began) / timedelta(hours=1),
                requests=len(stands.simulator.requests),
                directory=stands.directory,
                log_url=stands.log_url,
                interrupted=self.interrupted,
            )

    @asynccontextmanager
    async def _company(self, stands: Stage, parts: Parts) -> AsyncIterator[None]:
        """Let the days pass, and tell of them, around a block."""
        async with asyncio.TaskGroup() as tasks:
            company = [
                tasks.create_task(self._tell(parts), name="narration"),
                tasks.create_task(self._days(stands, parts), name="days"),
            ]
            yield
            for task in company:
                task.cancel()

    def _open(self, stands: Stage, parts: Parts) -> None:
        say = self.narrator.aside
        say(f"A simulated Hugging Face at {stands.simulator.base_url}, and Lamplighter at http://{parts.listen}")
        say(f"One second here is {humanize(timedelta(seconds=self.pace.speed))} there. Production is protected;")
        say(f"an experiment that runs for {MAX_AGE} is warned about, then paused.")
        say(f"Everything of this demo lies in {stands.directory} (the daemon's own log: {stands.daemon_log.name})")

    async def _until_the_end(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        try:
            async with asyncio.timeout(self.pace.seconds):
                await stop.wait()
                self.interrupted = True
        except TimeoutError:
            pass
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def _tell(self, parts: Parts) -> None:
        """Tell every event of the log, as it comes, and count it."""
        async for recorded in subscribe(parts.log, types=(), after=0):
            if not isinstance(recorded, CaughtUp):
                event = event_document(recorded)
                self.reckoning.take(event)
                self.narrator.event(event, recorded.time)

    async def _days(self, stands: Stage, parts: Parts) -> None:
        """Let one day follow the other: each is planned when it begins, and lived beside the next one's beginning."""
        begin, number = self.clock.now(), 1
        async with asyncio.TaskGroup() as tasks:
            while True:
                planned = plan_day(stands.simulator, NAMESPACES, begin)
                for name in LEFT_OVER:
                    stands.simulator.at(begin + TIDIED, NAMESPACES[1], name, "delete", actor="erin")
                self.narrator.day(number, begin)
                if number == 1:
                    self.narrator.fleet(one for one in planned if one.at == begin)
                tasks.create_task(self._stories(planned, after=begin), name=f"stories of day {number}")
                for visit in visits(planned):
                    if visit.at - begin > timedelta(minutes=1):
                        tasks.create_task(self._visit(parts, visit), name=f"visit {visit.name}")
                begin, number = begin + DAY, number + 1
                await self._sleep_until(begin - timedelta(minutes=1))

    async def _stories(self, planned: list[Planned], *, after: Any) -> None:
        for one in planned:
            if one.at > after:
                await self._sleep_until(one.at)
                self.narrator.story(one.at, one.actor, one.story, f"{one.namespace}/{one.name}")

    async def _visit(self, parts: Parts, visit: Visit) -> None:
        await self._sleep_until(visit.at)
        clients = counted(visit.count, "client")
        self.narrator.line(visit.at, "…", f"{visit.name}  {clients} came to wait until it is ready", "cyan")
        ends = await wait_together(parts.readiness, self.clock, visit)
        self._count(ends)
        now, lasted = self.clock.now(), humanize(self.clock.now() - visit.at)
        if ends[End.REACHED]:
            words = f"{visit.name}  is ready: {counted(ends[End.REACHED], 'client')} waited {lasted}, by one watch"
            self.narrator.line(now, "✓", words, "bold green")
        else:
            ended = ", ".join(f"{end} {count}" for end, count in ends.items())
            self.narrator.line(
                now, "✗", f"{visit.name}  {clients} went away, told that waiting is no use ({ended})", "cyan"
            )

    def _count(self, ends: Counter[End]) -> None:
        self.reckoning.served += ends[End.REACHED]
        self.reckoning.turned_away += ends.total() - ends[End.REACHED]

    def _alerted(self, cloud_event: Mapping[str, Any]) -> None:
        self.narrator.alert(cloud_event, self.clock.now())

    async def _sleep_until(self, at: Any) -> None:
        await self.clock.sleep(max(0.0, (at - self.clock.now()).total_seconds()))


def play(pace: Pace, *, seed: int) -> Outcome:
    """Play the demo in a loop of its own."""
    morning = SystemClock().now().replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)
    return asyncio.run(_play(Show(pace=pace, clock=LoopClock(start=morning, speed=pace.speed)), seed))


async def _play(show: Show, seed: int) -> Outcome:
    return await show.play(seed)

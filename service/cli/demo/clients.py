"""Clients that wait for cold starts, as many scripts do: each asks readiness, all share one watch."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.clock import Clock
from service.simulator import Planned
from service.subscribers.readiness import Readiness
from service.subscribers.ready import Answer, End
from statemachine.model import EndpointName

PATIENCE_SECONDS = 3600.0
AGAIN_SECONDS = 60.0  # when what somebody else has just started is not seen yet
TRIES = 8

# How many clients come for what is started, by endpoint.
COUNTS = {"whisper-batch": 3, "notebook-7b": 1, "tts-trial": 4, "sdxl-demo": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Some clients come for an endpoint."""

    at: datetime
    name: EndpointName
    count: int


def visits(planned: Iterable[Planned]) -> Iterator[Visit]:
    """Yield who comes for what the plan of the day starts."""
    for one in planned:
        if one.verb in {"resume", "request", "create"} and one.name in COUNTS and one.story:
            yield Visit(
                at=one.at + timedelta(seconds=30), name=EndpointName(one.namespace, one.name), count=COUNTS[one.name]
            )


async def wait_together(readiness: Readiness, clock: Clock, visit: Visit) -> Counter[End]:
    """Let the clients of a visit wait at the same time; return how it ended for them."""
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(_wait(readiness, clock, visit.name)) for _ in range(visit.count)]
    return Counter(end for task in waiting if (end := task.result().end) is not None)


async def _wait(readiness: Readiness, clock: Clock, name: EndpointName) -> Answer:
    """Wait; ask anew while the daemon has not seen yet that somebody started it."""
    answer = await readiness.wait(name, seconds=PATIENCE_SECONDS)
    for _ in range(TRIES):
        if answer.end not in {End.PAUSED, End.GONE}:
            break
        await clock.sleep(AGAIN_SECONDS)
        answer = await readiness.wait(name, seconds=PATIENCE_SECONDS)
    return answer

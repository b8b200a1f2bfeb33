"""Those who use the endpoints: requests that come and come, whether anybody is there to answer or not."""

from contextlib import suppress
from datetime import timedelta
from random import Random

from service.simulator.acts import Act, perform
from service.simulator.course import Course
from service.simulator.errors import Unknown


def flow(course: Course, namespace: str, name: str, *, gap_seconds: float, actor: str) -> None:
    """Let requests come from now on, a gap apart that varies by half; only one of them is ever scheduled."""
    dice = Random(f"{course.seed}/traffic/{namespace}/{name}")
    act = Act(namespace=namespace, name=name, verb="request", actor=actor)

    def come() -> None:
        with suppress(Unknown):  # nobody there: the next one may find somebody
            perform(course, act)
        schedule()

    def schedule() -> None:
        gap = timedelta(seconds=gap_seconds * dice.uniform(0.5, 1.5))
        course.truth.at(course.truth.now + gap, come)

    schedule()

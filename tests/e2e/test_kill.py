"""The daemon is killed in the middle of everything, again and again, and begins anew over what is on disk."""

import time
from random import Random
from typing import Any

import pytest

from service.clock import SystemClock
from service.commands.pursuit import ON_ITS_WAY_SECONDS
from tests.e2e import judge, truth
from tests.e2e.crowd import OUT, Crowd
from tests.e2e.daemons import EAGER, Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import HURRIED, LAMPLIGHTER, Machine, wait_until

SPEED = 200.0
PATIENCE = ON_ITS_WAY_SECONDS + 30  # after a kill, whatever may have been sent is not sent again for the first of them
ROBOT = "robot"
KINDS: dict[str, dict[str, Any]] = {
    "chat": {"state": "running", "start_seconds": 120},
    "sums": {"start_seconds": 80, "min_replica": 0},
}
POLICIES = """
[namespaces]
acme = {}
[groups.chats]
match = ["acme/chat-*"]
[groups.sums]
match = ["acme/sums-*"]
[[policies]]
name = "old-chats"
groups = ["chats"]
when = { max_age = "1s" }
warn = ["1s"]
resume_hold = "1s"
[[policies]]
name = "old-sums"
groups = ["sums"]
when = { max_age = "1s" }
act = "scale_to_zero"
warn = []
resume_hold = "1s"
"""


class Ordeal:
    """A daemon in act mode that is killed, and all that is remembered of it."""

    def __init__(self, machine: Machine, chance: Random, program: tuple[str, ...]) -> None:
        self.hub = Hub.start(machine, speed=SPEED)
        self.daemon = Daemon(machine, self.hub, program=program)
        self.daemon.configure(POLICIES + EAGER, top='mode = "act"\nsettle = "1s"\n')
        self.outages: list[judge.Outage] = []
        self.left_open = 0
        self.complaints: list[str] = []
        self._chance = chance

    def begin(self) -> None:
        """Sow the endpoints, let answers be lost, and start the daemon."""
        for number in range(3):
            self._sow(number, *KINDS)
        self.hub.faults(p_lost_answer=0.25, p_late_answer=0.25, late_answer_seconds=2 * SPEED)
        self.daemon.start()

    def strike(self, number: int) -> None:
        """Kill the daemon at a random moment, or while it has just sent something; then let another one begin.

        Before the first kill it has put out one, before the second two, and so on. So that it need not wait for those
        whose acts were left open, there is one more each time that nobody has touched.
        """
        self._sow(number + 3, self._chance.choice(list(KINDS)))
        at_random, written = self._chance.random() < 0.5, len(self.hub.writes())
        assert self.daemon.process is not None
        self.daemon.process.until(
            lambda: self._put_out() > number and (at_random or len(self.hub.writes()) > written), PATIENCE
        )
        if at_random:
            over = time.monotonic() + self._chance.uniform(0.0, 2.0)
            wait_until(lambda: time.monotonic() > over)
        self.daemon.kill()
        begin, before = SystemClock().now(), self.daemon.entries()
        self.left_open += len(list(judge.without_outcome(before)))
        self.daemon.start()
        self.outages.append(judge.Outage(begin=begin, end=SystemClock().now()))
        self.complaints += judge.rewritten(before, self.daemon.entries())

    def quieten(self) -> None:
        """Return when nothing is on its way, nothing more is written and every intent has its outcome; then stop.

        Some may run on for good: what a person has touched since it was decided is not decided again for that reason.
        """
        self.hub.faults(p_lost_answer=0.0, p_late_answer=0.0)
        assert self.daemon.process is not None
        self.daemon.process.until(self._quiet, PATIENCE)
        assert self.daemon.stop() == 0

    def _quiet(self) -> bool:
        before = self.daemon.entries()
        if set(self.hub.statuses().values()) - OUT - {"running"} or list(judge.without_outcome(before)):
            return False
        self.daemon.until_looked(3)
        return self.daemon.entries() == before

    def _sow(self, number: int, *kinds: str) -> None:
        for kind in kinds:
            self.hub.create(f"acme/{kind}-{number}", **KINDS[kind])

    def _put_out(self) -> int:
        return sum(done.actor == ROBOT and done.cause in judge.PUTS_OUT for done in self.hub.history())


def endure(machine: Machine, *, seed: int, times: int, program: tuple[str, ...] = (LAMPLIGHTER,)) -> None:
    """Kill the daemon so many times, and let the simulator's history judge what came of it."""
    chance = Random(seed)
    ordeal = Ordeal(machine, chance, program)
    ordeal.begin()
    with Crowd(ordeal.hub, Random(seed + 1)):
        for number in range(times):
            ordeal.strike(number)
    ordeal.quieten()

    entries, history = ordeal.daemon.entries(), ordeal.hub.history()
    complaints = [
        *ordeal.complaints,
        *judge.gaps(entries),
        *judge.repeated(entries),
        *judge.too_wide(entries, ordeal.outages),
        *judge.without_outcome(entries),
        *judge.done_twice(entries, history, robot=ROBOT),
        *judge.done_against_a_person(entries, history, robot=ROBOT),
        *truth.untrue(entries, history),
    ]
    assert not complaints, "\n".join([f"seed {seed}:", *complaints])
    assert truth.final(entries) == ordeal.hub.statuses()
    assert len(ordeal.daemon.entries("daemon.started")) == times + 1
    # The ordeal was one: some of what was to be put out was under way when the daemon was killed.
    assert ordeal.left_open > 0


def test_a_daemon_that_is_killed_ten_times_loses_nothing_and_does_nothing_twice(machine: Machine) -> None:
    endure(machine, seed=1, times=10, program=HURRIED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_daemon_that_is_killed_over_and_over_loses_nothing_and_does_nothing_twice(
    machine: Machine, seed: int
) -> None:
    endure(machine, seed=seed, times=25)

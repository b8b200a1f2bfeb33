"""The whole daemon under seeded faults, people and crashes: after each run every promise of the design is checked."""

import pytest

from tests.simulation.promises import broken
from tests.simulation.record import Record
from tests.simulation.story import Story, tell
from tests.simulation.world import DAY

ORDINARY = (1, 3, 12, 14, 17, 19, 20, 22, 23)  # those from 12 on have each shown something
MANY = [seed for seed in range(1, 226) if seed not in ORDINARY]
ON_SQLITE = frozenset({3, 19})  # the others run on the log in memory, over the same contract


def judge(story: Story) -> None:
    found = broken(Record(story))

    assert not found, "\n".join([f"seed {story.seed} replays this:", *found])


@pytest.mark.parametrize("seed", ORDINARY)
def test_every_promise_holds_whatever_a_seed_brings(seed: int) -> None:
    judge(tell(seed, sqlite=seed in ON_SQLITE))


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_every_promise_holds_whatever_many_more_seeds_bring(seed: int) -> None:
    judge(tell(seed, sqlite=seed % 10 == 0))


@pytest.mark.parametrize("seed", [1, 2])
def test_in_observe_mode_nothing_is_written_whatever_is_due_and_whoever_asks(seed: int) -> None:
    story = tell(seed, mode="observe")

    assert [exchange.request for exchange in story.exchanges if exchange.request.write] == []
    judge(story)


def test_a_day_of_simulated_life_runs_in_seconds() -> None:
    story = tell(1, pace=DAY)

    lived = story.restarted_at - story.lives[0].since
    assert lived > DAY.busy
    assert len({happening.new for happening in story.history}) >= 8, "all statuses but the rarest occurred"
    judge(story)

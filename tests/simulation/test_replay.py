"""One seed is one story: it can be told again, elsewhere and later, to the same last event."""

import hashlib
import os
import subprocess
import sys
from functools import cache

from tests.simulation.story import Story, tell
from tests.simulation.world import SHORT

SEED = 2
TELL = f"from tests.simulation.test_replay import *; print(digest(tell({SEED}, pace=SHORT)))"


@cache
def told() -> Story:
    return tell(SEED, pace=SHORT)


def digest(story: Story) -> str:
    """Return what tells one story from another: every event, the whole truth, every request, every line logged."""
    whole = (story.recorded, story.restart, story.history, story.exchanges, story.lines)
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def test_a_seed_brings_the_same_events_and_the_same_history_each_time() -> None:
    first, second = told(), tell(SEED, pace=SHORT)

    assert first.recorded == second.recorded
    assert first.restart == second.restart
    assert first.history == second.history
    assert first.exchanges == second.exchanges
    assert first.lines == second.lines


def test_a_seed_that_failed_elsewhere_replays_here_to_the_same_event() -> None:
    # Another process orders its sets otherwise, and has another memory: nothing of that may show.
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", TELL]
    elsewhere = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)

    assert elsewhere.stdout.strip() == digest(told())


def test_a_story_is_the_same_on_sqlite_as_in_memory() -> None:
    assert tell(SEED, sqlite=True, pace=SHORT).recorded == told().recorded

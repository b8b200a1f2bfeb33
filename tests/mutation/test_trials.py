"""A handful of mutants before a few of the tests: each kind of code is mutated, also what is worked out at import."""

import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.mutation import trials
from tests.mutation.mutants import Mutant, every_mutant

FILES = [trials.TESTS / name for name in ("test_permits.py", "test_document.py")]
CHANGES = {
    "an arrow of the table is gone": (
        "table.py",
        'Arrow(RUNNING, FAILED, Trigger.FAIL, PLATFORM, "docs, field reports"),',
        "",
    ),
    "a fact is another": (
        "status.py",
        "Status.PENDING: Facts(billed=False, settled=False, serves=False),",
        "Status.PENDING: Facts(billed=True, settled=False, serves=False),",
    ),
    "a goal is gone": ("legality.py", "Command.DELETE: frozenset({Status.ABSENT}),", ""),
    "a function that runs at import alone decides otherwise": (
        "legality.py",
        "if status in GOALS[command]:",
        "if status not in GOALS[command]:",
    ),
    "a function that runs when it is called decides otherwise": (
        "legality.py",
        "if isinstance(old, UnknownStatus) or isinstance(new, UnknownStatus):",
        "if True:",
    ),
    "nothing that these tests ask for is another": (
        "status.py",
        "return UnknownStatus(text) if status is Status.ABSENT else status",
        "return UnknownStatus(text) if status is not Status.ABSENT else status",
    ),
}


def chosen() -> dict[str, Mutant]:
    mutants = every_mutant({f"statemachine/{file}" for file, _, _ in CHANGES.values()})
    by_change = {
        (mutant.name.file.rpartition("/")[2], mutant.name.was, mutant.name.becomes): mutant for mutant in mutants
    }
    return {what: by_change[change] for what, change in CHANGES.items()}


def outcomes(mutants: Mapping[str, Mutant]) -> dict[str, str | None]:
    with tempfile.TemporaryDirectory() as cache:
        trials.prepare(Path(cache))
        caught_by = dict(trials.tried(mutants.values(), FILES, at_once=2))
    return {what: caught_by[mutant] for what, mutant in mutants.items()}


def test_a_mutant_of_each_kind_is_caught_and_one_that_no_test_asks_for_survives() -> None:
    # In a process that has not imported the state machine: from any other, a trial would find it as it is.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        caught_by = fresh.submit(outcomes, chosen()).result(timeout=120)

    survived = {what for what, test in caught_by.items() if test is None}
    assert survived == {"nothing that these tests ask for is another"}

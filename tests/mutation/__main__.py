"""Mutate the state machine, and let its tests find each mutant out.

Each mutant is one small change of one file of `statemachine`, which the tests of `tests/unit/statemachine` must catch.
One that none of them catches shows what no test asks for: it fails the run, unless `survivors.toml` says why it may
live. So does an entry of that list that is caught, or is no mutant any more.

What is mutated and what is not stands in `mutants.py`, how in `operators.py`. With names of modules, only these.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from tests.mutation import survivors, trials
from tests.mutation.mutants import PACKAGE, Mutant, Name, every_mutant

MODULES = sorted(path.stem for path in PACKAGE.glob("[a-z]*.py"))


def main() -> int:
    """Exit with 1 if one survives that is not listed, or the list is not right; with 2 if that cannot be told."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", choices=[[], *MODULES], metavar="MODULE", help=f"one of: {', '.join(MODULES)}"
    )
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, metavar="N", help="trials side by side")
    asked = parser.parse_args()
    files = {f"{PACKAGE.name}/{module}.py" for module in asked.modules or MODULES}
    mutants = every_mutant(files)
    reasons = survivors.read(survivors.LIST.read_text(encoding="utf-8"))
    listed = [name for name in reasons if name.file in files or not asked.modules]
    try:
        with tempfile.TemporaryDirectory(prefix="lamplighter-mutation-") as cache:
            trials.prepare(Path(cache))
            survived = list(_survivors(mutants, at_once=asked.at_once))
    except trials.TrialFailedError as failed:
        sys.stderr.write(f"scripts/mutate: {failed}\n")
        return 2
    wrong = survivors.faults(listed, {mutant.name for mutant in mutants}, survived)
    for line in ["", *wrong, f"{len(mutants)} mutants: {len(survived)} survived, {len(listed)} are listed."]:
        _tell(line)
    return 1 if wrong else 0


def _survivors(mutants: Sequence[Mutant], *, at_once: int) -> Iterator[Name]:
    """Try the mutants; tell of each that survives when it does, and file by file how many they were."""
    tests = trials.test_files(at_once=at_once)
    for file, of_file in groupby(mutants, key=lambda mutant: mutant.name.file):
        tried = survived = 0
        for mutant, caught_by in trials.tried(of_file, tests, at_once=at_once):
            tried += 1
            if caught_by is None:
                survived += 1
                _tell(f"  survived: {mutant.name}")
                yield mutant.name
        _tell(f"{file}: {tried} mutants, {survived} survived")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""Each mutant before the tests, in a process of its own that imports the state machine anew.

Much of the state machine is worked out at import, so a mutant must be there before that: the process is forked from one
that has imported what the tests need, but neither them nor the state machine, and finds the mutant where the file would
be. No file is ever changed.
"""

import os
import resource
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from hypothesis import Phase, settings

from tests.mutation.mutants import ROOT, Mutant

TESTS = ROOT / "tests" / "unit" / "statemachine"
OURS = ("statemachine", "events", "service", "tests.unit", "tests.conftest")

# What the tests import, and is not ours: imported once, before, instead of by each of thousands of processes.
PLUGINS = ("_hypothesis_pytestplugin", "pytest_asyncio.plugin")
BEFOREHAND = (*PLUGINS, "aiohttp", "hypothesis.stateful", "msgspec", "structlog", "transitions", "yarl")

OPTIONS = (
    *("-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
    *(word for plugin in PLUGINS for word in ("-p", plugin)),
    *("-k", "not catches and not caught"),  # those show that others can fail, and say nothing of the product
)

CPU_SECONDS = 30  # some mutants never end; all tests together take 8
MOST_MEMORY = 4 << 30
WENT_WRONG = 100  # exit codes below are the place of the test file that caught the mutant

# The same examples each time, and so the same mutants caught; once one fails, nobody asks for a simpler one.
QUICK = settings(
    max_examples=25, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate]
)


class TrialFailedError(Exception):
    """It cannot be told whether a mutant is caught."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant and the test files that it must pass, in their order; without a mutant, the code as it is."""

    mutant: Mutant | None
    files: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Ended:
    """A trial, and which file caught the mutant: the place of it, from 1; 0 if none did; None if it never ended."""

    trial: Trial
    caught_at: int | None
    cpu_seconds: float


def prepare(cache: Path) -> None:
    """Import what all trials need, and let them write bytecode: not that of the mutants, which is never stored."""
    settings.register_profile("mutation", QUICK)
    settings.load_profile("mutation")
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(cache)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # two thirds of what a trial takes
    for name in BEFOREHAND:
        import_module(name)


def test_files(*, at_once: int) -> list[Path]:
    """Return the test files, the quickest first. Raises if one fails without a mutant."""
    trials = [Trial(None, [path]) for path in sorted(TESTS.glob("test_*.py"))]
    ended = list(_held(trials, at_once=at_once))
    failed = sorted(str(each.trial.files[0]) for each in ended if each.caught_at != 0)
    if failed:
        raise TrialFailedError(f"without any mutant these fail: {', '.join(failed)}. Mend them first.")
    return [each.trial.files[0] for each in sorted(ended, key=lambda each: each.cpu_seconds)]


def tried(mutants: Iterable[Mutant], files: Sequence[Path], *, at_once: int) -> Iterator[tuple[Mutant, str | None]]:
    """Yield each mutant with what caught it, or None if it survived.

    The file that last caught a mutant of a module is tried first on its next: that saves most of the time, and changes
    no answer.
    """
    orders: dict[str, Sequence[Path]] = {}
    trials = (Trial(mutant, orders.get(mutant.module, files)) for mutant in mutants)
    for ended in _held(trials, at_once=at_once):
        mutant, order = ended.trial.mutant, ended.trial.files
        assert mutant is not None
        if ended.caught_at is None:
            yield mutant, f"the limit of {CPU_SECONDS} s"
        elif ended.caught_at == 0:
            yield mutant, None
        else:
            caught_by = order[ended.caught_at - 1]
            orders[mutant.module] = [caught_by, *(path for path in order if path != caught_by)]
            yield mutant, caught_by.name


def _held(trials: Iterable[Trial], *, at_once: int) -> Iterator[Ended]:
    early = [name for name in sys.modules if name.startswith(OURS)]
    if early:
        raise TrialFailedError(f"cannot mutate what is imported already: {', '.join(early)}. Import it in the trial.")
    running: dict[int, Trial] = {}
    try:
        for trial in trials:
            running[_start(trial)] = trial
            if len(running) == at_once:
                yield _next_ended(running)
        while running:
            yield _next_ended(running)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _start(trial: Trial) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = WENT_WRONG
    try:
        code = _hold(trial)
    finally:
        os._exit(code)


def _next_ended(running: dict[int, Trial]) -> Ended:
    pid, status, used = os.wait4(-1, 0)
    trial, code = running.pop(pid), os.waitstatus_to_exitcode(status)
    if code not in {-signal.SIGXCPU, *range(WENT_WRONG)}:
        raise TrialFailedError(f"a trial ended with {code}: {trial.mutant and trial.mutant.name}")
    return Ended(trial, None if code < 0 else code, used.ru_utime + used.ru_stime)


def _hold(trial: Trial) -> int:
    """Run the test files one by one; return the place of the first that fails, from 1, or 0."""
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.RLIM_INFINITY))
    if trial.mutant:
        sys.meta_path.insert(0, _Instead(trial.mutant))
    for place, path in enumerate(trial.files, start=1):
        match pytest.main([*OPTIONS, str(path)]):
            case pytest.ExitCode.OK | pytest.ExitCode.NO_TESTS_COLLECTED:  # a file that only shows that others can fail
                pass
            case pytest.ExitCode.TESTS_FAILED | pytest.ExitCode.INTERRUPTED | pytest.ExitCode.INTERNAL_ERROR:
                return place
            case _:
                return WENT_WRONG
    return 0


class _Instead(MetaPathFinder):
    """Finds the mutant's code where its file would be."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        return spec_from_loader(fullname, _Mutated(fullname, str(ROOT / self._mutant.name.file), self._mutant.code))


class _Mutated(SourceFileLoader):
    """Compiles another text than that of the file."""

    def __init__(self, fullname: str, path: str, code: str) -> None:
        super().__init__(fullname, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self._code, self.path, "exec", dont_inherit=True)
        return code

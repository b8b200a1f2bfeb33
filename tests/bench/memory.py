"""What a process has in memory for itself alone, looked at every 100 ms while something goes on.

That is its USS: what would be free if it ended. Pages of files, which it shares with the system, are not among it.
"""

import time
from dataclasses import dataclass, field
from statistics import median
from threading import Event, Thread
from typing import Self

import psutil

APART_SECONDS = 0.1
MIB = 1 << 20
QUIET_SECONDS, QUIET_MIB = 5.0, 0.5  # at rest is what did not move by more than this in such a time
PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Progress:
    """How far that which goes on has come."""

    taken: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """How much the process had when so much was taken."""

    taken: int
    mib: float


@dataclass(slots=True)
class Watch:
    """Looks at a process from its beginning to its end, in a thread."""

    pid: int
    progress: Progress
    looks: list[Look] = field(default_factory=list)
    _over: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._look, name=f"memory of {self.pid}", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join()

    def _look(self) -> None:
        over = False
        while not over:
            over = self._over.wait(APART_SECONDS)
            taken = self.progress.taken
            try:
                has = held(self.pid)
            except psutil.Error:  # it has ended
                return
            if has:  # of one that has ended and was not yet waited for, there is nothing
                self.looks.append(Look(taken, has))

    @property
    def peak(self) -> float:
        """Return the most that it had, in MiB."""
        return max(look.mib for look in self.looks)

    def growth(self, total: int) -> float:
        """Return how much more it had in the last tenth than in the second, in MiB: by then everything is warm."""
        second = [look.mib for look in self.looks if total * 0.1 <= look.taken < total * 0.2]
        last = [look.mib for look in self.looks if total * 0.9 <= look.taken]
        return median(last) - median(second)


def held(pid: int) -> float:
    """Return what a process has for itself alone, in MiB."""
    return float(psutil.Process(pid).memory_full_info().uss) / MIB


def at_rest(pid: int) -> float:
    """Return what a process has, once that does not move any more."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        looks = [held(pid)]
        quiet = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < quiet:
            time.sleep(APART_SECONDS)
            looks.append(held(pid))
        if max(looks) - min(looks) <= QUIET_MIB:
            return median(looks)
        if time.monotonic() > until:
            raise RuntimeError(f"the memory of {pid} does not come to rest: {min(looks):.1f} to {max(looks):.1f} MiB")

"""One loop in virtual time in which nothing comes from outside: so one seed is one story, to the last event.

Time passes when nothing is left to do now. Threads do their work at once, in the loop itself, since which of two
threads is ready first is the machine's choice and not the seed's. And every story ends: one that would go on for ever,
or in which nothing is left to happen, fails.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
MOMENT = 1e-6  # seconds
MOST_STEPS = 2_000_000  # turns of the loop, and looks at its time; a day of many endpoints takes a fifth of it


class Endless(BaseException):
    """A story does not come to its end; nobody who catches errors may let it go on."""


class Leap(selectors.DefaultSelector):
    """Waits for nobody: whatever time there is until something is to happen has passed at once."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.now = 0.0
        self.steps = 0
        self._most = most

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let time pass; nothing ever comes."""
        if timeout is None:
            raise Endless(
                f"the story stands still at {self.now:.0f} s: everybody waits, and for nothing that will come"
            )
        self.step()
        self.now += timeout
        return []

    def allow(self, more: int) -> None:
        """Allow so many steps more."""
        self._most = self.steps + more

    def step(self) -> float:
        """Count one more thing that was done, and return the time."""
        self.steps += 1
        if self.steps > self._most:
            raise Endless(
                f"the story does not end: at {self.now:.0f} s it has taken {self._most} steps. Somebody tries the same "
                "thing again and again; or, if the world has become so much larger, raise MOST_STEPS"
            )
        return self.now


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop over such a selector.

    It keeps every task until it is done. Else what a dead daemon was at would be broken off when its memory is taken
    back, and that is the machine's choice again.
    """

    def __init__(self, most_steps: int) -> None:
        self.leap = Leap(most_steps)
        self._kept: set[asyncio.Task[Any]] = set()
        super().__init__(self.leap)

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self.leap.step()

    def call_later(self, delay: float, *args: Any, **options: Any) -> asyncio.TimerHandle:  # type: ignore[override]  # theirs binds the types of *args
        """Begin a timer, which takes a moment at least: clocks that round otherwise agree then that it is over."""
        return super().call_later(max(delay, MOMENT), *args, **options)

    def create_task(self, *args: Any, **options: Any) -> asyncio.Task[Any]:
        """Begin a task."""
        task = super().create_task(*args, **options)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # theirs binds the types of *args
        """Do the work now, and give its result in the next turn, as a thread that is fast would."""
        future: asyncio.Future[Any] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to who awaits
            future.set_exception(error)
        return future


def run(story: Coroutine[Any, Any, T], *, most_steps: int = MOST_STEPS) -> T:
    """Run to the end, in virtual time. Raises Endless for what has none."""
    loop = VirtualLoop(most_steps)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            return runner.run(story)
        finally:
            loop.leap.allow(most_steps)  # for all that is broken off to come to its own end

"""One loop in virtual time in which nothing comes from outside: so one seed is one story, to the last event.

looptime moves the time; what it leaves to the machine is taken in here. Threads do their work at once, in the loop
itself, since which of two threads is ready first is the machine's choice and not the seed's.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from looptime import LoopTimeEventLoop

T = TypeVar("T")


class VirtualLoop(LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """Time passes when nothing is left to do now; an executor is nobody else's thread.

    It keeps every task until it is done. Else what a dead daemon was at would be broken off when its memory is taken
    back, and that is the machine's choice again.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._kept: set[asyncio.Task[Any]] = set()

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


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run to the end, in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(noop_cycles=0)) as runner:
        return runner.run(story)

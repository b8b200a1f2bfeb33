"""Where time comes from.

Nothing else in Lamplighter reads a clock, but for `wall`, which this takes the machine's time from. Order within a
process is judged by `monotonic`, which never goes back; `now` is for what people and the log are told, and may jump.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from service import wall


class Clock(Protocol):
    """Tell the time and let it pass."""

    def now(self) -> datetime:
        """Return the wall time: aware, in UTC; it may jump either way."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never go back, whatever the wall clock does."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock's time pass."""
        ...

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """Return a block that ends by TimeoutError when `seconds` of this clock's time have passed."""
        ...


class SystemClock:
    """The machine's own clock, asked anew each time, so that a stepped or slept-through clock is followed."""

    def now(self) -> datetime:
        """Return the machine's wall time."""
        return wall.now()

    def monotonic(self) -> float:
        """Return the running loop's time in seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the running loop."""
        await asyncio.sleep(seconds)

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """Return asyncio's own time limit."""
        return asyncio.timeout(seconds)


class LoopClock:
    """A clock derived from the running loop's time: for fast motion, and for tests in virtual time.

    `speed` seconds of this clock pass in one second of the loop. `jump` moves the wall time alone, as an operator or
    a time server would.
    """

    def __init__(self, *, start: datetime, speed: float = 1.0) -> None:
        """Start at the wall time `start`, when the loop is first asked."""
        self._start = start
        self._speed = speed
        self._offset = timedelta()
        self._zero: float | None = None

    def now(self) -> datetime:
        """Return the wall time: the start, what has passed since, and every jump."""
        return self._start + timedelta(seconds=self.monotonic()) + self._offset

    def monotonic(self) -> float:
        """Return the seconds of this clock since it was first asked."""
        at = asyncio.get_running_loop().time()
        if self._zero is None:
            self._zero = at
        return (at - self._zero) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock pass: `seconds / speed` of the loop's."""
        await asyncio.sleep(seconds / self._speed)

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """Return a time limit of `seconds` of this clock: `seconds / speed` of the loop's."""
        return asyncio.timeout(seconds / self._speed)

    def jump(self, by: timedelta) -> None:
        """Move the wall time; the monotonic time goes on untouched."""
        self._offset += by


async def wait(clock: Clock, event: asyncio.Event, seconds: float) -> bool:
    """Wait until the event is set, at most so many seconds; return whether it was."""
    try:
        async with clock.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False

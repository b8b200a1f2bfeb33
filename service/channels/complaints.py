"""What a command writes to its standard error: the end of it, however much it writes.

A pipe that is read all the while, and not a file: one that complains for ever would fill the disk that the log is on.
Once the command has ended nobody listens any more, so a child that it left behind holds up nobody, and fills nothing.
"""

import asyncio
import os
from typing import Self

AT_ONCE = 65_536  # bytes: what a pipe holds


class Complaints:
    """A pipe whose `writing` end is for the command; only the last bytes of what came through are kept."""

    def __init__(self, most: int) -> None:
        """`most` bytes are kept. Raises OSError where no more files can be opened."""
        self._most = most
        self._end = b""
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._reading, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._reading)
        os.close(self._reading)
        os.close(self.writing)

    def said(self) -> bytes:
        """Return the end of what was written, also what lies in the pipe yet."""
        self._take()
        return self._end

    def _take(self) -> None:
        try:
            read = os.read(self._reading, AT_ONCE)
        except BlockingIOError:
            return
        self._end = (self._end + read)[-self._most :]

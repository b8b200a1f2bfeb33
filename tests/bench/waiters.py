"""Many who wait: one process that asks the same question on so many connections, and tells when each was answered.

Run as `python -m tests.bench.waiters PORT PATH COUNT`. It says `ready` once all have asked, and at the end, as JSON,
how many were answered 200, how long it took from the first answer to the last, and how long to half of them.
"""

import asyncio
import json
import sys
from statistics import median

CONNECTING = 200  # at the same time: a listening socket queues some hundreds
ASKED = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n"


class Waiter(asyncio.Protocol):
    """One connection; its answer is short, and comes in one piece or two."""

    def __init__(self, answered: "asyncio.Queue[tuple[float, bool]]") -> None:
        self._answered = answered
        self._told = False

    def data_received(self, data: bytes) -> None:
        if not self._told:
            self._told = True
            self._answered.put_nowait((asyncio.get_running_loop().time(), data.startswith(b"HTTP/1.1 200")))

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._told:
            self._told = True
            self._answered.put_nowait((asyncio.get_running_loop().time(), False))


async def main(port: int, path: str, count: int) -> None:
    loop, limit = asyncio.get_running_loop(), asyncio.Semaphore(CONNECTING)
    answered: asyncio.Queue[tuple[float, bool]] = asyncio.Queue()
    question = ASKED.format(path=path, port=port).encode()

    async def ask() -> None:
        async with limit:
            transport, _ = await loop.create_connection(lambda: Waiter(answered), "127.0.0.1", port)
            transport.write(question)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(count):
            tasks.create_task(ask())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    told = [await answered.get() for _ in range(count)]
    at = [instant for instant, _ in told]
    good = sum(well for _, well in told)
    sys.stdout.write(json.dumps({"good": good, "last": max(at) - min(at), "half": median(at) - min(at)}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))

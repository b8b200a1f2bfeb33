"""A process that writes until it is killed, and says on standard output what was acknowledged: one line each."""

import asyncio
import sys
from pathlib import Path

from events.sqlite import SqliteLog
from events.unit import Appended
from tests.contract.disks import draft, unit

PRODUCERS = 8


async def produce(log: SqliteLog, stream: str) -> None:
    version = await log.version(stream)
    while True:
        id_ = f"{stream} {version + 1}"
        [result] = await log.append([unit(stream, version, draft(id_))])
        assert isinstance(result, Appended)
        sys.stdout.write(f"{result.events[0].position} {id_}\n")
        sys.stdout.flush()
        version += 1


async def main(path: Path) -> None:
    log = await SqliteLog.open(path, holder="a process of a test")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with asyncio.TaskGroup() as tasks:
        for number in range(PRODUCERS):
            tasks.create_task(produce(log, f"daemon/{number}"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

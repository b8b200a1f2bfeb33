"""What is done with a whole log, each as a process of its own: exported, imported, backed up, verified, archived.

.venv/bin/python -m tests.bench.keeper JOB LOG TO
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from events.anchor import Broken, Misindexed
from events.sqlite import SqliteLog, open_readonly
from events.sqlite.backup import back_up
from events.transfer.copies import Copy
from events.transfer.files import whole
from events.transfer.incoming import check, take_in
from events.transfer.outgoing import outgoing
from events.transfer.shelving import Order, shelve

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def export(log: Path, to: Path) -> None:
    """Write the log as lines, uncompressed."""
    source = await open_readonly(log)
    copy = await outgoing(source)
    with whole(to) as file:
        async for line in copy.lines():
            file.write(line)
    await source.close()


async def import_(file: Path, to: Path) -> None:
    """Read a file to its end, and make a log of it."""
    copy = Copy(file)
    check(copy, _silent)
    log = await SqliteLog.open(to, holder="a benchmark")
    await take_in(log, copy, _silent)
    await log.close()


async def backup(log: Path, to: Path) -> None:
    """Copy a log's file, and prove the copy."""
    _require_whole(back_up(log, to, _silent))


async def verify(path: Path, _to: Path) -> None:
    """Prove the whole chain, and the index."""
    log = await open_readonly(path)
    _require_whole(await log.verify())
    _require_whole(await log.verify_index())
    await log.close()


async def archive(path: Path, to: Path) -> None:
    """Put most of a log into compressed files; what is not settled yet, at its end, stays."""
    log = await SqliteLog.open(path, holder="a benchmark")
    order = Order(last=archived_of(await log.head()), actor="a benchmark", now=NOON)
    async for _ in shelve(log, to, order, _silent):
        pass
    await log.close()


JOBS: dict[str, Callable[[Path, Path], Awaitable[None]]] = {
    "export": export,
    "import": import_,
    "backup": backup,
    "verify": verify,
    "archive": archive,
}


def archived_of(head: int) -> int:
    """Return up to where a log is archived that ends there."""
    return head * 19 // 20


def _require_whole(found: object) -> None:
    if isinstance(found, Broken | Misindexed):
        raise RuntimeError(str(found))  # noqa: TRY004 - nothing is wrong with the type


def _silent(_done: int, _total: int) -> None:
    """Tell nobody how far it has come."""


async def main(arguments: Iterable[str]) -> None:
    """Do one job."""
    job, log, to = arguments
    await JOBS[job](Path(log), Path(to))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

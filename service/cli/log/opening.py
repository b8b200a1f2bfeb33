"""Which log is meant, and opening it to write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import Exit, Stop
from service.cli.finding import find
from service.cli.logfile import configured_log, log_path, reading

if TYPE_CHECKING:
    from events.sqlite import SqliteLog

Log = Annotated[
    str | None, typer.Option("--log", metavar="URL", help="The log: sqlite:///PATH; else the configured one.")
]


def path_of(log: str | None) -> Path:
    """Return the file that is meant."""
    return log_path(log or configured_log(find()))


@asynccontextmanager
async def writing(path: Path, *, command: str) -> AsyncIterator["SqliteLog"]:
    """Open a log that is there for writing; refuse it while a daemon holds it."""
    from events.log import LogError, LogHeld
    from events.sqlite import SqliteLog
    from service import logs

    logs.configure()
    async with reading(path):
        pass  # it is there, and a log: opening it to write would make one
    try:
        log = await SqliteLog.open(path, holder=f"lamplighter {command}")
        try:
            yield log
        finally:
            await log.close()
    except LogHeld as error:
        raise Stop(f"`lamplighter {command}` needs the log for itself: {error}", Exit.FAILED) from error
    except LogError as error:
        raise Stop(str(error)) from error

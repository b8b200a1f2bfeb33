"""Which log is meant, and opening it to write."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
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
async def writing(path: Path, *, command: str, make: bool = False) -> AsyncIterator["SqliteLog"]:
    """Open a log for writing, one that is there unless it may be made; refuse it while a daemon holds it."""
    from events.errors import LogHeld
    from events.sqlite import SqliteLog
    from service import logs

    logs.configure()
    if not make:
        async with reading(path):
            pass  # it is there, and a log: opening it to write would make one
    try:
        with foreseen():
            log = await SqliteLog.open(path, holder=f"lamplighter {command}")
            try:
                yield log
            finally:
                await log.close()
    except LogHeld as error:
        raise Stop(f"`lamplighter {command}` needs the log for itself: {error}", Exit.FAILED) from error


@contextmanager
def foreseen() -> Iterator[None]:
    """Tell in one sentence what was wrong with a log or a file."""
    from events.errors import LogError, LogHeld

    try:
        yield
    except LogHeld:
        raise
    except LogError as error:
        raise Stop(str(error)) from error

"""`lamplighter log export`, `import` and `backup`: a log as a file of CloudEvents, and as the file that it is."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from service.cli.calling import Json, wants_json
from service.cli.exits import Stop
from service.cli.log.opening import Log, foreseen, path_of, writing
from service.cli.log.progress import progress
from service.cli.logfile import log_path, reading
from service.cli.printing import document, say
from service.cli.spelling import counted

if TYPE_CHECKING:
    from events.anchor import Anchor, Broken, Standing
    from events.transfer.heading import Heading

STDOUT = Path("-")


def export(
    ctx: typer.Context,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where; - is standard output.")] = STDOUT,
    after: Annotated[int, typer.Option("--after", metavar="POSITION", help="Only what is beyond it.", min=0)] = 0,
    log: Log = None,
    json: Json = False,
) -> None:
    """Write the log as CloudEvents, a line each, up to where it ends now; also while a daemon writes to it.

    The first line says what follows, so that `log import` knows when anything is missing. FILE.gz is compressed.
    """
    heading = asyncio.run(_export(path_of(log), to, after))
    if to == STDOUT:
        return
    number, head = heading.events, f"{heading.last}:{heading.hash}"
    if wants_json(ctx, json):
        document({"log_id": heading.log_id, "after": heading.after, "events": number, "anchor": head, "file": str(to)})
    else:
        say(f"{to}: {counted(number, 'event')} exported. The head is {head}")


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `log export` or `log archive` wrote.")],
    *,
    log: Annotated[str, typer.Option("--log", metavar="URL", help="A new log: sqlite:///PATH; it is made.")],
    json: Json = False,
) -> None:
    """Make a log of an export: positions, ids, times, actors and links as they were, so that its head is the same.

    The file is read to its end first: one that is not whole, or was changed, is refused and leaves no trace. An import
    that was cut short is gone on with by the same command. A log that holds anything else is refused.
    """
    standing = asyncio.run(_import(file, log_path(log)))
    head = f"{standing.position}:{standing.hash.hex()}"
    if wants_json(ctx, json):
        document({"log_id": standing.log_id, "position": standing.position, "anchor": head})
    else:
        say(f"{log}: {counted(standing.position, 'event')}, as in {file}. The head is {head}")


def backup(
    ctx: typer.Context,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where; nothing is written over.")],
    log: Log = None,
    json: Json = False,
) -> None:
    """Copy the log's file as it stands now, board and cursors included; also while a daemon writes to it.

    The copy is read again before it gets its name, and is a log like any other.
    """
    found = _backup(path_of(log), to)
    from events.anchor import Broken

    if isinstance(found, Broken):
        raise Stop(
            f"{to} is a faithful copy, but {found}",
            document={"file": str(to), "whole": False, "position": found.position, "why": found.why},
        )
    if wants_json(ctx, json):
        document({"file": str(to), "whole": True, "position": found.position, "anchor": str(found)})
    else:
        say(f"{to}: {counted(found.position, 'event')}. The head is {found}")


async def _export(path: Path, to: Path, after: int) -> "Heading":
    from events.transfer.outgoing import outgoing

    async with reading(path) as source:
        copy = await outgoing(source, after=after)
        with _output(to) as file, progress("exporting") as told:
            written = 0
            async for line in copy.lines():
                file.write(line)
                told(written, copy.heading.events)
                written += 1
    return copy.heading


async def _import(file: Path, path: Path) -> "Standing":
    from events.transfer.copies import Copy
    from events.transfer.incoming import check, take_in

    with foreseen():
        copy = Copy(file)
        with progress("reading") as told:
            check(copy, told)
        async with writing(path, command="log import", make=True) as log:
            with progress("importing") as told:
                return await take_in(log, copy, told)


def _backup(path: Path, to: Path) -> "Anchor | Broken":
    from events.sqlite.backup import back_up

    with foreseen(), progress("copying pages") as told:
        return back_up(path, to, told)


@contextmanager
def _output(to: Path) -> Iterator[BinaryIO]:
    from events.transfer.files import compressed, whole

    if to == STDOUT:
        yield sys.stdout.buffer
        return
    with foreseen(), whole(to) as file:
        if to.suffix != ".gz":
            yield file
            return
        with compressed(file) as pressed:
            yield cast("BinaryIO", pressed)

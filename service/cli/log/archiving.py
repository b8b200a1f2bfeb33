"""`lamplighter log archive`: the beginning of a log goes into files of its own."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.calling import Json, wants_json
from service.cli.exits import Exit, Stop
from service.cli.finding import actor, find
from service.cli.log.opening import Log, path_of, writing
from service.cli.log.progress import progress
from service.cli.printing import document, say
from service.cli.spelling import counted, is_span, parse_span
from service.cli.zones import meant, zone

if TYPE_CHECKING:
    from events.anchor import Segment
    from events.log import KeptLog


def archive(
    ctx: typer.Context,
    *,
    before: Annotated[
        str, typer.Option("--before", metavar="WHEN|POSITION", help="What is older than 2000h, an instant, a position.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the files go; keep them.")],
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="SUBSCRIBER", help="It is no more: let it not hold events back; repeatable."),
    ] = None,
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="Stands in the log for ever.")] = None,
    shrink: Annotated[bool, typer.Option("--shrink", help="Give the room back to the disk: write it anew.")] = False,
    log: Log = None,
    json: Json = False,
) -> None:
    """Move the beginning of the log into compressed files. The daemon must be stopped: it would go on reading there.

    Each file is read again before its events leave the log. Ids stay taken, streams keep their versions, and the log
    can be verified as before. What anybody still needs is refused, and named.
    """
    segments = asyncio.run(_archive(path_of(log), before, to, why, tuple(without or ()), shrink=shrink))
    if wants_json(ctx, json):
        document({"segments": [{"first": one.first, "last": one.last, "file": one.path} for one in segments]})
    elif not segments:
        say(f"nothing is before {before} that is not archived already")
    for one in segments:
        say(f"{one.path}: {counted(one.last - one.first + 1, 'event')}, positions {one.first} to {one.last}")


async def _archive(
    path: Path, before: str, to: Path, why: str | None, without: tuple[str, ...], *, shrink: bool
) -> list["Segment"]:
    from events.transfer.shelving import Order, shelve
    from service.archiving import keep_views
    from service.clock import SystemClock

    async with writing(path, command="log archive") as log:
        last, now = await _last(log, before), SystemClock().now()
        order = Order(last=last, actor=actor(), now=now, why=why, without=without)
        await keep_views(log, SystemClock())
        with progress("archiving") as told:
            segments = [segment async for segment in shelve(log, to, order, told)]
        if shrink:
            await log.scrub()
    return segments


async def _last(log: "KeptLog", before: str) -> int:
    """Return the last position that goes."""
    from events.transfer.shelving import position_before
    from service.clock import SystemClock

    if not before.isdigit():
        now = SystemClock().now()
        if is_span(before):
            return await position_before(log, now - parse_span(before))
        return await position_before(log, meant("before", before, now=now, zone=zone(None, find())))
    last, head = int(before) - 1, await log.head()
    if last > head:
        raise Stop(f"the log ends at {head}: there is no position {last}", Exit.USAGE)
    return last

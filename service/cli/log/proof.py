"""`lamplighter log head`, `log verify`, `log reindex`: an anchor to keep elsewhere, the proof that it still holds.

And what makes the log's index anew, where the proof shows that it is wrong.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.calling import Json, wants_json
from service.cli.exits import Exit, Stop
from service.cli.log.opening import Log, foreseen, path_of
from service.cli.log.progress import progress
from service.cli.logfile import reading
from service.cli.printing import document, say
from service.cli.spelling import counted

if TYPE_CHECKING:
    from events.anchor import Anchor, Broken, Misindexed, Segment
    from events.sqlite.reindexing import Reindexed

Anchors = Annotated[
    list[str] | None,
    typer.Option("--anchor", metavar="POSITION:HASH", help="As `log head` printed it; repeatable."),
]


def head(ctx: typer.Context, log: Log = None, json: Json = False) -> None:
    """Print how the log stands, POSITION:HASH. Kept elsewhere, it shows later that nothing before was rewritten."""
    path = path_of(log)
    log_id, anchor = asyncio.run(_head(path))
    if wants_json(ctx, json):
        document({"log_id": log_id, "position": anchor.position, "hash": anchor.hash.hex(), "anchor": str(anchor)})
    else:
        print(anchor)


def verify(ctx: typer.Context, log: Log = None, anchor: Anchors = None, json: Json = False) -> None:
    """Prove that nothing in the log was changed, taken out or put elsewhere. Exit code 1 if something was.

    Then, that every event is found by what it should be found by; `log reindex` mends that. Archived events are proven
    by what the log kept of them; the files are read where they are.
    """
    path = path_of(log)
    anchors = [_parsed(text) for text in anchor or ()]
    found, absent = asyncio.run(_verify(path, anchors))
    from events.anchor import Broken, Misindexed

    if isinstance(found, Broken):
        raise Stop(
            f"{found}. Keep a copy of {path}, then look for who wrote to it; a backup holds what was there",
            document={"whole": False, "position": found.position, "why": found.why},
        )
    if isinstance(found, Misindexed):
        raise Stop(
            f"every event is there, but {found}",
            document={"whole": False, "index": found.table, "position": found.position, "why": found.why},
        )
    if wants_json(ctx, json):
        whole = {"whole": True, "position": found.position, "hash": found.hash.hex(), "anchor": str(found)}
        document({**whole, "absent": absent} if absent else whole)
    else:
        held = f", and {counted(len(anchors), 'anchor')}" if anchors else ""
        say(f"whole: {counted(found.position, 'event')}{held}. Its head is {found}")
        for file in absent:
            say(f"! not looked at, for it is not there: the archive {file}", "yellow")


def reindex(ctx: typer.Context, log: Log = None, json: Json = False) -> None:
    """Make anew, from the events, what they are found by. The daemon must be stopped.

    All of it or nothing: whatever ends it early leaves the index as it was.
    """
    path = path_of(log)
    done = _reindex(path)
    if wants_json(ctx, json):
        document({"events": done.events, "unread": list(done.unread)})
        return
    say(f"{path}: the index of {counted(done.events, 'event')} was made anew")
    for why in done.unread:
        say(f"! whose the intents in it were stays as it was known, if it was: {why}", "yellow")


def _reindex(path: Path) -> "Reindexed":
    from events.errors import LogHeld
    from events.sqlite.reindexing import reindex as made_anew

    asyncio.run(_head(path))  # it is there, and a log: opening it to write would make one
    try:
        with foreseen(), progress("indexing") as told:
            return made_anew(path, "lamplighter log reindex", told)
    except LogHeld as error:
        raise Stop(f"`lamplighter log reindex` needs the log for itself: {error}", Exit.FAILED) from error


def _parsed(text: str) -> "Anchor":
    from events.anchor import Anchor

    try:
        return Anchor.parse(text)
    except ValueError as error:
        raise Stop(str(error), Exit.USAGE) from error


async def _head(path: Path) -> tuple[str, "Anchor"]:
    async with reading(path) as log:
        anchor = await log.anchor(await log.head())
        if anchor is None:
            raise Stop(f"the newest event of the log {path} is missing: run `lamplighter log verify`")
        return log.log_id, anchor


async def _verify(path: Path, anchors: list["Anchor"]) -> tuple["Anchor | Broken | Misindexed", list[str]]:
    """Return what came of it, and which archives could not be looked at."""
    from events.anchor import Broken

    async with reading(path) as log:
        found = await log.verify(anchors=anchors)
        if isinstance(found, Broken):
            return found, []
        wrong = await log.verify_index()
        return wrong or found, _absent((await log.standing()).segments)


def _absent(segments: Sequence["Segment"]) -> list[str]:
    """Read the archives event by event; return those that are not there. Raises LogError."""
    from events.transfer.copies import NotThere, archived

    absent = []
    for segment in segments:
        try:
            for _ in archived(segment):
                pass
        except NotThere:
            absent.append(segment.path)
    return absent

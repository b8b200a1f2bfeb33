"""Putting the beginning of a log into an archive, segment by segment; each file is read again before it counts.

A segment leaves the store in one commit, after its file is on disk and was proven. So whenever it is killed, each event
is in the log or in a file that the log tells of. The files are copies like any other, and can be imported again.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from events import codec, streams
from events.anchor import Segment
from events.archive import why_needed
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended
from events.catalogue.log import Archived
from events.errors import LogError
from events.log import CopiedLog, KeptLog, LogReader
from events.paging import matching
from events.query import Query
from events.transfer.copies import Copy
from events.transfer.files import compressed, digest, explained, whole
from events.transfer.heading import Heading
from events.transfer.outgoing import outgoing
from events.unit import Appended, CursorMove, Unit, Write

SEGMENT = 50_000  # events in one file, and in one commit
ACTS = tuple(codec.type_of(cls) for cls in (Intended, Confirmed, Failed, Abandoned))

Progress = Callable[[int, int], None]  # told up to which position all is done, and how far it will go


async def position_before(log: LogReader, moment: datetime) -> int:
    """Return the last position up to which every event happened before a moment."""
    page = await log.read(Query(since=moment, limit=1))
    return page.events[0].position - 1 if page.events else page.head


async def why_not(log: CopiedLog, last: int, *, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return why the events up to a position have to stay, each reason with what to do about it.

    The cursors of subscribers `without` whom the log shall go on do not count.
    """
    standing = await log.standing()
    standing = replace(standing, cursors={name: at for name, at in standing.cursors.items() if name not in without})
    open_ = [
        f"the outcome of the intent at position {position} is not known yet: let the daemon see to it"
        for position in await _open_intents(log)
        if position <= last
    ]
    return (*why_needed(last, standing), *open_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be archived: everything up to `last`; by whom, when, why, and without whom the log shall go on."""

    last: int
    actor: str
    now: datetime
    why: str | None = None
    without: tuple[str, ...] = ()


async def shelve(log: KeptLog, folder: Path, order: Order, progress: Progress) -> AsyncGenerator[Segment, None]:
    """Take old events out of the log, into files of a folder; yield each segment once that is done.

    Raises LogError if one of them is needed, or cannot be written or read again; what was yielded before is done.
    """
    last = order.last
    if reasons := await why_not(log, last, without=order.without):
        raise LogError(f"the log must keep its events up to {last}: {'; '.join(reasons)}")
    await _leave_behind(log, order)
    folder = _made(folder)
    first = (await log.standing()).archived + 1
    while first <= last:
        segment = await _written(log, folder, first, min(last, first + SEGMENT - 1))
        told = Archived(
            first=segment.first,
            last=segment.last,
            hash=segment.hash_after.hex(),
            file=Path(segment.path).name,
            digest=segment.digest.hex(),
            why=order.why,
            without=order.without,
        )
        result = await log.archive(segment, await _unit(log, told, order))
        if not isinstance(result, Appended):
            raise LogError(f"positions {segment.first} to {segment.last} stay in the log: {result}")
        progress(segment.last, last)
        yield segment
        first = segment.last + 1


async def _written(log: CopiedLog, folder: Path, first: int, last: int) -> Segment:
    """Write a segment's file, and read it again: only then it is what it should be."""
    copy = await outgoing(log, after=first - 1, last=last)
    path = folder / f"{copy.heading.log_id}-{first}-{last}.jsonl.gz"
    _remove_left_over(path, copy.heading)
    with whole(path) as file, compressed(file) as pressed:
        async for line in copy.lines():
            pressed.write(line)
    for _ in Copy(path).events(alone=False):
        pass
    return Segment(
        first=first,
        last=last,
        hash_before=bytes.fromhex(copy.heading.hash_before),
        hash_after=bytes.fromhex(copy.heading.hash),
        path=str(path),
        digest=digest(path),
    )


def _made(folder: Path) -> Path:
    """Return a folder by a name that holds everywhere, made if it was not there."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder.absolute()


def _remove_left_over(path: Path, heading: Heading) -> None:
    """Remove the same segment's file if whoever wrote it was killed before it counted: the log does not tell of it."""
    with explained(path):
        if path.exists() and Copy(path).heading == heading:
            path.unlink()


async def _leave_behind(log: KeptLog, order: Order) -> None:
    """Move the cursors of subscribers that are no more."""
    for name, here in (await log.standing()).cursors.items():
        if name in order.without and here < order.last:
            await log.append([Unit(cursor=CursorMove(name=name, old=here, new=order.last))])


async def _unit(log: KeptLog, told: Archived, order: Order) -> Unit:
    version = await log.version(streams.LOG)
    draft = codec.fact(streams.LOG, version + 1, told, time=order.now, actor=order.actor)
    return Unit(streams={streams.LOG: Write(expected=version, drafts=(draft,))})


async def _open_intents(log: LogReader) -> list[int]:
    """Return where the intents stand whose outcome the log does not tell."""
    open_: dict[str, int] = {}
    async for recorded in matching(log, Query(types=ACTS)):
        match codec.decode(recorded):
            case Intended(intent=intent):
                open_[intent] = recorded.position
            case Confirmed(intent=intent) | Failed(intent=intent) | Abandoned(intent=intent):
                open_.pop(intent, None)
            case _:
                pass
    return sorted(open_.values())

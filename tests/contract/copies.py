"""A log that is filled, copied, taken back and archived, as the tests of the contract do it again and again."""

from pathlib import Path

from events.anchor import Segment
from events.log import KeptLog
from events.transfer.copies import Copy
from events.transfer.files import whole
from events.transfer.incoming import check, take_in
from events.transfer.outgoing import outgoing
from events.transfer.shelving import Order, shelve
from events.unit import CursorMove, Parked, Unit
from tests.contract.disks import NOON, added, append, draft, unit

LIFE = "endpoint/acme/tgi/2026-11-20T12:00:00.000000Z"
ACTS = "acts/acme/tgi"


async def fill(log: KeptLog, number: int = 7) -> None:
    """Append some events to two streams, move a cursor and set an event aside."""
    for version in range(number):
        stream, expected = (LIFE, version // 2) if version % 2 == 0 else (ACTS, version // 2)
        await added(log, unit(stream, expected, draft(f"ünï {version}", minutes=version)))
    aside = Parked(name="autopause", position=2, error="no")
    await append(
        log,
        Unit(cursor=CursorMove(name="alerts", old=0, new=number - 1)),
        Unit(parking=aside, cursor=CursorMove(name="autopause", old=0, new=2)),
    )


async def export(log: KeptLog, path: Path, *, after: int = 0) -> Path:
    with whole(path) as file:
        async for line in (await outgoing(log, after=after)).lines():
            file.write(line)
    return path


async def import_(log: KeptLog, path: Path) -> None:
    copy = Copy(path)
    check(copy, lambda _done, _total: None)
    await take_in(log, copy, lambda _done, _total: None)


async def archived(log: KeptLog, folder: Path, last: int, *, without: tuple[str, ...] = ()) -> list[Segment]:
    """Archive up to a position, by hand of ann."""
    order = Order(last=last, actor="ann", now=NOON, why="old", without=without)
    return [segment async for segment in shelve(log, folder, order, lambda _done, _total: None)]

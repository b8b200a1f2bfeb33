"""From a copy into a log: positions, ids, times and links as they were, so that both logs have the same head.

A copy is read to its end before anything of it is taken, so one that is not whole leaves no trace. It is then taken
page by page; an import that was cut short is gone on with by doing it again.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from events.anchor import Standing
from events.errors import LogError
from events.log import KeptLog, LogReader
from events.record import Sealed
from events.transfer.copies import Copy
from events.transfer.heading import Heading
from events.unit import CursorMove, Unit

PAGE = 1000
UNFINISHED = "import"  # the kind of the board's row that stands as long as a log lacks a part of what it is made of
Progress = Callable[[int, int], None]  # told how many events are done, and of how many


def check(copy: Copy, progress: Progress) -> None:
    """Read a copy to its end. Raises BadCopy."""
    for number, _ in enumerate(copy.events(), start=1):
        progress(number, copy.heading.events)


async def take_in(log: KeptLog, copy: Copy, progress: Progress) -> Standing:
    """Take a copy into a log that is empty or holds its beginning; return how the log stands then.

    Raises LogError, with nothing taken, if the log holds anything else.
    """
    heading, standing = copy.heading, await log.standing()
    if why := why_not(heading, standing):
        raise LogError(why)
    events = iter(copy.events())
    _require_same_beginning(events, heading, standing)
    await log.board.put(UNFINISHED, {"file": str(copy.path).encode(errors="replace")})
    await log.restore([], heading.log_id)
    while page := list(islice(events, PAGE)):
        await log.restore(page, heading.log_id)
        progress(page[-1].recorded.position - heading.after, heading.events)
    await _take_readers(log, heading)
    await log.board.put(UNFINISHED, {"file": None})
    return await log.standing()


async def require_finished(log: LogReader) -> None:
    """Raise LogError if an import into a log was cut short: what was done later than its end would be done again."""
    file = await log.board.get(UNFINISHED, "file")
    if file is not None:
        raise LogError(
            f"the log lacks a part of the copy that it is made of: `lamplighter log import {file.decode()}` was cut "
            "short. Do that again, with this log; it goes on where it ended"
        )


def why_not(heading: Heading, standing: Standing) -> str | None:
    """Return why a log cannot take a copy, as far as its heading tells, or None."""
    here = f"the log ends at {standing.position}"
    if standing.position and standing.log_id != heading.log_id:
        return f"the log is {standing.log_id}, and the copy is of {heading.log_id}: import it into a log that is empty"
    if standing.position < heading.after:
        return f"{here}, and the copy begins after {heading.after}: import what comes before it first"
    if standing.position > heading.last:
        return f"{here}, beyond the copy's last position {heading.last}: it has nothing to add"
    return None


def _require_same_beginning(events: Iterator[Sealed], heading: Heading, standing: Standing) -> None:
    """Go past what the log has already. Raises LogError if that is something else."""
    tip = heading.hash_before
    for event in islice(events, standing.position - heading.after):
        tip = event.hash.hex()
    if standing.position and tip != standing.hash.hex():
        raise LogError(
            f"the log holds other events than the copy up to position {standing.position}: "
            "both have gone their own way since. Import into a log that is empty"
        )


async def _take_readers(log: KeptLog, heading: Heading) -> None:
    """Let every subscriber go on where it stood, so that nothing is done to the world a second time."""
    for parked in heading.parked:
        here = await log.cursor(parked.name)
        await log.append([Unit(parking=parked, cursor=CursorMove(name=parked.name, old=here, new=here))])
    moves: Iterable[Unit] = [
        Unit(cursor=CursorMove(name=name, old=await log.cursor(name), new=position))
        for name, position in heading.cursors.items()
    ]
    await log.append([*moves])

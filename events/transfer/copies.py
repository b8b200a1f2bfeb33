"""Reading a copy, be it of a whole log or of an archived segment; nothing of it is believed.

Every line must be, byte for byte, what Lamplighter writes; each event must follow the one before it in the chain; and
the last one must be the one that the heading tells of. So whatever was cut off, moved, changed or put in shows, with
its line.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from events import cloudevents
from events.cloudevents import NotRendered
from events.log import LogError, Sealed, Segment
from events.restore import why_not_next
from events.transfer import heading as headings
from events.transfer.files import BadCopy, digest, lines
from events.transfer.heading import Heading


class Copy:
    """A file that should hold a copy. Raises BadCopy at the first line that does not belong there."""

    def __init__(self, path: Path) -> None:
        """Read the heading."""
        self.path = path
        with closing(lines(path)) as found:
            self.heading = self._heading(next(found, b""))

    def events(self) -> Iterator[Sealed]:
        """Yield the events, each after it was found to follow the one before."""
        heading = self.heading
        position, tip = heading.after, bytes.fromhex(heading.hash_before)
        with closing(lines(self.path)) as found:
            if next(found, b"") != headings.render(heading):
                raise BadCopy(self.path, 1, "the file was changed while it was read")
            for number, line in enumerate(found, start=2):
                if position == heading.last:
                    raise BadCopy(self.path, number, f"the copy ends at position {position}, and more follows")
                event = self._event(number, line, position, tip)
                yield event
                position, tip = event.recorded.position, event.hash
        end = position - heading.after + 1
        if position != heading.last:
            raise BadCopy(self.path, end, f"the file ends at position {position}, and should reach to {heading.last}")
        if tip.hex() != heading.hash:
            raise BadCopy(self.path, end, "the last event is not the one that the first line tells of")

    def _heading(self, line: bytes) -> Heading:
        try:
            return headings.parse(line)
        except NotRendered as error:
            raise BadCopy(self.path, 1, str(error), "Name a file that `lamplighter log export` wrote") from error

    def _event(self, number: int, line: bytes, position: int, tip: bytes) -> Sealed:
        try:
            log_id, event = cloudevents.parse(line)
        except NotRendered as error:
            raise BadCopy(self.path, number, str(error)) from error
        if log_id != self.heading.log_id:
            raise BadCopy(self.path, number, f"it is of another log, {log_id}")
        if why := why_not_next(event, position, tip):
            raise BadCopy(self.path, number, f"position {event.recorded.position} does not belong here: {why}")
        return event


def archived(segment: Segment) -> Iterator[Sealed]:
    """Yield the events of a segment from its file, once that was found to be the file that was written."""
    path, place = Path(segment.path), f"positions {segment.first} to {segment.last} lie in the archive {segment.path}"
    if not path.exists():
        raise LogError(f"{place}, which is not there: bring it back, or ask for what is after {segment.last}")
    if digest(path) != segment.digest:
        raise LogError(f"{place}, which is not the file that was written: bring that one back")
    yield from Copy(path).events()

"""Reading a copy, be it of a whole log or of an archived segment; nothing of it is believed.

Every line must be, byte for byte, what Lamplighter writes; each event must follow the one before it in the chain; and
the last one must be the one that the heading tells of. So whatever was cut off, moved, changed or put in shows, with
its line.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from events import cloudevents
from events.anchor import Anchor, Segment
from events.cloudevents import NotRendered
from events.errors import LogError
from events.proof import Walk
from events.record import Sealed
from events.restore import require_known
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

    def events(self, *, alone: bool = True) -> Iterator[Sealed]:
        """Yield the events, each after it was found to follow the one before.

        Where a payload was redacted, a later event must tell of it: in this file, if it is all that there is (`alone`).
        """
        heading = self.heading
        walk = Walk(Anchor(position=heading.after, hash=bytes.fromhex(heading.hash_before)))
        with closing(lines(self.path)) as found:
            if next(found, b"") != headings.render(heading):
                raise BadCopy(self.path, 1, "the file was changed while it was read")
            for number, line in enumerate(found, start=2):
                if walk.at.position == heading.last:
                    raise BadCopy(self.path, number, f"the copy ends at position {heading.last}, and more follows")
                yield self._event(number, line, walk)
        position = walk.at.position
        end = position - heading.after + 1
        if position != heading.last:
            raise BadCopy(self.path, end, f"the file ends at position {position}, and should reach to {heading.last}")
        if walk.at.hash.hex() != heading.hash:
            raise BadCopy(self.path, end, "the last event is not the one that the first line tells of")
        if alone and (broken := walk.end(walk.at)):
            remedy = "Export the whole log that it is a part of"
            raise BadCopy(self.path, broken.position - heading.after + 1, str(broken), remedy)

    def _heading(self, line: bytes) -> Heading:
        try:
            return headings.parse(line)
        except NotRendered as error:
            raise BadCopy(self.path, 1, str(error), "Name a file that `lamplighter log export` wrote") from error

    def _event(self, number: int, line: bytes, walk: Walk) -> Sealed:
        try:
            log_id, event = cloudevents.parse(line)
        except NotRendered as error:
            raise BadCopy(self.path, number, str(error)) from error
        if log_id != self.heading.log_id:
            raise BadCopy(self.path, number, f"it is of another log, {log_id}")
        require_known(event.recorded)
        if broken := walk.follow(event):
            raise BadCopy(self.path, number, str(broken).replace("the log", "the copy"))
        return event


class NotThere(LogError):
    """The file of a segment is not where it was written."""


def require_file(segment: Segment) -> None:
    """Raise NotThere if the file of a segment is not there, another LogError if it is not the one that was written."""
    path, place = Path(segment.path), f"positions {segment.first} to {segment.last} lie in the archive {segment.path}"
    if not path.exists():
        raise NotThere(f"{place}, which is not there: bring it back, or ask for what is after {segment.last}")
    if digest(path) != segment.digest or not _is_of(Copy(path).heading, segment):
        raise LogError(f"{place}, which is not the file that was written: bring that one back")


def _is_of(heading: Heading, segment: Segment) -> bool:
    """Return whether a file begins and ends where the chain does: unlike the digest, that is proven with the log."""
    ends = (heading.after + 1, heading.last, heading.hash_before, heading.hash)
    return ends == (segment.first, segment.last, segment.hash_before.hex(), segment.hash_after.hex())


def archived(segment: Segment) -> Iterator[Sealed]:
    """Yield the events of a segment from its file, once that was found to be the one that was written."""
    require_file(segment)
    yield from Copy(Path(segment.path)).events(alone=False)

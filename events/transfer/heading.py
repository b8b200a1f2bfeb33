"""The first line of a copy: which events of which log follow, and by which hashes it can be known that all of them did.

It is a CloudEvent like every line behind it. Its id is the hash of what it says, so that a change of it shows, too.
"""

import hashlib
from typing import Annotated

import msgspec

from events.cloudevents import NotRendered, source
from events.unit import Parked

TYPE = "dev.lamplighter.copy.v1"

Position = Annotated[int, msgspec.Meta(ge=0)]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
LogId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z]{1,64}\Z")]  # files are named by it


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy holds: the events behind `after` up to `last`, and the chain's hash at both places, as hex digits.

    `cursors` and `parked` are how far each subscriber had come when the log stood at `last`; a segment has none.
    """

    log_id: LogId
    after: Position
    hash_before: Hash
    last: Position
    hash: Hash
    cursors: dict[str, Position]
    parked: tuple[Parked, ...]

    @property
    def events(self) -> int:
        """Return how many events follow."""
        return self.last - self.after


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    specversion: str
    id: str
    source: str
    type: str
    datacontenttype: str
    data: msgspec.Raw


_encoder = msgspec.json.Encoder(order="deterministic")
_lines = msgspec.json.Decoder(_Line)
_headings = msgspec.json.Decoder(Heading)


def render(heading: Heading) -> bytes:
    """Return the first line, without its end; the same heading always gives the same bytes."""
    data = _encoder.encode(heading)
    return msgspec.json.encode(
        _Line(
            specversion="1.0",
            id=hashlib.sha256(data).hexdigest()[:32],
            source=source(heading.log_id),
            type=TYPE,
            datacontenttype="application/json",
            data=msgspec.Raw(data),
        )
    )


def _why_impossible(heading: Heading) -> str | None:
    """Return what no log can tell of itself, or None."""
    after, last = heading.after, heading.last
    if last < after:
        return f"it says that it reaches from {after} back to {last}"
    beyond = [f"subscriber {name!r} at {position}" for name, position in heading.cursors.items() if position > last]
    beyond += [f"{one.name!r} with {one.position} set aside" for one in heading.parked if not 1 <= one.position <= last]
    return f"it has {', '.join(beyond)}, and ends at position {last}" if beyond else None


def parse(line: bytes) -> Heading:
    """Return the heading that a line is. Raises NotRendered."""
    try:
        heading = _headings.decode(_lines.decode(line).data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotRendered(f"it is not how `lamplighter log export` begins a file ({error})") from error
    if why := _why_impossible(heading):
        raise NotRendered(why)
    if render(heading) != line:
        raise NotRendered("it is not as Lamplighter writes it: something changed it on its way")
    return heading

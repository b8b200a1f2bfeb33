"""A snapshot as bytes: a line for each row of each view, and at last one that says what it is; compressed.

Written in small pieces, each forgotten before the next, so that a thread which writes a large one keeps nobody waiting.
Read whole, or only the views that are asked for.
"""

import gc
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

from events.codec import built, plain

V = TypeVar("V")
PIECE = 50  # rows written at a time
ENCODER = msgspec.json.Encoder(order="deterministic", enc_hook=plain)


class NotTrusted(Exception):
    """A snapshot cannot be used; the message says why. The log can always be folded anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Generic[V]):
    """How one view is written: as which rows, and how it comes back from them, at a position."""

    name: str
    fold: int
    row: Any  # the type, or union of types, of its rows
    rows: Callable[[V], Iterator[object]]
    view: Callable[[int, Iterable[Any]], V]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One view of a snapshot: which fold made it, and of how many rows it is."""

    name: str
    fold: int
    rows: int


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot is of: everything up to a position, and the chain's hash there."""

    position: int
    hash: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Views as of a position, where the chain had this hash."""

    position: int
    hash: bytes
    views: Mapping[str, Any]

    def of(self, shape: Shape[V]) -> V:
        """Return the view of a shape."""
        view: V = self.views[shape.name]
        return view


def written(position: int, hash_: bytes, views: Sequence[tuple[Shape[Any], Any]]) -> bytes:
    """Return a snapshot as bytes. Meant for a thread: hand in views that nobody changes any more."""
    press, parts, pressed = zlib.compressobj(level=1), [], []
    for shape, view in views:
        rows = 0
        for piece in _pieces(shape.rows(view)):
            rows += len(piece)
            pressed.append(press.compress(ENCODER.encode_lines(piece)))
        parts.append(Part(name=shape.name, fold=shape.fold, rows=rows))
    title = Title(position=position, hash=hash_.hex(), parts=tuple(parts))
    return b"".join([*pressed, press.compress(ENCODER.encode_lines([title])), press.flush()])


def read(data: bytes, shapes: Sequence[Shape[Any]]) -> Snapshot:
    """Return the snapshot with the views of these shapes. Raises NotTrusted."""
    try:
        with _uncollected():
            return _read(data, shapes)
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise NotTrusted(f"it cannot be read ({error})") from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python look for no garbage meanwhile: where things are only built up it finds none, and looks for long."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _read(data: bytes, shapes: Sequence[Shape[Any]]) -> Snapshot:
    *lines, title = zlib.decompress(data).splitlines()
    said = msgspec.json.decode(title, type=Title)
    return Snapshot(position=said.position, hash=bytes.fromhex(said.hash), views=_views(said, lines, shapes))


def _views(said: Title, lines: list[bytes], shapes: Sequence[Shape[Any]]) -> dict[str, Any]:
    if len(lines) != sum(part.rows for part in said.parts):
        raise NotTrusted("it is not whole")
    own, place = dict[str, tuple[Part, list[bytes]]](), 0
    for part in said.parts:
        own[part.name] = part, lines[place : place + part.rows]
        place += part.rows
    views = {}
    for shape in shapes:
        if shape.name not in own or own[shape.name][0].fold != shape.fold:
            raise NotTrusted(f"another version of Lamplighter made it: its {shape.name} is of another fold")
        rows = msgspec.json.Decoder(shape.row, dec_hook=built).decode_lines(b"\n".join(own[shape.name][1]))
        views[shape.name] = shape.view(said.position, rows)
    return views


def _pieces(rows: Iterable[object]) -> Iterator[list[object]]:
    left = iter(rows)
    while piece := list(islice(left, PIECE)):
        yield piece

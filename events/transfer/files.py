"""How copies lie on a disk: whole under their name or not at all, compressed or not, read line by line."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from events.errors import LogError

GZIP = b"\x1f\x8b"
LONGEST_LINE = 64 << 20  # bytes; far beyond any event, and all that a hostile file can make us hold


class BadCopy(LogError):
    """A file does not hold a copy of a log, or not a whole one; the message says where, and what to do."""

    def __init__(self, path: Path, line: int, why: str, remedy: str = "Copy or export it anew") -> None:
        """Keep the place."""
        super().__init__(f"{path}, line {line}: {why}. {remedy}")
        self.line = line


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Write a file that gets its name only when all of it is on disk. Raises LogError if there is one of this name."""
    with whole_path(path) as part, part.open("wb") as file:
        yield file


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Let a file be written under another name; it gets its own when the block ends well. Raises LogError.

    Of two that write the same file at once the later one gets it whole, and the other one the error.
    """
    part = path.with_name(path.name + ".part")
    with explained(path):
        if path.exists():
            raise LogError(f"{path} is there already, and nothing is written over it: name another file")
        part.unlink(missing_ok=True)  # never written into: it is left over, or somebody else is still at it
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it tells what the log tells
        try:
            yield part
            if not _is_open_as(part, descriptor):
                raise LogError(f"another program writes {path}, too: wait for it, or name another file")
            sync(part)
            part.rename(path)
            sync(path.parent)
        finally:
            if _is_open_as(part, descriptor):
                part.unlink()
            os.close(descriptor)


def _is_open_as(path: Path, descriptor: int) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor))


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def compressed(file: BinaryIO) -> gzip.GzipFile:
    """Compress what is written into a file; the same lines always give the same bytes."""
    return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0)


def digest(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with explained(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def lines(path: Path) -> Generator[bytes, None, None]:
    """Yield the lines of a file, each without its end, uncompressed if need be. Raises BadCopy, LogError."""
    with explained(path), path.open("rb") as raw:
        packed = raw.peek(2)[:2] == GZIP
        file = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
        number = 1
        try:
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise BadCopy(path, number, "the line has no end: the file was cut off")
                yield line[:-1]
                number += 1
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadCopy(path, number, f"it cannot be uncompressed beyond here ({error})") from error


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a file into LogError."""
    try:
        yield
    except OSError as error:
        raise LogError(
            f"cannot use {path}: {error.strerror or error}. Look at the path, its rights and the disk"
        ) from error

"""What a container wrote, line by line: without secrets, and without what would steer a terminal.

Whoever writes to a log may write anything: a token, a key over many lines, a line without end.
"""

import re
from collections.abc import Iterator

from service.masking import MARK, scrub

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CUT = " …"


class Lines:
    """Put chunks of bytes together to lines as they may be shown."""

    def __init__(self, *, line_bytes: int) -> None:
        self._line_bytes = line_bytes
        self._rest = bytearray()
        self._skipping = False  # the rest of a line that was too long
        self._in_key = False  # between the BEGIN and the END of a private key

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Return the lines that this chunk completes."""
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            yield from self._end(part)
        self._keep(rest)

    def end(self) -> Iterator[str]:
        """Return the last line, if it has no end of its own."""
        if self._rest:
            yield from self._end(b"")

    def _keep(self, part: bytes) -> None:
        if not self._skipping:
            self._rest += part
            self._skipping = len(self._rest) > self._line_bytes
            del self._rest[self._line_bytes :]

    def _end(self, part: bytes) -> Iterator[str]:
        self._keep(part)
        raw, too_long = bytes(self._rest), self._skipping
        self._rest.clear()
        self._skipping = False
        if too_long:  # cut between words: a part of a token has no token's shape any more
            raw = raw.rpartition(b" ")[0]
        yield self._shown(raw.decode(errors="replace")) + (_CUT if too_long else "")

    def _shown(self, text: str) -> str:
        text = _ESCAPE.sub("", text)
        text = "".join(sign if sign.isprintable() else " " for sign in text).rstrip()
        if "-----BEGIN" in text:
            self._in_key = "-----END" not in text
            return scrub(text)
        if self._in_key:
            self._in_key = "-----END" not in text
            return MARK
        return scrub(text)


def read_lines(body: bytes, *, line_bytes: int) -> tuple[str, ...]:
    """Return all lines of a text."""
    lines = Lines(line_bytes=line_bytes)
    return (*lines.feed(body), *lines.end())


def cut(line: str, length: int) -> str:
    """Return a line no longer than so many signs. It was scrubbed before: what is cut off hides nothing."""
    return line if len(line) <= length else line[:length] + _CUT

"""What the server said last at an address, for as long as it says that nothing changed.

What is kept is what was read, masked, and never the bytes that came.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from yarl import URL

from service.huggingface.answers import Answer
from service.huggingface.tokens import Token

_LONGEST_ETAG = 512


@dataclass(frozen=True, slots=True)
class Tagged:
    """What was read of an answer, and the server's own mark for it."""

    etag: str
    value: Any


class Known:
    """The good answers that were asked for last, `most` of them, by address and token: two may see different things.

    An address is always read in the same way, so that what is kept for it is what its reader makes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tagged: OrderedDict[tuple[URL, Token], Tagged] = OrderedDict()

    def get(self, url: URL, token: Token) -> Tagged | None:
        """Return what was read last at this address."""
        if (url, token) not in self._tagged:
            return None
        self._tagged.move_to_end((url, token))
        return self._tagged[url, token]

    def keep(self, url: URL, token: Token, answer: Answer, value: Any) -> None:
        """Remember what was read, if the server marked it; forget what was known before in any case."""
        self._tagged.pop((url, token), None)
        etag = answer.headers.get("ETag", "")
        if answer.code == 200 and 0 < len(etag) <= _LONGEST_ETAG and etag.isprintable():
            self._tagged[url, token] = Tagged(etag, value)
            while len(self._tagged) > self._most:
                self._tagged.popitem(last=False)

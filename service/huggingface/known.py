"""What the server said last at an address: what did not change since is neither sent nor read again.

What is kept is what was read, masked, and never the bytes that came: of them only a keyed hash.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

from yarl import URL

from service.huggingface.answers import Answer
from service.huggingface.tokens import Token
from service.recent import Recent

T = TypeVar("T")

_LONGEST_ETAG = 512


@dataclass(frozen=True, slots=True)
class Told:
    """What was read of an answer; the server's own mark for it, if any, and ours."""

    etag: str | None
    seal: bytes
    value: Any


class Known:
    """The good answers that were asked for last, `most` of them, by address and token: two may see different things.

    An address is always read in the same way, so that what is kept for it is what its reader makes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._told = Recent[tuple[URL, Token], Told](most)

    def get(self, url: URL, token: Token) -> Told | None:
        """Return what was read last at this address."""
        if (url, token) not in self._told:
            return None
        self._told.move_to_end((url, token))
        return self._told[url, token]

    def read(self, url: URL, token: Token, answer: Answer, read: Callable[[Answer], T]) -> T:
        """Return what `read` makes of an answer, or made of the last one if its bytes are the same; remember it.

        An answer that is not a plain 200 is not remembered, and makes the last one forgotten.
        """
        if not self._most:
            return read(answer)
        told = self._told.pop((url, token), None)
        if answer.code != 200:
            return read(answer)
        seal = blake2b(answer.body, key=self._key, digest_size=16).digest()
        value: T = told.value if told is not None and told.seal == seal else read(answer)
        etag = answer.headers.get("ETag", "")
        fit = 0 < len(etag) <= _LONGEST_ETAG and etag.isprintable()
        self._told.keep((url, token), Told(etag=etag if fit else None, seal=seal, value=value))
        return value

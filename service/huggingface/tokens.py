"""Whose token signs a request, and that a new one is found without a restart.

A token leaves this file only inside a `Token`, which shows itself to nobody.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from service.ports import NoToken, Unauthorized

_TOKEN = re.compile(r"[\x21-\x7e]{1,1024}")
_OTHERWISE = "set HF_TOKEN, run `hf auth login`, or name its file (--token-file, or token_file under [namespaces])"

Stamp = tuple[int, int, int]
_ONCE: Stamp = (0, 0, 0)  # of what is no file: a pipe, a terminal


@dataclass(frozen=True, slots=True)
class Token:
    """A token that cannot be printed by accident."""

    secret: str = field(repr=False)

    def __str__(self) -> str:
        return "Token(<masked>)"

    @property
    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self.secret}"


def saved_login() -> str | None:
    """Return HF_TOKEN, or else the token that `hf auth login` saved."""
    if token := os.environ.get("HF_TOKEN"):
        return token
    from huggingface_hub import get_token  # noqa: PLC0415  # a third of a second, for those alone who need it

    return get_token()


class Tokens:
    """The token of each namespace: from its own file, or the one that serves all others (the file `every`, if named).

    A file is read again when it is another one than before (time, inode or size), and after a 401. What gives its
    content once, as `<(pass show hf)` does, is read once.
    """

    def __init__(
        self,
        files: Mapping[str, Path] | None = None,
        *,
        every: Path | None = None,
        default: Callable[[], str | None] = saved_login,
    ) -> None:
        self._files = dict(files or {})
        self._every = every
        self._default = default
        self._read: dict[Path | None, tuple[Stamp | None, Token]] = {}

    def __repr__(self) -> str:
        return f"Tokens({sorted(self._files)})"

    def of(self, namespace: str) -> Token:
        """Return the namespace's token, or raise Unauthorized, saying which file and what to do."""
        path = self._file(namespace)
        stamp = None if path is None else _stamp(path, namespace)
        known = self._read.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        token = self._saved(namespace) if path is None else _from_file(path, namespace)
        self._read[path] = (stamp, token)
        return token

    def renewed(self, namespace: str, refused: Token) -> Token | None:
        """Read again after a 401; return the token if it is another than the refused one, or None."""
        path = self._file(namespace)
        if path is not None and _stamp(path, namespace) == _ONCE:
            return None
        self._read.pop(path, None)
        token = self.of(namespace)
        return None if token == refused else token

    def source(self, namespace: str) -> str:
        """Return where the namespace's token comes from, for people."""
        path = self._file(namespace)
        return "HF_TOKEN or the saved login" if path is None else f"the file {path}"

    def _file(self, namespace: str) -> Path | None:
        return self._files.get(namespace, self._every)

    def _saved(self, namespace: str) -> Token:
        text = (self._default() or "").strip()
        if not text:
            raise NoToken(namespace, _OTHERWISE)
        if not _TOKEN.fullmatch(text):
            raise Unauthorized(f"HF_TOKEN or the saved login holds more than a token: {_OTHERWISE}")
        return Token(text)


def _stamp(path: Path, namespace: str) -> Stamp:
    try:
        stat = path.stat()
    except OSError as error:
        raise _unreadable(path, namespace, error) from None
    return (stat.st_mtime_ns, stat.st_ino, stat.st_size) if S_ISREG(stat.st_mode) else _ONCE


def _from_file(path: Path, namespace: str) -> Token:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        text = "not text"
    except OSError as error:
        raise _unreadable(path, namespace, error) from None
    if not text:
        raise Unauthorized(f"the token_file {path} of {namespace!r} is empty: write the token into it")
    if not _TOKEN.fullmatch(text):
        raise Unauthorized(
            f"the token_file {path} of {namespace!r} holds more than a token: write only the token into it"
        )
    return Token(text)


def _unreadable(path: Path, namespace: str, error: OSError) -> Unauthorized:
    why = error.strerror or type(error).__name__
    return Unauthorized(
        f"the token_file {path} of {namespace!r} cannot be read ({why}): create it, or make it readable for this user"
    )

"""How an endpoint's document loses its secrets, at the edge, before anything else sees it.

By allow-list: a place named here keeps its value if that has the shape it should have; any other string or number
becomes the mark. Keys, booleans and nulls stay, so that the document keeps its form. A place that is not known is
never trusted, whatever it is called: the API's schema is open.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from service.masking.text import MARK, scrub, scrub_short, token_shaped

Shape = Callable[[Any], Any]

_DEEPEST = 32
_LONGEST_KEY = 128
_LONGEST_WORD = 256
_LONGEST_PROSE = 2000
_LONGEST_SCRUBBED = 16_000
_SHORTEST_HIDDEN = 8

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_INSTANT = re.compile(r"[0-9TZtz:.+ -]{10,48}")
_HASH = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")  # of a commit
_ACCOUNT = re.compile(r"[0-9a-f]{24}")  # of a person


def word(value: Any) -> Any:
    """Let a short printable text pass, scrubbed."""
    if isinstance(value, str) and len(value) <= _LONGEST_WORD and value.isprintable():
        return scrub_short(value)
    return MARK


def fit_name(text: str) -> bool:
    """Return whether a text can be an endpoint's name: fit for a URL, a log and a terminal, and no token."""
    return NAME.fullmatch(text) is not None and not token_shaped(text)


def title(value: Any) -> Any:
    """Let an endpoint's name pass, whole: it is the endpoint's identity."""
    return value if isinstance(value, str) and fit_name(value) else MARK


def count(value: Any) -> Any:
    """Let a number of an ordinary size pass."""
    return value if isinstance(value, int | float) and abs(value) < 1e12 else MARK


def instant(value: Any) -> Any:
    """Let what is written like a date and time pass."""
    return value if isinstance(value, str) and _INSTANT.fullmatch(value) else MARK


def revision(value: Any) -> Any:
    """Let a commit's hash or a branch's name pass."""
    return value if isinstance(value, str) and _HASH.fullmatch(value) else word(value)


def account(value: Any) -> Any:
    """Let the id of a person or organisation pass."""
    return value if isinstance(value, str) and _ACCOUNT.fullmatch(value) else word(value)


def link(value: Any) -> Any:
    """Let scheme, host and path of a web address pass: neither user and password, nor query, nor fragment."""
    if not isinstance(value, str) or len(value) > _LONGEST_PROSE or not value.isprintable():
        return MARK
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return MARK
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return MARK
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # A host begins with a random label: what is dense there is no secret.
    return f"{parts.scheme}://{scrub(host, dense=False)}{port}{scrub(parts.path)}"


def prose(value: Any) -> Any:
    """Let what the platform tells people pass, scrubbed, and cut if it is endless."""
    if not isinstance(value, str):
        return MARK
    if len(value) > _LONGEST_SCRUBBED:  # cut between words: a part of a token has no token's shape any more
        value = value[:_LONGEST_SCRUBBED].rpartition(" ")[0]
    text = scrub(value)
    return text if len(text) <= _LONGEST_PROSE else f"{text[:_LONGEST_PROSE]} …"


_PERSON = {"id": account, "name": word}

# The places that keep their values: a table by key, `[shape]` for the members of a list.
ALLOWED: Mapping[str, Any] = {
    "name": title,
    "type": word,
    "healthRoute": word,
    "tags": [word],
    "provider": {"vendor": word, "region": word},
    "compute": {
        "id": word,
        "accelerator": word,
        "instanceType": word,
        "instanceSize": word,
        "scaling": {
            "minReplica": count,
            "maxReplica": count,
            "scaleToZeroTimeout": count,
            "metric": word,
            "threshold": count,
            "measure": {"hardwareUsage": count, "pendingRequests": count},
        },
    },
    "model": {"repository": word, "framework": word, "revision": revision, "task": word},
    "route": {"domain": word, "path": word},
    "status": {
        "state": word,
        "message": prose,
        "errorMessage": prose,
        "createdAt": instant,
        "updatedAt": instant,
        "createdBy": _PERSON,
        "updatedBy": _PERSON,
        "readyReplica": count,
        "targetReplica": count,
        "url": link,
    },
}

# Where a change of a hidden value is a change of the configuration. Elsewhere (status, keys that nobody knows) a value
# may move by itself at every look, and would be told at every look.
_CONFIGURED = frozenset({"type", "healthRoute", "tags", "provider", "compute", "model", "route", "notifications"})

# What stands below these is a secret for sure: it is taken out of the document's messages, too.
_SECRET = frozenset({"secrets", "credentials"})


@dataclass(slots=True)
class _Finds:
    """What comes up on the way through a document: seals by path, and the secrets that messages may quote."""

    seals: dict[str, bytes] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A document without its secrets. `seals` maps the path of each hidden value to a keyed hash of it."""

    document: Any
    seals: Mapping[str, bytes]


class Masker:
    """Mask documents, and seal what was masked.

    The key lives in memory only: a seal tells this process that a hidden value changed, and nobody what it is.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __repr__(self) -> str:
        return "Masker()"

    def seal(self, data: bytes) -> bytes:
        """Return a keyed hash: equal for equal data, and telling nothing else."""
        return blake2b(data, key=self._key, digest_size=16).digest()

    def mask(self, document: Any, allowed: Any = ALLOWED) -> Masked:
        """Return the document with a mark for every value that is not known to be harmless.

        `allowed` says where and what that is; unless told, as it is for an endpoint's document.
        """
        finds = _Finds()
        masked = self._mask(document, allowed, (), finds)
        _hide_in_messages(masked, finds.hidden)
        return Masked(document=masked, seals=finds.seals)

    def _mask(self, value: Any, allowed: Any, path: tuple[str, ...], finds: _Finds) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if not isinstance(value, dict | list):
            return self._mask_leaf(value, allowed, path, finds)
        if len(path) > _DEEPEST:
            return MARK
        if isinstance(value, list):
            member = allowed[0] if isinstance(allowed, list) else None
            return [self._mask(item, member, (*path, str(at)), finds) for at, item in enumerate(value)]
        known: Mapping[str, Any] = allowed if isinstance(allowed, Mapping) else {}
        masked: dict[str, Any] = {}
        for key, item in value.items():
            if key in _SECRET:
                finds.hidden.update(_texts(item, len(path)))
            shown = key if key in known else _shown_key(key, masked)
            masked[shown] = self._mask(item, known.get(key), (*path, shown), finds)
        return masked

    def _mask_leaf(self, value: Any, allowed: Any, path: tuple[str, ...], finds: _Finds) -> Any:
        shown = allowed(value) if callable(allowed) else MARK
        if path and path[0] in _CONFIGURED and isinstance(shown, str) and MARK in shown:
            finds.seals[".".join(path)] = self.seal(f"{type(value).__name__}:{value!r}".encode())
        return shown


def find_marks(document: Any) -> list[str]:
    """Return the paths at which a mark stands, in a value or a key: where the document would overwrite a secret."""
    return [".".join(path) for path in _marks(document, ())]


def _marks(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    match value:
        case str() if MARK in value:
            yield path
        case Mapping():
            for key, item in value.items():
                if MARK in str(key):
                    yield (*path, str(key))
                else:
                    yield from _marks(item, (*path, str(key)))
        case list() | tuple():
            for at, item in enumerate(value):
                yield from _marks(item, (*path, str(at)))
        case _:
            return


def _shown_key(key: str, taken: Mapping[str, Any]) -> str:
    """Return a key as it may be shown: one that is shaped like a secret, or absurdly long, is marked and numbered."""
    if len(key) <= _LONGEST_KEY and scrub_short(key) == key:
        return key
    return next(shown for number in range(len(taken) + 1) if (shown := f"{MARK} {number}") not in taken)


def _hide_in_messages(masked: Any, hidden: set[str]) -> None:
    """Take the document's own secrets out of its messages: a crash likes to quote the value that it crashed on."""
    status = masked.get("status") if isinstance(masked, dict) else None
    if not hidden or not isinstance(status, dict):
        return
    for key in ("message", "errorMessage"):
        text = status.get(key)
        if isinstance(text, str):
            for secret in sorted(hidden, key=len, reverse=True):
                text = text.replace(secret, MARK)
            status[key] = text


def _texts(value: Any, depth: int) -> Iterator[str]:
    """Yield every text in a value that is long enough to be told from ordinary words."""
    match value:
        case str() if len(value) >= _SHORTEST_HIDDEN:
            yield value
        case dict() if depth <= _DEEPEST:
            for item in value.values():
                yield from _texts(item, depth + 1)
        case list() if depth <= _DEEPEST:
            for item in value:
                yield from _texts(item, depth + 1)
        case _:
            return

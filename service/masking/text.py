"""What in a text looks like a secret, and what is left of the text without it.

A text that names no secret must stay readable (repositories, hosts, file names, numbers of tokens), and a secret must
not stay even in part. Where the two collide, the secret wins.
"""

import re
from collections.abc import Mapping
from typing import Any

MARK = "<masked>"

_DEEPEST = 16

# Short texts that hold no secret, most of them the same in every document. A text with a secret never gets in.
_CLEAN: set[str] = set()
_MOST_CLEAN = 20_000

# Tokens that say by their first letters what they are.
_PREFIXES = (
    r"hf_(?!transfer(?![A-Za-z0-9]))[A-Za-z0-9]{8,}",
    r"api_org_[A-Za-z0-9]{8,}",
    r"(?<![A-Za-z0-9])ll_[A-Za-z0-9_-]{20,}",  # our own
    r"gh[opusr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"glpat-[A-Za-z0-9_-]{16,}",
    r"npm_[A-Za-z0-9]{20,}",
    r"pypi-[A-Za-z0-9_-]{16,}",
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{8,}",
    r"whsec_[A-Za-z0-9+/=]{8,}",
    r"xox[a-z]-[A-Za-z0-9-]{8,}",
    r"xapp-[A-Za-z0-9-]{8,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{12,}",
    r"AIza[A-Za-z0-9_-]{20,}",
    r"ya29\.[A-Za-z0-9_-]{8,}",
    r"eyJ[A-Za-z0-9_=-]{8,}(?:\.[A-Za-z0-9_=-]*)*",
)
_PREFIXED = re.compile("|".join(_PREFIXES))

# `sk-` begins keys and ordinary names (sk-learn-serving): what follows must hold one long run.
_SECRET_KEY = re.compile(r"sk-[A-Za-z0-9_-]{16,}")
_KEY_BLOCK = re.compile(r"-----BEGIN.*?(?:-----END[^-]*-----|\Z)", re.DOTALL)
_USERINFO = re.compile(r"(?<=://)[^\s/?#]*@")
_BEARER = re.compile(r"(bearer\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_TELLING = (
    r"(?:passw(?:or)?d|passphrase|pwd|secrets?|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
    r"|authorization)"
)
_PAIR = re.compile(rf"({_TELLING}[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s\"',;&<>]+)", re.IGNORECASE)
_TELLING_NAME = re.compile(rf".*{_TELLING}", re.IGNORECASE | re.DOTALL)

# What says nothing by its first letters: twenty or more letters and digits in a row, both among them. The run is
# widened by the signs that base64 and its kin put between, or a part of the secret would stay.
_WIDE = re.compile(r"[A-Za-z0-9_+/=-]{20,}")
_RUN = re.compile(r"[A-Za-z0-9]{16,}")


def scrub(text: str, *, dense: bool = True) -> str:
    """Return the text with a mark in place of everything that is shaped like a secret.

    `dense=False` leaves long runs of letters and digits, where identifiers are such runs: known prefixes still go.
    """
    text = _KEY_BLOCK.sub(MARK, text)
    text = _USERINFO.sub(f"{MARK}@", text)
    text = _PREFIXED.sub(MARK, text)
    text = _SECRET_KEY.sub(_unless_name, text)
    text = _BEARER.sub(rf"\g<1>{MARK}", text)
    text = _PAIR.sub(rf"\g<1>{MARK}", text)
    return _WIDE.sub(_unless_words, text) if dense else text


def scrub_short(text: str) -> str:
    """Do as `scrub` does, faster for the words that come again and again."""
    if text in _CLEAN:
        return text
    scrubbed = scrub(text)
    if scrubbed == text:
        if len(_CLEAN) >= _MOST_CLEAN:
            _CLEAN.clear()
        _CLEAN.add(text)
    return scrubbed


def one_line(text: str) -> str:
    """Return the text as one line, without what cannot be printed: a terminal would obey it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def token_shaped(text: str) -> bool:
    """Return whether the text holds a token that says by its first letters what it is."""
    keys = (key[0] for key in _SECRET_KEY.finditer(text))
    return _PREFIXED.search(text) is not None or any(_RUN.search(key) for key in keys)


def tells_secret(name: str) -> bool:
    """Return whether a field of this name (`password`, `hf_token`) holds a secret by its very name."""
    return _TELLING_NAME.fullmatch(name) is not None


def scrub_value(value: Any, *, depth: int = 0) -> Any:
    """Return a JSON value with every string in it scrubbed, and those whose field's name tells a secret masked."""
    if depth > _DEEPEST:
        return MARK
    match value:
        case str():
            return scrub(value)
        case Mapping():
            return {scrub(str(key)): _scrub_field(str(key), item, depth) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [scrub_value(item, depth=depth + 1) for item in value]
        case _:
            return value


def _scrub_field(name: str, value: Any, depth: int) -> Any:
    return MARK if isinstance(value, str) and tells_secret(name) else scrub_value(value, depth=depth + 1)


def _unless_name(key: re.Match[str]) -> str:
    return MARK if _RUN.search(key[0]) else key[0]


def _unless_words(wide: re.Match[str]) -> str:
    return MARK if any(_is_dense(run) for run in _RUN.findall(wide[0])) else wide[0]


def _is_dense(run: str) -> bool:
    return len(run) >= 20 and not run.isalpha() and not run.isdigit()

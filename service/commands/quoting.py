"""What a refusal quotes of a document that was sent: its secrets are for whoever sent them, not for the log. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from service.masking import Masker, scrub
from service.ports import HubError, NotFound, Refused, Unauthorized, Unavailable

WORDED = frozenset({"server_error", "rate_limited", "malformed"})  # what tells of an answer, and may quote it
SHORTEST = 4  # letters: a shorter text cannot be told from ordinary words

_masker = Masker()


def hidden_in(document: Mapping[str, Any]) -> frozenset[str]:
    """Return every text of a document that is masked wherever it is stored."""
    plain = dict(document)
    return frozenset(_hidden(plain, _masker.mask(plain).document))


def hush(error: HubError, hidden: frozenset[str]) -> None:
    """Take the other side's words out of an error's sentence if they quote what is hidden; code and body stay.

    As a whole: words that were cut short could hold a part of it. Of an answer that could not be used the body is not
    at hand, and it is never told what it said.
    """
    if not hidden:
        return
    if isinstance(error, Unavailable) and error.word in WORDED:
        error.args = (f"there was no usable answer ({error.word}); what was to be written may have been written",)
    elif _quotes(error, hidden):
        error.args = ("Hugging Face's words quote what was sent: they are told to whoever sent it, and to nobody else",)


def _quotes(error: HubError, hidden: frozenset[str]) -> bool:
    body = error.body if isinstance(error, Refused | Unauthorized | NotFound) else None
    told = [str(error), body or "", *_strings(_decoded(body))]
    return any(text in said for text in {*hidden, *map(scrub, hidden)} for said in told)


def _decoded(body: str | None) -> Any:
    try:
        return msgspec.json.decode(body or "null")
    except (msgspec.MsgspecError, RecursionError):
        return None


def _hidden(value: Any, masked: Any) -> Iterator[str]:
    match value, masked:
        case str(), str() if value != masked and len(value) >= SHORTEST:
            yield value
        case dict(), dict():
            for own, shown in zip(value.values(), masked.values(), strict=True):
                yield from _hidden(own, shown)
        case list(), list():
            for own, shown in zip(value, masked, strict=True):
                yield from _hidden(own, shown)
        case dict() | list(), _:  # too deep: masked as a whole
            yield from (text for text in _strings(value) if len(text) >= SHORTEST)
        case _:
            return


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, item in value.items():
                yield str(key)
                yield from _strings(item)
        case list():
            for item in value:
                yield from _strings(item)
        case _:
            return

"""The API's own words for a no: kept for whoever asked, without tokens, and short where people read them."""

from collections.abc import Iterator

import msgspec

from service.huggingface.answers import Answer
from service.masking import MARK, scrub, scrub_value
from service.ports import Invalid, Refused

_LONGEST_WORDS = 300


def refused(kind: type[Refused], text: str, answer: Answer, secret: str) -> Refused:
    """Return the refusal, with the answer's own code and words."""
    return kind(text, code=answer.code, body=scrub_body(answer.body, secret))


def invalid(start: str, answer: Answer, secret: str) -> Invalid:
    """Return what the schema did not allow, complaint by complaint."""
    body = scrub_body(answer.body, secret)
    complaints = tuple(_complaints(body))
    told = "; ".join(complaints)[:_LONGEST_WORDS]
    do = f"the API's schema does not allow it: correct {told or 'what was sent'}"
    return Invalid(f"{start}; {do}", code=answer.code, body=body, complaints=complaints)


def scrub_body(body: bytes, secret: str) -> str:
    """Return an answer's own text, still JSON if it was, without tokens: not ours, nor what is shaped like one."""
    text = body[:64_000].decode(errors="replace").replace(secret, MARK)
    try:
        told = msgspec.json.decode(text)
        scrubbed = scrub_value(told)
        return text if scrubbed == told else msgspec.json.encode(scrubbed).decode()
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
        return scrub(text)


def said(body: bytes, secret: str) -> str:
    """Return the words of an error's body, short and on one line."""
    try:
        told = msgspec.json.decode(body, type=dict[str, object])
        words = told.get("error", "")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
    if not isinstance(words, str) or not words:
        return ""
    words = " ".join(scrub(words[:4000].replace(secret, MARK)).split())
    return f", {words[:_LONGEST_WORDS]!r}"


def _complaints(body: str) -> Iterator[str]:
    """Yield each complaint of a schema: under `detail` or `errors`, a text, or an object with a place and a message.

    Assumed, since nothing tells the shape; where it is another, the error keeps the whole body all the same.
    """
    try:
        told = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    for key in ("detail", "details", "errors"):
        found = told.get(key)
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, str):
                yield one
            elif isinstance(one, dict):
                place = one.get("loc", one.get("path", one.get("field", "")))
                where = ".".join(str(part) for part in place) if isinstance(place, list) else str(place)
                what = one.get("msg", one.get("message", one.get("error", "")))
                yield f"{where}: {what}".removeprefix(": ")

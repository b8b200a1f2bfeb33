"""What a caller may say: in the address, the query, the headers and the body; and the sentence if it is not that.

A parameter that is not known is refused by name: a misspelt filter must not look like an answer to the question.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from service.masking import NAME, one_line, scrub
from service.statuses import MOST as MOST_STATUSES, why_no_status
from service.web.answers import NO_NAME, Problem, never_seen
from service.web.context import parts_of
from service.when import NotUnderstood, parse_when, parse_zone
from statemachine.model import EndpointName

T = TypeVar("T")
MOST = 2**63 - 1  # a position beyond it is no position
REASON_LETTERS = 500
MOST_LETTERS = 1000  # of a text to look for
DEEPEST = 24  # levels of a document that is written
REPEATED = {"type", "status", "glob", "group"}
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a query, as the code reads it and as /openapi.json tells it."""

    name: str
    text: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


def endpoint_of(request: web.Request) -> EndpointName:
    """Return the endpoint that the address names, or raise what answers 404."""
    namespace, name = request.match_info["namespace"], request.match_info["name"]
    if NAME.fullmatch(namespace) is None or NAME.fullmatch(name) is None:
        raise Problem(404, NO_NAME)
    return EndpointName(namespace, name)


def namespace_of(request: web.Request) -> str:
    """Return the namespace that the address names, or raise what answers 404."""
    namespace = request.match_info["namespace"]
    if NAME.fullmatch(namespace) is None:
        raise Problem(404, "there can be no namespace of that name: write /api/endpoints/NAMESPACE")
    return namespace


def known_endpoint_of(request: web.Request) -> EndpointName:
    """Return the endpoint that the address names, if the log ever heard of it; else raise what answers 404."""
    name, parts = endpoint_of(request), parts_of(request)
    if parts.live.fleet.known(name).life is None:
        parts.watch.of(name.namespace)  # NotWatched answers better where nobody looks
        raise never_seen(name)
    return name


def query_of(request: web.Request, known: Sequence[Parameter]) -> dict[str, str]:
    """Return the query, each parameter once; those that may be repeated are joined by commas."""
    said: dict[str, str] = {}
    names = [parameter.name for parameter in known]
    for key in request.query:
        if key not in names:
            raise Problem(400, f"there is no parameter {key[:60]!r} here: use {', '.join(names) or 'none'}")
        values = request.query.getall(key)
        if len(values) > 1 and key not in REPEATED:
            raise Problem(400, f"{key} is said twice: say it once")
        said[key] = ",".join(values)
    return said


def whole_number(said: Mapping[str, str], key: str, *, default: T, least: int = 0, most: int = MOST) -> int | T:
    """Return a number of the query."""
    if key not in said:
        return default
    text = said[key]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        limits = f"from {least} to {most}" if most < MOST else f"of at least {least}"
        raise Problem(400, f"{key}={text[:60]!r} is not understood: give a whole number {limits}")
    return int(text)


def seconds_of(said: Mapping[str, str], key: str, *, default: float, most: float) -> float:
    """Return a number of seconds of the query."""
    text = said.get(key, str(default))
    if _DECIMAL.fullmatch(text) is None or float(text) > most:
        raise Problem(400, f"{key}={text[:60]!r} is not understood: give seconds from 0 to {most:g}")
    return float(text)


def truth(said: Mapping[str, str], key: str) -> bool:
    """Return a yes or no of the query; no if nothing is said."""
    if said.get(key, "false") not in {"true", "false"}:
        raise Problem(400, f"{key}={said[key][:60]!r} is not understood: say true or false")
    return said.get(key) == "true"


ZONE = Parameter(name="zone", text="In which times are meant that name none; else the configuration's, else UTC.")


def zone_of(said: Mapping[str, str], otherwise: str) -> tzinfo:
    """Return the zone that the query names, or else the one that is meant."""
    try:
        return parse_zone(said.get("zone") or otherwise or "UTC")
    except NotUnderstood as error:
        raise Problem(400, f"zone: {error}") from None


def instant_of(said: Mapping[str, str], key: str, *, now: datetime, zone: tzinfo) -> datetime | None:
    """Return an instant of the query, said as people say it."""
    if key not in said:
        return None
    try:
        return parse_when(said[key], now=now, zone=zone)
    except NotUnderstood as error:
        raise Problem(400, f"{key}: {error} (a + in an address is written %2B)") from None


def printable(said: Mapping[str, str], key: str) -> str | None:
    """Return a text of the query, which may hold whatever can be printed."""
    text = said.get(key)
    if text is not None and not (text and text.isprintable() and len(text) <= MOST_LETTERS):
        raise Problem(
            400, f"{key}={text[:60]!r} is not understood: give 1 to {MOST_LETTERS} letters that can be printed"
        )
    return text


def named(said: Mapping[str, str], key: str, known: Iterable[str]) -> str | None:
    """Return one of the names that there are."""
    text = said.get(key)
    if text is not None and text not in (names := list(known)):
        raise Problem(400, f"there is no {key} {text[:60]!r}: use {', '.join(names) or 'none: there are none'}")
    return text


def listed(said: Mapping[str, str], key: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return some of the names that there are, parted by commas."""
    names, texts = list(known), said[key].split(",") if key in said else []
    return tuple(name for text in texts if (name := named({key: text}, key, names)) is not None)


def statuses_of(said: Mapping[str, str], key: str, *, beside: Sequence[str] = ()) -> tuple[str, ...]:
    """Return some statuses, parted by commas, or words `beside` them: also such as nobody knows."""
    texts = said[key].split(",") if key in said else []
    if len(texts) > MOST_STATUSES:
        raise Problem(400, f"{key} names {len(texts)} statuses: name {MOST_STATUSES} at most")
    for text in texts:
        if (reason := why_no_status(text, beside=beside)) is not None:
            raise Problem(400, f"{key}: {reason}")
    return tuple(texts)


def endpoint_named(said: Mapping[str, str], key: str) -> EndpointName | None:
    """Return an endpoint that the query names as namespace/name."""
    if key not in said:
        return None
    namespace, slash, name = said[key].partition("/")
    if not (slash and NAME.fullmatch(namespace) and NAME.fullmatch(name)):
        raise Problem(400, f"{key}={said[key][:60]!r} is not understood: write namespace/name")
    return EndpointName(namespace, name)


async def body_of(request: web.Request, shape: type[T]) -> T:
    """Return the body, which is JSON; none at all counts as an empty object."""
    raw = await request.read()
    try:
        return msgspec.json.decode(raw or b"{}", type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is not understood ({error}): GET /openapi.json says what it holds") from None


async def document_of(request: web.Request) -> dict[str, Any]:
    """Return the body, which is an endpoint's document, whole or partial; its text is repeated to nobody."""
    raw = await request.read()
    try:
        document = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "the body is no JSON object: send an endpoint's document, or the part to change") from None
    if not document:
        raise Problem(422, "the document is empty: name at least one thing to write")
    if _is_deeper(document, DEEPEST):
        raise Problem(422, f"the document is nested deeper than {DEEPEST} levels, and no endpoint's is: correct it")
    return document


def _is_deeper(document: object, most: int) -> bool:
    level: list[object] = [document]
    for _ in range(most):
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
        if not level:
            return False
    return True


def reason_of(text: str) -> str:
    """Return a reason that a person wrote, fit for the log and for terminals: people paste tokens."""
    return scrub(one_line(text))[:REASON_LETTERS]


def key_of(request: web.Request) -> str:
    """Return what makes several requests one command; each is its own if the caller does not say."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return str(uuid.uuid4())
    if _KEY.fullmatch(key) is None:
        raise Problem(400, "the Idempotency-Key is not understood: send 1 to 200 printable ASCII letters, no spaces")
    return key

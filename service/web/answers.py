"""How answers look: JSON, never stored by anybody, and each error one sentence that says what to do.

An error is a problem detail (RFC 9457). Its sentence stands in `detail`, and in `error` besides: so that a script that
reads one field of an error can read that of any.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from events.errors import LogError, LogUnusable
from events.streams import Subject
from service.masking import scrub
from service.watch.watch import NotWatched
from service.web.shapes import Error
from statemachine.model import EndpointName

BODY_BYTES = 64 * 1024
ON_EVERY_ANSWER = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "lamplighter",
}
PROBLEM = "application/problem+json"
KIND = "urn:lamplighter:problem:"  # before the name of a kind of problem that a client may want to tell from others
_encoder = msgspec.json.Encoder()
_logger: Any = structlog.get_logger()

SENTENCES = {
    404: "there is nothing at this address: GET /openapi.json lists what there is",
    405: "this address does not take {method}, only {allowed}: GET /openapi.json says what each is for",
    413: f"the body is too large: send at most {BODY_BYTES // 1024} KB",
}


class Problem(Exception):
    """The request is not granted: a code of HTTP, and a sentence that says what to do."""

    def __init__(
        self,
        code: int,
        sentence: str,
        *,
        headers: Mapping[str, str] | None = None,
        kind: str | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        """Keep what the answer is made of; `kind` tells it from others of its code, `fields` are what it is about."""
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.headers = headers or {}
        self.kind = kind
        self.fields = fields


NO_NAME = "there can be no endpoint of that name: write /api/endpoints/NAMESPACE/NAME"


def never_seen(about: EndpointName | Subject) -> Problem:
    """Return that there is no such endpoint or namespace: also to who may not know whether there is."""
    kind = "namespace" if isinstance(about, Subject) and about.name is None else "endpoint"
    sentence = f"no {kind} {about} was ever seen: GET /api/endpoints lists the endpoints that are there"
    return Problem(404, sentence, kind="never-seen")


def encode(what: object) -> bytes:
    """Return JSON; instants become RFC 3339 in UTC."""
    return _encoder.encode(what)


def answer(what: object, *, code: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON; what is an error is a problem detail."""
    content_type = "application/json" if code < 400 else PROBLEM
    return web.Response(body=encode(what), status=code, content_type=content_type, headers=headers)


def error(
    code: int,
    sentence: str,
    *,
    headers: Mapping[str, str] | None = None,
    kind: str | None = None,
    fields: tuple[str, ...] = (),
    instance: str | None = None,
) -> web.Response:
    """Answer with an error."""
    more: dict[str, Any] = {"fields": fields} if fields else {}
    if instance is not None:
        more["instance"] = instance
    return answer(Error(**problem(code, sentence, kind), **more), code=code, headers=headers)


def problem(code: int, sentence: str, kind: str | None = None) -> dict[str, Any]:
    """Return what every problem detail holds, by name."""
    return {
        "type": "about:blank" if kind is None else f"{KIND}{kind}",
        "title": title_of(code),
        "status": code,
        "detail": sentence,
        "error": sentence,
    }


def title_of(code: int) -> str:
    """Return what HTTP calls a code; another one of Hugging Face's own stays a number."""
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return f"HTTP {code}"


def instance_of(request: web.Request) -> str | None:
    """Return the address that a problem occurred at, unless it holds what must not be repeated."""
    path = request.raw_path.partition("?")[0][:200]
    return path if path.isascii() and path.isprintable() and scrub(path, dense=False) == path else None


@web.middleware
async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer; what nobody expected is logged once, and its inside told to nobody."""
    try:
        return await handler(request)
    except Problem as told:
        return error(
            told.code,
            told.sentence,
            headers=told.headers,
            kind=told.kind,
            fields=told.fields,
            instance=instance_of(request),
        )
    except NotWatched as unknown:
        return error(404, str(unknown), instance=instance_of(request))
    except web.HTTPException as refused:
        return _of_http(request, refused)
    except LogUnusable as unusable:
        _logger.error("log_unusable", path=shown_path(request), error=scrub(str(unusable)))
        return error(503, "the event log cannot be used now: see the daemon's own log for why, then ask again")
    except LogError as missing:  # an archive that is not where it was, or not as it was
        sentence = scrub(str(missing), dense=False)  # the name of the file is what it is about
        _logger.error("log_not_read", path=shown_path(request), error=sentence)
        return error(503, sentence)
    except Exception:
        _logger.exception("request_failed", method=request.method, path=shown_path(request))
        return error(500, "this failed inside the daemon: see request_failed in its own log, and report it")


async def set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Let nobody store, guess at or embed an answer; runs before any answer's head is sent."""
    response.headers.update(ON_EVERY_ANSWER)


def _of_http(request: web.Request, refused: web.HTTPException) -> web.Response:
    headers = {"Allow": refused.headers["Allow"]} if "Allow" in refused.headers else None
    sentence = SENTENCES.get(refused.status, f"{refused.reason.lower()}: GET /openapi.json says what can be asked")
    allowed = headers["Allow"].replace(",", ", ") if headers else ""
    return error(refused.status, sentence.format(method=request.method, allowed=allowed), headers=headers)


def shown_path(request: web.Request) -> str:
    """Return the path as the daemon's own log may show it."""
    return scrub(request.path[:200], dense=False)

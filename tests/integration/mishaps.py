"""What can befall a request, one by one, and what is right in place of it: for every route that the client knows."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.unit.huggingface.documents import document

BEGIN = 1772323200  # 2026-03-01
ENDPOINT = document()
OTHER = document() | {"name": "other"}
NAMED = r"/v2/endpoint/acme/tgi"

# What each route says when all is well; the first that fits counts.
RIGHT: tuple[tuple[str, str, Any], ...] = (
    ("GET", r"/v2/endpoint/acme", {"items": [ENDPOINT, OTHER], "nextCursor": None}),
    ("POST", r"/v2/endpoint/acme", ENDPOINT),
    ("DELETE", NAMED, b""),
    ("GET|PUT", NAMED, ENDPOINT),
    ("POST", rf"{NAMED}/(pause|resume|scale-to-zero)", ENDPOINT),
    ("POST", rf"{NAMED}/metrics/[a-z-]+", [{"labels": {}, "values": [[BEGIN, 5], [BEGIN + 86400, "0"]]}]),
    ("GET", rf"{NAMED}/open-metrics", b"# TYPE up gauge\nup 1\n# EOF\n"),
    ("GET", rf"{NAMED}/replica", [{"id": "tgi-1", "state": "running"}]),
    ("GET", rf"{NAMED}/logs", b"one\ntwo\n"),
    ("GET", r"/v3/endpoint/acme/tgi/logs", {"items": [{"message": "up"}]}),
    ("GET", r"/v2/audit-logs/acme", {"list": [{"action": "pause"}], "next_cursor": None, "prev_cursor": None}),
    ("GET", r"/v2/provider/acme", {"vendors": [{"name": "aws", "regions": [{"name": "us-east-1", "computes": []}]}]}),
    ("GET", r"/api/whoami-v2", {"name": "alice", "orgs": [{"name": "acme"}]}),
    ("GET", r"/api/organizations/acme/members", [{"user": "alice"}]),
    ("GET", r"/health", {}),
)


def right(request: web.Request) -> bytes:
    """Return the body of the right answer."""
    for methods, path, told in RIGHT:
        if re.fullmatch(methods, request.method) and re.fullmatch(path, request.path):
            return told if isinstance(told, bytes) else json.dumps(told).encode()
    raise AssertionError(f"nobody asks {request.method} {request.path}")


@dataclass(slots=True)
class Mishap:
    """One fault. `words` are the errors that it may end in; `done` tells whether a write was carried out all the same.

    `result` tells whether a call may also end in a result.
    """

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    words: set[str] = field(default_factory=set)
    done: bool = False
    result: bool = False


def says(
    body: bytes | str, status: int = 200, **headers: str
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        raw = body.encode() if isinstance(body, str) else body
        return web.Response(status=status, body=raw, headers={key.replace("_", "-"): v for key, v in headers.items()})

    return answer


async def well(request: web.Request) -> web.StreamResponse:
    return web.Response(body=right(request), content_type="application/json")


async def packed(request: web.Request) -> web.StreamResponse:
    response = web.Response(body=right(request), content_type="application/json")
    response.enable_compression(web.ContentCoding.gzip)
    return response


async def silent(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(10_000)
    return await well(request)


async def late(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(45)
    return await well(request)


async def slow(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(20)
    return await well(request)


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = 1000
    await response.prepare(request)
    await response.write(right(request)[:20])
    assert request.transport is not None
    request.transport.close()
    return response


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(1)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 10_000)


async def endless_pages(request: web.Request) -> web.StreamResponse:
    number = int(request.query.get("cursor", "0")) + 1
    told = None if request.path.endswith(("/logs", "/open-metrics")) else json.loads(right(request) or b"{}")
    if isinstance(told, dict) and "items" in told and request.path.endswith("acme"):
        return web.json_response(told | {"nextCursor": str(number)})
    if isinstance(told, dict) and "audit" in request.path:
        return web.json_response(told | {"next_cursor": str(number)})
    if "members" in request.path:
        return web.json_response(told, headers={"Link": f'<?cursor={number}>; rel="next"'})
    return await well(request)


PAGE = "<html><body>Please log in</body></html>"
SHAPES = ("", "null", "5", '"x"', "[]", "{}", "[[]]", "[{}]", '{"items": 5}', '{"list": {}}', '{"name": "tgi"}', "{")

MISHAPS: dict[str, Mishap] = {
    "silent": Mishap(silent, {"timeout"}, done=True),
    "late": Mishap(late, {"timeout"}, done=True),
    "slow": Mishap(slow, done=True, result=True),
    "dripping": Mishap(dripping, {"timeout"}, done=True),
    "429": Mishap(says("", 429), {"rate_limited"}),
    "429 with Retry-After": Mishap(says("", 429, Retry_After="20"), {"rate_limited"}),
    "429 with a long Retry-After": Mishap(says("", 429, Retry_After="86400"), {"rate_limited"}),
    "429 with RateLimit": Mishap(says("", 429, RateLimit='"api";r=0;t=9'), {"rate_limited"}),
    "500": Mishap(says('{"error": "Internal"}', 500), {"server_error"}, done=True),
    "502 of a proxy": Mishap(says(PAGE, 502, Content_Type="text/html"), {"server_error"}, done=True),
    "503 with Retry-After": Mishap(says("", 503, Retry_After="20"), {"server_error"}, done=True),
    "504": Mishap(says("", 504), {"server_error"}, done=True),
    "501": Mishap(says("", 501), {"refused"}),
    "reset": Mishap(cut, {"connection"}, done=True),
    "truncated": Mishap(truncated, {"malformed"}, done=True),
    "a page": Mishap(says(PAGE, Content_Type="text/html"), {"malformed"}, done=True),
    "no text": Mishap(says(b"\xff\xfe\x00"), {"malformed"}, done=True, result=True),
    "too deep": Mishap(says("[" * 100_000), {"malformed"}, done=True, result=True),
    "not packed": Mishap(says("plain", Content_Encoding="gzip"), {"malformed", "connection"}, done=True),
    "endless": Mishap(endless, {"malformed"}, done=True),
    "endless pages": Mishap(endless_pages, {"malformed"}, done=True, result=True),
    "packed": Mishap(packed, done=True, result=True),
    **{
        f"shape {shape}": Mishap(says(shape, Content_Type="application/json"), {"malformed"}, done=True, result=True)
        for shape in SHAPES
    },
    **{
        f"redirect {code}": Mishap(says("", code, Location="//elsewhere.invalid/"), {"malformed"})
        for code in (301, 302, 303, 307, 308)
    },
    "401": Mishap(says("", 401), {"unauthorized"}),
    "403": Mishap(says("", 403), {"unauthorized"}),
    "404 of a proxy": Mishap(says(PAGE, 404, Content_Type="text/html"), {"not_found", "malformed"}),
    "404": Mishap(says('{"error": "Not Found"}', 404), {"not_found"}, result=True),
    "409": Mishap(says("", 409), {"conflict"}),
    "410": Mishap(says("", 410), {"refused"}),
    "422": Mishap(says('{"detail": ["no"]}', 422), {"invalid"}),
}

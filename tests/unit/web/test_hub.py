"""Hugging Face's own API at a daemon made by hand: what is taken, what is refused, and in whose words."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.callers import Callers, Connection
from service.parts import Parts
from service.ports import HubError, Identity, NotFound, Refused, Unauthorized, Unavailable
from statemachine.model import EndpointName
from tests.unit.unasked import Unasked
from tests.unit.web.hands import Caller, Unreachable, make_parts, served

pytestmark = pytest.mark.looptime

ACME = "/v2/endpoint/acme"
CHAT = f"{ACME}/chat"


@dataclass
class Hub(Unasked):
    """Hugging Face as a caller's token finds it."""

    namespaces: tuple[str, ...] = ("ana", "acme")
    whoami_fails: HubError | None = None
    tokens: list[str] = field(default_factory=list)
    closed: int = 0

    def connect(self, token: str) -> Connection:
        self.tokens.append(token)
        return Connection(hub=self, writers={}, heard=lambda _: None)

    async def whoami(self, namespace: str) -> Identity:
        if self.whoami_fails is not None:
            raise self.whoami_fails
        return Identity(name="ana", namespaces=self.namespaces)

    async def close(self) -> None:
        self.closed += 1


class Reader(Unreachable):
    """The daemon's own client; each look fails as it is told to."""

    def __init__(self, error: HubError) -> None:
        self.error = error

    async def look(self, name: EndpointName) -> Any:
        raise self.error


def made(folder: Path, hub: Hub, *, error: HubError | None = None) -> Parts:
    parts = make_parts(folder)
    parts.callers = Callers(hub.connect, parts.clock)
    if error is not None:
        parts.watch.watchers["acme"]._reader = Reader(error)
    return parts


async def said(caller: Caller, method: str, path: str, **what: Any) -> tuple[int, str]:
    headers = {"Authorization": "Bearer hf_ana", **what.pop("headers", {})}
    async with caller.http.request(method, path, headers=headers, **what) as response:
        return response.status, await response.text()


DEEP = b'{"model":' * 30 + b"{}" + b"}" * 30


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        (b"", 400, "no JSON object"),
        (b"[]", 400, "no JSON object"),
        (b'{"name": "\xff"}', 400, "no JSON object"),
        (b"[" * 100_00, 400, "no JSON object"),
        (b"{}", 422, "empty"),
        (DEEP, 422, "nested deeper than 24 levels"),
    ],
)
async def test_a_document_that_is_none_is_refused_as_under_api(
    tmp_path: Path, body: bytes, code: int, word: str
) -> None:
    async with served(made(tmp_path, Hub())) as caller:
        answers = [await said(caller, "POST", ACME, data=body), await said(caller, "PUT", CHAT, data=body)]

    for answer in answers:
        assert answer[0] == code
        assert answer[1].startswith('{"error": "')
        assert word in answer[1]


@pytest.mark.parametrize("key", ["", "two words", "x" * 201])
async def test_a_key_that_is_none_is_refused_as_under_api(tmp_path: Path, key: str) -> None:
    async with served(made(tmp_path, Hub())) as caller:
        for method, path, body in (
            ("POST", f"{CHAT}/pause", None),
            ("POST", ACME, {"name": "x"}),
            ("PUT", CHAT, {"tags": []}),
        ):
            code, text = await said(caller, method, path, json=body, headers={"Idempotency-Key": key})
            assert (code, "Idempotency-Key" in text) == (400, True), path


TEAPOT = '{"error":"I am a teapot","code":7}'


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (Refused("cannot look: 418", code=418, body=TEAPOT), 418, TEAPOT),
        (Refused("cannot look: 418", code=418, body="short and stout"), 418, "short and stout"),
        (Refused("cannot look: 418", code=418, body=""), 418, '{"error": "cannot look: 418"}'),
        (NotFound("cannot look: 404", body=TEAPOT), 404, TEAPOT),
        (NotFound("no name"), 404, '{"error": "no name"}'),
        (Unavailable("nobody is there", word="connection"), 502, '{"error": "nobody is there"}'),
    ],
)
async def test_what_hugging_face_answered_is_the_answer(tmp_path: Path, error: HubError, code: int, text: str) -> None:
    by_whoami, by_look = made(tmp_path, Hub(whoami_fails=error)), made(tmp_path, Hub(), error=error)

    for parts in (by_whoami, by_look):
        async with served(parts) as caller:
            assert await said(caller, "GET", f"{CHAT}?fresh=1") == (code, text)


async def test_that_the_daemons_own_token_is_refused_is_not_told_as_the_callers(tmp_path: Path) -> None:
    error = Unauthorized("put a valid one into /run/secrets/hf", code=401, body='{"error":"Unauthorized"}')
    own, callers = made(tmp_path, Hub(), error=error), made(tmp_path, Hub(whoami_fails=error))

    async with served(own) as caller:
        code, text = await said(caller, "GET", f"{CHAT}?fresh=1")
        assert (code, "/run/secrets" in text) == (502, False)
    async with served(callers) as caller:
        assert await said(caller, "GET", CHAT) == (401, '{"error":"Unauthorized"}')


@pytest.mark.parametrize("own", ["hf_the-token-file-holds-any-secret", "ll_the-daemons-own"])
async def test_the_daemons_own_token_is_told_to_nobody_else_whatever_it_looks_like(tmp_path: Path, own: str) -> None:
    hub = Hub()
    parts = made(tmp_path, hub)
    parts.token = own

    async with served(parts) as caller:
        code, text = await said(caller, "GET", CHAT, headers={"Authorization": f"Bearer {own}"})

    assert (code, "send your Hugging Face token" in text) == (401, True)
    assert hub.tokens == []

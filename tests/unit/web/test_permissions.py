"""Every address against every kind of caller: what may be done stands in this table, and nothing else may."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from events import streams
from events.catalogue.daemon import DaemonStopped
from events.catalogue.namespaces import NamespaceUnreachable
from service.access import Grant, Role
from service.parts import Parts
from service.web import access, openapi
from service.web.access import tokens_of
from service.web.permissions import NEEDS
from service.web.routes import ROUTES
from tests.unit.web.hands import START, TOKEN, Caller, discover, make_parts, put, served
from tests.unit.web.test_stream import until

TWO = 'mode = "observe"\n[namespaces]\nacme = {}\nbeta = {}\n'
OPEN, ANY, SEEN, SOME, ALL = "open", "any", "seen", "some", "all"  # see `EXPECTED`

# What each address is: open to all; of some namespace, filtered (any); of one namespace (seen: to read, some: to
# operate); of the whole daemon (all), with the role that it takes.
EXPECTED: dict[tuple[str, str], tuple[str, Role]] = {
    ("GET", "/healthz"): (OPEN, Role.READ),
    ("GET", "/readyz"): (OPEN, Role.READ),
    ("GET", "/metrics"): (ALL, Role.READ),
    ("GET", "/openapi.json"): (ANY, Role.READ),
    ("GET", "/api/status"): (ANY, Role.READ),
    ("GET", "/api/plan"): (ANY, Role.READ),
    ("GET", "/api/endpoints"): (ANY, Role.READ),
    ("GET", "/api/endpoints/{namespace}/{name}"): (SEEN, Role.READ),
    ("GET", "/api/endpoints/{namespace}/{name}/timeline"): (SEEN, Role.READ),
    ("GET", "/api/uptime"): (ANY, Role.READ),
    ("GET", "/api/endpoints/{namespace}/{name}/explain"): (SEEN, Role.READ),
    ("GET", "/api/endpoints/{namespace}/{name}/wait"): (SEEN, Role.READ),
    ("POST", "/api/endpoints/{namespace}/{name}/pause"): (SOME, Role.OPERATE),
    ("POST", "/api/endpoints/{namespace}/{name}/resume"): (SOME, Role.OPERATE),
    ("POST", "/api/endpoints/{namespace}/{name}/scale-to-zero"): (SOME, Role.OPERATE),
    ("POST", "/api/endpoints/{namespace}/{name}/hold"): (SOME, Role.OPERATE),
    ("DELETE", "/api/endpoints/{namespace}/{name}/hold"): (SOME, Role.OPERATE),
    ("POST", "/api/endpoints/{namespace}"): (SOME, Role.OPERATE),
    ("PATCH", "/api/endpoints/{namespace}/{name}"): (SOME, Role.OPERATE),
    ("DELETE", "/api/endpoints/{namespace}/{name}"): (SOME, Role.OPERATE),
    ("POST", "/api/endpoints/{namespace}/{name}/ensure"): (SOME, Role.OPERATE),
    ("GET", "/api/leases"): (ANY, Role.READ),
    ("POST", "/api/endpoints/{namespace}/{name}/leases"): (SOME, Role.OPERATE),
    ("PUT", "/api/endpoints/{namespace}/{name}/leases/{lease}"): (SOME, Role.OPERATE),
    ("DELETE", "/api/endpoints/{namespace}/{name}/leases/{lease}"): (SOME, Role.OPERATE),
    ("POST", "/api/hold"): (ALL, Role.OPERATE),
    ("DELETE", "/api/hold"): (ALL, Role.OPERATE),
    ("GET", "/api/events"): (ANY, Role.READ),
    ("GET", "/api/events/stream"): (ANY, Role.READ),
    ("GET", "/api/events/types"): (ANY, Role.READ),
    ("GET", "/api/events/types/{type}"): (ANY, Role.READ),
    ("GET", "/api/parked"): (ALL, Role.READ),
    ("POST", "/api/parked/replay"): (ALL, Role.ADMIN),
    ("POST", "/api/parked/skip"): (ALL, Role.ADMIN),
    ("GET", "/api/tokens"): (ALL, Role.ADMIN),
    ("POST", "/api/tokens"): (ALL, Role.ADMIN),
    ("DELETE", "/api/tokens/{token}"): (ALL, Role.ADMIN),
}
# Who asks: with which role, and where; None: nowhere.
CALLERS: dict[str, tuple[Role | None, str]] = {
    "nobody, on this machine": (Role.READ, "*"),
    "nobody, from afar": (None, ""),
    "a wrong token": (None, ""),
    "a revoked token": (None, ""),
    "the daemon's own": (Role.ADMIN, "*"),
    **{f"{role.word} in {where}": (role, where) for role in Role for where in ("*", "acme", "a*", "beta", "nowhere")},
}
BODIES: dict[str, Any] = {
    "/api/hold": {"for": "1h"},
    "/api/endpoints/{namespace}": {"name": "more"},
    "/api/endpoints/{namespace}/{name}": {"tags": []},
    "/api/tokens": {"name": "new", "grants": [{"role": "read"}]},
    "/api/parked/replay": {"subscriber": "alerts", "position": 1, "why": "x"},
    "/api/parked/skip": {"subscriber": "alerts", "position": 1, "why": "x"},
}


def allowed(kind: str, needed: Role, role: Role | None, where: str) -> int | None:
    """Return the code of the refusal, or None; the endpoint of the address is in acme."""
    if kind == OPEN:
        return None
    if role is None:
        return 401
    everywhere, there = where == "*", where in {"*", "acme", "a*"}
    if kind in {SEEN, SOME}:
        return 404 if not there else None if role >= needed else 403
    return None if role >= needed and (everywhere or kind == ANY) else 403


async def headers_of(parts: Parts, caller: str) -> dict[str, str]:
    role, where = CALLERS[caller]
    match caller:
        case "nobody, on this machine":
            return {}
        case "nobody, from afar":
            return {"X-Forwarded-For": "10.0.0.1"}
        case "a wrong token":
            return {"Authorization": "Bearer ll_this-is-not-the-token-of-anybody"}
        case "the daemon's own":
            return {"Authorization": f"Bearer {TOKEN}"}
        case "a revoked token":
            made = await tokens_of(parts).create(
                "t", Grant(role=Role.ADMIN, namespaces=("*",)), expires_at=None, actor="person:ana"
            )
            await tokens_of(parts).revoke("t", actor="person:ana")
        case _:
            assert role is not None
            made = await tokens_of(parts).create(
                "t", Grant(role=role, namespaces=(where,)), expires_at=None, actor="person:ana"
            )
    return {"Authorization": f"Bearer {made.secret}"}


@asynccontextmanager
async def daemon(folder: Path) -> AsyncIterator[Caller]:
    """Two namespaces with an endpoint each, and what belongs to none."""
    parts = make_parts(folder, text=TWO)
    for name in ("acme/tgi", "beta/web", "acme/tei", "beta/old"):
        await discover(parts.log, name)
    for name in ("acme", "beta"):
        trouble = NamespaceUnreachable(since=START, error="server", detail="503")
        await put(parts.log, streams.namespace(name), trouble)
    await put(parts.log, streams.DAEMON, DaemonStopped(reason="x"), actor="daemon")
    async with served(parts) as caller:
        await parts.live.reach(7)
        yield caller


async def code_of(caller: Caller, method: str, path: str, headers: dict[str, str]) -> int:
    """Return what an address answers; a wait and a stream are let go at once."""
    address = path.format(namespace="acme", name="tgi", type="hold.placed", token="nobody", lease="l-1")
    address += "?timeout=0" if path.endswith("/wait") else ""
    word = "/api/hold" if path.endswith("/hold") else path
    body = BODIES.get(word) if method in {"POST", "PATCH"} else None
    async with caller.http.request(method, address, headers=headers, json=body) as response:
        return response.status


def test_the_table_names_every_route_and_no_other() -> None:
    routed = {(route.method, route.path) for route in ROUTES} | {("GET", openapi.PATH)}

    assert set(NEEDS) == routed, "declare in service/web/permissions.py what a new address takes"
    assert set(EXPECTED) == routed, "say here what a new address takes, too"


@pytest.mark.parametrize("caller", CALLERS)
async def test_every_address_answers_who_may_and_refuses_all_others(tmp_path: Path, caller: str) -> None:
    role, where = CALLERS[caller]
    async with daemon(tmp_path) as asked:
        headers = await headers_of(asked.parts, caller)
        head = await asked.parts.log.head()
        for (method, path), (kind, needed) in EXPECTED.items():
            expected = allowed(kind, needed, role, where)
            if caller == "nobody, on this machine" and expected == 403:
                expected = 401  # a token is what is missing
            found = await code_of(asked, method, path, headers)
            if expected is None:
                assert found not in {401, 421, 429}, (method, path, found)
                assert found != 403 or (kind == SOME and not path.endswith("/hold")), (method, path)  # observe mode
            else:
                assert found in {expected, 429 if expected == 401 and "token" in caller else expected}, (method, path)
                assert await asked.parts.log.head() == head, (method, path)
            head = await asked.parts.log.head()


async def test_an_address_without_a_declared_role_is_closed_to_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "NEEDS", {key: need for key, need in NEEDS.items() if key[1] != "/api/status"})
    async with daemon(tmp_path) as asked:
        refused = await asked.json("GET", "/api/status", code=403, token=True)

    assert "no role is declared" in refused["error"]


@pytest.mark.parametrize(
    ("function", "mutant"),
    [
        ("service.web.access.why_refused", lambda *_arguments, **_named: None),
        ("service.web.admission._why_not_in", lambda *_arguments, **_named: None),
        ("service.web.admission._too_little", lambda *_arguments, **_named: None),
        ("service.web.access.still_may", lambda _request: True),
        ("service.access.Caller.within", lambda _caller, _role: None),
        ("service.access.Caller.everywhere", lambda caller, role: caller.somewhere(role)),
    ],
)
async def test_the_tests_find_a_guard_that_lets_through_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, mutant: Any
) -> None:
    """The mutants: each lets something through that the real one does not."""
    monkeypatch.setattr(function, mutant)
    async with daemon(tmp_path) as asked:
        caught: list[object] = []
        for caller in ("read in acme", "read in beta"):
            made = await tokens_of(asked.parts).create(
                caller.replace(" ", "-"),
                Grant(role=Role.READ, namespaces=(caller.split()[-1],)),
                expires_at=None,
                actor="person:ana",
            )
            headers = {"Authorization": f"Bearer {made.secret}"}
            for (method, path), (kind, needed) in EXPECTED.items():
                expected = allowed(kind, needed, *CALLERS[caller])
                if not path.endswith("/stream") and expected not in {None, await code_of(asked, method, path, headers)}:
                    caught.append((method, path))
            page = await asked.json("GET", "/api/events?count=true", headers=headers)
            caught += [item["stream"] for item in page["items"] if item["namespace"] != caller.split()[-1]]
        caught += await _outlives_its_token(asked)

    assert caught


async def test_the_real_guard_lets_none_of_that_through(tmp_path: Path) -> None:
    async with daemon(tmp_path) as asked:
        assert await _outlives_its_token(asked) == []


async def _outlives_its_token(asked: Caller) -> list[str]:
    """Return what goes on although the token by which it was asked for was revoked."""
    tokens = tokens_of(asked.parts)
    made = await tokens.create("short", Grant(role=Role.READ, namespaces=("*",)), expires_at=None, actor="person:ana")
    headers = {"Authorization": f"Bearer {made.secret}"}
    found = []
    async with asyncio.TaskGroup() as tasks, asked.http.get("/api/events/stream", headers=headers) as response:
        await response.content.readline()
        wait = "/api/endpoints/acme/tgi/wait?for=paused&timeout=1"
        waiting = tasks.create_task(_code(asked.http, wait, headers), name="a wait")
        await until(asked, 2)
        await tokens.revoke("short", actor="person:ana")
        await discover(asked.parts.log, "acme/later")
        if b"later" in await _until_later_or_end(response):
            found.append("stream")
    if waiting.result() != 401:
        found.append("wait")
    return found


async def _until_later_or_end(response: aiohttp.ClientResponse) -> bytes:
    said = b""
    async with asyncio.timeout(10.0):
        while b"later" not in said and (line := await response.content.readline()):
            said += line
    return said


async def _code(http: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> int:
    async with http.get(path, headers=headers) as response:
        return response.status


def test_the_description_tells_what_each_address_takes() -> None:
    for path, operations in openapi.describe(ROUTES, version="1")["paths"].items():
        for method, operation in operations.items():
            need = NEEDS[method.upper(), path]
            told = re.search(r"role (\w+) ", operation["description"])
            assert (told[1] if told else None) == (need.role.word if need else None)

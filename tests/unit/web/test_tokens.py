"""Tokens over HTTP: made and revoked by an admin, told once, and gone at once; wrong ones have a bound."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from events.query import Query
from service.access import Grant, Role
from service.access.failures import OF_ONE
from service.web.access import tokens_of
from tests.unit.web.hands import Caller, discover, make_parts, served
from tests.unit.web.test_stream import until

TOKENS = "/api/tokens"


def bears(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def made(caller: Caller, *grants: Any, **body: Any) -> Any:
    told = {"name": "ci", "grants": grants or [{"role": "read"}], **body}
    return await caller.json("POST", TOKENS, code=201, token=True, json=told)


async def test_a_token_is_made_used_listed_and_revoked(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        operate = {"role": "operate", "namespaces": ["acme", "lab-*", "acme"]}
        told = await made(caller, operate, {"role": "read"}, **{"for": "90d"})
        listed = await caller.json("GET", TOKENS, token=True)
        seen = await caller.json("GET", "/api/status", headers=bears(told["secret"]))
        revoked = await caller.json("DELETE", f"{TOKENS}/ci", token=True)
        refused = await caller.json("GET", "/api/status", code=401, headers=bears(told["secret"]))
        left = await caller.json("GET", TOKENS, token=True)
        again = await caller.json("DELETE", f"{TOKENS}/ci", code=404, token=True)

    token = told["token"]
    assert token["name"] == "ci"
    assert token["grants"] == [
        {"role": "operate", "namespaces": ["acme", "lab-*"]},
        {"role": "read", "namespaces": ["*"]},
    ]
    assert (token["created_by"], token["expired"]) == ("person:token", False)
    assert token["expires_at"] == "2026-05-31T08:00:00Z" or token["expires_at"].startswith("2026-05-31T08:00")
    assert listed == {"items": [token]}
    assert seen["namespaces"][0]["namespace"] == "acme"
    assert revoked == {"revoked": token}
    assert left == {"items": []}
    assert "opens nothing" in refused["error"]
    assert "there is no token 'ci'" in again["error"]


async def test_a_secret_is_in_one_answer_and_nowhere_else(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        with capture_logs() as lines:
            secret = (await made(caller))["secret"]
            taken = await caller.json(
                "POST",
                TOKENS,
                code=409,
                token=True,
                json={"name": "ci", "grants": [{"role": "read"}]},
                headers={"Idempotency-Key": "k"},
            )
            listed = await caller.json("GET", TOKENS, token=True)
            wrong = await caller.json("GET", "/api/status", code=401, headers=bears(f"{secret}x"))
        events = (await parts.log.read(Query())).events

    assert secret not in repr((lines, taken, listed, wrong, events))
    assert "its secret cannot be told again" in taken["error"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"grants": [{"role": "owner"}]}, "there is no role 'owner': use read, operate, admin"),
        ({"name": ""}, "1 to 64 letters"),
        ({"name": "a b"}, "1 to 64 letters"),
        ({"name": "x" * 65}, "1 to 64 letters"),
        ({"name": "hf_abcdefghijklmnopqrstuvwxyz"}, "looks like a secret"),
        ({"grants": [{"role": "read", "namespaces": []}]}, "1 to 100 patterns"),
        ({"grants": [{"role": "read", "namespaces": ["acme/*"]}]}, "no pattern for the name of a namespace"),
        ({"grants": [{"role": "read", "namespaces": [""]}]}, "no pattern for the name of a namespace"),
        ({"grants": [{"role": "read", "namespaces": ["*"] * 101}]}, "1 to 100 patterns"),
        ({"for": "0s"}, "say 12h or 90d"),
        ({"for": "soon"}, "say 12h or 90d"),
        ({"for": "99999d"}, "say 12h or 90d"),
        ({"grants": []}, "give 1 to 10, each a role"),
        ({"grants": [{"role": "read"}] * 11}, "give 1 to 10, each a role"),
        ({"more": 1}, "the body is not understood"),
    ],
)
async def test_what_is_no_token_is_refused_with_what_to_say_instead(
    tmp_path: Path, body: dict[str, Any], said: str
) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        refused = await caller.json(
            "POST", TOKENS, code=400, token=True, json={"name": "ci", "grants": [{"role": "read"}], **body}
        )
        assert await parts.log.head() == 0

    assert said in refused["error"]


async def test_nobody_is_an_admin_of_some_namespaces_for_it_would_come_to_no_more_than_operate(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    some, all_ = ({"role": "admin", "namespaces": namespaces} for namespaces in (["acme", "lab-*"], ["acme", "*"]))
    async with served(parts) as caller:
        refused = await caller.json(
            "POST", TOKENS, code=422, token=True, json={"name": "ci", "grants": [{"role": "read"}, some]}
        )
        assert await parts.log.head() == 0
        secret = (await made(caller, all_))["secret"]
        listed = await caller.json("GET", TOKENS, headers=bears(secret))

    assert "or operate in acme, lab-*" in refused["error"]
    assert [one["name"] for one in listed["items"]] == ["ci"]


async def test_wrong_tokens_are_told_to_wait_and_right_ones_never(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        secret = (await made(caller))["secret"]
        codes, waits = [], None
        with capture_logs() as lines:
            for number in range(OF_ONE + 5):
                async with caller.http.get("/api/status", headers=bears(f"ll_guess-{number}")) as response:
                    codes.append(response.status)
                    waits = response.headers.get("Retry-After")
        right = await caller.json("GET", "/api/status", headers=bears(secret))
        own = await caller.json("GET", TOKENS, token=True)
        without = await caller.json("GET", "/api/status")

    assert codes == [401] * OF_ONE + [429] * 5
    assert sum(line["log_level"] != "debug" for line in lines) == OF_ONE  # its lines have a bound, too
    assert "ll_guess" not in str(lines)
    assert waits is not None
    assert int(waits) >= 1
    assert right["mode"] == without["mode"] == "observe"
    assert len(own["items"]) == 1


async def test_a_call_without_a_token_is_no_wrong_one(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        for _ in range(2 * OF_ONE):
            await caller.json("POST", "/api/hold", code=401, json={"for": "1h"})
            await caller.json("GET", "/healthz", headers=bears("hf_somebody-elses"))
        await caller.json("GET", "/api/status", code=401, headers=bears("ll_wrong"))


async def test_who_waits_is_let_go_when_the_token_is_revoked_and_nobody_else_is(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "acme/tgi")
    async with served(parts) as caller:
        await parts.live.reach(1)
        secret, other = (await made(caller))["secret"], (await made(caller, name="other"))["secret"]
        wait = "/api/endpoints/acme/tgi/wait?for=paused&timeout=300"
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            refused = tasks.create_task(caller.json("GET", wait, code=401, headers=bears(secret)))
            others = [tasks.create_task(code_of(caller, wait, headers)) for headers in ({}, bears(other))]
            await until(caller, 3)
            await caller.json("DELETE", f"{TOKENS}/ci", token=True)
            await until(caller, 2)
            for one in others:
                one.cancel()

    assert "revoked" in refused.result()["error"]


async def code_of(caller: Caller, path: str, headers: dict[str, str]) -> int:
    async with caller.http.get(path, headers=headers) as response:
        return response.status


async def test_a_request_that_is_under_way_when_its_token_is_revoked_still_ends_in_the_log(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "acme/tgi")
    async with served(parts) as caller:
        await parts.live.reach(1)
        tokens = tokens_of(parts)
        token = await tokens.create(
            "ci", Grant(role=Role.OPERATE, namespaces=("acme",)), expires_at=None, actor="person:ana"
        )
        placed = await caller.json(
            "POST", "/api/endpoints/acme/tgi/hold", code=201, json={"for": "1h"}, headers=bears(token.secret)
        )
        await caller.json("DELETE", f"{TOKENS}/ci", token=True)
        refused = await caller.json(
            "POST", "/api/endpoints/acme/tgi/hold", code=401, json={"for": "1h"}, headers=bears(token.secret)
        )

    assert placed["author"] == "token:ci"
    assert "revoked" in refused["error"]

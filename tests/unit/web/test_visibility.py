"""Whoever may see one namespace sees nothing of the others: in no answer, by no refusal, by no count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from events import streams
from events.catalogue.daemon import DaemonStopped
from events.catalogue.incidents import Fired, Severity
from events.catalogue.keepers import HoldPlaced
from events.catalogue.namespaces import NamespaceUnreachable
from events.catalogue.notifications import Message, Notified
from events.sqlite import SqliteLog
from events.unit import CursorMove, Parked, Unit
from service.access import Grant, Role
from service.web.access import tokens_of
from service.web.permissions import NEEDS
from statemachine.model import EndpointName, Kind, StatusChanged, Window
from statemachine.status import Status
from tests.unit.web.hands import CREATED, START, Caller, discover, make_parts, put, served

TWO = """
mode = "observe"
[namespaces]
acme = {}
zeta = {}
[groups.all]
match = ["*"]
[groups.theirs]
match = ["zeta/*"]
[[policies]]
name = "old"
groups = ["all"]
when = { max_age = "1h" }
"""


class Bearer:
    """Asks with a token of its own."""

    def __init__(self, caller: Caller, secret: str) -> None:
        self.caller = caller
        self.headers = {"Authorization": f"Bearer {secret}"}

    async def get(self, path: str, *, code: int = 200) -> Any:
        return await self.caller.json("GET", path, code=code, headers=self.headers)

    async def text(self, path: str) -> str:
        async with self.caller.http.get(path, headers=self.headers) as response:
            assert response.status == 200, await response.text()
            return await response.text()


async def bearer(caller: Caller, *namespaces: str, role: Role = Role.OPERATE, name: str = "ci") -> Bearer:
    tokens = tokens_of(caller.parts)
    made = await tokens.create(name, Grant(role=role, namespaces=namespaces), expires_at=None, actor="person:ana")
    return Bearer(caller, made.secret)


@asynccontextmanager
async def daemon(folder: Path, *, sqlite: bool = False) -> AsyncIterator[Caller]:
    """A daemon with something of everything in both namespaces, and of what belongs to none."""
    log = await SqliteLog.open(folder / "log.db", holder="a test") if sqlite else None
    parts = make_parts(folder, text=TWO, log=log)
    log_ = parts.log
    for space in ("zeta", "acme"):
        name = EndpointName(space, "tgi")
        await discover(log_, str(name))
        await discover(log_, f"{space}/tei")
        await put(log_, streams.life(EndpointName(space, "tei"), CREATED), paused())
        await put(log_, streams.acts(name), hold(f"h-{space}"))
        await put(log_, streams.namespace(space), NamespaceUnreachable(since=START, error="server", detail="503"))
        about = streams.incident("failed", streams.Subject(space, "tgi"))
        await put(log_, about, fired(f"n-{space}"), actor="daemon")
        await put(log_, streams.delivery("pager"), notified(f"l-{space}", f"{space}/tgi"), actor="daemon")
    await put(log_, streams.DAEMON, DaemonStopped(reason="zeta"), actor="daemon")
    await log_.append([unit_of_parked()])
    try:
        async with served(parts) as caller:
            await parts.live.reach(await log_.head())
            yield caller
    finally:
        if log is not None:
            await log.close()


def unit_of_parked() -> Unit:
    return Unit(cursor=CursorMove(name="hook/x", old=0, new=1), parking=Parked(name="hook/x", position=1, error="zeta"))


def paused() -> StatusChanged:
    window = Window(not_before=START, seen_at=START + timedelta(hours=1))
    return StatusChanged(window=window, old=Status.RUNNING, new=Status.PAUSED, kind=Kind.DIRECT)


def hold(id_: str) -> HoldPlaced:
    return HoldPlaced(hold=id_, author="person:ana", reason="x", until=START.replace(year=2099))


def fired(id_: str) -> Fired:
    return Fired(incident=id_, rule="failed", severity=Severity.CRITICAL, reason="so", evidence=1, at=START)


def notified(id_: str, subject: str) -> Notified:
    return Notified(
        notification=id_,
        message=Message.FIRING,
        title=subject,
        text="x",
        why="x",
        subject=subject,
        incidents=(),
        evidence=1,
        at=START,
    )


async def test_no_answer_names_a_namespace_that_the_caller_may_not_see(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci, owner = await bearer(caller, "acme"), await bearer(caller, "*", role=Role.ADMIN, name="owner")
        paths = [path for (method, path), need in NEEDS.items() if method == "GET" and need is not None]
        paths = [path for path in paths if not path.endswith("/stream") and need_is_met(path)]
        asked = [path.format(namespace="acme", name="tgi", type="hold.placed") for path in paths]
        asked = [f"{path}?timeout=0" if path.endswith("/wait") else path for path in asked]
        asked += ["/api/events?format=csv", "/api/events?format=jsonl", "/api/events?order=desc&count=true"]
        for path in asked:
            told = await ci.text(path)
            assert "zeta" not in told, path
            assert told
        names = [path for path in asked if "zeta" in await owner.text(path)]

    assert {"/api/status", "/api/endpoints", "/api/events", "/api/plan", "/api/uptime"} <= set(names)


def need_is_met(path: str) -> bool:
    need = NEEDS["GET", path]
    return need is not None and need.role is Role.READ and need.where.name != "EVERYWHERE"


async def test_what_is_counted_is_what_is_seen(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci, everybody = await bearer(caller, "acme"), await bearer(caller, "*", name="all")
        own, whole = await ci.get("/api/status"), await everybody.get("/api/status")
        plan, everything = await ci.get("/api/plan"), await everybody.get("/api/plan")

    assert (own["endpoints"], whole["endpoints"]) == ({"paused": 1, "running": 1}, {"paused": 2, "running": 2})
    assert [one["namespace"] for one in own["namespaces"]] == ["acme"]
    assert [one["endpoint"] for one in own["open_incidents"]] == ["acme/tgi"]
    assert (own["undelivered"], whole["undelivered"]) == (1, 2)
    assert (own["subscribers"], own["inspection"]) == ([], None)
    assert [one["subscriber"] for one in whole["subscribers"]] == ["hook/x"]
    assert sum(plan["not"].values()) == len(plan["items"]) == 2
    assert sum(everything["not"].values()) == len(everything["items"]) == 4


async def test_a_hidden_endpoint_is_answered_as_one_that_is_not_there(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci, named = await bearer(caller, "acme", "a-*"), [""]

        def shown(told: object, name: str, rest: str) -> str:
            return str(told).replace(f"{name}{rest}", "NAME").replace(name, "NAME")

        for rest in ("", "/explain", "/timeline"):
            hidden, absent, elsewhere, unwatched = [
                await ci.get(f"/api/endpoints/{name}{rest}", code=404)
                for name in ("zeta/tgi", "acme/nothing", "zeta/nothing", "a-b/tgi")
            ]
            named = [
                shown(told, name, rest)
                for told, name in (
                    (hidden, "zeta/tgi"),
                    (absent, "acme/nothing"),
                    (elsewhere, "zeta/nothing"),
                    (unwatched, "a-b/tgi"),
                )
            ]
            assert len(set(named)) == 1, rest
            assert hidden["type"] == absent["type"] == "urn:lamplighter:problem:never-seen"
        for name in ("zeta/tgi", "zeta/nothing", "a-b/tgi"):
            told = await ci.get(f"/api/endpoints/{name}/wait?timeout=0", code=404)
            assert shown(told, name, "/wait") == named[0]
        for word in ("pause", "resume", "scale-to-zero", "hold"):
            said = {
                str(
                    await caller.json(
                        "POST", f"/api/endpoints/{name}/{word}", code=404, headers=ci.headers, json={"for": "1h"}
                    )
                ).replace(name, "NAME")
                for name in ("zeta/tgi", "zeta/nothing")
            }
            assert len(said) == 1


async def test_a_namespace_that_is_asked_for_and_may_not_be_seen_is_empty(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci = await bearer(caller, "acme")
        for space in ("zeta", "nothing"):
            assert (await ci.get(f"/api/endpoints?namespace={space}"))["items"] == []
            assert (await ci.get(f"/api/uptime?match={space}/*"))["items"] == []
            told = await ci.get(f"/api/events?namespace={space}&count=true")
            assert (told["items"], told["count"]) == ([], 0)
        assert (await ci.get("/api/events?endpoint=zeta/tgi"))["items"] == []
        assert (await ci.get("/api/events?glob=z*/*"))["items"] == []


async def walk(asked: Bearer, query: str, place: str, begin: int) -> list[int]:
    """Return the positions of all pages, one after the other."""
    found: list[int] = []
    following: int | None = begin
    while following is not None:
        page = await asked.get(f"/api/events?{query}&{place}={following}")
        found += [item["position"] for item in page["items"]]
        following = page["next"]
    return found


@pytest.mark.parametrize("sqlite", [False, True])
async def test_pages_of_one_event_are_exact_and_counted_in_both_directions(tmp_path: Path, sqlite: bool) -> None:
    async with daemon(tmp_path, sqlite=sqlite) as caller:
        ci = await bearer(caller, "acme")
        whole = await ci.get("/api/events?count=true")
        positions = [item["position"] for item in whole["items"]]
        walked = await walk(ci, "limit=1", "after", 0)
        back = await walk(ci, "limit=1&order=desc", "before", 2**40)

    assert len(positions) == whole["count"] == 6
    assert walked == back[::-1] == positions
    assert {item["namespace"] for item in whole["items"]} == {"acme"}


async def test_the_stream_tells_each_event_that_may_be_seen_once_also_when_it_is_resumed(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci = await bearer(caller, "acme")
        async with caller.http.get("/api/events/stream?after=0", headers=ci.headers) as response:
            seen = [await told(response) for _ in range(3)]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fill(caller))
            again = {**ci.headers, "Last-Event-ID": str(seen[-1]["position"])}
            async with caller.http.get("/api/events/stream", headers=again) as response:
                seen += [await told(response) for _ in range(13)]
        page = await ci.get("/api/events?limit=1000")

    assert [one["position"] for one in seen] == [item["position"] for item in page["items"]]
    assert len(seen) == 16


async def fill(caller: Caller) -> None:
    for number in range(10):
        await discover(caller.parts.log, f"zeta/more-{number}")
        await discover(caller.parts.log, f"acme/more-{number}")


async def told(response: aiohttp.ClientResponse) -> Any:
    while True:
        line = await response.content.readline()
        assert line, "the stream ended"
        if line.startswith(b"data: "):
            return msgspec.json.decode(line.removeprefix(b"data: "))


async def test_only_the_groups_of_what_may_be_seen_are_named(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci = await bearer(caller, "acme")
        refused = await ci.get("/api/events?group=theirs", code=400)
        mistaken = await ci.get("/api/events?group=nothing", code=400)
        whole = await caller.json("GET", "/api/events?group=nothing", code=400)
        own = await ci.get("/api/events?group=all&count=true")

    assert str(refused).replace("theirs", "nothing") == str(mistaken)
    assert "use all" in mistaken["error"]
    assert "theirs" in whole["error"]
    assert {item["endpoint"] for item in own["items"]} == {"acme/tgi", "acme/tei"}


async def test_who_may_see_nothing_that_there_is_is_answered_with_nothing(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci = await bearer(caller, "nowhere-*")
        assert (await ci.get("/api/endpoints"))["items"] == []
        assert (await ci.get("/api/events"))["items"] == []
        assert (await ci.get("/api/status"))["endpoints"] == {}


async def test_readiness_names_only_the_namespaces_that_may_be_seen(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci, other = await bearer(caller, "acme"), await bearer(caller, "nowhere", name="other")
        own = await ci.get("/readyz", code=503)
        none = await other.get("/readyz", code=503)
        whole = await caller.json("GET", "/readyz", code=503)

    assert (own["awaited"], none["awaited"], whole["awaited"]) == (["acme"], [], ["acme", "zeta"])
    assert "zeta" not in str((own, none))


async def test_an_act_is_done_in_the_name_of_the_token(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        ci = await bearer(caller, "acme")
        headers = {**ci.headers, "X-Lamplighter-Actor": "watcher"}
        placed = await caller.json(
            "POST", "/api/endpoints/acme/tei/hold", code=201, headers=headers, json={"for": "1h", "reason": "x"}
        )
        found = await ci.get("/api/events?actor=token:ci")

    assert placed["author"] == "token:ci"
    assert [(item["type"], item["endpoint"]) for item in found["items"]] == [("hold.placed", "acme/tei")]


async def test_a_token_that_only_reads_changes_nothing(tmp_path: Path) -> None:
    async with daemon(tmp_path) as caller:
        reader = await bearer(caller, "acme", role=Role.READ)
        head = await caller.parts.log.head()
        for method in ("POST", "DELETE"):
            refused = await caller.json(
                method, "/api/endpoints/acme/tgi/hold", code=403, headers=reader.headers, json={"for": "1h"}
            )
            assert "token:ci may not do this: it takes the role operate in acme" in refused["error"]

        assert await caller.parts.log.head() == head

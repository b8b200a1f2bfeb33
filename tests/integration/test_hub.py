"""Hugging Face's own API as a whole daemon serves it, beside the simulator, in virtual time."""

import asyncio
import gc
import sys
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from types import CellType
from typing import Any

import aiohttp
import pytest

from events.catalogue.acts import Intended
from service import app
from service.access import Failures
from service.app import World, daemon
from service.commands import CannotApply, GivenUp
from service.config import Configuration
from service.huggingface.document import Reading
from service.huggingface.tokens import Token
from service.parts import Parts
from service.ports import Item
from service.simulator.rights import MANAGES
from service.watch.watch import LOOKS
from service.web.hub.speech import BETWEEN
from statemachine.machine import Command
from statemachine.model import EndpointName, Missing
from tests.integration.world import ACT, Scene, endpoint

pytestmark = pytest.mark.looptime

OBSERVE = 'mode = "observe"\n[namespaces]\nacme = {}\n'
CHAT = "/v2/endpoint/acme/chat"


class Hands:
    """A daemon, asked by who has a token of Hugging Face; every question over a connection of its own."""

    def __init__(self, stage: Scene, parts: Parts) -> None:
        self.stage = stage
        self.parts = parts

    async def __call__(self, method: str, path: str, **what: Any) -> tuple[int, Any]:
        return await self._ask(f"http://{self.parts.listen}", method, path, **what)

    async def straight(self, method: str, path: str, **what: Any) -> tuple[int, Any]:
        """Ask the simulator itself."""
        return await self._ask(self.stage.sim.base_url, method, path, **what)

    async def _ask(self, url: str, method: str, path: str, *, token: str = "hf_ana", **what: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", **what.pop("headers", {})}
        async with (
            aiohttp.ClientSession(url) as http,
            http.request(method, path, headers=headers, **what) as response,
        ):
            is_json = response.content_type == "application/json"
            return response.status, await (response.json() if is_json else response.text())

    def asked(self, user: str, path: str) -> list[str]:
        """Return what this user asked of the simulator below a path."""
        return [
            f"{one.method} {one.path}"
            for one in self.stage.sim.requests
            if one.user == user and one.path.startswith(path)
        ]


@asynccontextmanager
async def begun(stage: Scene, text: str = OBSERVE) -> AsyncIterator[Hands]:
    stage.sim.create("acme", "chat", state="running", type="public")
    async with stage.daemon(text) as parts:
        yield Hands(stage, parts)


def holders(secret: str) -> list[Any]:
    """Return what in this process holds a token, as the rubbish that is not yet swept away is not."""
    gc.collect()
    found = []
    for one in gc.get_objects():
        for text in _texts(one):
            if secret in str(text):
                found.append(one)  # noqa: PERF401  # a comprehension would hold it, too, in a cell
    return found


def _texts(one: Any) -> list[str | bytes]:
    match one:
        case Token():
            held: Any = [one.secret]
        case dict():
            held = list(one.values())
        case list() | tuple() | set() | deque():
            held = list(one)
        case CellType() if gc.get_referents(one):
            held = [one.cell_contents]
        case _:
            held = []
    return [text for text in held if isinstance(text, str | bytes)]


async def test_nothing_in_the_process_holds_a_token_whose_minute_is_over(stage: Scene) -> None:
    async with begun(stage) as ask:
        token = f"hf_{'held'}-by-nobody{len(sys.argv)}"
        assert (await ask("GET", CHAT, token=token))[0] == 200
        assert (await ask("GET", f"{CHAT}/logs?tail=1", token=token))[0] == 200
        assert holders(token)

        await stage.clock.sleep(61)
        await asyncio.sleep(0.1)

        assert holders(token) == []


@pytest.mark.parametrize("path", [CHAT, "/v2/endpoint/acme", "/v2/endpoint/acme/made-a-moment-ago"])
async def test_a_hundred_who_want_it_fresh_at_once_cost_two_looks(stage: Scene, path: str) -> None:
    async with begun(stage) as ask:
        stage.sim.create("acme", "made-a-moment-ago", state="running", type="public")
        await ask("GET", "/api/whoami-v2")
        stage.sim.act("acme", "chat", "pause")
        before = len(ask.asked("robot", path))

        async with asyncio.TaskGroup() as tasks:
            told = [tasks.create_task(ask("GET", f"{path}?fresh=1")) for _ in range(100)]

    assert {code for code, _ in (one.result() for one in told)} == {200}
    assert 1 <= len(ask.asked("robot", path)) - before <= 3  # one of them may be the watcher's own
    if path == CHAT:
        assert {one.result()[1]["status"]["state"] for one in told} == {"paused"}


async def test_a_status_that_nobody_knows_can_be_asked_and_waited_for(stage: Scene) -> None:
    async with begun(stage) as ask:
        await stage.clock.sleep(5)
        stage.sim.faults.unknown_status["acme", "chat"] = "hibernating"
        waited = await ask("GET", "/api/endpoints/acme/chat/wait?for=hibernating,gone-fishing", token=ask.parts.token)
        given_up = await ask("GET", "/api/endpoints/acme/chat/wait?unless=hibernating", token=ask.parts.token)
        counted = await ask("GET", "/api/events?status=hibernating&count=true", token=ask.parts.token)
        never = await ask("GET", "/api/events?status=dreaming&count=true", token=ask.parts.token)

    assert (waited[1]["end"], waited[1]["status"]) == ("reached", "hibernating")
    assert (given_up[1]["end"], given_up[1]["status"]) == ("failed", "hibernating")
    assert (counted[1]["count"], never[1]["count"]) == (1, 0)


async def test_who_asks_for_many_names_at_once_holds_up_neither_the_watcher_nor_another_namespace(stage: Scene) -> None:
    under_way: Counter[str] = Counter()
    most: Counter[str] = Counter()
    stage.sim.create("beta", "own", state="running", type="public")
    async with begun(stage, "[namespaces]\nacme = {}\nbeta = {}\n") as ask:
        await ask("GET", "/api/whoami-v2")
        watch, look = ask.parts.watch, ask.parts.watch.look

        async def counted(name: EndpointName) -> Item | Missing:
            under_way[name.namespace] += 1
            most[name.namespace] = max(most[name.namespace], under_way[name.namespace])
            try:
                return await look(name)
            finally:
                under_way[name.namespace] -= 1

        watch.look = counted  # type: ignore[method-assign]
        stage.sim.faults.latency_seconds = (2.0, 2.0)
        async with asyncio.TaskGroup() as tasks:
            told = [tasks.create_task(ask("GET", f"/v2/endpoint/acme/nobody-{number}")) for number in range(60)]
            await stage.clock.sleep(1)
            async with asyncio.timeout(5):
                other = await ask("GET", "/v2/endpoint/beta/nobody")
            await stage.clock.sleep(20)
            swept = stage.clock.monotonic() - (watch.of("acme").swept or 0.0)

    assert {code for code, _ in (one.result() for one in told)} == {404}
    assert other[0] == 404
    assert (most["acme"], most["beta"]) == (LOOKS, 1)
    assert swept < 20


# --- who may ---------------------------------------------------------------------------------------------------------


async def test_a_fine_grained_token_sees_no_endpoint_where_it_lacks_the_right(stage: Scene) -> None:
    stage.sim.people.rights.issue("hf_zoe", "fineGrained", {"zoe": [MANAGES], "acme": ["repo.write"]})
    stage.sim.people.rights.issue("hf_ana", "fineGrained", {"acme": [MANAGES]})
    async with begun(stage, ACT) as ask:
        seen = {
            user: [
                (await ask(method, path, token=f"hf_{user}"))[0]
                for method, path in (
                    ("GET", "/v2/endpoint/acme"),
                    ("GET", CHAT),
                    ("GET", f"{CHAT}?fresh=1"),
                    ("GET", f"{CHAT}/logs"),
                    ("POST", f"{CHAT}/pause"),
                    ("DELETE", CHAT),
                )
            ]
            for user in ("zoe", "ana")
        }
        told = await ask("GET", "/api/whoami-v2", token="hf_zoe")

    assert seen == {"zoe": [403] * 6, "ana": [200] * 6}
    assert told == (200, {"type": "user", "name": "zoe", "orgs": [{"type": "org", "name": "acme"}]})


READS = (("GET", "/v2/endpoint/acme"), ("GET", CHAT))
WRITES = (("POST", f"{CHAT}/pause"), ("POST", f"{CHAT}/resume"), ("PUT", CHAT), ("DELETE", CHAT), ("POST", READS[0][1]))


async def codes(ask: Hands, asked: Iterable[tuple[str, str]]) -> list[int]:
    return [(await ask(method, path, json={} if method == "PUT" else None))[0] for method, path in asked]


@pytest.mark.parametrize("of", ["token", "member"])
async def test_who_may_only_read_reads_what_is_watched_and_writes_nothing(stage: Scene, of: str) -> None:
    """Not even "it is already running" is told: it would keep a lease from putting the endpoint back."""
    if of == "token":
        stage.sim.people.rights.issue("hf_ana", "read")
    else:
        stage.sim.people.rights.appoint("ana", "acme", "read")
    async with begun(stage, ACT) as ask:
        read, written = await codes(ask, READS), await codes(ask, WRITES)
        upstream = [*ask.asked("ana", "/v2/")]

    assert (read, written) == ([200] * 2, [403] * 5)
    assert upstream == []
    assert await stage.events(Intended) == []


async def test_who_has_no_access_in_an_organisation_is_told_what_hugging_face_tells(stage: Scene) -> None:
    stage.sim.people.rights.appoint("ana", "acme", "no_access")
    async with begun(stage, ACT) as ask:
        told = [await ask(method, path) for method, path in READS]
        straight = [await ask.straight(method, path) for method, path in READS]
        written = await codes(ask, WRITES)

    assert told == straight
    assert [code for code, _ in told] == [403] * 2
    assert written == [403] * 5
    assert await stage.events(Intended) == []


async def test_what_an_organisation_asks_of_a_member_first_is_left_to_hugging_face(stage: Scene) -> None:
    stage.sim.people.rights.restrict("ana", "acme", ["mfa"])
    async with begun(stage, ACT) as ask:
        told = [await ask(method, path) for method, path in (*READS, *WRITES[:4])]
        stage.sim.people.rights.restrict("ana", "acme", [])
        await stage.clock.sleep(61)
        after = await codes(ask, (*READS, *WRITES[:1]))

    assert told == [(403, {"error": "Forbidden: acme wants mfa first"})] * 6
    assert after == [200] * 3
    assert len(await stage.events(Intended)) == 1


async def test_of_an_organisation_with_groups_a_member_gets_what_his_own_token_sees(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        stage.sim.people.rights,
        "membership",
        lambda *_: {"roleInOrg": "read", "resourceGroups": [{"name": "research", "role": "write"}]},
    )
    stage.sim.create("acme", "hidden", state="running", type="public")
    async with begun(stage, ACT) as ask:
        stage.sim.act("acme", "hidden", "vanish")  # the watcher has seen it; this token does not
        seen = await ask("GET", "/v2/endpoint/acme")
        hidden = await codes(ask, (("GET", f"{READS[0][1]}/hidden"), ("POST", f"{READS[0][1]}/hidden/resume")))
        paused = await codes(ask, WRITES[:1])
        known = ask.parts.watch.document(endpoint("acme/hidden"))

    assert [document["name"] for document in seen[1]["items"]] == ["chat"]
    assert hidden == [404, 404]
    assert known is not None
    assert paused == [200]


async def test_a_member_who_only_reads_in_every_group_keeps_no_endpoint_awake(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = [{"name": "research", "role": "read"}, {"name": "sales", "role": "read"}]
    monkeypatch.setattr(
        stage.sim.people.rights, "membership", lambda *_: {"roleInOrg": "read", "resourceGroups": groups}
    )
    async with begun(stage, ACT) as ask:
        ran_on: list[EndpointName] = []

        async def noted(name: EndpointName) -> None:
            ran_on.append(name)

        ask.parts.leases.run_on = noted  # type: ignore[method-assign]
        read, written = await codes(ask, READS), await codes(ask, WRITES)

    assert (read, written, ran_on) == ([200] * 2, [403] * 5, [])
    assert await stage.events(Intended) == []


async def test_that_the_daemons_own_token_is_refused_is_the_daemons_trouble(stage: Scene) -> None:
    async with begun(stage, ACT) as ask:
        stage.sim.faults.bad_tokens.add("hf_robot")
        told = [
            await ask(method, path, json=body)
            for method, path, body in (
                ("GET", f"{CHAT}?fresh=1", None),
                ("POST", f"{CHAT}/pause", None),
                ("PUT", CHAT, {"tags": ["x"]}),
                ("DELETE", CHAT, None),
                ("POST", "/v2/endpoint/acme", {"name": "new"}),
            )
        ]

    assert [code for code, _ in told] == [502] * 5
    assert not [text for _, text in told if str(stage.folder) in str(text)]  # where our token lies is nobody's business
    assert not [one for one in stage.sim.requests if one.write]


# --- what nobody watches here ----------------------------------------------------------------------------------------


async def test_what_nobody_watches_is_read_upstream_with_the_callers_own_token(stage: Scene) -> None:
    """Who lists everything asks for each namespace that whoami names: one that is not watched must not fail it."""
    for number in range(30):
        stage.sim.create("ana", f"own-{number}", state="paused", env={"WORD": "swordfish"}, type="public")
    stage.sim.people.grant("hf_ana", ["acme"])
    async with begun(stage) as ask:
        whole = await ask("GET", "/v2/endpoint/ana")
        found = await ask("GET", "/v2/endpoint/ana", params={"search": "own-2", "tags": []})
        one = await ask("GET", "/v2/endpoint/ana/own-3")
        missing = await ask("GET", "/v2/endpoint/ana/nothing")
        logs, prices = await ask("GET", "/v2/endpoint/ana/own-3/logs"), await ask("GET", "/v2/provider/ana")
        straight = await ask.straight("GET", "/v2/provider/ana")
        before = len(ask.asked("ana", "/v2/endpoint/acme"))
        watched = await ask("GET", "/v2/endpoint/acme")

    assert (whole[0], len(whole[1]["items"])) == (200, 30)
    assert {document["model"]["env"]["WORD"] for document in [one[1], *whole[1]["items"]]} == {"<masked>"}
    assert [document["name"] for document in found[1]["items"]] == ["own-2", *(f"own-{n}" for n in range(20, 30))]
    assert (one[0], one[1]["status"]["state"]) == (200, "paused")
    assert missing == (404, {"error": "Endpoint not found: ana/nothing"})
    assert (logs[0], prices) == (200, straight)
    assert {request.user for request in stage.sim.requests if "/ana" in request.path} == {"ana"}
    assert len(ask.asked("ana", "/v2/endpoint/acme")) == before  # of what is watched nothing goes upstream
    assert watched[0] == 200


async def test_of_what_nobody_watches_nothing_is_kept_when_it_is_answered(stage: Scene) -> None:
    stage.sim.create("solo", "own", state="paused", type="public")
    async with begun(stage) as ask:
        for path in ("/v2/endpoint/solo", "/v2/endpoint/solo/own", "/v2/endpoint/acme"):
            assert (await ask("GET", path, token="hf_solo"))[0] == 200
        gc.collect()
        kept = {one.name.namespace for one in gc.get_objects() if isinstance(one, Reading)}

    assert "acme" in kept
    assert "solo" not in kept  # and the caller's minute is not over


async def test_what_nobody_watches_is_not_written_to_and_not_shown_to_others(stage: Scene) -> None:
    stage.sim.create("ana", "own", state="running", type="public")
    stage.sim.people.grant("hf_zoe", ["acme"])
    async with begun(stage, ACT) as ask:
        told = [
            await ask(method, path, json=body)
            for method, path, body in (
                ("POST", "/v2/endpoint/ana/own/pause", None),
                ("PUT", "/v2/endpoint/ana/own", {"tags": ["x"]}),
                ("DELETE", "/v2/endpoint/ana/own", None),
                ("POST", "/v2/endpoint/ana", {"name": "new"}),
            )
        ]
        paths = ("/v2/endpoint/ana", "/v2/endpoint/ana/own", "/v2/endpoint/ana/own/logs", "/v2/provider/ana")
        others = [(await ask("GET", path, token="hf_zoe"))[0] for path in paths]

    assert {code for code, _ in told} == {404}
    assert {text["error"].partition(":")[2] for _, text in told} == {
        " this Lamplighter does not watch ana: add it under [namespaces], or ask Hugging Face itself"
    }
    assert others == [403] * 4
    assert not [one for one in stage.sim.requests if one.write or (one.user == "zoe" and "/ana" in one.path)]


async def test_what_hugging_face_says_of_what_nobody_watches_is_the_answer(stage: Scene) -> None:
    async with begun(stage) as ask:
        assert (await ask("GET", "/api/whoami-v2"))[0] == 200
        stage.sim.faults.bad_tokens.add("hf_ana")
        told = [await ask("GET", path) for path in ("/v2/endpoint/ana", "/v2/endpoint/ana/own")]
        straight = await ask.straight("GET", "/v2/endpoint/ana")

    assert told == [straight, straight]
    assert straight[0] == 401


# --- one configuration after another ---------------------------------------------------------------------------------


async def test_who_calls_while_a_configuration_is_replaced_goes_on_by_neither(stage: Scene) -> None:
    """The old one is over, the new one not yet there: a log that is followed from then on must not go on for ever."""
    stage.sim.create("acme", "chat", state="running", type="public")
    stage.sim.create("beta", "own", state="running", type="public")
    other = ACT.replace("acme", "beta")
    world = World(clock=stage.clock, log=stage.log, reload=lambda: stage.configuration(other))
    async with daemon(stage.configuration(ACT), world) as parts, asyncio.TaskGroup() as tasks:
        while not parts.ready:
            await stage.clock.sleep(0.1)
        ask, scan = Hands(stage, parts), stage.log.board.scan
        assert (await ask("GET", CHAT))[0] == 200

        async def slowly(kind: str) -> dict[str, bytes]:
            await stage.clock.sleep(5)
            return await scan(kind)

        stage.log.board.scan = slowly  # type: ignore[method-assign]
        before = tasks.create_task(ended(ask("GET", f"{CHAT}/logs?follow=true&tail=1")))
        await stage.clock.sleep(1)
        world.reloading.set()
        await stage.clock.sleep(1)
        between = [
            tasks.create_task(ended(ask(method, path)))
            for method, path in (
                ("GET", f"{CHAT}/logs?follow=true&tail=1"),
                ("POST", f"{CHAT}/pause"),
                ("GET", "/api/whoami-v2"),
            )
        ]
        said = await ask("GET", "/api/whoami-v2")
        await stage.clock.sleep(60)
        assert before.done()
        told = [one.result() if one.done() else "goes on" for one in between]
        after = [(await ask("POST", f"{CHAT}/pause"))[0], (await ask("GET", "/v2/endpoint/beta"))[0]]

    assert before.result() == "cut"
    assert told == [503, 503, 503]
    assert said == (503, {"error": BETWEEN})  # of what was under way nobody knows whether it was done
    assert after == [404, 200]
    assert not [one for one in stage.sim.requests if one.write]


async def ended(asked: Awaitable[tuple[int, Any]]) -> int | str:
    """Return the code that was answered, or that the answer ended before its end."""
    try:
        return (await asked)[0]
    except aiohttp.ClientError:
        return "cut"


async def test_a_configuration_that_is_replaced_before_it_ran_never_acts(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two SIGHUPs in a row: the first brings act mode, the second takes it back while the first is being read."""
    stage.sim.create("acme", "chat", state="running", type="public")
    reigns, texts, build = [], [ACT, OBSERVE], app._reign

    async def noted(*what: Any, **more: Any) -> app.Reign:
        reigns.append(await build(*what, **more))
        return reigns[-1]

    def reload() -> Configuration:
        if len(texts) == 2:
            world.reloading.set()
        return stage.configuration(texts.pop(0))

    monkeypatch.setattr(app, "_reign", noted)
    world = World(clock=stage.clock, log=stage.log, reload=reload)
    async with daemon(stage.configuration(OBSERVE), world) as parts:
        while not parts.ready:
            await stage.clock.sleep(0.1)
        world.reloading.set()
        await stage.clock.sleep(10)
        _, replaced, present = reigns
        outcome = await replaced.desk.ask(endpoint("acme/chat"), Command.PAUSE, actor="person:ana", key="1")
        with pytest.raises(TimeoutError):
            async with replaced.callers.calling("hf_ana", address="", failures=Failures()):
                pass
        told = await Hands(stage, parts)("POST", f"{CHAT}/pause")
        await stage.clock.sleep(3900)

    assert list(replaced.commander.writers) == ["acme"]
    assert isinstance(outcome, GivenUp | CannotApply)
    assert told[0] == 403
    assert parts.commander is present.commander
    assert not [one for one in stage.sim.requests if one.write]
    assert await stage.events(Intended) == []


# --- what is handed on -----------------------------------------------------------------------------------------------


async def test_a_question_about_a_metric_is_handed_on_with_the_callers_token_in_observe_mode_too(stage: Scene) -> None:
    question = {"from": 1772438400, "to": 1772442000, "step": 600}
    path = f"{CHAT}/metrics/request-count"
    async with begun(stage) as ask:
        told = await ask("POST", path, json=question)
        straight = await ask.straight("POST", path, json=question)
        refused = await ask("POST", path, json={"from": "yesterday"})
        unknown = await ask("POST", f"{CHAT}/metrics/plumage", json=question)
        stranger = await ask("POST", path.replace("acme", "beta"), json=question)
        steered = [
            await ask("POST", f"{CHAT}/metrics/{metric}", json=question)
            for metric in ("%2e%2e%2fpause", "..%2Fpause", "a%3Fb", "%20")
        ]

    assert told == straight
    assert told[0] == 200
    assert [label for series in told[1] for label in series["labels"]] == ["status_code"]
    assert refused == (400, {"error": refused[1]["error"]})
    assert refused[1]["error"].startswith("Bad Request: expected {from, to, step?}")
    assert unknown[0] == 404
    assert stranger[0] == 403
    assert {code for code, _ in steered} == {404}
    assert ask.asked("ana", f"{CHAT}/metrics") == [f"POST {path}"] * 3 + [f"POST {CHAT}/metrics/plumage"]
    assert not [one for one in stage.sim.requests if one.write]

"""Hooks beside a whole daemon and real receivers on loopback, in virtual time: at least once, in order, each alone."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import standardwebhooks
from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from events import streams
from events.catalogue.parked import EventParked, EventReplayed, EventSkipped
from events.unit import CursorMove, Unit
from service.app import World, once
from service.clock import LoopClock
from service.hooks.hook import IN_A_ROW, Hook
from service.parts import Parts
from tests.integration.world import Scene
from tests.unit.channels.messages import SECRET

pytestmark = pytest.mark.looptime

HOUR = 3600.0
DAY = 24 * HOUR
OBSERVE = 'mode = "observe"\n[namespaces]\nacme = {}\n'
HOURLY = OBSERVE.replace("[namespaces]", '[poll]\nfast = "3s"\nslow = "50m"\n[namespaces]')
Judge = Callable[[dict[str, Any]], Awaitable[int]]


async def take(_: dict[str, Any]) -> int:
    return 204


@dataclass
class Receiver:
    """Keeps what it is sent, with when; `judge` says how each event is answered."""

    clock: LoopClock
    judge: Judge = take
    url: str = ""
    tries: list[tuple[float, dict[str, Any], int]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.bodies.append(body)
        event = json.loads(body)
        code = await self.judge(event)
        self.tries.append((self.clock.monotonic(), event, code))
        return web.Response(status=code, text="the receiver's words")

    @property
    def taken(self) -> list[int]:
        """Return the positions of what was taken."""
        return [int(event["sequence"]) for _, event, code in self.tries if code < 300]

    @property
    def types(self) -> list[str]:
        return [event["type"] for _, event, code in self.tries if code < 300]


@asynccontextmanager
async def receiving(stage: Scene, judge: Judge = take, port: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver(stage.clock, judge)
    app = web.Application()
    app.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    receiver.url = "http://127.0.0.1:{1}/hook".format(*runner.addresses[0])
    try:
        yield receiver
    finally:
        await runner.cleanup()


def hook(name: str, url: str, *more: str) -> str:
    return "\n".join(["[[hooks]]", f'name = "{name}"', f'url = "{url}"', *more, ""])


async def happen(stage: Scene, *names: str, seconds: float = 90.0) -> None:
    """Let endpoints come to be, each in a sweep of its own."""
    for name in names:
        stage.sim.create("acme", name, state="running", type="public")
        await stage.clock.sleep(seconds)


async def subscriber(parts: Parts, name: str) -> dict[str, Any]:
    async with aiohttp.ClientSession(f"http://{parts.listen}") as http, http.get("/api/status") as answer:
        document = await answer.json()
    found: dict[str, Any] = next(one for one in document["subscribers"] if one["subscriber"] == name)
    return found


async def ask(parts: Parts, word: str, code: int = 200, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {parts.token}", "X-Lamplighter-Actor": "ann"}
    async with (
        aiohttp.ClientSession(f"http://{parts.listen}", headers=headers) as http,
        http.post(f"/api/parked/{word}", json=body) as answer,
    ):
        assert answer.status == code, await answer.text()
        return await answer.json()


async def test_in_observe_mode_a_hook_gets_what_comes_from_now_on_as_cloudevents(stage: Scene) -> None:
    stage.sim.create("acme", "old", state="running", type="public")
    async with stage.daemon(OBSERVE):
        await stage.clock.sleep(60)
    async with receiving(stage) as receiver:
        text = OBSERVE + hook("mine", receiver.url, 'types = ["endpoint.*"]')
        async with stage.daemon(text) as parts:
            await happen(stage, "new")
            assert (await subscriber(parts, "hook/mine"))["lag"] == 0

        (body,), (headers,) = receiver.bodies, receiver.headers
        event = from_http_event(HTTPMessage(headers={"content-type": headers["content-type"]}, body=body))
        [recorded] = await stage.recorded(*(), name="new")

    assert event.get_type() == "dev.lamplighter.endpoint.discovered.v2"
    assert (event.get_id(), event.get_subject()) == (recorded.id, "acme/new")
    assert event.get_data() == json.loads(recorded.data)
    assert "webhook-signature" not in headers


async def test_one_that_wants_everything_from_the_start_gets_all_of_it_in_order_signed_over_restarts(
    stage: Scene,
) -> None:
    secret = stage.folder / "secret"
    secret.write_text(SECRET)
    async with receiving(stage) as receiver:
        text = OBSERVE + hook("all", receiver.url, 'from = "start"', f'secret_file = "{secret}"')
        for name in ("a", "b", "c"):
            async with stage.daemon(text):
                await happen(stage, name)

        everything = [recorded.position for recorded in await stage.recorded()]
        last = receiver.taken[-1]
        assert receiver.taken == [position for position in everything if position <= last]
        assert last >= everything[-1] - 1  # the last word of a daemon is told by the next one
        for headers, body in zip(receiver.headers, receiver.bodies, strict=True):
            assert headers["webhook-id"] == json.loads(body)["id"]
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            signature = standardwebhooks.Webhook(SECRET).sign(headers["webhook-id"], at, body.decode())
            assert headers["webhook-signature"] == signature


async def test_a_hook_that_is_not_there_for_a_day_delays_no_other_and_gets_everything_afterwards(stage: Scene) -> None:
    async with receiving(stage) as gone:
        url, port = gone.url, int(gone.url.rpartition(":")[2].partition("/")[0])
    async with receiving(stage) as quick:
        text = HOURLY + hook("gone", url) + hook("quick", quick.url)
        async with stage.daemon(text) as parts:
            for hour in range(24):
                before = len(quick.tries)
                await happen(stage, f"e{hour}", seconds=HOUR)
                assert len(quick.tries) > before, "the other one is delayed"
            told = await subscriber(parts, "hook/gone")
            assert told["lag"] >= 24
            assert told["parked"] == 0
            assert "cannot reach 127.0.0.1" in told["trouble"]
            assert (await subscriber(parts, "hook/quick"))["lag"] == 0
            async with receiving(stage, port=port) as back:
                await stage.clock.sleep(10 * 60)
                assert back.taken == quick.taken
                assert (await subscriber(parts, "hook/gone"))["trouble"] is None
    assert await stage.events(EventParked) == []


async def test_were_one_that_is_not_there_judged_like_a_refusal_its_events_would_be_parked(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hook, "_meaning", lambda _, error: error)
    async with stage.daemon(OBSERVE + hook("gone", "http://127.0.0.1:9/", 'retries = ["1s"]')):
        await happen(stage, "a", "b")

    assert len(await stage.events(EventParked)) >= 2


async def test_one_round_hands_over_what_there_is_and_waits_for_nobody(stage: Scene) -> None:
    async with receiving(stage) as quick:
        text = (
            OBSERVE + hook("gone", "http://127.0.0.1:9/", 'from = "start"') + hook("quick", quick.url, 'from = "start"')
        )
        world = World(clock=stage.clock, log=stage.log, chance=random.Random(1))
        began = stage.clock.monotonic()
        async with once(stage.configuration(text), world) as done:
            assert done.whole
        assert quick.taken == [recorded.position for recorded in await stage.recorded()]
    assert stage.clock.monotonic() - began < 5
    assert await stage.log.cursor("hook/gone") == 0
    assert await stage.log.parked() == []


async def test_an_event_that_is_refused_is_tried_as_said_then_parked_and_the_others_go_on(stage: Scene) -> None:
    async def refuse_b(event: dict[str, Any]) -> int:
        return 422 if event.get("subject") == "acme/b" else 204

    async with receiving(stage, refuse_b) as receiver:
        text = OBSERVE + hook("picky", receiver.url, 'types = ["endpoint.discovered"]', 'retries = ["10s", "20s"]')
        async with stage.daemon(text) as parts:
            await happen(stage, "a", "b", "c")

            refused = [at for at, _, code in receiver.tries if code == 422]
            assert [round(later - refused[0]) for later in refused] == [0, 10, 30]
            assert len(receiver.taken) == 2
            assert (await subscriber(parts, "hook/picky"))["parked"] == 1
            [recorded] = await stage.recorded(EventParked)
    assert (recorded.stream, recorded.actor) == (streams.subscriber("hook/picky"), "subscriber:hook/picky")
    assert b"127.0.0.1 answered 422: the receiver's words" in recorded.data


async def test_one_that_refuses_everything_for_a_day_parks_some_and_then_is_waited_for(stage: Scene) -> None:
    well = False

    async def unwell(_: dict[str, Any]) -> int:
        return 204 if well else 500

    async with receiving(stage, unwell) as receiver:
        text = HOURLY + hook("sick", receiver.url, 'retries = ["1s"]')
        async with stage.daemon(text) as parts:
            await happen(stage, *(f"e{number}" for number in range(24)), seconds=HOUR)
            told = await subscriber(parts, "hook/sick")
            assert told["parked"] == IN_A_ROW
            assert told["lag"] >= 24 - IN_A_ROW
            assert len(receiver.tries) < 2 * IN_A_ROW + DAY / 300 + 10  # no more than one try in five minutes
            well = True
            await stage.clock.sleep(10 * 60)
            assert (await subscriber(parts, "hook/sick"))["lag"] == 0

            positions = [event.position for event in await stage.events(EventParked) if isinstance(event, EventParked)]
            for position in positions:
                await ask(parts, "replay", subscriber="hook/sick", position=position)
        hooked = [r.position for r in await stage.recorded() if not r.type.startswith("subscriber.")]
    assert sorted(receiver.taken) == [position for position in hooked if position in receiver.taken]
    assert set(positions) <= set(receiver.taken)
    assert len(receiver.taken) == len(set(receiver.taken))


async def test_people_replay_and_skip_what_is_parked_with_who_and_why(stage: Scene) -> None:
    knows: set[str] = set()

    async def judge(event: dict[str, Any]) -> int:
        return 204 if event["subject"] in knows else 422

    async with receiving(stage, judge) as receiver:
        text = OBSERVE + hook("books", receiver.url, 'types = ["endpoint.discovered"]', "retries = []")
        async with stage.daemon(text) as parts:
            await happen(stage, "a", "b")
            headers = {"Accept": "application/json"}
            async with aiohttp.ClientSession(f"http://{parts.listen}", headers=headers) as http:
                async with http.get("/api/parked?subscriber=hook/books&limit=1") as answer:
                    page = await answer.json()
                first, following = page["items"][0], page["next"]
                async with http.get(f"/api/parked?after={following}") as answer:
                    (second,) = (await answer.json())["items"]
                async with http.get("/metrics") as answer:
                    metrics = await answer.text()
            assert (first["event"]["endpoint"], second["event"]["endpoint"]) == ("acme/a", "acme/b")
            assert page["total"] == 2
            assert 'lamplighter_subscriber_parked_events{subscriber="hook/books"} 2.0' in metrics
            assert 'lamplighter_subscriber_lag_events{subscriber="hook/books"} 0.0' in metrics

            of_first = {"subscriber": "hook/books", "position": first["position"]}
            of_second = {"subscriber": "hook/books", "position": second["position"]}
            refused = await ask(parts, "replay", 409, **of_first)
            assert "answered 422" in refused["error"]
            knows.add("acme/a")
            assert (await ask(parts, "replay", **of_first, why="taught it"))["outcome"] == "replayed"
            assert "why is it skipped" in (await ask(parts, "skip", 400, **of_second))["error"]
            assert (await ask(parts, "skip", **of_second, why="by hand"))["outcome"] == "skipped"
            assert "set nothing aside" in (await ask(parts, "skip", 404, **of_second, why="again"))["error"]
            assert "there is no subscriber" in (await ask(parts, "replay", 404, subscriber="x", position=1))["error"]
            assert (await subscriber(parts, "hook/books"))["parked"] == 0
    assert receiver.taken == [first["position"]]
    assert await stage.events(EventReplayed, EventSkipped) == [
        EventReplayed(subscriber="hook/books", position=first["position"], why="taught it"),
        EventSkipped(subscriber="hook/books", position=second["position"], why="by hand"),
    ]
    assert {recorded.actor for recorded in await stage.recorded(EventReplayed, EventSkipped)} == {"person:ann"}


async def test_a_crash_after_the_answer_sends_once_more_under_the_same_id(stage: Scene) -> None:
    async with receiving(stage) as receiver:
        text = OBSERVE + hook("twice", receiver.url, 'types = ["endpoint.discovered"]')
        async with stage.daemon(text):
            await happen(stage, "a")
        [(_, first, _)] = receiver.tries
        here = await stage.log.cursor("hook/twice")
        # The process ended between the answer and the commit: the cursor never moved.
        moved = Unit(cursor=CursorMove(name="hook/twice", old=here, new=int(first["sequence"]) - 1))
        await stage.log.append([moved])
        async with stage.daemon(text):
            await stage.clock.sleep(60)
        assert [event["id"] for _, event, _ in receiver.tries] == [first["id"]] * 2


async def test_a_hook_that_leaves_the_configuration_keeps_its_place_and_one_renamed_is_another(stage: Scene) -> None:
    async with receiving(stage) as receiver:
        kept, renamed = (hook(name, receiver.url, 'types = ["endpoint.discovered"]') for name in ("kept", "renamed"))
        async with stage.daemon(OBSERVE + kept):
            await happen(stage, "a")
        async with stage.daemon(OBSERVE):
            await happen(stage, "b")
        async with stage.daemon(OBSERVE + renamed):
            await stage.clock.sleep(60)
            assert [event["subject"] for _, event, _ in receiver.tries] == ["acme/a"]
        async with stage.daemon(OBSERVE + kept):
            await stage.clock.sleep(60)
        assert [event["subject"] for _, event, _ in receiver.tries] == ["acme/a", "acme/b"]


async def test_a_slow_hook_is_cut_off_after_its_time_and_no_word_of_the_url_is_told(stage: Scene) -> None:
    async def slow(_: dict[str, Any]) -> int:
        await asyncio.sleep(HOUR)
        return 204

    async with receiving(stage, slow) as receiver:
        own = hook("slow", f"{receiver.url}?key=s3cr3t", 'types = ["endpoint.discovered"]', "retries = []")
        async with stage.daemon(OBSERVE + own.replace("retries", 'timeout = "5s"\nretries')) as parts:
            await happen(stage, "a")
            told = await subscriber(parts, "hook/slow")
        assert told["trouble"] == "127.0.0.1 did not answer within 5 s"
        assert not any(b"s3cr3t" in recorded.data for recorded in await stage.recorded())


async def test_what_a_hook_does_not_want_any_more_is_not_called_taken(stage: Scene) -> None:
    async def refuse(_: dict[str, Any]) -> int:
        return 422

    async with receiving(stage, refuse) as receiver:
        own = hook("picky", receiver.url, 'types = ["endpoint.discovered"]', "retries = []")
        async with stage.daemon(OBSERVE + own):
            await happen(stage, "a")
        [parked] = await stage.log.parked()
        async with stage.daemon(OBSERVE + own.replace("endpoint.discovered", "act.*")) as parts:
            told = await ask(parts, "replay", 409, subscriber="hook/picky", position=parked.position)
            assert "does not want" in told["error"]
            assert await stage.log.parked() == [parked]
            await ask(parts, "skip", subscriber="hook/picky", position=parked.position, why="not wanted")
        assert len(receiver.tries) == 1
    assert await stage.recorded(EventReplayed) == []

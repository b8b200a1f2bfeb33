"""Endpoints created, changed and deleted by people, over the whole daemon, beside the simulator, in virtual time."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from yarl import URL

from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended
from events.catalogue.incidents import Fired
from service.commands import Done, GivenUp, NotAllowed, Rejected
from service.huggingface.answers import Answer, Call
from service.huggingface.verdicts import judge
from service.parts import Parts
from service.ports import Item, Unavailable
from service.simulator.orders import Order
from service.simulator.simulator import Request
from statemachine.machine import Command
from statemachine.model import Deleted, Discovered, EndpointName, Look, Reconfigured
from tests.integration.world import ACT, Scene, endpoint

pytestmark = pytest.mark.looptime

OBSERVE = ACT.replace('mode = "act"', 'mode = "observe"')
TGI, NEW = endpoint("acme/tgi"), endpoint("acme/new")
SECRET = "sesame-open-sesame"
DOCUMENT: Mapping[str, Any] = {
    "name": "new",
    "type": "public",
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {
        "accelerator": "gpu",
        "instanceType": "nvidia-l4",
        "instanceSize": "x1",
        "scaling": {"minReplica": 0, "maxReplica": 2, "scaleToZeroTimeout": 15},
    },
    "model": {
        "repository": "acme/llama",
        "framework": "custom",
        "image": {"huggingface": {}},
        "env": {"MODE": SECRET},
        "secrets": {"HF_TOKEN": SECRET},
    },
}
AT = "/api/endpoints/acme/tgi"


class Caller:
    """Asks a running daemon as its command line does."""

    def __init__(self, http: aiohttp.ClientSession, parts: Parts) -> None:
        self.http = http
        self.parts = parts
        self.headers: Mapping[str, str] = {}

    async def __call__(self, method: str, path: str, body: Any = None, *, code: int = 200, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.parts.token}", "X-Lamplighter-Actor": "ana"}
        headers |= {"Idempotency-Key": key} if key else {}
        async with self.http.request(method, path, headers=headers, json=body) as response:
            self.headers = response.headers
            assert response.status == code, await response.text()
            assert response.content_type == ("application/json" if code < 400 else "application/problem+json")
            return await response.json()


@asynccontextmanager
async def called(stage: Scene, text: str = ACT) -> AsyncIterator[Caller]:
    async with stage.daemon(text) as parts, aiohttp.ClientSession(f"http://{parts.listen}") as http:
        yield Caller(http, parts)


def writes(stage: Scene) -> list[Request]:
    return [request for request in stage.sim.requests if request.write]


def lost(method: str, *, done: bool) -> Order:
    """Cut the next connection of this method without an answer, after it was done or before."""
    return Order(kind="reset", method=method, done=done)


async def only(stage: Scene, kind: type[Any]) -> Any:
    (event,) = await stage.events(kind)
    return event


# --- done, told, and seen by whoever reads next ----------------------------------------------------------------------


async def test_what_is_created_is_sent_once_and_shown_at_once(stage: Scene) -> None:
    async with called(stage) as ask:
        made = await ask("POST", "/api/endpoints/acme?reason=the%20demo", DOCUMENT, code=201)
        place = ask.headers["Location"]
        shown = await ask("GET", place)

    assert made["outcome"] == "done"
    assert place == "/api/endpoints/acme/new"
    assert made["status"] == shown["status"] == "pending"
    assert shown["document"]["model"]["repository"] == "acme/llama"
    assert [(act["command"], act["actor"], act["reason"], act["outcome"]) for act in shown["acts"]] == [
        ("create", "person:ana", "the demo", "confirmed")
    ]
    assert [(write.method, write.path) for write in writes(stage)] == [("POST", "/v2/endpoint/acme")]
    assert stage.sim.truth.find("acme", "new") is not None


async def test_an_intent_tells_what_is_sent_and_no_secret_of_it_gets_anywhere(stage: Scene) -> None:
    async with called(stage) as ask:
        await ask("POST", "/api/endpoints/acme", DOCUMENT, code=201)
        await ask("PATCH", "/api/endpoints/acme/new", {"model": {"env": {"MODE": SECRET + "2"}}})

    created, updated = await stage.events(Intended)
    assert isinstance(created, Intended)
    assert isinstance(updated, Intended)
    assert created.life is None
    assert created.wanted["compute.scaling.maxReplica"] == 2
    assert created.wanted["model.secrets.HF_TOKEN"] == created.wanted["model.env.MODE"] == "<masked>"
    assert dict(updated.wanted) == {"model.env.MODE": "<masked>"}
    assert not [recorded for recorded in await stage.recorded() if SECRET.encode() in recorded.data]
    assert stage.sim.truth.find("acme", "new").document["model"]["env"] == {"MODE": SECRET + "2"}  # type: ignore[union-attr]


async def test_what_is_updated_is_sent_once_and_the_change_names_its_intent(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        done = await ask("PATCH", AT, {"compute": {"scaling": {"maxReplica": 4}}})
        shown = await ask("GET", AT)

    assert done["outcome"] == "done"
    assert done["status"] == shown["status"] == "updating"
    assert shown["document"]["compute"]["scaling"]["maxReplica"] == 4
    assert [(write.method, write.path) for write in writes(stage)] == [("PUT", "/v2/endpoint/acme/tgi")]
    assert (await only(stage, Reconfigured)).cause.intent == done["intent"]


async def test_a_deletion_is_told_when_a_look_says_that_it_is_gone(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    stage.sim.faults.delete_linger_seconds = 20.0
    async with called(stage) as ask:
        began = stage.clock.monotonic()
        done = await ask("DELETE", AT)
        took = stage.clock.monotonic() - began
        shown = await ask("GET", AT)

    assert done["status"] == shown["status"] == "absent"
    assert 20 <= took < 30
    assert len(writes(stage)) == 1
    assert (await only(stage, Deleted)).cause.intent == done["intent"]


async def test_a_deletion_that_never_shows_is_given_a_bound(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    stage.sim.faults.delete_linger_seconds = 3600.0
    async with called(stage) as ask:
        told = await ask("DELETE", AT, code=502)

    assert told["outcome"] == "rejected"
    assert "60 s later" in told["detail"]
    assert len(writes(stage)) == 1


# --- what is refused -------------------------------------------------------------------------------------------------


async def test_in_observe_mode_nothing_is_written_whatever_is_asked(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage, OBSERVE) as ask:
        told = [
            await ask("POST", "/api/endpoints/acme", DOCUMENT, code=403),
            await ask("PATCH", AT, {"tags": ["a"]}, code=403),
            await ask("DELETE", AT, code=403),
            await ask("POST", f"{AT}/pause", code=403),
        ]
        lent = Lent(ask.parts)
        outcome = await ask.parts.desk.delete(TGI, actor="hf:ana", key="1", writer=lent)

    assert {one["outcome"] for one in told} == {"notAllowed"}
    assert isinstance(outcome, NotAllowed)
    assert writes(stage) == []
    assert lent.asked == []
    assert await stage.events(Intended) == []


async def test_a_name_in_use_is_hugging_faces_own_conflict_and_calls_nobody(stage: Scene) -> None:
    stage.sim.create("acme", "new", state="running", type="public")
    async with called(stage) as ask:
        told = await ask("POST", "/api/endpoints/acme", DOCUMENT, code=409)

    assert (told["status"], told["code"], told["outcome"]) == (409, 409, "rejected")
    assert told["type"] == "urn:lamplighter:problem:rejected"
    assert told["title"] == "Conflict"
    assert "already exists" in told["body"]
    assert told["detail"] == told["error"]
    assert told["instance"] == "/api/endpoints/acme"
    assert (await only(stage, Failed)).code == 409
    assert await stage.events(Fired) == []


async def test_what_hugging_face_does_not_take_keeps_its_code_and_words(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        told = await ask("PATCH", AT, {"compute": {"scaling": {"maxReplica": "many"}}}, code=422)

    assert (told["outcome"], told["code"]) == ("rejected", 422)
    assert "compute.scaling.maxReplica" in told["body"]


async def test_what_is_not_there_is_neither_changed_nor_deleted(stage: Scene) -> None:
    async with called(stage) as ask:
        for method, body in (("PATCH", {"tags": ["a"]}), ("DELETE", None)):
            told = await ask(method, "/api/endpoints/acme/nobody", body, code=404)
            assert told["outcome"] == "cannotApply"

    assert writes(stage) == []
    assert await stage.events(Intended) == []


async def test_a_mark_is_never_written_over_the_value_that_it_hides(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        told = await ask("PATCH", AT, {"model": {"env": {"MODE": "<masked>"}, "args": ["--key", "<masked>"]}}, code=422)
        new = {**DOCUMENT, "healthRoute": "<masked>"}
        second = await ask("POST", "/api/endpoints/acme", new, code=422)

    assert told["outcome"] == "unfit"
    assert told["fields"] == ["model.env.MODE", "model.args.1"]
    assert second["fields"] == ["healthRoute"]
    assert writes(stage) == []
    assert await stage.events(Intended) == []


@pytest.mark.parametrize("body", [None, {}, [], "tgi", {"name": "Not/a name"}, {"tags": []}])
async def test_what_is_no_document_is_refused_before_anything_is_meant(stage: Scene, body: Any) -> None:
    async with called(stage) as ask:
        headers = {"Authorization": f"Bearer {ask.parts.token}"}
        async with ask.http.post("/api/endpoints/acme", json=body, headers=headers) as response:
            assert response.status in {400, 422}
            assert (await response.json())["detail"]

    assert writes(stage) == []
    assert await stage.events(Intended) == []


@pytest.mark.parametrize("code", [422, 403, 404, 500])
async def test_a_refusal_that_quotes_a_secret_is_told_to_who_asked_and_not_to_the_log(
    stage: Scene, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    padding = "x" * 250  # so that the words are cut in the middle of the secret
    async with called(stage) as ask:
        writer = ask.parts.commander.writers["acme"]
        answer = Answer(
            code=code,
            headers={},
            body=json.dumps({"error": f"{padding} not a value: {SECRET * 3}"}).encode(),
            look=Look(asked_at=stage.clock.now(), answered_at=stage.clock.now(), asked=0.0, answered=0.0),
        )

        async def refuses(name: EndpointName, document: Mapping[str, Any]) -> Item:
            call = Call(doing=f"update {name}", url=URL("http://hub"), namespace="acme", token_source="", most_bytes=9)
            raise judge(call, answer, secret="hf_robot", now=stage.clock.now()).error

        writer.update = refuses  # type: ignore[method-assign]
        stage.clock.now()
        change = {"model": {"env": {"MODE": SECRET * 3}}}
        if code == 500:
            asyncio.get_running_loop().call_later(60, lambda: setattr(writer, "update", type(writer).update))
            stage.sim.at(stage.clock.now() + timedelta(seconds=20), "acme", "tgi", "delete")
        told = await ask("PATCH", AT, change, code=409 if code == 500 else code)

    assert (SECRET in told.get("body", "")) == (code != 500)
    assert SECRET[:6] not in told["detail"]
    assert not [recorded for recorded in await stage.recorded() if SECRET[:6].encode() in recorded.data]
    assert SECRET[:6] not in "".join(capfd.readouterr())


# --- one key, one command --------------------------------------------------------------------------------------------


async def test_one_key_is_one_creation_with_one_outcome(stage: Scene) -> None:
    async with called(stage) as ask:
        first = await ask("POST", "/api/endpoints/acme", DOCUMENT, code=201, key="k1")
        again = await ask(
            "POST", "/api/endpoints/acme", dict(sorted(DOCUMENT.items(), reverse=True)), code=201, key="k1"
        )
        other = await ask("POST", "/api/endpoints/acme", {**DOCUMENT, "tags": ["b"]}, code=422, key="k1")

    assert first == again
    assert other["type"] == "urn:lamplighter:problem:key-taken"
    assert len(writes(stage)) == 1


async def test_a_key_is_known_after_a_restart_too_however_much_happened_since(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    change = {"compute": {"scaling": {"maxReplica": 3}}}
    async with called(stage) as ask:
        first = await ask("PATCH", AT, change, key="k1")
        paused = await ask("POST", f"{AT}/pause", key="k2")
        await ask("POST", f"{AT}/resume", key="k3")
        await stage.clock.sleep(600)
    async with called(stage) as ask:
        other = await ask("PATCH", AT, {"tags": ["x"]}, code=422, key="k1")
        again = await ask("PATCH", AT, change, key="k1")
        paused_again = await ask("POST", f"{AT}/pause", key="k2")

    assert (again, paused_again) == (first, paused)
    assert other["outcome"] == "keyTaken"
    assert len(writes(stage)) == 3


async def test_a_refusal_is_repeated_with_its_words(stage: Scene) -> None:
    stage.sim.create("acme", "new", state="running", type="public")
    async with called(stage) as ask:
        first, second = [await ask("POST", "/api/endpoints/acme", DOCUMENT, code=409, key="k") for _ in range(2)]

    assert first == second
    assert len(writes(stage)) == 1


# --- no answer, and a crash between the intent and its outcome --------------------------------------------------------


class Lent:
    """The writer of somebody's own token: it does as the daemon's own does, and notes that it was asked."""

    def __init__(self, parts: Parts) -> None:
        self.own = parts.commander.writers.get("acme")
        self.asked: list[str] = []
        self.answers = True

    async def _through(self, verb: str, *what: Any) -> Any:
        self.asked.append(verb)
        if not self.answers:
            raise Unavailable("nobody answered", word="timeout")
        return await getattr(self.own, verb)(*what)

    async def pause(self, name: EndpointName) -> Item:
        item: Item = await self._through("pause", name)
        return item

    async def resume(self, name: EndpointName) -> Item:
        item: Item = await self._through("resume", name)
        return item

    async def scale_to_zero(self, name: EndpointName) -> Item:
        item: Item = await self._through("scale_to_zero", name)
        return item

    async def create(self, namespace: str, document: Mapping[str, Any]) -> Item:
        item: Item = await self._through("create", namespace, document)
        return item

    async def update(self, name: EndpointName, document: Mapping[str, Any]) -> Item:
        item: Item = await self._through("update", name, document)
        return item

    async def delete(self, name: EndpointName) -> None:
        await self._through("delete", name)


@pytest.mark.parametrize("done", [True, False])
async def test_a_creation_without_an_answer_is_looked_for_and_never_sent_again(stage: Scene, *, done: bool) -> None:
    async with stage.daemon() as parts:
        stage.sim.faults.orders.append(lost(done=done, method="POST"))
        outcome = await parts.desk.create("acme", DOCUMENT, actor="person:ana", key="1")

    assert isinstance(outcome, Done if done else Rejected)
    assert len(writes(stage)) == 1
    assert [event.late for event in await stage.events(Confirmed) if isinstance(event, Confirmed)] == [True] * done
    assert len(await stage.events(Failed)) == (not done)


async def test_what_came_into_being_and_is_another_is_not_taken_for_ours(stage: Scene) -> None:
    async with stage.daemon() as parts:
        stage.sim.faults.orders.append(lost(done=False, method="POST"))
        asyncio.get_running_loop().call_later(5, lambda: stage.sim.create("acme", "new", repository="other/model"))
        outcome = await parts.desk.create("acme", DOCUMENT, actor="person:ana", key="1")

    assert isinstance(outcome, GivenUp)
    assert "somebody else's" in outcome.reason


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("verb", ["create", "update", "delete"])
async def test_after_a_crash_what_was_open_is_judged_by_looking(stage: Scene, verb: str, *, done: bool) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    change = {"compute": {"scaling": {"maxReplica": 4}}}
    async with stage.daemon() as parts:
        hanging = asyncio.Event()

        async def hangs(*what: Any) -> Any:
            if done:
                own = {"create": ("new", DOCUMENT), "update": ("tgi", change), "delete": ("tgi", {})}[verb]
                if verb == "create":
                    stage.sim.create("acme", "new", document={key: own[1][key] for key in own[1] if key != "name"})
                else:
                    stage.sim.act("acme", own[0], verb, document=own[1])
            hanging.set()
            await asyncio.Event().wait()

        setattr(parts.commander.writers["acme"], verb, hangs)
        asked = {
            "create": lambda: parts.desk.create("acme", DOCUMENT, actor="person:ana", key="1"),
            "update": lambda: parts.desk.update(TGI, change, actor="person:ana", key="1"),
            "delete": lambda: parts.desk.delete(TGI, actor="person:ana", key="1"),
        }[verb]()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(asked)
            await hanging.wait()
            task.cancel()
    assert len(await stage.events(Intended)) == 1
    async with stage.daemon():
        await stage.clock.sleep(120)

    sent = [write.method for write in writes(stage)]
    ended = [type(event) for event in await stage.events(Confirmed, Failed, Abandoned)]
    assert sent == ([] if done or verb != "delete" else ["DELETE"])  # a deletion can be sent again: nothing had changed
    vain: type[Any] = Failed if verb == "create" else Abandoned
    assert ended == [Confirmed if done or verb == "delete" else vain]


async def test_an_update_without_an_answer_is_sent_again_only_when_it_shows_no_effect(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    change = {"compute": {"scaling": {"maxReplica": 4}}}
    async with stage.daemon() as parts:
        stage.sim.faults.orders.append(lost(done=True, method="PUT"))
        done = await parts.desk.update(TGI, change, actor="person:ana", key="1")
        stage.sim.faults.orders.append(lost(done=False, method="PUT"))
        again = await parts.desk.update(TGI, {"tags": ["b"]}, actor="person:ana", key="2")

    assert isinstance(done, Done)
    assert isinstance(again, Done)
    assert len(writes(stage)) == 3


async def test_whose_token_signs_a_command_is_whose_was_given_and_it_is_not_sent_by_ours_after_a_crash(
    stage: Scene,
) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with stage.daemon() as parts:
        lent = Lent(parts)
        done = await parts.desk.ask(TGI, Command.PAUSE, actor="hf:ana", key="1", writer=lent)
        lent.answers = False
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(parts.desk.ask(TGI, Command.RESUME, actor="hf:ana", key="2", writer=lent))
            await stage.clock.sleep(5)
            task.cancel()
    async with stage.daemon():
        await stage.clock.sleep(120)

    assert isinstance(done, Done)
    assert lent.asked == ["pause", "resume"]
    assert len(writes(stage)) == 1
    assert "token" in (await only(stage, Abandoned)).reason


# --- people are not bound by our view --------------------------------------------------------------------------------


async def test_a_status_that_nobody_knows_can_be_paused_by_a_person(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    stage.sim.faults.unknown_status["acme", "tgi"] = "hibernating"
    async with called(stage) as ask:
        assert (await ask("GET", AT))["status"] == "hibernating"
        asyncio.get_running_loop().call_later(2, stage.sim.faults.unknown_status.clear)
        done = await ask("POST", f"{AT}/pause")

    assert (done["outcome"], done["status"]) == ("done", "paused")
    assert [write.path for write in writes(stage)] == ["/v2/endpoint/acme/tgi/pause"]


async def test_what_was_paused_elsewhere_a_second_ago_can_be_resumed_while_the_view_says_running(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="running", type="public")
    async with called(stage) as ask:
        stage.sim.act("acme", "tgi", "pause", actor="ben")
        await stage.clock.sleep(1)
        assert (await ask("GET", AT))["status"] == "running"
        done = await ask("POST", f"{AT}/resume")

    assert done["outcome"] == "done"
    assert done["status"] in {"pending", "initializing", "running"}
    assert len(writes(stage)) == 1


async def test_of_many_who_ask_at_once_nobody_is_refused_for_what_another_did(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="paused", type="public")
    async with called(stage) as ask, asyncio.TaskGroup() as tasks:
        stage.sim.faults.latency_seconds = (0.2, 0.4)
        asked = [tasks.create_task(ask("POST", f"{AT}/resume", key=f"k{number}")) for number in range(10)]
        await asyncio.wait(asked)

    assert sorted(task.result()["outcome"] for task in asked) == ["done", *["nothingToDo"] * 9]
    assert len(writes(stage)) == 1


async def test_what_cannot_be_read_goes_upstream_instead_of_being_told_from_before(stage: Scene) -> None:
    stage.sim.create("acme", "tgi", state="paused", type="public")
    async with called(stage) as ask:
        stage.sim.faults.unreadable.add(("acme", "tgi"))
        stage.sim.act("acme", "tgi", "resume", actor="ben")
        asyncio.get_running_loop().call_later(2, stage.sim.faults.unreadable.clear)
        done = await ask("POST", f"{AT}/pause")

    assert done["outcome"] == "done"
    assert len(writes(stage)) == 1


async def test_a_name_that_was_deleted_can_be_created_again(stage: Scene) -> None:
    async with called(stage) as ask:
        await ask("POST", "/api/endpoints/acme", DOCUMENT, code=201)
        await ask("DELETE", "/api/endpoints/acme/new")
        await ask("POST", "/api/endpoints/acme", DOCUMENT, code=201)

    assert len(await stage.events(Discovered)) == 2
    assert len(await stage.events(Confirmed)) == 3

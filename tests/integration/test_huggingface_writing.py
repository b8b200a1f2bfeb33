"""Creating, updating and deleting, against servers that say no in every way, or nothing at all."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from service.huggingface import ActingHuggingFace, ObserveOnly
from service.huggingface.payload import create_document, update_document
from service.masking import MARK
from service.ports import Conflict, HubError, Invalid, Item, NotFound, Refused, Unauthorized, Unavailable, Unsent
from statemachine.model import EndpointName, Seen
from statemachine.status import Status
from tests.integration.hostile import TGI, TOKEN, Stage, client, served
from tests.unit.huggingface.documents import document, encoded

pytestmark = pytest.mark.looptime

NEW = create_document(
    name="tgi",
    repository="openai-community/gpt2",
    framework="pytorch",
    accelerator="gpu",
    instance_size="x1",
    instance_type="nvidia-l4",
    region="us-east-1",
    vendor="aws",
    secrets={"DB": "zqplain-secret"},
)

Write = Callable[[ActingHuggingFace], Awaitable[Any]]
WRITES: dict[str, Write] = {
    "create": lambda hub: hub.create("acme", NEW),
    "update": lambda hub: hub.update(TGI, update_document(min_replica=2)),
    "delete": lambda hub: hub.delete(TGI),
    "pause": lambda hub: hub.pause(TGI),
    "resume": lambda hub: hub.resume(TGI),
    "scale_to_zero": lambda hub: hub.scale_to_zero(TGI),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with served() as one:
        yield one


async def test_a_creation_sends_the_document_and_returns_what_came_back(stage: Stage) -> None:
    bodies: list[Any] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return web.json_response(document(state="pending"), status=202)

    stage.answer = answer

    async with client(stage.url) as hub:
        item = await hub.create("acme", NEW)

    assert bodies == [NEW]
    assert [(asked.method, asked.path) for asked in stage.asked] == [("POST", "/v2/endpoint/acme")]
    assert isinstance(item.observation, Seen)
    assert item.observation.sighting.status is Status.PENDING


async def test_an_update_sends_only_what_is_to_change(stage: Stage) -> None:
    bodies: list[Any] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return web.json_response(document(state="updating"))

    stage.answer = answer

    async with client(stage.url) as hub:
        item = await hub.update(TGI, update_document(min_replica=2))

    assert bodies == [{"compute": {"scaling": {"minReplica": 2}}}]
    assert [(asked.method, asked.path) for asked in stage.asked] == [("PUT", "/v2/endpoint/acme/tgi")]
    assert isinstance(item, Item)


@pytest.mark.parametrize("code, body", [(200, ""), (204, ""), (200, "{}"), (202, encoded(document()))])
async def test_a_deletion_is_believed_with_an_empty_answer_or_a_document(
    stage: Stage, code: int, body: bytes | str
) -> None:
    stage.says(body, status=code)

    async with client(stage.url) as hub:
        await hub.delete(TGI)

    assert [(asked.method, asked.path) for asked in stage.asked] == [("DELETE", "/v2/endpoint/acme/tgi")]


async def test_a_web_page_deleted_nothing(stage: Stage) -> None:
    stage.says("<html>Please log in</html>")

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable) as raised:
            await hub.delete(TGI)

    assert raised.value.word == "malformed"


# --- no --------------------------------------------------------------------------------------------------------------


@every_write
@pytest.mark.parametrize(
    "code, error, do",
    [
        (400, (Refused, "refused"), "change the request"),
        (401, (Unauthorized, "unauthorized"), "put a valid one into"),
        (403, (Unauthorized, "unauthorized"), "give it the right on 'acme'"),
        (404, (NotFound, "not_found"), "check the name"),
        (409, (Conflict, "conflict"), "look at what is there"),
        (422, (Invalid, "invalid"), "schema does not allow it"),
        (500, (Unavailable, "server_error"), "look again after a while"),
        (307, (Unavailable, "malformed"), "redirects are not followed"),
    ],
)
async def test_every_no_is_typed_says_what_to_do_and_is_not_asked_twice(
    stage: Stage, write: Write, code: int, error: tuple[type[HubError], str], do: str
) -> None:
    stage.says('{"error": "No, because"}', status=code, Location="/elsewhere")

    async with client(stage.url) as hub:
        with pytest.raises(HubError, match=f"No, because.*{do}") as raised:
            await write(hub)

    assert (type(raised.value), raised.value.word) == error
    assert len(stage.asked) == 1


async def test_what_the_schema_complains_of_is_kept(stage: Stage) -> None:
    stage.says('{"detail": [{"loc": ["compute", "scaling"], "msg": "max < min"}]}', status=422)

    async with client(stage.url) as hub:
        with pytest.raises(Invalid, match=r"correct compute\.scaling: max < min") as raised:
            await hub.update(TGI, update_document(min_replica=2))

    assert raised.value.complaints == ("compute.scaling: max < min",)
    assert raised.value.code == 422


async def test_no_secret_that_was_sent_comes_back_in_an_error(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=422, body=await request.read())

    stage.answer = answer

    async with client(stage.url) as hub:
        with pytest.raises(Invalid) as raised:
            await hub.create("acme", NEW | {"tags": [TOKEN]})

    assert TOKEN not in str(raised.value) + repr(vars(raised.value))
    assert "zqplain" not in str(raised.value)


# --- what must not be sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told, place",
    [
        ({"model": {"secrets": {"DB": MARK}}}, "model.secrets.DB"),
        ({"model": {"args": ["--key", f"key={MARK}"]}}, "model.args.1"),
        ({"model": {"env": {f"{MARK} 0": "x"}}}, f"model.env.{MARK} 0"),
    ],
)
async def test_a_mark_is_never_written_over_what_it_hides(stage: Stage, told: Any, place: str) -> None:
    async with client(stage.url) as hub:
        for write in (hub.update(TGI, told), hub.create("acme", NEW | told)):
            with pytest.raises(Unsent, match="nothing was sent; leave it out, or give its true value") as raised:
                await write
            assert place in str(raised.value)
            assert raised.value.word == "unsent"

    assert stage.asked == []


async def test_what_is_no_json_is_not_sent(stage: Stage) -> None:
    endless: dict[str, Any] = {}
    endless["self"] = endless

    async with client(stage.url) as hub:
        for told in ({"model": {"env": object()}}, endless):
            with pytest.raises(Unsent, match="is no JSON"):
                await hub.update(TGI, told)

    assert stage.asked == []


@pytest.mark.parametrize("name", [None, 5, "", "..", "a/b"])
async def test_a_creation_without_a_fit_name_is_not_sent(stage: Stage, name: Any) -> None:
    async with client(stage.url) as hub:
        with pytest.raises(NotFound, match="cannot be the name"):
            await hub.create("acme", NEW | {"name": name})

    assert stage.asked == []


@pytest.mark.parametrize("act", ["create", "update", "delete"])
async def test_what_is_only_observed_is_not_written_to(stage: Stage, act: str) -> None:
    name = EndpointName("prod", "tgi")

    async with client(stage.url) as hub:
        writes = {"create": hub.create("prod", NEW), "update": hub.update(name, {}), "delete": hub.delete(name)}
        with pytest.raises(ObserveOnly, match=f"cannot {act} .*nothing was sent; set mode"):
            await writes.pop(act)
        for unused in writes.values():
            unused.close()

    assert stage.asked == []


# --- said twice ------------------------------------------------------------------------------------------------------


@every_write
async def test_only_what_asks_for_a_state_is_said_again_after_a_429(stage: Stage, write: Write) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429) if len(stage.asked) == 1 else web.json_response(document())

    stage.answer = answer
    creates = write is WRITES["create"]

    async with client(stage.url) as hub:
        try:
            await write(hub)
            told = "done"
        except Unavailable as error:
            told = error.word

    assert (told, len(stage.asked)) == (("rate_limited", 1) if creates else ("done", 2))


@every_write
async def test_nothing_is_said_again_after_an_answer_that_was_lost(stage: Stage, write: Write) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    stage.answer = answer

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable) as raised:
            await write(hub)

    assert raised.value.word == "connection"
    assert len(stage.asked) == 1

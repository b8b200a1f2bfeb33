"""What the functions do where the official ones have no opinion: connections, tokens, marks and nonsense."""

import asyncio
import copy
import pickle
from collections.abc import AsyncIterator
from typing import Any

import huggingface_hub
import pytest
from aiohttp import web
from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

import service.endpoint
from service.endpoint import (
    InferenceEndpointError,
    InferenceEndpointGone,
    InferenceEndpoints,
    InferenceEndpointUnreadable,
)
from service.masking import MARK
from tests.e2e.clients.cases import LEAST
from tests.integration.hostile import Stage, served
from tests.unit.client.scripted import document

ANA = {"type": "user", "name": "ana", "orgs": [{"name": "acme"}, {"name": "locked"}]}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with served() as one:
        yield one


def tells(stage: Stage, answers: dict[str, Any]) -> None:
    """Let the server answer by the end of the path; what is not named is an endpoint."""

    async def answer(request: web.Request) -> web.StreamResponse:
        told = next((told for end, told in answers.items() if request.path.endswith(end)), document())
        if isinstance(told, int):
            return web.json_response({"error": "no"}, status=told)
        return web.json_response(told(request) if callable(told) else told)

    stage.answer = answer


def asked(stage: Stage) -> list[str]:
    return [f"{one.method} {one.path}" for one in stage.asked]


async def test_whose_token_it_is_is_asked_once(stage: Stage) -> None:
    tells(stage, {"whoami-v2": ANA})
    async with InferenceEndpoints(stage.url, token="hf_x") as front:
        for _ in range(3):
            await front.get_inference_endpoint("tgi")
        await front.get_inference_endpoint("tgi", token="hf_another")

    assert asked(stage).count("GET /api/whoami-v2") == 2
    assert asked(stage).count("GET /v2/endpoint/ana/tgi") == 4


async def test_without_a_token_nobodys_endpoints_are_asked_for(stage: Stage) -> None:
    front = InferenceEndpoints(stage.url)

    with pytest.raises(LocalTokenNotFoundError):
        await front.get_inference_endpoint("tgi")
    with pytest.raises(ValueError, match="name the namespace"):
        await front.get_inference_endpoint("tgi", token=False)
    assert stage.asked == []


async def test_an_organisation_is_no_default_namespace(stage: Stage) -> None:
    tells(stage, {"whoami-v2": {"type": "org", "name": "acme"}})

    with pytest.raises(ValueError, match="Cannot determine default namespace"):
        await InferenceEndpoints(stage.url, token="hf_x").list_inference_endpoints()


async def test_of_all_namespaces_one_that_does_not_admit_the_token_is_left_out(stage: Stage) -> None:
    page = {"items": [document()], "nextCursor": None}
    tells(stage, {"whoami-v2": ANA, "locked": 403, "ana": page, "acme": page})

    endpoints = await InferenceEndpoints(stage.url, token="hf_x").list_inference_endpoints("*")

    assert [endpoint.namespace for endpoint in endpoints] == ["ana", "acme"]


async def test_pages_that_go_in_circles_are_no_list(stage: Stage) -> None:
    tells(stage, {"acme": {"items": [document()], "nextCursor": "again"}})

    with pytest.raises(InferenceEndpointError, match="in circles"):
        await InferenceEndpoints(stage.url, token="hf_x").list_inference_endpoints("acme")
    assert len(stage.asked) == 2


@pytest.mark.parametrize("body", ["<html>log in</html>", "[]", "null", ""])
async def test_nonsense_is_told_as_such(stage: Stage, body: str) -> None:
    stage.says(body)
    front = InferenceEndpoints(stage.url, token="hf_x")

    with pytest.raises(InferenceEndpointUnreadable, match="something between us"):
        await front.get_inference_endpoint("tgi", namespace="acme")
    with pytest.raises(InferenceEndpointUnreadable):
        await front.list_inference_endpoints("acme")


async def test_a_mark_is_never_sent(stage: Stage) -> None:
    front = InferenceEndpoints(stage.url, token="hf_x")

    with pytest.raises(ValueError, match=r"model\.secrets\.KEY is masked"):
        await front.update_inference_endpoint("tgi", namespace="acme", secrets={"KEY": MARK})
    with pytest.raises(ValueError, match=r"model\.env\.A is masked"):
        await front.create_inference_endpoint("tgi", namespace="acme", **LEAST, env={"A": MARK})
    assert stage.asked == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_write_is_not_redirected_into_a_read(stage: Stage, code: int) -> None:
    """A DELETE that became a GET on the way would be answered with 200."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if not request.path.startswith("/there"):
            return web.Response(status=code, headers={"Location": f"/there{request.path}"})
        return web.json_response(document())

    stage.answer = answer
    front = InferenceEndpoints(stage.url, token="hf_x")

    for write in (
        front.delete_inference_endpoint("tgi", namespace="acme"),
        front.update_inference_endpoint("tgi", namespace="acme", min_replica=0),
        front.pause_inference_endpoint("tgi", namespace="acme"),
        front.create_inference_endpoint("tgi", namespace="acme", **LEAST),
    ):
        with pytest.raises(InferenceEndpointError, match="redirects to /there"):
            await write
    assert not [one for one in asked(stage) if "/there" in one]
    assert (await front.get_inference_endpoint("tgi", namespace="acme")).name == "tgi"


async def test_errors_of_http_are_the_official_ones(stage: Stage) -> None:
    stage.says('{"error": "an endpoint named tgi already exists"}', status=409, X_Request_Id="r-1")

    with pytest.raises(HfHubHTTPError, match="already exists") as refused:
        await InferenceEndpoints(stage.url, token="hf_x").create_inference_endpoint("tgi", namespace="acme", **LEAST)

    assert refused.value.response.status_code == 409
    assert refused.value.request_id == "r-1"
    assert len(stage.asked) == 1  # a write is never sent twice


async def test_the_environment_says_where_the_daemon_is_and_which_token_it_takes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells(stage, {"/wait": {"end": "reached"}})
    monkeypatch.setenv("LAMPLIGHTER_URL", stage.url)
    monkeypatch.setenv("LAMPLIGHTER_TOKEN", "ll_y")
    monkeypatch.setenv("HF_TOKEN", "hf_x")

    endpoint = await service.endpoint.get_inference_endpoint("tgi", namespace="acme")
    await endpoint.wait(timeout=10)
    other = InferenceEndpoints(stage.url)
    await (await other.get_inference_endpoint("tgi", namespace="acme")).wait(timeout=10)

    shown = [(one.path.rpartition("/")[2], one.headers.get("Authorization")) for one in stage.asked]
    assert shown == [
        ("tgi", "Bearer hf_x"),
        ("wait", "Bearer ll_y"),
        ("tgi", "Bearer hf_x"),
        ("tgi", "Bearer hf_x"),
        ("wait", None),  # named in the call, it is another daemon than the environment's
        ("tgi", "Bearer hf_x"),
    ]


async def test_each_function_of_the_module_reaches_the_api(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPLIGHTER_URL", stage.url)
    tells(stage, {"/acme": lambda request: document() if request.method == "POST" else {"items": []}})
    given: dict[str, Any] = {"namespace": "acme", "token": "hf_x"}

    await service.endpoint.get_inference_endpoint("tgi", **given)
    await service.endpoint.list_inference_endpoints(**given)
    await service.endpoint.create_inference_endpoint("tgi", **LEAST, **given)
    await service.endpoint.update_inference_endpoint("tgi", tags=["a"], **given)
    await service.endpoint.pause_inference_endpoint("tgi", **given)
    await service.endpoint.resume_inference_endpoint("tgi", **given)
    await service.endpoint.scale_to_zero_inference_endpoint("tgi", **given)
    await service.endpoint.delete_inference_endpoint("tgi", **given)

    assert asked(stage) == [
        "GET /v2/endpoint/acme/tgi",
        "GET /v2/endpoint/acme",
        "POST /v2/endpoint/acme",
        "PUT /v2/endpoint/acme/tgi",
        "POST /v2/endpoint/acme/tgi/pause",
        "POST /v2/endpoint/acme/tgi/resume",
        "POST /v2/endpoint/acme/tgi/scale-to-zero",
        "DELETE /v2/endpoint/acme/tgi",
    ]


async def test_a_front_is_open_once(stage: Stage) -> None:
    tells(stage, {})
    front = InferenceEndpoints(stage.url, token="hf_x")
    async with front:
        with pytest.raises(RuntimeError, match="open already"):
            await front.__aenter__()
        assert (await front.get_inference_endpoint("tgi", namespace="acme")).name == "tgi"

    assert (await front.get_inference_endpoint("tgi", namespace="acme")).name == "tgi"  # and again, by the call


async def test_more_may_wait_than_a_session_has_connections(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The official session has a hundred; who waits holds one for as long as it takes."""
    free = asyncio.Event()
    waiting = 0
    opened: list[Any] = []

    def noted() -> Any:
        opened.append(huggingface_hub.get_async_session())
        return opened[-1]

    monkeypatch.setattr("service.client.sessions.get_async_session", noted)

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal waiting
        if request.path.endswith("/wait"):
            waiting += 1
            if waiting == 240:
                free.set()
            await free.wait()
            return web.json_response({"end": "reached"})
        return web.json_response(document())

    stage.answer = answer
    async with InferenceEndpoints(stage.url, token="hf_x") as front, asyncio.TaskGroup() as tasks:
        endpoint = await front.get_inference_endpoint("tgi", namespace="acme")
        for _ in range(240):
            tasks.create_task(copy.copy(endpoint).wait(timeout=60))

    assert waiting == 240
    assert len(opened) == 3
    assert all(session.is_closed for session in opened)


def test_the_names_are_the_official_ones() -> None:
    for name in ("Error", "TimeoutError", "Status", "Type"):
        full = f"InferenceEndpoint{name}"
        assert getattr(service.endpoint, full) is getattr(huggingface_hub, full)


def test_the_object_is_no_official_one() -> None:
    """Code that got one in its place would call `pause()`, and pause nothing."""
    assert not issubclass(service.endpoint.InferenceEndpoint, huggingface_hub.InferenceEndpoint)


async def test_who_catches_the_official_errors_catches_gone(stage: Stage) -> None:
    stage.says('{"error": "no such endpoint"}', status=404)
    endpoint = service.endpoint.InferenceEndpoint.from_raw(
        document("pending"), "acme", api=InferenceEndpoints(stage.url, token="hf_x", daemon=False)
    )

    with pytest.raises(InferenceEndpointGone) as gone:
        await endpoint.wait()

    assert isinstance(gone.value, huggingface_hub.InferenceEndpointError)
    assert isinstance(gone.value, HfHubHTTPError)
    assert gone.value.response.status_code == 404
    assert str(pickle.loads(pickle.dumps(gone.value))) == str(gone.value)  # noqa: S301  # from a worker, for example

"""Where ours is not as the official client, on purpose: the words for the table, and what shows that they are true."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from huggingface_hub import InferenceEndpointError, InferenceEndpointTimeoutError
from huggingface_hub.errors import HfHubHTTPError

import service.endpoint
from service.endpoint import InferenceEndpointGone, InferenceEndpointPaused, InferenceEndpoints
from service.masking import MARK
from tests.integration.client.rows import CLASS, WHOLE, Row, official, ours
from tests.integration.client.twins import Twins

SOON: Any = 0.05
Show = Callable[[Twins], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What the table says, and a scene in which both behave as it says. `moving`: time passes in it."""

    text: str
    show: Show
    moving: bool = False


DIFFERENCES: dict[Row, Difference] = {}


def differs(text: str, *rows: Row, moving: bool = False) -> Callable[[Show], Show]:
    """Enter a difference into the table."""

    def enter(show: Show) -> Show:
        DIFFERENCES.update(dict.fromkeys(rows, Difference(text, show, moving)))
        return show

    return enter


@differs("an `InferenceEndpoints`: where this object asks", Row(f"{CLASS}.from_raw", "api"))
async def _the_object_asks_where_it_came_from(both: Twins) -> None:
    endpoint = await both.front.get_inference_endpoint("run")

    again = service.endpoint.InferenceEndpoint.from_raw(endpoint.raw, "alice", api=both.front)

    assert (await again.fetch()) == endpoint


@differs(
    "without one, that of the `InferenceEndpoints` that it came from, for inference too; the official object forgets "
    "its `HfApi` and takes the saved token",
    Row(f"{CLASS}.from_raw", "token"),
)
async def _the_object_remembers_whose_it_is(both: Twins) -> None:
    theirs = await both.official_does(lambda api: [api.get_inference_endpoint("run").client.token])
    own = await both.ours_does(_token_of_run)

    assert (theirs.value, own.value) == ([None], ["hf_alice"])


@differs(
    "a coroutine; ends on paused and gone, too, each with its own error that says why; rides out 429, 5xx and broken "
    "connections; wants a ready replica; never believes what is older than the object's own last write",
    Row(f"{CLASS}.wait"),
    moving=True,
)
async def _waiting_ends_when_it_is_no_use(both: Twins) -> None:
    paused = await both.official_does(lambda api: api.get_inference_endpoint("off").wait(0, SOON))
    assert paused.error == "InferenceEndpointTimeoutError"  # and without a time limit, never

    off = await both.front.get_inference_endpoint("off")
    with pytest.raises(InferenceEndpointPaused, match="paused"):
        await off.wait(timeout=20, refresh_every=SOON)

    stuck = await both.front.get_inference_endpoint("stuck")
    both.act("stuck", "delete")
    with pytest.raises(InferenceEndpointGone) as gone:
        await stuck.wait(timeout=20, refresh_every=SOON)
    assert isinstance(gone.value, HfHubHTTPError)
    assert isinstance(gone.value, InferenceEndpointError)
    assert gone.value.response.status_code == 404


@differs(
    "any number; kept to the moment (the official one looks at the time only between two looks); 0 looks once, where "
    "the official one looks at what it holds",
    Row(f"{CLASS}.wait", "timeout"),
    moving=True,
)
async def _the_time_limit_is_kept(both: Twins) -> None:
    async def took(act: Awaitable[Any]) -> float:
        began = time.monotonic()
        await act
        return time.monotonic() - began

    theirs = await took(both.official_does(lambda api: api.get_inference_endpoint("stuck").wait(SOON, 1)))
    endpoint = await both.front.get_inference_endpoint("stuck")
    with pytest.raises(InferenceEndpointTimeoutError, match=r"0\.05 s it still waits for status running"):
        assert await took(endpoint.wait(SOON, 1)) < 0.8
    own = await took(both.ours_does(lambda _: endpoint.wait(SOON, 1)))

    assert own < 0.9
    assert theirs >= 1


@differs(
    "any number; with a daemon only where that does not admit the caller",
    Row(f"{CLASS}.wait", "refresh_every"),
    moving=True,
)
async def _it_looks_as_often_as_it_is_told(both: Twins) -> None:
    before = len(both.requests()[1])

    await both.ours_does(lambda front: _waited(front, "stuck", timeout=0.5, refresh_every=0.1))

    assert 4 <= len(both.requests()[1]) - before <= 7


@differs(
    "not the engine's: refused (ValueError), where the official client warns and sends it; an image that is shown only "
    "in part is not sent back",
    Row(f"{CLASS}.update", "tensor_parallel_size"),
    Row(f"{CLASS}.update", "data_parallel_size"),
    Row("update_inference_endpoint", "tensor_parallel_size"),
    Row("update_inference_endpoint", "data_parallel_size"),
)
async def _a_size_that_an_engine_would_drop_is_refused(both: Twins) -> None:
    theirs = await both.official_does(lambda api: api.update_inference_endpoint("run", data_parallel_size=2))
    own = await both.ours_does(lambda front: front.update_inference_endpoint("run", data_parallel_size=2))
    assert (theirs.error, theirs.warned, own.error) == (None, ("UserWarning",), "ValueError")

    image = {"vLLM": {"url": "vllm:1", "port": 8000}}
    for name in ("whole", "hidden"):
        document = {"model": {"image": image if name == "whole" else {"vLLM": {"url": MARK}}}}
        both.create(name, state="paused", document=document)
    theirs = await both.official_does(lambda api: api.update_inference_endpoint("whole", tensor_parallel_size=2))
    own = await both.ours_does(lambda front: front.update_inference_endpoint("whole", tensor_parallel_size=2))
    assert theirs == own
    assert own.value["raw"]["model"]["image"]["vLLM"]["tensorParallelSize"] == 2
    own = await both.ours_does(lambda front: front.update_inference_endpoint("hidden", tensor_parallel_size=2))
    assert own.error == "ValueError"


@differs(
    'every page, not the first 20; of `"*"` only what the token may not see is left out, other trouble is raised',
    Row("list_inference_endpoints"),
    Row("list_inference_endpoints", "namespace"),
)
async def _every_page_is_read(both: Twins) -> None:
    for number in range(250):
        both.create(f"e-{number}", "acme", state="paused")

    theirs = await both.official_does(lambda api: api.list_inference_endpoints("acme"))
    own = await both.ours_does(lambda front: front.list_inference_endpoints("acme"))
    assert (len(theirs.value), len(own.value)) == (20, 251)
    assert own.value[:20] == theirs.value

    own = await both.ours_does(lambda front: front.list_inference_endpoints("*"))
    assert [(one["namespace"], one["name"]) for one in own.value][:4] == [
        ("alice", "run"), ("alice", "off"), ("alice", "start"), ("alice", "stuck")
    ]  # fmt: skip
    for world in (both.theirs, both.ours):
        world.faults.fail_page = ("acme", 0)
    theirs = await both.official_does(lambda api: api.list_inference_endpoints("*"))
    own = await both.ours_does(lambda front: front.list_inference_endpoints("*"))
    assert (theirs.error, len(theirs.value), own.code) == (None, 4, 500)  # a list that is not whole, and says nothing


OBJECTS_ONLY = tuple(sorted(ours().keys() - official().keys()))


@differs("only here; officially of `update_inference_endpoint` alone", *OBJECTS_ONLY)
async def _an_object_updates_all_that_the_function_does(both: Twins) -> None:
    endpoint = await both.front.get_inference_endpoint("run")

    await endpoint.update(tags=["grey"], path="/talk", env={"A": "b"}, scaling_metric="pendingRequests")

    assert endpoint.raw["tags"] == ["grey"]
    assert {row.method for row in OBJECTS_ONLY} == {f"{CLASS}.update"}


ELSEWHERE = tuple(
    row for row in official() if "catalog" in row.method or row.method == "list_inference_endpoints_hardware"
)


@differs("not here: nothing to wait for, and one request; use the official one", *ELSEWHERE)
async def _what_is_not_about_endpoints_is_left_to_the_official_client(both: Twins) -> None:
    assert {row.method for row in ELSEWHERE if row.parameter == WHOLE} == {
        "create_inference_endpoint_from_catalog",
        "list_inference_catalog",
        "list_inference_endpoints_hardware",
    }
    assert not any(hasattr(InferenceEndpoints, row.method) for row in ELSEWHERE)


async def _token_of_run(front: InferenceEndpoints) -> list[str | None]:
    return [(await front.get_inference_endpoint("run")).client.token]


async def _waited(front: InferenceEndpoints, name: str, **given: Any) -> Any:
    return await (await front.get_inference_endpoint(name)).wait(**given)

"""The judge: the real `huggingface_hub`, against a real server, in real time with a fast clock."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import huggingface_hub.constants
import pytest
from aiohttp.test_utils import TestServer
from huggingface_hub import HfApi, InferenceEndpoint
from huggingface_hub.errors import HfHubHTTPError, InferenceEndpointError

from service.clock import LoopClock
from service.simulator import Simulator, create_app, serve
from tests.e2e.clients.cases import LEAST

SPEED = 500.0
REFRESH_SECONDS: Any = 0.05  # the client says int, and takes any number
T = TypeVar("T")


@pytest.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    monkeypatch.setenv("HF_TOKEN", "hf_alice")  # an endpoint object forgets whose api made it
    simulator = Simulator(clock=LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC), speed=SPEED), seed=7)
    async with TestServer(create_app(simulator)) as server:
        simulator.base_url = str(server.make_url("")).rstrip("/")
        monkeypatch.setattr(huggingface_hub.constants, "INFERENCE_ENDPOINTS_ENDPOINT", f"{simulator.base_url}/v2")
        yield simulator


def _fetch_while_told(endpoint: InferenceEndpoint) -> None:
    for _ in range(200):
        endpoint.fetch()
        time.sleep(0.01)


async def _play(simulator: Simulator, scenario: Callable[[HfApi], T]) -> T:
    """Run a scenario of the synchronous client beside the server."""
    api = HfApi(token="hf_alice", endpoint=simulator.base_url)
    return await asyncio.to_thread(scenario, api)


async def test_a_whole_life_from_deploy_to_404(simulator: Simulator) -> None:
    def scenario(api: HfApi) -> list[str]:
        told: list[str] = []
        endpoint = api.create_inference_endpoint("tgi", **LEAST, min_replica=0, scale_to_zero_timeout=None)
        told.append(endpoint.status)
        endpoint.wait(timeout=30, refresh_every=REFRESH_SECONDS)
        told.append(endpoint.status)
        told.append(endpoint.resume().status)
        with pytest.raises(HfHubHTTPError, match="already running"):
            endpoint.resume(running_ok=False)
        told.append(endpoint.update(max_replica=3, min_replica=1, secrets={"A": "b"}).status)
        endpoint.wait(timeout=30, refresh_every=REFRESH_SECONDS)
        told.append(endpoint.status)
        told.append(endpoint.scale_to_zero().status)
        told.append(endpoint.pause().status)
        assert endpoint.url is None
        assert endpoint.resume().status in {"pending", "initializing"}
        endpoint.wait(timeout=30, refresh_every=REFRESH_SECONDS)
        assert endpoint.raw["compute"]["scaling"] == {"maxReplica": 3, "minReplica": 1, "scaleToZeroTimeout": None}
        endpoint.delete()
        with pytest.raises(HfHubHTTPError, match="404"):
            _fetch_while_told(endpoint)
        return told

    assert await _play(simulator, scenario) == [
        "pending",
        "running",
        "running",
        "updating",
        "running",
        "scaledToZero",
        "paused",
    ]
    assert simulator.history[-1].new == "absent"
    assert simulator.history[0].actor == "alice"


async def test_the_official_list_sees_20_of_250(simulator: Simulator) -> None:
    for number in range(250):
        simulator.create("alice", f"e-{number}", state="paused")

    endpoints = await _play(simulator, lambda api: api.list_inference_endpoints())

    assert len(endpoints) == 20
    assert endpoints[0].created_at.tzinfo is not None


async def test_all_namespaces_are_listed_by_the_star(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", simulator.base_url)
    simulator.create("alice", "mine")
    simulator.create("acme", "ours")

    endpoints = await _play(simulator, lambda api: api.list_inference_endpoints("*", token="hf_alice"))

    assert [(endpoint.namespace, endpoint.name) for endpoint in endpoints] == [("alice", "mine"), ("acme", "ours")]


async def test_a_start_that_fails_ends_the_official_wait(simulator: Simulator) -> None:
    simulator.create("alice", "tgi", fate="fails")

    def scenario(api: HfApi) -> None:
        with pytest.raises(InferenceEndpointError, match="failed to deploy"):
            api.get_inference_endpoint("tgi").wait(timeout=30, refresh_every=REFRESH_SECONDS)

    await _play(simulator, scenario)


async def test_the_hardware_is_listed_with_prices(simulator: Simulator) -> None:
    hardware = await _play(simulator, lambda api: api.list_inference_endpoints_hardware())

    prices = {one.id: one.price_per_hour for one in hardware}
    assert prices["aws-us-east-1-nvidia-l4-x1"] == 0.8
    assert {one.accelerator for one in hardware} == {"cpu", "gpu", "neuron"}
    assert len(prices) == len(hardware)


async def test_errors_are_those_that_the_client_knows(simulator: Simulator) -> None:
    simulator.create("alice", "tgi", state="running")

    def scenario(api: HfApi) -> list[int]:
        codes = []
        attempts: list[Callable[[], object]] = [
            lambda: api.get_inference_endpoint("nothing"),
            lambda: api.create_inference_endpoint("tgi", **LEAST),
            lambda: api.create_inference_endpoint("Bad_Name", **LEAST),
            lambda: api.update_inference_endpoint("tgi", custom_image={"url": 1}, repository=7),  # type: ignore[arg-type]
        ]
        for attempt in attempts:
            with pytest.raises(HfHubHTTPError) as refusal:
                attempt()
            codes.append(refusal.value.response.status_code)
        return codes

    assert await _play(simulator, scenario) == [404, 409, 400, 422]


@pytest.fixture
def process() -> Iterator[str]:
    """Run the simulator as a process of its own; yield its URL."""
    program = "import asyncio; from service.simulator import serve; "
    program += "asyncio.run(serve(port=0, speed=5000, seed=3, day=True))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            assert line.startswith("simulator at http://127.0.0.1:")
            yield line.split()[2].rstrip(",")
        finally:
            child.terminate()


def test_as_a_process_it_says_where_it_is_and_lives_its_day(process: str) -> None:
    def ask(path: str) -> Any:
        request = urllib.request.Request(process + path, headers={"Authorization": "Bearer hf_bob"})  # noqa: S310 - http
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - the same
            return json.load(response)

    page = ask("/v2/endpoint/acme-prod")
    deadline = time.monotonic() + 10
    while len(ask("/_simulator/history")) < 12 and time.monotonic() < deadline:
        time.sleep(0.02)

    assert page["items"][0]["status"]["url"] == f"{process}/serve/acme-prod/chat"
    assert len(ask("/_simulator/history")) >= 12


async def test_serving_ends_when_it_is_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await serve(port=0, speed=1, seed=1)

    assert "simulator at http://127.0.0.1:" in capsys.readouterr().out

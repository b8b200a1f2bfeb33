"""Two simulators that tell the same to the byte: the official client asks one, ours the other.

Both have the same seed and one clock, and say the same base address, so whatever the two clients do alike leaves two
equal documents, and two equal lists of requests.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import huggingface_hub
import pytest
from aiohttp.test_utils import TestServer
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from service.clock import LoopClock
from service.endpoint import InferenceEndpoint, InferenceEndpoints
from service.simulator import Simulator, create_app
from tests.unit.simulator.hands import HandClock

START = datetime(2026, 3, 2, tzinfo=UTC)
FIELDS = (
    "name",
    "namespace",
    "repository",
    "status",
    "health_route",
    "url",
    "framework",
    "revision",
    "task",
    "created_at",
    "updated_at",
    "type",
    "raw",
)
OFFICIAL = (huggingface_hub.InferenceEndpoint, InferenceEndpoint)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a call, so that it can be compared: its value, or how it was refused."""

    value: Any = None
    error: str | None = None
    code: int | None = None
    said: str | None = None
    warned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Both worlds, and both clients in the hands of alice."""

    theirs: Simulator
    ours: Simulator
    official: HfApi
    front: InferenceEndpoints

    def create(self, name: str, namespace: str = "alice", **what: Any) -> None:
        for world in (self.theirs, self.ours):
            world.create(namespace, name, **what)

    def act(self, name: str, verb: str, **what: Any) -> None:
        for world in (self.theirs, self.ours):
            world.act("alice", name, verb, **what)

    async def official_does(self, act: Callable[[HfApi], Any]) -> Told:
        """Return what the synchronous client makes of it, in a thread beside the loop."""

        async def run() -> Any:
            return await asyncio.get_running_loop().run_in_executor(None, act, self.official)

        return await told(run)

    async def ours_does(self, act: Callable[[InferenceEndpoints], Any]) -> Told:
        async def run() -> Any:
            made = act(self.front)
            return await made if isinstance(made, Awaitable) else made

        return await told(run)

    def requests(self) -> tuple[list[Any], list[Any]]:
        """Return what each was asked of the management API, whoami left out."""
        return _asked(self.theirs), _asked(self.ours)


@asynccontextmanager
async def twins(monkeypatch: pytest.MonkeyPatch, *, speed: float | None = None) -> AsyncIterator[Twins]:
    """Serve both; time stands still, unless a speed is told: then their addresses are true and can be asked."""
    clock: HandClock | LoopClock = HandClock() if speed is None else LoopClock(start=START, speed=speed)
    worlds = [Simulator(clock=clock, seed=7, base_url="http://sim") for _ in range(2)]
    async with AsyncExitStack() as stack:
        urls = []
        for world in worlds:
            server = await stack.enter_async_context(TestServer(create_app(world)))
            urls.append(str(server.make_url("")).rstrip("/"))
            if speed is not None:
                world.base_url = urls[-1]
        monkeypatch.setenv("HF_TOKEN", "hf_alice")
        monkeypatch.setattr(huggingface_hub.constants, "INFERENCE_ENDPOINTS_ENDPOINT", f"{urls[0]}/v2")
        monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", urls[0])
        front = InferenceEndpoints(urls[1], token="hf_alice", daemon=False)
        yield Twins(theirs=worlds[0], ours=worlds[1], official=HfApi(token="hf_alice", endpoint=urls[0]), front=front)


async def told(run: Callable[[], Awaitable[Any]]) -> Told:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = plain(await run())
        except HfHubHTTPError as error:
            return Told(error=_official_name(error), code=error.response.status_code, said=error.response.text)
        except Exception as error:  # noqa: BLE001  # whatever it is, the other one is to raise it, too
            return Told(error=_official_name(error))
    return Told(value=value, warned=tuple(sorted({one.category.__name__ for one in caught} - {"ResourceWarning"})))


def plain(value: Any) -> Any:
    """Return what can be compared of what a client returns."""
    if isinstance(value, OFFICIAL):
        return {field: getattr(value, field) for field in FIELDS} | {"shown": repr(value)}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _official_name(error: Exception) -> str:
    """Return the class by which code that was written for the official client knows an error."""
    return next(one.__name__ for one in type(error).__mro__ if not one.__module__.startswith("service."))


def _asked(world: Simulator) -> list[Any]:
    return [(one.method, one.path, one.status, one.user) for one in world.requests if one.path.startswith("/v2/")]

"""What docs/clients.md shows of Python is done as it stands there, against a simulator."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import CodeType
from typing import Any

import huggingface_hub.constants
import pytest
from aiohttp.test_utils import TestServer

from service.clock import LoopClock
from service.simulator import Simulator, create_app
from tests.integration.client.page import PAGE

SHOWN = "http://127.0.0.1:8787"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    one = Simulator(clock=LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC), speed=1000), seed=7)
    async with TestServer(create_app(one)) as server:
        one.base_url = str(server.make_url("")).rstrip("/")
        one.create("acme", "chat", state="paused", start_seconds=60, fate="ok", repository="acme/parrot")
        constants = huggingface_hub.constants
        monkeypatch.setattr(constants, "INFERENCE_ENDPOINTS_ENDPOINT", constants.INFERENCE_ENDPOINTS_ENDPOINT)
        monkeypatch.setenv("HF_TOKEN", "hf_alice")
        monkeypatch.setenv("HF_ENDPOINT", one.base_url)
        yield one


def shown(word: str, simulator: Simulator, *, flags: int = 0) -> CodeType:
    """Return the block that has a word in it, with what it needs to be run here."""
    [block] = [block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if word in block]
    text = block.replace(SHOWN, simulator.base_url).replace("hf_…", "hf_alice")
    code: CodeType = compile(text.replace(".wait(timeout=1200)", ".wait(1200, 0.1)"), str(PAGE), "exec", flags=flags)
    return code


async def test_the_official_client_is_pointed_elsewhere(simulator: Simulator) -> None:
    code = shown("from huggingface_hub import HfApi", simulator)

    await asyncio.to_thread(exec, code, {})

    assert simulator.status("acme", "chat") == "running"


async def test_the_constant_of_the_command_line_is_set(simulator: Simulator) -> None:
    exec(shown("os.environ['HF_ENDPOINT']", simulator), {})  # noqa: S102  # what the page shows

    assert f"{simulator.base_url}/v2" == huggingface_hub.constants.INFERENCE_ENDPOINTS_ENDPOINT


async def test_our_own_leads_an_endpoint_to_an_answer(simulator: Simulator) -> None:
    names: dict[str, Any] = {}
    code = shown("InferenceEndpointPaused", simulator, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    await eval(code, names)  # noqa: S307  # what the page shows

    assert names["endpoint"].status == "running"
    assert "Is anybody there?" in names["answer"].choices[0].message.content

"""The `openai` package against an endpoint's own URL, as people use it with what they deploy."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import openai
import pytest
from aiohttp.test_utils import TestServer

from service.clock import LoopClock
from service.simulator import Simulator, create_app


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    simulator = Simulator(clock=LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC), speed=500), seed=7)
    simulator.durations.answer_lag_seconds = (0.0, 0.0)
    simulator.faults.bad_tokens.add("hf_mallory")
    simulator.create("alice", "chat", state="running", repository="acme/parrot")
    simulator.create("alice", "embed", state="running", task="feature-extraction")
    simulator.create("alice", "off", state="paused")
    async with TestServer(create_app(simulator)) as server:
        yield str(server.make_url("/serve/alice"))


def _client(base_url: str, name: str, key: str = "hf_alice") -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{base_url}/{name}/v1", api_key=key, max_retries=0)


async def test_chat_completions_and_models_are_answered_to_the_openai_client(base_url: str) -> None:
    async with _client(base_url, "chat") as client:
        asked = [openai.types.chat.ChatCompletionUserMessageParam(role="user", content="say this back")]
        chat = await client.chat.completions.create(model="tgi", messages=asked)
        streamed = await client.chat.completions.create(model="tgi", messages=asked, stream=True, max_tokens=2)
        deltas = [chunk.choices[0].delta.content async for chunk in streamed]
        completion = await client.completions.create(model="tgi", prompt="one two", max_tokens=1)
        models = await client.models.list()

    assert (chat.choices[0].message.content, chat.choices[0].finish_reason) == ("say this back", "stop")
    assert chat.usage is not None
    assert chat.usage.completion_tokens == 3
    assert deltas == ["say", " this", ""]
    assert (completion.choices[0].text, completion.choices[0].finish_reason) == ("one", "length")
    assert [model.id for model in models.data] == ["acme/parrot"]


async def test_embeddings_are_answered_to_the_openai_client(base_url: str) -> None:
    async with _client(base_url, "embed") as client:
        packed = await client.embeddings.create(model="tei", input=["one", "two"])  # it asks for base64 by itself
        told = await client.embeddings.create(model="tei", input="one", encoding_format="float")

    assert packed.data[0].embedding == pytest.approx(told.data[0].embedding)
    assert packed.data[1].embedding != packed.data[0].embedding


async def test_refusals_are_the_errors_that_the_openai_client_knows(base_url: str) -> None:
    asked = [openai.types.chat.ChatCompletionUserMessageParam(role="user", content="hello")]
    async with _client(base_url, "off") as client:
        with pytest.raises(openai.BadRequestError) as refusal:
            await client.chat.completions.create(model="tgi", messages=asked)
        assert refusal.value.response.json() == {"error": "Bad Request: Invalid state"}
    async with _client(base_url, "chat", key="hf_mallory") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.chat.completions.create(model="tgi", messages=asked)
    async with _client(base_url, "chat") as client:
        with pytest.raises(openai.UnprocessableEntityError) as refusal_of_value:
            await client.chat.completions.create(model="tgi", messages=asked, max_tokens=0)
        assert "`max_tokens`" in refusal_of_value.value.response.text

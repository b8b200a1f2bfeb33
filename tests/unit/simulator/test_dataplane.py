import asyncio
import json
from base64 import b64decode
from struct import unpack
from typing import Any

import pytest

from service.simulator.inference import BY_TASK
from tests.unit.simulator.hands import Served, YieldingClock

CHAT: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": "say this back to me"}]}


def _running(served: Served, name: str = "tgi", **overrides: Any) -> str:
    """Let there be an endpoint that answers; return its path."""
    served.simulator.create("acme", name, state="running", **{"type": "public", **overrides})
    served.clock.forward(60)
    return f"/serve/acme/{name}"


async def _events(served: Served, path: str, body: Any) -> list[Any]:
    async with served.http.post(path, json=body) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        lines = (await response.text()).split("\n\n")
    assert lines.pop() == ""
    told = [line.removeprefix("data: ") for line in lines]
    return [one if one == "[DONE]" else json.loads(one) for one in told]


def _codes(served: Served, name: str = "tgi") -> dict[int, int]:
    life = served.simulator.truth.find("acme", name)
    assert life is not None
    codes = {200: life.requests.total()} if life.requests else {}
    for (_, code), count in life.refusals.items():
        codes[code] = codes.get(code, 0) + count
    return codes


async def test_a_prompt_is_said_back_word_by_word_as_far_as_it_may(served: Served) -> None:
    url = _running(served)
    asked = {"inputs": "one two three", "parameters": {"max_new_tokens": 2, "details": True}}

    [whole] = await served.json("POST", url, json={"inputs": "one two three"})
    short = await served.json("POST", f"{url}/generate", json=asked)

    assert whole == {"generated_text": "one two three"}
    assert short["generated_text"] == "one two"
    assert (short["details"]["finish_reason"], short["details"]["generated_tokens"]) == ("length", 2)
    assert [token["text"] for token in short["details"]["tokens"]] == ["one", " two"]
    assert await served.json("POST", f"{url}/generate", json=asked) == short


@pytest.mark.parametrize(("path", "more"), [("", {"stream": True}), ("/generate_stream", {})])
async def test_a_streamed_generation_ends_with_the_whole_text(served: Served, path: str, more: dict[str, Any]) -> None:
    url = _running(served)

    events = await _events(served, url + path, {"inputs": "one two three", **more})

    assert [event["token"]["text"] for event in events] == ["one", " two", " three"]
    assert [event["generated_text"] for event in events] == [None, None, "one two three"]


async def test_a_chat_answers_its_last_message(served: Served) -> None:
    url = _running(served)

    told = await served.json("POST", f"{url}/v1/chat/completions", json={**CHAT, "max_tokens": 3})
    parts = [{"type": "text", "text": "in parts"}, {"type": "image_url", "image_url": {"url": "x"}}]
    seen = await served.json("POST", f"{url}/v1/chat/completions", json={"messages": [{"content": parts}]})

    assert told["choices"][0]["message"] == {"role": "assistant", "content": "say this back"}
    assert told["choices"][0]["finish_reason"] == "length"
    assert told["usage"] == {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    assert seen["choices"][0]["message"]["content"] == "in parts"


async def test_a_streamed_chat_ends_with_a_reason_the_usage_and_done(served: Served) -> None:
    url = _running(served)
    asked = {**CHAT, "stream": True, "stop": "back", "stream_options": {"include_usage": True}}

    *chunks, usage, done = await _events(served, f"{url}/v1/chat/completions", asked)

    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == "say this"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]
    assert (usage["choices"], usage["usage"]["completion_tokens"], done) == ([], 2, "[DONE]")


async def test_completions_and_the_list_of_models_are_there_too(served: Served) -> None:
    url = _running(served, repository="acme/parrot")

    told = await served.json("POST", f"{url}/v1/completions", json={"prompt": "a b c", "max_tokens": 2})
    *chunks, done = await _events(served, f"{url}/v1/completions", {"prompt": "a b c", "stream": True})
    models = await served.json("GET", f"{url}/v1/models")

    assert (told["choices"][0]["text"], told["model"]) == ("a b", "acme/parrot")
    assert ("".join(chunk["choices"][0]["text"] for chunk in chunks), done) == ("a b c", "[DONE]")
    assert [model["id"] for model in models["data"]] == ["acme/parrot"]


async def test_each_task_answers_in_its_own_shape(served: Served) -> None:
    vectors = _running(served, "embed", task="feature-extraction")
    labels = _running(served, "labels", task="text-classification")
    close = _running(served, "close", task="sentence-similarity")
    odd = _running(served, "odd", task="object-detection")

    first, second = await served.json("POST", vectors, json={"inputs": ["one", "two"]})
    floats = await served.json("POST", f"{vectors}/v1/embeddings", json={"input": "one"})
    packed = await served.json("POST", f"{vectors}/v1/embeddings", json={"input": "one", "encoding_format": "base64"})
    asked = {"inputs": {"source_sentence": "one", "sentences": ["one", "two"]}}
    same, other = await served.json("POST", close, json=asked)
    [[high, low]] = await served.json("POST", labels, json={"inputs": "fine"})

    assert sum(number**2 for number in first) == pytest.approx(1, abs=1e-4)
    assert first != second
    assert floats["data"][0]["embedding"] == first
    assert unpack("<8f", b64decode(packed["data"][0]["embedding"])) == pytest.approx(first)
    assert same == pytest.approx(1, abs=1e-4)
    assert other < 0.99
    assert high["score"] > low["score"]
    assert high["score"] + low["score"] == pytest.approx(1)
    assert (await served.json("POST", odd, data=b"\x89PNG"))["answered"] is True
    assert {"text-generation", "feature-extraction", "text-classification"} <= BY_TASK.keys()


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("", {"inputs": ""}, "`inputs`"),
        ("", {"inputs": "x", "parameters": {"max_new_tokens": 0}}, "`max_new_tokens`"),
        ("", [], "the body"),
        ("/generate", {"inputs": "x", "parameters": 7}, "`parameters`"),
        ("/v1/chat/completions", {"messages": []}, "`messages`"),
        ("/v1/chat/completions", {**CHAT, "max_tokens": "3"}, "`max_tokens`"),
        ("/v1/completions", {}, "`prompt`"),
    ],
)
async def test_what_makes_no_sense_to_a_model_is_refused_and_counted(
    served: Served, path: str, body: Any, said: str
) -> None:
    url = _running(served)

    refusal = await served.json("POST", url + path, json=body, status=422)

    assert said in refusal["error"]
    assert _codes(served) == {422: 1}


async def test_every_answer_is_counted_by_its_code_but_looks_at_health(served: Served) -> None:
    url = _running(served)

    await served.json("POST", url, json={"inputs": "x"})
    await served.json("POST", f"{url}/nowhere", json={}, status=404)
    await served.json("GET", f"{url}/health")
    served.simulator.act("acme", "tgi", "mute")
    await served.json("POST", url, json={"inputs": "x"}, status=503)
    await served.json("GET", f"{url}/health", status=503)
    served.simulator.act("acme", "tgi", "pause")
    await served.json("POST", url, json={"inputs": "x"}, status=400)

    assert _codes(served) == {200: 1, 404: 1, 503: 1, 400: 1}
    minute = int(served.simulator.now().timestamp()) // 60 * 60
    asked = {"from": minute, "to": minute, "step": 60}
    series = await served.json("POST", "/v2/endpoint/acme/tgi/metrics/request-count", json=asked)
    told = {one["labels"]["status_code"]: one["values"][0][1] for one in series}
    assert told == {"200": 1, "400": 1, "404": 1, "503": 1}


async def test_a_request_can_wait_until_the_endpoint_that_it_woke_answers(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="scaledToZero", type="public", start_seconds=200)
    asked: dict[str, Any] = {"json": {"inputs": "good morning"}, "headers": {"X-Scale-Up-Timeout": "600"}}
    before = served.clock.now()

    [told] = await served.json("POST", "/serve/acme/tgi", **asked)

    assert told == {"generated_text": "good morning"}
    assert 180 <= (served.clock.now() - before).total_seconds() <= 240
    assert _codes(served) == {200: 1}


async def test_a_request_waits_no_longer_than_it_says(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="scaledToZero", type="public", start_seconds=200)
    before = served.clock.now()

    await served.json("POST", "/serve/acme/tgi", json={}, headers={"X-Scale-Up-Timeout": "50"}, status=503)

    assert (served.clock.now() - before).total_seconds() == 50
    await served.json("POST", "/serve/acme/tgi", json={}, headers={"X-Scale-Up-Timeout": "soon"}, status=400)


@pytest.mark.parametrize(("state", "code"), [("paused", 400), ("failed", 503)])
async def test_nobody_waits_for_what_will_not_come(served: Served, state: str, code: int) -> None:
    served.simulator.create("acme", "tgi", state=state, type="public")
    before = served.clock.now()

    await served.json("POST", "/serve/acme/tgi", json={}, headers={"X-Scale-Up-Timeout": "600"}, status=code)

    assert served.clock.now() == before


async def test_an_old_gateway_says_502_while_nothing_answers_yet(served: Served) -> None:
    served.simulator.faults.old_gateway = True
    served.simulator.create("acme", "tgi", state="initializing", type="public")

    await served.json("POST", "/serve/acme/tgi", json={}, status=502)


@pytest.mark.parametrize("kind", ["authenticated", "private", "protected"])
async def test_what_is_not_public_wants_a_token_of_its_namespace(served: Served, kind: str) -> None:
    url = _running(served, type=kind)

    await served.json("POST", url, json={"inputs": "x"}, headers={"Authorization": ""}, status=401)
    await served.json("POST", url, json={"inputs": "x"})
    served.simulator.revoke("hf_alice", "acme")
    await served.json("POST", url, json={"inputs": "x"}, status=401)

    assert _codes(served) == {200: 1}


async def test_a_stream_ends_where_its_endpoint_is_paused(served: Served) -> None:
    url = _running(served)
    served.simulator.clock = YieldingClock(served.clock)
    asked = {"inputs": " ".join(f"w{number}" for number in range(5000)), "parameters": {"max_new_tokens": 5000}}

    async with asyncio.timeout(5), served.http.post(f"{url}/generate_stream", json=asked) as response:
        first = await response.content.readuntil(b"\n\n")
        served.simulator.act("acme", "tgi", "pause")
        rest = await response.content.read()

    assert first.startswith(b"data: ")
    assert b"w4999" not in rest

"""Chat, completions, embeddings and the list of models, as OpenAI speaks them."""

from typing import Any
from zlib import crc32

from service.simulator.answers import Answer, Call, json_answer
from service.simulator.errors import Malformed
from service.simulator.life import Life
from service.simulator.parrot import Spoken, embed, packed, speak
from service.simulator.reading import Fields, amount, as_object, fields_of, stops, text, texts
from service.simulator.sse import events


def models(life: Life, _call: Call) -> Answer:
    """List the one model that there is."""
    model = {"id": life.document["model"]["repository"], "object": "model", "owned_by": life.namespace}
    return json_answer({"object": "list", "data": [{**model, "created": int(life.created_at.timestamp())}]})


def chat(life: Life, call: Call) -> Answer:
    """Answer the last message of a chat."""
    asked = fields_of(call)
    most = amount(asked, "max_completion_tokens") or amount(asked, "max_tokens")
    spoken = speak(_last_message(asked), most=most, stop=stops(asked, "stop"))
    head = _head(life, call)
    if not asked.get("stream"):
        message = {"role": "assistant", "content": spoken.text}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(spoken)}
        return json_answer({**head, "object": "chat.completion", "choices": [choice], "usage": _usage(spoken)})
    deltas = [{"role": "assistant", "content": piece} for piece in spoken.pieces]
    parts: list[dict[str, Any]] = [{"delta": delta, "finish_reason": None} for delta in deltas]
    parts.append({"delta": {"role": "assistant", "content": ""}, "finish_reason": _reason(spoken)})
    return _streamed({**head, "object": "chat.completion.chunk"}, parts, asked, spoken)


def completions(life: Life, call: Call) -> Answer:
    """Answer a prompt."""
    asked = fields_of(call)
    spoken = speak(text(asked, "prompt"), most=amount(asked, "max_tokens"), stop=stops(asked, "stop"))
    head = {**_head(life, call), "object": "text_completion"}
    if not asked.get("stream"):
        choice = {"index": 0, "text": spoken.text, "logprobs": None, "finish_reason": _reason(spoken)}
        return json_answer({**head, "choices": [choice], "usage": _usage(spoken)})
    parts: list[dict[str, Any]] = [{"text": piece, "finish_reason": None} for piece in spoken.pieces]
    parts.append({"text": "", "finish_reason": _reason(spoken)})
    return _streamed(head, parts, asked, spoken)


def embeddings(life: Life, call: Call) -> Answer:
    """Answer the vectors of one text or of several, as numbers or in base64."""
    asked = fields_of(call)
    inputs, form = texts(asked, "input"), asked.get("encoding_format") or "float"
    if form not in {"float", "base64"}:
        raise Malformed(f"`encoding_format` must be float or base64, not {form!r}")
    vectors = [embed(one) for one in inputs]
    data = [
        {"object": "embedding", "index": index, "embedding": packed(vector) if form == "base64" else vector}
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(len(one.split()) for one in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_answer({"object": "list", "model": _model(life), "data": data, "usage": usage})


def _streamed(head: Fields, parts: list[dict[str, Any]], asked: Fields, spoken: Spoken) -> Answer:
    told = [{**head, "choices": [{"index": 0, "logprobs": None, **part}]} for part in parts]
    if as_object(asked.get("stream_options"), "`stream_options`").get("include_usage"):
        told.append({**head, "choices": [], "usage": _usage(spoken)})
    return events(told, done=True)


def _last_message(asked: Fields) -> str:
    messages = asked.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Malformed("`messages` must be a list that is not empty")
    content = as_object(messages[-1], "a message").get("content")
    if isinstance(content, list):  # parts: images are not looked at
        parts = [as_object(part, "a part of a message") for part in content]
        content = " ".join(str(part["text"]) for part in parts if part.get("type") == "text" and "text" in part)
    return text({"content": content}, "content")


def _head(life: Life, call: Call) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{crc32(call.body):08x}",  # the same for the same question, as all here
        "created": int(life.created_at.timestamp()),
        "model": _model(life),
        "system_fingerprint": "simulated",
    }


def _model(life: Life) -> str:
    return str(life.document["model"]["repository"])


def _reason(spoken: Spoken) -> str:
    return "length" if spoken.cut else "stop"


def _usage(spoken: Spoken) -> dict[str, int]:
    said = len(spoken.pieces)
    return {
        "prompt_tokens": spoken.prompt_tokens,
        "completion_tokens": said,
        "total_tokens": spoken.prompt_tokens + said,
    }

"""Text generation as TGI speaks it: `/`, `/generate` and `/generate_stream`."""

from typing import Any

from service.simulator.answers import Answer, Call, json_answer
from service.simulator.life import Life
from service.simulator.parrot import Spoken, speak, token_of
from service.simulator.reading import Fields, amount, as_object, fields_of, stops, text
from service.simulator.sse import events

NEW_TOKENS = 100  # unless `max_new_tokens` says otherwise


def root(life: Life, call: Call) -> Answer:
    """Answer a prompt as the task's own route: a list of one, or a stream where `stream` asks for it."""
    asked = fields_of(call)
    return generate_stream(life, call) if asked.get("stream") else json_answer([_generated(asked)])


def generate(_life: Life, call: Call) -> Answer:
    """Answer a prompt in one."""
    return json_answer(_generated(fields_of(call)))


def generate_stream(_life: Life, call: Call) -> Answer:
    """Answer a prompt token by token; the last one bears the whole."""
    asked = fields_of(call)
    spoken, parameters = _spoken(asked), as_object(asked.get("parameters"), "`parameters`")
    told: list[dict[str, Any]] = [
        {"index": index, "token": _token(piece), "generated_text": None, "details": None}
        for index, piece in enumerate(spoken.pieces, start=1)
    ]
    if told:
        told[-1] |= {"generated_text": spoken.text, "details": _summary(spoken) if parameters.get("details") else None}
    return events(told)


def info(life: Life, _call: Call) -> Answer:
    """Say which model this is."""
    model = life.document["model"]
    return json_answer({"model_id": model["repository"], "model_sha": model["revision"], "version": "simulated"})


def _generated(asked: Fields) -> dict[str, Any]:
    spoken, parameters = _spoken(asked), as_object(asked.get("parameters"), "`parameters`")
    whole = f"{asked['inputs']}{spoken.text}" if parameters.get("return_full_text") else spoken.text
    if not parameters.get("details"):
        return {"generated_text": whole}
    tokens = {"prefill": [], "tokens": [_token(piece) for piece in spoken.pieces]}
    return {"generated_text": whole, "details": {**_summary(spoken), **tokens}}


def _spoken(asked: Fields) -> Spoken:
    parameters = as_object(asked.get("parameters"), "`parameters`")
    most = amount(parameters, "max_new_tokens") or NEW_TOKENS
    return speak(text(asked, "inputs"), most=most, stop=stops(parameters, "stop"))


def _summary(spoken: Spoken) -> dict[str, Any]:
    return {
        "finish_reason": "length" if spoken.cut else "eos_token",
        "generated_tokens": len(spoken.pieces),
        "input_length": spoken.prompt_tokens,
        "seed": None,
    }


def _token(piece: str) -> dict[str, Any]:
    return {"id": token_of(piece), "text": piece, "logprob": 0.0, "special": False}

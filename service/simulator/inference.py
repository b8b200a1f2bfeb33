"""Which routes an endpoint's container has, by its model's task, and what answers there.

A task that is not in the table has a container of its own making: it answers whatever it is asked.
"""

from collections.abc import Callable, Mapping

from service.simulator import openai, tgi
from service.simulator.answers import Answer, Call, json_answer
from service.simulator.errors import SimulatorError
from service.simulator.life import Life
from service.simulator.parrot import classify, embed, similarity
from service.simulator.reading import as_object, fields_of, text, texts

Reply = Callable[[Life, Call], Answer]
Routes = Mapping[tuple[str, str], Reply]


def infer(life: Life, call: Call) -> Answer:
    """Return what the container says, its refusals in its own shape."""
    routes = BY_TASK.get(life.document["model"]["task"])
    if routes is None:
        return json_answer({"model": life.document["model"]["repository"], "answered": True})
    reply = routes.get((call.method, call.params["rest"].strip("/")))
    if reply is None:
        return json_answer({"error": "Not Found", "error_type": "not_found"}, 404)
    try:
        return reply(life, call)
    except SimulatorError as error:
        return json_answer({"error": f"Input validation error: {error}", "error_type": "validation"}, error.code)


def _features(_life: Life, call: Call) -> Answer:
    asked = fields_of(call)
    vectors = [embed(one) for one in texts(asked, "inputs")]
    return json_answer(vectors)


def _labels(_life: Life, call: Call) -> Answer:
    return json_answer([classify(one) for one in texts(fields_of(call), "inputs")])


def _similarities(_life: Life, call: Call) -> Answer:
    inputs = as_object(fields_of(call).get("inputs"), "`inputs`")
    source = text(inputs, "source_sentence")
    return json_answer([similarity(source, one) for one in texts(inputs, "sentences")])


_GENERATION: Routes = {
    ("POST", ""): tgi.root,
    ("POST", "generate"): tgi.generate,
    ("POST", "generate_stream"): tgi.generate_stream,
    ("GET", "info"): tgi.info,
    ("GET", "v1/models"): openai.models,
    ("POST", "v1/chat/completions"): openai.chat,
    ("POST", "v1/completions"): openai.completions,
}
_EMBEDDING: Routes = {
    ("POST", ""): _features,
    ("POST", "embed"): _features,
    ("GET", "v1/models"): openai.models,
    ("POST", "v1/embeddings"): openai.embeddings,
}
BY_TASK: Mapping[str, Routes] = {
    "text-generation": _GENERATION,
    "text2text-generation": _GENERATION,
    "image-text-to-text": _GENERATION,
    "feature-extraction": _EMBEDDING,
    "sentence-similarity": {**_EMBEDDING, ("POST", ""): _similarities},
    "text-classification": {("POST", ""): _labels},
}

"""What an endpoint's document holds when it is written, for /openapi.json: what is established, and nothing refused.

Hugging Face's schema decides what may be written. What is not named here is handed on as it is.
"""

from collections.abc import Mapping
from typing import Any

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_TEXTS = {"type": "array", "items": _TEXT}
_VALUES = {"type": "object", "additionalProperties": _TEXT}

NAME = {"type": "string", "pattern": "^[a-z0-9-]{1,32}$"}

_PARTS: Mapping[str, Any] = {
    "type": {"type": "string", "description": "authenticated, public or private."},
    "provider": {"type": "object", "properties": {"vendor": _TEXT, "region": _TEXT}},
    "compute": {
        "type": "object",
        "properties": {
            "accelerator": {"type": "string", "description": "cpu, gpu or neuron."},
            "instanceType": _TEXT,
            "instanceSize": _TEXT,
            "scaling": {
                "type": "object",
                "properties": {
                    "minReplica": _COUNT,
                    "maxReplica": _COUNT,
                    "scaleToZeroTimeout": {"type": ["integer", "null"], "description": "Minutes."},
                    "measure": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
                },
            },
        },
    },
    "model": {
        "type": "object",
        "properties": {
            "repository": _TEXT,
            "framework": _TEXT,
            "revision": {"type": ["string", "null"]},
            "task": {"type": ["string", "null"]},
            "image": {"type": "object", "description": 'By its variant: {"huggingface": {}}, {"vLLM": {…}}.'},
            "env": _VALUES,
            "secrets": {**_VALUES, "description": "Never shown again: a value reads `<masked>` ever after."},
            "command": _TEXTS,
            "args": _TEXTS,
        },
    },
    "route": {"type": "object", "properties": {"domain": _TEXT, "path": _TEXT}},
    "tags": _TEXTS,
    "healthRoute": _TEXT,
    "cacheHttpResponses": {"type": "boolean"},
    "privateService": {"type": "object"},
}
EXAMPLE: Mapping[str, Any] = {
    "name": "tgi",
    "type": "authenticated",
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {
        "accelerator": "gpu",
        "instanceType": "nvidia-l4",
        "instanceSize": "x1",
        "scaling": {"minReplica": 0, "maxReplica": 1, "scaleToZeroTimeout": 15},
    },
    "model": {
        "repository": "openai-community/gpt2",
        "framework": "pytorch",
        "task": "text-generation",
        "image": {"huggingface": {}},
        "env": {},
        "secrets": {},
    },
    "tags": ["demo"],
}
DOCUMENT: Mapping[str, Any] = {
    "type": "object",
    "description": "An endpoint's document, whole.",
    "required": ["name", "type", "provider", "compute", "model"],
    "properties": {"name": NAME, **_PARTS},
    "examples": [EXAMPLE],
}
CHANGES: Mapping[str, Any] = {
    "type": "object",
    "description": "A part of an endpoint's document: what it does not name stays as it is.",
    "minProperties": 1,
    "properties": _PARTS,
    "examples": [{"compute": {"scaling": {"maxReplica": 4}}}],
}

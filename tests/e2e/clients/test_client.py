"""The judge: three release lines of `huggingface_hub` take the same walk, and find what they would at Hugging Face."""

import re
from typing import Any

import pytest

from tests.e2e.clients.cases import CREATE, UPDATE, each
from tests.e2e.clients.client import Client
from tests.e2e.hub import Hub
from tests.e2e.processes import Machine

CATALOGUE = [
    404,
    "Not Found: the model catalogue is not simulated; create an endpoint with its hardware named instead",
]
SAID = {"text": "a parrot says", "text streamed": ["a", " parrot", " says"]}
FOUND: dict[str, Any] = {
    "deploy": {
        "early": ["pending", "InferenceEndpointError"],
        "described": ["main", "alice", "gpt2", "running", True],
        "listed": ["main"],
    },
    "waits": {
        "start fails": "InferenceEndpointError",
        "times out": "InferenceEndpointTimeoutError",
        "update fails": "InferenceEndpointError",
    },
    "conflicts": {
        "taken": [409, "Conflict: an endpoint named 'main' already exists in 'alice'"],
        "bad name": [400, "Bad Request: invalid name 'Bad_Name': it must be 1 to 32 characters of a-z, 0-9 and -"],
        "unknown": [404, "Endpoint not found: alice/nothing"],
        "bad type": [422, "invalid type for `tags`: expected list, got str"],
        "bad token": [401, "Unauthorized: invalid credentials"],
    },
    "infers": {
        **SAID,
        "details": ["length", 3],
        "chat": ["a parrot says", "length", 3],
        "chat streamed": ["a", " parrot", " says", ""],
        "refused": "ValidationError",
    },
    "infers_asynchronously": {**SAID, "chat": "a parrot says", "chat streamed": ["a", " parrot", " says", ""]},
    "pauses": {
        "running": ["running", [400, "Bad Request: endpoint 'main' is already running"]],
        "paused": ["paused", None, "InferenceEndpointError"],
        "resumed": True,
        "again": "running",
    },
    "sleeps": {
        "asleep": "scaledToZero",
        "unanswered": [503, "Service Unavailable"],
        "woken": True,
        "answered": "a parrot",
        "held": "a parrot",
    },
    "looks_around": {"price": 0.8, "members": ["alice"], "catalogue": CATALOGUE, "from catalogue": CATALOGUE},
    "deletes": {"gone": [404, "Endpoint not found: alice/main"]},
}
NEWER = {
    "private_link_account_id",
    "private_link_region",
    "scaling_metric",
    "scaling_threshold",
    "container_command",
    "container_args",
    "container_registry_username",
    "container_registry_password",
    "tensor_parallel_size",
    "data_parallel_size",
}
VERSIONS = {"2": r"2\.\d+\.\d+", "1": r"1\.\d+\.\d+", "0": r"0\.36\.\d+"}


@pytest.mark.parametrize("line", VERSIONS)
def test_each_release_of_the_official_client_finds_what_it_expects(line: str, machine: Machine, hub: Hub) -> None:
    old = line == "0"

    ended = Client(line, machine, hub).walk()

    found = ended.json
    assert re.fullmatch(VERSIONS[line], found.pop("version"))
    creates, updates, held = (
        found.pop(step) for step in ("creates_with_everything", "updates_everything", "updates_what_it_holds")
    )
    assert found == FOUND | {"looks_around": FOUND["looks_around"] | ({"price": None} if old else {})}
    for step in (creates, updates, held):
        assert (step["wrong"], step["without a case"]) == ({}, [])
    assert set(creates["right"]) == CREATE.keys() - (NEWER if old else set())
    assert set(updates["right"]) == UPDATE.keys() - (NEWER if old else set())
    assert {"repository", "max_replica", "secrets", "custom_image"} <= set(held["right"]) <= set(updates["right"])
    assert held["running"] == ["updating", "running", 4]


def test_a_parameter_that_a_new_release_brings_shows_that_it_has_no_case() -> None:
    def update_inference_endpoint(self: object, name: str, *, tags: list[str], plumage: str, token: str) -> None: ...

    assert list(each(update_inference_endpoint, UPDATE)) == [("tags", UPDATE["tags"]), ("plumage", None)]
    assert UPDATE["tags"].mismatch({"tags": ["bird"]}) == {"told": ["bird"]}

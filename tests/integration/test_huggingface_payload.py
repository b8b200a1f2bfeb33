"""What we send for a keyword, against what the official client sends for it, over a real socket."""

import inspect
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import pytest
from huggingface_hub import HfApi, constants

from service.huggingface.keywords import Creation, Update
from service.huggingface.payload import create_document, update_document
from tests.unit.huggingface.documents import document

NOT_OURS = {
    "self",
    "namespace",  # belongs to the call
    "token",  # belongs to the call
    "account_id",  # ignored by the official client itself
}

LEAST = {
    "name": "tgi",
    "repository": "openai-community/gpt2",
    "framework": "pytorch",
    "accelerator": "gpu",
    "instance_size": "x1",
    "instance_type": "nvidia-l4",
    "region": "us-east-1",
    "vendor": "aws",
}
CONTAINER = {"url": "ghcr.io/acme/tgi:1", "port": 8000, "health_route": "/health"}

# For each keyword the calls that show it; what they name beside it is what it needs.
SHARED: dict[str, list[dict[str, Any]]] = {
    "accelerator": [{"accelerator": "cpu"}],
    "instance_size": [{"instance_size": "x4"}],
    "instance_type": [{"instance_type": "intel-icl"}],
    "min_replica": [{"min_replica": 0}, {"min_replica": 3}],
    "max_replica": [{"max_replica": 0}, {"max_replica": 3}],
    "scale_to_zero_timeout": [{"scale_to_zero_timeout": 15}, {"scale_to_zero_timeout": None}],
    "scaling_metric": [{"scaling_metric": "pendingRequests"}, {"scaling_metric": ""}, {"scaling_metric": None}],
    "scaling_threshold": [
        {"scaling_threshold": 0.5},
        {"scaling_metric": "hardwareUsage", "scaling_threshold": 0.8},
        {"scaling_metric": "hardwareUsage", "scaling_threshold": 0},
    ],
    "repository": [{"repository": "acme/llama"}],
    "framework": [{"framework": "custom"}],
    "revision": [{"revision": "6c0e6080953db56375760c0471a8c5f2929baf11"}, {"revision": None}],
    "task": [{"task": "text-generation"}, {"task": None}],
    "custom_image": [
        {"custom_image": CONTAINER},
        {"custom_image": {"custom": CONTAINER}},
        {"custom_image": {"vLLM": {"url": "vllm/vllm-openai:1"}}},
        {"custom_image": {}},
        {"custom_image": None},
    ],
    "container_command": [{"container_command": ["serve", "--port"]}, {"container_command": []}],
    "container_args": [{"container_args": ["--max", "8"]}, {"container_args": []}],
    "env": [{"env": {"A": "1"}}, {"env": {}}, {"env": None}],
    "secrets": [{"secrets": {"KEY": "zq"}}, {"secrets": {}}, {"secrets": None}],
    "domain": [{"domain": "llm.example.com"}, {"domain": ""}],
    "path": [{"path": "/models"}, {"path": "/models", "domain": "llm.example.com"}],
    "cache_http_responses": [{"cache_http_responses": True}, {"cache_http_responses": False}],
    "tags": [{"tags": ["a", "b"]}, {"tags": []}, {"tags": None}],
}
VLLM = {"vLLM": {"url": "vllm/vllm-openai:1", "port": 8000}}
UPDATES = SHARED | {
    "tensor_parallel_size": [
        {"tensor_parallel_size": 4, "custom_image": VLLM},
        {"tensor_parallel_size": 4, "custom_image": {"sGLang": {"url": "sglang:1"}}},
    ],
    "data_parallel_size": [
        {"data_parallel_size": 2, "custom_image": VLLM},
        {"data_parallel_size": 2, "tensor_parallel_size": 4, "custom_image": VLLM},
    ],
}
CREATIONS = SHARED | {
    "name": [{"name": "other"}],
    "region": [{"region": "eu-west-1"}],
    "vendor": [{"vendor": "azure"}],
    "type": [{"type": "public"}, {"type": "private"}],
    "private_link_account_id": [{"private_link_account_id": "123", "private_link_region": "us-east-1"}],
    "private_link_region": [{"private_link_region": "us-east-1"}],
    "container_registry_username": [{"container_registry_username": "joe", "custom_image": CONTAINER}],
    "container_registry_password": [
        {
            "container_registry_username": "joe",
            "container_registry_password": "pw",
            "custom_image": {"custom": CONTAINER},
        }
    ],
}
# What the official client refuses, too; each with a word of our sentence.
REFUSED_CREATIONS = [
    ({"type": "protected"}, "authenticated"),
    ({"private_link_account_id": "123"}, "private_link_region"),
    ({"container_registry_password": "pw"}, "container_registry_username"),
    ({"container_registry_password": "pw", "custom_image": CONTAINER}, "container_registry_username"),
    ({"container_registry_username": "joe"}, "custom_image"),
    ({"container_registry_username": "joe", "custom_image": VLLM}, "custom_image"),
]


class Hub(HTTPServer):
    """Writes down the bodies that it gets, and answers each with some endpoint."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Endpoint)
        self.bodies: list[Any] = []


class Endpoint(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        cast("Hub", self.server).bodies.append((self.command, self.path, json.loads(body)))
        told = document()
        told["model"] |= {"framework": "pytorch", "revision": "main", "task": "text-generation"}
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = answer  # noqa: N815  # the names that http.server looks for

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


Sent = Callable[..., Any]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def official(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, Any]], Any]:
    """Return what lets the official client send something, and tells what it sent."""
    url = f"http://127.0.0.1:{hub.server_port}"
    monkeypatch.setattr(constants, "INFERENCE_ENDPOINTS_ENDPOINT", f"{url}/v2")
    api = HfApi(token="hf_x", endpoint=url)

    def send(method: str, given: dict[str, Any]) -> Any:
        getattr(api, method)(namespace="acme", **given)
        return hub.bodies.pop()

    return send


def keywords_of(method: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(method).parameters) - NOT_OURS


def test_every_keyword_of_the_official_client_is_ours_and_has_its_cases() -> None:
    assert keywords_of(HfApi.create_inference_endpoint) == set(Creation.__annotations__) == set(CREATIONS)
    assert keywords_of(HfApi.update_inference_endpoint) - {"name"} == set(Update.__annotations__) == set(UPDATES)
    assert all(any(keyword in given for given in cases) for keyword, cases in (CREATIONS | UPDATES).items())


@pytest.mark.parametrize("keyword", CREATIONS)
def test_a_creation_is_what_the_official_client_sends(official: Sent, keyword: str) -> None:
    for given in CREATIONS[keyword]:
        whole = LEAST | given
        assert official("create_inference_endpoint", whole) == ("POST", "/v2/endpoint/acme", create_document(**whole))


@pytest.mark.parametrize("keyword", UPDATES)
def test_an_update_is_what_the_official_client_sends(official: Sent, keyword: str) -> None:
    for given in UPDATES[keyword]:
        sent = official("update_inference_endpoint", {"name": "tgi"} | given)
        assert sent == ("PUT", "/v2/endpoint/acme/tgi", update_document(**cast("Update", given)))


def test_all_keywords_at_once_are_what_the_official_client_sends(official: Sent) -> None:
    creation = LEAST | {key: value for cases in CREATIONS.values() for key, value in cases[0].items()}
    creation["custom_image"] = CONTAINER
    update = {key: value for cases in UPDATES.values() for key, value in cases[0].items()}

    assert official("create_inference_endpoint", creation)[2] == create_document(**creation)
    assert official("update_inference_endpoint", {"name": "tgi"} | update)[2] == update_document(**update)


@pytest.mark.parametrize("given, word", REFUSED_CREATIONS)
def test_what_the_official_client_refuses_is_refused_with_what_to_do(
    official: Sent, given: dict[str, Any], word: str
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # in its own words
        official("create_inference_endpoint", LEAST | given)
    with pytest.raises(ValueError, match=word):
        create_document(**(LEAST | given))


def test_parallel_sizes_need_an_image_that_knows_them() -> None:
    with pytest.raises(ValueError, match="give the full custom_image"):
        update_document(tensor_parallel_size=4)
    with pytest.raises(ValueError, match="write tensorParallelSize into custom_image"):
        update_document(tensor_parallel_size=4, custom_image=CONTAINER)
    with pytest.raises(ValueError, match="not known to be a setting of the image None"):
        update_document(data_parallel_size=4, custom_image={})


def test_unknown_and_missing_keywords_are_named() -> None:
    with pytest.raises(TypeError, match=r"\['max_replicas'\]; known are"):
        update_document(**cast("Update", {"max_replicas": 3}))
    with pytest.raises(TypeError, match=r"\['account_id'\]; known are"):
        create_document(**cast("Creation", LEAST | {"account_id": "1"}))
    with pytest.raises(TypeError, match="framework"):
        create_document(**cast("Creation", {"name": "tgi"}))


def test_what_was_given_is_not_changed() -> None:
    image: dict[str, Any] = {"vLLM": {"url": "vllm:1"}}

    update_document(custom_image=image, tensor_parallel_size=2)
    create_document(**cast("Creation", LEAST | {"custom_image": CONTAINER, "container_registry_username": "joe"}))

    assert image == {"vLLM": {"url": "vllm:1"}}
    assert "credentials" not in CONTAINER

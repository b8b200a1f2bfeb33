"""A value for every parameter that any release of the official client has, and where the API tells it back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from huggingface_hub import __version__

Json = dict[str, Any]

# Whom and where, not what: these are in every call.
PLACE = frozenset({"self", "name", "namespace", "token"})
IMAGE: Json = {"url": "registry.example/parrot:1", "health_route": "/up", "port": 8080}


@dataclass(frozen=True)
class Case:
    """A parameter's value, where it is told, and what else must be said with it."""

    value: Any
    told_at: str | None  # None: the client drops it, with a warning
    told: Any = None  # unless it is the value
    beside: Json = field(default_factory=dict)

    def mismatch(self, document: Json) -> Any:
        """Return what the document tells instead, or None if all is right."""
        if self.told_at is None:
            return None
        found = at(document, self.told_at)
        return None if found == (self.value if self.told is None else self.told) else {"told": found}


# What both creating and updating know.
SHARED: dict[str, Case] = {
    "accelerator": Case("cpu", "compute.accelerator"),
    "instance_size": Case("x2", "compute.instanceSize"),
    "instance_type": Case("intel-icl", "compute.instanceType"),
    "min_replica": Case(0, "compute.scaling.minReplica"),
    "max_replica": Case(3, "compute.scaling.maxReplica"),
    "scale_to_zero_timeout": Case(45, "compute.scaling.scaleToZeroTimeout"),
    "scaling_metric": Case(
        "pendingRequests", "compute.scaling.measure", {"pendingRequests": 1.5}, {"scaling_threshold": 1.5}
    ),
    "scaling_threshold": Case(
        0.8, "compute.scaling.measure", {"hardwareUsage": 0.8}, {"scaling_metric": "hardwareUsage"}
    ),
    "repository": Case("acme/parrot", "model.repository"),
    "framework": Case("custom", "model.framework"),
    "revision": Case("0123456789abcdef0123456789abcdef01234567", "model.revision"),
    "task": Case("text-classification", "model.task"),
    "custom_image": Case(IMAGE, "model.image.custom"),
    "container_command": Case(["serve", "--loud"], "model.command"),
    "container_args": Case(["--words", "7"], "model.args"),
    "env": Case({"PLUMAGE": "grey"}, "model.env"),
    "secrets": Case({"CRACKERS": "are hidden"}, "model.secrets"),
    "domain": Case("parrot.example", "route.domain"),
    "path": Case("/talk", "route.path"),
    "cache_http_responses": Case(value=True, told_at="cacheHttpResponses"),
    "tags": Case(["bird", "grey"], "tags"),
}
CREATE: dict[str, Case] = SHARED | {
    "vendor": Case("aws", "provider.vendor"),
    "region": Case("eu-west-1", "provider.region"),
    "type": Case("public", "type"),
    "account_id": Case("123456789012", "accountId" if __version__.startswith("0.") else None),
    "private_link_account_id": Case(
        "123456789012", "privateService.accountId", beside={"private_link_region": "eu-west-1"}
    ),
    "private_link_region": Case(
        "us-east-1", "privateService.region", beside={"private_link_account_id": "123456789012"}
    ),
    "container_registry_username": Case(
        "polly", "model.image.custom.credentials.username", beside={"custom_image": IMAGE}
    ),
    "container_registry_password": Case(
        "cracker",
        "model.image.custom.credentials.password",
        beside={"custom_image": IMAGE, "container_registry_username": "polly"},
    ),
}
_VLLM: Json = {"custom_image": {"vLLM": {"url": "vllm/vllm-openai:v1"}}}
UPDATE: dict[str, Case] = SHARED | {
    "tensor_parallel_size": Case(2, "model.image.vLLM.tensorParallelSize", beside=_VLLM),
    "data_parallel_size": Case(4, "model.image.vLLM.dataParallelSize", beside=_VLLM),
}
# What must be said to create anything at all.
LEAST: Json = {
    "repository": "gpt2",
    "framework": "pytorch",
    "task": "text-generation",
    "accelerator": "cpu",
    "vendor": "aws",
    "region": "us-east-1",
    "instance_size": "x2",
    "instance_type": "intel-icl",
}


def each(function: Callable[..., Any], cases: dict[str, Case]) -> Iterator[tuple[str, Case | None]]:
    """Yield every parameter that this release's function has, with its case if there is one."""
    for name in signature(function).parameters:
        if name not in PLACE:
            yield name, cases.get(name)


def at(document: Json, path: str) -> Any:
    """Return what is at a path, or None."""
    place: Any = document
    for key in path.split("."):
        place = place.get(key) if isinstance(place, dict) else None
    return place

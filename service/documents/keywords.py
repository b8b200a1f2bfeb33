"""With which keywords an endpoint is created and updated: the names of the official client, `huggingface_hub` 2.4.0.

Three of its own are missing: `namespace` and `token` belong to the call, and `account_id` is ignored there.
"""

from collections.abc import Mapping
from typing import Any, Required, TypedDict


class Update(TypedDict, total=False):
    """Every keyword of an update. None, or left out: it stays as it is."""

    accelerator: str | None
    instance_size: str | None
    instance_type: str | None
    min_replica: int | None
    max_replica: int | None
    scale_to_zero_timeout: int | None  # minutes
    scaling_metric: str | None  # pendingRequests or hardwareUsage
    scaling_threshold: float | None
    repository: str | None
    framework: str | None
    revision: str | None
    task: str | None
    custom_image: Mapping[str, Any] | None  # by variant (`{"vLLM": {…}}`), or a container with its `url`
    container_command: list[str] | None
    container_args: list[str] | None
    tensor_parallel_size: int | None
    data_parallel_size: int | None
    env: Mapping[str, str] | None
    secrets: Mapping[str, str] | None
    domain: str | None
    path: str | None
    cache_http_responses: bool | None
    tags: list[str] | None


class Terms(TypedDict, total=False):
    """Every keyword of a creation but the name."""

    repository: Required[str]
    framework: Required[str]
    accelerator: Required[str]
    instance_size: Required[str]
    instance_type: Required[str]
    region: Required[str]
    vendor: Required[str]
    private_link_account_id: str | None
    private_link_region: str | None
    min_replica: int
    max_replica: int
    scale_to_zero_timeout: int | None  # minutes
    scaling_metric: str | None  # pendingRequests or hardwareUsage
    scaling_threshold: float | None
    revision: str | None
    task: str | None
    custom_image: Mapping[str, Any] | None  # by variant (`{"vLLM": {…}}`), or a container with its `url`
    container_registry_username: str | None
    container_registry_password: str | None
    container_command: list[str] | None
    container_args: list[str] | None
    env: Mapping[str, str] | None
    secrets: Mapping[str, str] | None
    type: str  # authenticated, public or private
    domain: str | None
    path: str | None
    cache_http_responses: bool | None
    tags: list[str] | None


class Creation(Terms):
    """Every keyword of a creation."""

    name: Required[str]

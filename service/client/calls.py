"""The official functions of the module, as coroutines: at the place that LAMPLIGHTER_URL names, or at Hugging Face.

Each opens a connection of its own; a program that asks more than once is better off with `InferenceEndpoints`.
"""

from typing import Unpack

from service.client.endpoint import InferenceEndpoint
from service.client.endpoints import InferenceEndpoints
from service.client.link import Token
from service.huggingface.keywords import Terms, Update


async def get_inference_endpoint(name: str, *, namespace: str | None = None, token: Token = None) -> InferenceEndpoint:
    """Return an endpoint."""
    return await InferenceEndpoints().get_inference_endpoint(name, namespace=namespace, token=token)


async def list_inference_endpoints(namespace: str | None = None, *, token: Token = None) -> list[InferenceEndpoint]:
    """Return all endpoints of a namespace; `"*"`: of all that the token sees."""
    return await InferenceEndpoints().list_inference_endpoints(namespace, token=token)


async def create_inference_endpoint(
    name: str,
    *,
    namespace: str | None = None,
    token: Token = None,
    account_id: str | None = None,
    **given: Unpack[Terms],
) -> InferenceEndpoint:
    """Create an endpoint."""
    return await InferenceEndpoints().create_inference_endpoint(
        name, namespace=namespace, token=token, account_id=account_id, **given
    )


async def update_inference_endpoint(
    name: str, *, namespace: str | None = None, token: Token = None, **given: Unpack[Update]
) -> InferenceEndpoint:
    """Change what is named of an endpoint."""
    return await InferenceEndpoints().update_inference_endpoint(name, namespace=namespace, token=token, **given)


async def delete_inference_endpoint(name: str, *, namespace: str | None = None, token: Token = None) -> None:
    """Delete an endpoint, for good."""
    await InferenceEndpoints().delete_inference_endpoint(name, namespace=namespace, token=token)


async def pause_inference_endpoint(
    name: str, *, namespace: str | None = None, token: Token = None
) -> InferenceEndpoint:
    """Stop an endpoint, and its cost, until somebody resumes it."""
    return await InferenceEndpoints().pause_inference_endpoint(name, namespace=namespace, token=token)


async def resume_inference_endpoint(
    name: str, *, namespace: str | None = None, running_ok: bool = True, token: Token = None
) -> InferenceEndpoint:
    """Start an endpoint; with `running_ok` one that runs already is told as it is."""
    return await InferenceEndpoints().resume_inference_endpoint(
        name, namespace=namespace, running_ok=running_ok, token=token
    )


async def scale_to_zero_inference_endpoint(
    name: str, *, namespace: str | None = None, token: Token = None
) -> InferenceEndpoint:
    """Stop an endpoint, and its cost, until the next request."""
    return await InferenceEndpoints().scale_to_zero_inference_endpoint(name, namespace=namespace, token=token)

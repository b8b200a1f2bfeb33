"""The endpoint object of `huggingface_hub`, asynchronous: what code outside of Lamplighter imports.

    async with InferenceEndpoints("http://127.0.0.1:8787", token="hf_…") as endpoints:
        chat = await endpoints.get_inference_endpoint("chat", namespace="acme")
        await chat.resume()
        await chat.wait(timeout=1200)
        async with chat.async_client as client:
            await client.chat_completion(…)

Names, parameters, fields and errors are those of the official client; docs/clients.md tells every difference.
"""

from huggingface_hub import (
    InferenceEndpointError,
    InferenceEndpointStatus,
    InferenceEndpointTimeoutError,
    InferenceEndpointType,
)

from service.client.calls import (
    create_inference_endpoint,
    delete_inference_endpoint,
    get_inference_endpoint,
    list_inference_endpoints,
    pause_inference_endpoint,
    resume_inference_endpoint,
    scale_to_zero_inference_endpoint,
    update_inference_endpoint,
)
from service.client.endpoint import InferenceEndpoint
from service.client.endpoints import InferenceEndpoints
from service.client.errors import (
    InferenceEndpointFailed,
    InferenceEndpointGone,
    InferenceEndpointPaused,
    InferenceEndpointUnreadable,
)

__all__ = [
    "InferenceEndpoint",
    "InferenceEndpointError",
    "InferenceEndpointFailed",
    "InferenceEndpointGone",
    "InferenceEndpointPaused",
    "InferenceEndpointStatus",
    "InferenceEndpointTimeoutError",
    "InferenceEndpointType",
    "InferenceEndpointUnreadable",
    "InferenceEndpoints",
    "create_inference_endpoint",
    "delete_inference_endpoint",
    "get_inference_endpoint",
    "list_inference_endpoints",
    "pause_inference_endpoint",
    "resume_inference_endpoint",
    "scale_to_zero_inference_endpoint",
    "update_inference_endpoint",
]

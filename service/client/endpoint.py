"""One endpoint, as `huggingface_hub.InferenceEndpoint` shows it; its methods are coroutines.

It is no subclass of the official class: code that got one in its place would call `pause()` and pause nothing.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from huggingface_hub import (
    AsyncInferenceClient,
    InferenceClient,
    InferenceEndpointError,
    InferenceEndpointStatus,
    InferenceEndpointTimeoutError,
    InferenceEndpointType,
)

from service.client.link import Json, Token
from service.client.official import build_hf_headers, parse_datetime
from service.client.waiter import Memory, Waiter, Wanted
from service.huggingface.keywords import Update

if TYPE_CHECKING:
    from service.client.endpoints import InferenceEndpoints

FIRST_LOOK_SECONDS = 30.0  # for the one look of a wait that has no time


@dataclass
class InferenceEndpoint:
    """An endpoint as it was told last: each method that asks puts what it was answered in place, and returns itself.

    The fields are those of the official class; docs/clients.md compares them one by one.
    """

    name: str = field(init=False)
    namespace: str
    repository: str = field(init=False)
    status: InferenceEndpointStatus = field(init=False)
    health_route: str = field(init=False)
    url: str | None = field(init=False)

    framework: str = field(repr=False, init=False)
    revision: str = field(repr=False, init=False)
    task: str = field(repr=False, init=False)
    created_at: datetime = field(repr=False, init=False)
    updated_at: datetime = field(repr=False, init=False)
    type: InferenceEndpointType = field(repr=False, init=False)

    raw: Json = field(repr=False)

    _token: Token = field(repr=False, compare=False)
    _api: "InferenceEndpoints" = field(repr=False, compare=False)
    _memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    @classmethod
    def from_raw(
        cls, raw: Json, namespace: str, token: Token = None, api: "InferenceEndpoints | None" = None
    ) -> "InferenceEndpoint":
        """Return the endpoint that a document tells of; raise KeyError where it lacks what the fields need."""
        if api is None:
            from service.client.endpoints import InferenceEndpoints  # noqa: PLC0415  # it makes these objects itself

            api = InferenceEndpoints()
        if token is None:
            token = api.token
        if token is True:
            token = build_hf_headers(token=True)["authorization"].removeprefix("Bearer ")
        return cls(raw=raw, namespace=namespace, _token=token, _api=api)

    def __post_init__(self) -> None:
        """Fill the fields from the document."""
        self._adopt(self.raw)

    @property
    def client(self) -> InferenceClient:
        """Return the official client for its inference; raise InferenceEndpointError while it has no url."""
        return InferenceClient(model=self._deployed_url(), token=self._token)  # type: ignore[arg-type]  # as there

    @property
    def async_client(self) -> AsyncInferenceClient:
        """Return the official asynchronous client; raise InferenceEndpointError while it has no url."""
        return AsyncInferenceClient(model=self._deployed_url(), token=self._token)  # type: ignore[arg-type]  # as there

    async def wait(self, timeout: float | None = None, refresh_every: float = 5) -> "InferenceEndpoint":  # noqa: ASYNC109  # the official name
        """Wait until it is ready: running, with a ready replica, and its health route answers 200.

        `timeout` and `refresh_every` are seconds. Raise InferenceEndpointTimeoutError when the time is over, to the
        moment, and otherwise InferenceEndpointFailed, InferenceEndpointPaused or InferenceEndpointGone as soon as it
        is known that waiting is no use. With `timeout=0` it looks once.

        With a daemon it is the daemon that waits. Else it looks every `refresh_every` seconds.
        """
        if timeout is not None and timeout < 0:
            raise ValueError("`timeout` cannot be negative.")
        if refresh_every <= 0:
            raise ValueError("`refresh_every` must be positive.")
        clock = self._api.clock
        async with self._api.seat() as link:
            until = math.inf if timeout is None else clock.monotonic() + timeout
            waiter = Waiter(self._wanted(), link, clock, refresh_seconds=refresh_every, until=until)
            if timeout is None:
                await waiter.run()
                return self
            limit = clock.timeout(timeout or FIRST_LOOK_SECONDS)
            try:
                async with limit:
                    if timeout:
                        await waiter.run()
                        return self
                    if await waiter.once():
                        return self
            except TimeoutError:
                if not limit.expired():
                    raise
        raise InferenceEndpointTimeoutError(
            f"Timeout while waiting for Inference Endpoint {self.name} to be deployed: after {timeout:g} s it still "
            f"waits for {waiter.missing}"
        )

    async def fetch(self) -> "InferenceEndpoint":
        """Ask for it anew."""
        return self._take(await self._api.get_inference_endpoint(**self._place()))

    async def update(self, **given: Unpack[Update]) -> "InferenceEndpoint":
        """Change what is named: every keyword of `update_inference_endpoint`."""
        return self._take(await self._api.update_inference_endpoint(**self._place(), **given), wrote=True)

    async def pause(self) -> "InferenceEndpoint":
        """Stop it, and its cost, until somebody resumes it."""
        return self._take(await self._api.pause_inference_endpoint(**self._place()))

    async def resume(self, running_ok: bool = True) -> "InferenceEndpoint":  # noqa: FBT001, FBT002  # as there
        """Start it; with `running_ok` one that runs already is left as it is, else that is an error of 400."""
        told = await self._api.resume_inference_endpoint(**self._place(), running_ok=running_ok)
        return self._take(told, wrote=told.status != InferenceEndpointStatus.RUNNING)

    async def scale_to_zero(self) -> "InferenceEndpoint":
        """Stop it, and its cost, until the next request."""
        return self._take(await self._api.scale_to_zero_inference_endpoint(**self._place()))

    async def delete(self) -> None:
        """Delete it, for good."""
        await self._api.delete_inference_endpoint(**self._place())

    def _place(self) -> Any:
        return {"name": self.name, "namespace": self.namespace, "token": self._token}

    def _wanted(self) -> Wanted:
        return Wanted(
            namespace=self.namespace, name=self.name, token=self._token, memory=self._memory, adopt=self._adopt
        )

    def _take(self, told: "InferenceEndpoint", *, wrote: bool = False) -> "InferenceEndpoint":
        self._adopt(told.raw)
        if wrote:
            self._memory.written, self._memory.doubt = told.raw, True
        return self

    def _adopt(self, raw: Json) -> None:
        """Put a document in place; where it lacks something, nothing changes."""
        model, status = raw["model"], raw["status"]
        read = {
            "raw": raw,
            "name": raw["name"],
            "repository": model["repository"],
            "status": status["state"],
            "url": status.get("url"),
            "health_route": raw["healthRoute"],
            "framework": model["framework"],
            "revision": model["revision"],
            "task": model["task"],
            "created_at": parse_datetime(status["createdAt"]),
            "updated_at": parse_datetime(status["updatedAt"]),
            "type": raw["type"],
        }
        self.__dict__.update(read)

    def _deployed_url(self) -> str:
        if self.url is None:
            raise InferenceEndpointError(
                f"Cannot create a client for Inference Endpoint {self.name}: it is {self.status} and has no url. "
                "Wait for it with `await endpoint.wait()` and try again."
            )
        return self.url

"""The functions of `huggingface_hub.HfApi` for endpoints, as coroutines, for one place and one token.

They send what the official functions send. What is different is what those get wrong: every page of a list is read, and
a mark that stands for a secret is never written back over it.
"""

import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Self, Unpack, cast

from huggingface_hub import InferenceEndpointError, get_async_session

from service.client.documents import present_image, sendable
from service.client.endpoint import InferenceEndpoint
from service.client.errors import InferenceEndpointUnreadable
from service.client.link import Json, Link, Token
from service.client.official import HfHubHTTPError, build_hf_headers
from service.client.place import find_place
from service.client.sessions import Sessions
from service.client.waiter import Memory
from service.clock import Clock, SystemClock
from service.huggingface.keywords import Creation, Terms, Update
from service.huggingface.payload import create_document, update_document

PAGE_ITEMS = "100"
_SIZES = ("tensor_parallel_size", "data_parallel_size")


class InferenceEndpoints:
    """Endpoints at `base_url`, or where LAMPLIGHTER_URL says, or at Hugging Face.

    `token` is Hugging Face's, also where a daemon is asked; without it, the saved one. It signs what has no token of
    its own. `hub_url` says whose token it is; a daemon and a simulator do that themselves. `daemon` says whether the
    place is one (found out, unless told), `daemon_token` is for waiting at one on another machine.

    As a context manager it keeps its connections; else each call opens its own.
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: Token = None,
        *,
        hub_url: str | None = None,
        daemon: bool | None = None,
        daemon_token: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Ask nobody yet."""
        self.place = find_place(base_url, hub_url=hub_url, daemon=daemon)
        self.token = token
        self.clock: Clock = clock or SystemClock()
        # The environment's token belongs to the environment's daemon: it is shown to no other.
        self._daemon_token = daemon_token or (None if base_url else os.environ.get("LAMPLIGHTER_TOKEN"))
        self._session: Any = None
        self._sessions = Sessions()
        self._names: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"InferenceEndpoints({self.place.api!r})"

    async def __aenter__(self) -> Self:
        """Open the connections that all calls share."""
        if self._session is not None:
            raise RuntimeError(f"{self!r} is open already: use a second one beside it")
        self._session = await get_async_session().__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close them."""
        session, self._session = self._session, None
        await session.__aexit__(*exception)

    async def get_inference_endpoint(
        self, name: str, *, namespace: str | None = None, token: Token = None
    ) -> InferenceEndpoint:
        """Return an endpoint."""
        async with self._asked(namespace, token) as (link, place, signed):
            return self._made(await link.endpoint(place, name, token=signed), place, signed)

    async def list_inference_endpoints(
        self, namespace: str | None = None, *, token: Token = None
    ) -> list[InferenceEndpoint]:
        """Return all endpoints of a namespace, however many pages they fill; `"*"`: of all that the token sees.

        Of all namespaces, one that does not admit the token is left out. Any other trouble is raised: a list that
        is not whole is none.
        """
        if namespace != "*":
            async with self._asked(namespace, token) as (link, place, signed):
                return await self._listed(link, place, signed)
        async with self.link() as link:
            signed = self._signed(token)
            told = await self._whoami(link, signed)
            endpoints = await self._listed(link, _own_namespace(told), signed)
            for organisation in told.get("orgs", []):
                try:
                    endpoints += await self._listed(link, organisation["name"], signed)
                except HfHubHTTPError as error:
                    if error.response.status_code not in {401, 403, 404}:
                        raise
            return endpoints

    async def create_inference_endpoint(
        self,
        name: str,
        *,
        namespace: str | None = None,
        token: Token = None,
        account_id: str | None = None,
        **given: Unpack[Terms],
    ) -> InferenceEndpoint:
        """Create an endpoint; `account_id` is ignored, with a warning, as the official client does."""
        if account_id is not None:
            warnings.warn(
                "`account_id` has been ignored. Use `private_link_account_id` and `private_link_region`.",
                FutureWarning,
                stacklevel=2,
            )
        document = sendable(create_document(**cast("Creation", {"name": name, **given})))
        async with self._asked(namespace, token) as (link, place, signed):
            endpoint = self._made(await link.write("POST", place, token=signed, document=document), place, signed)
            return replace(endpoint, _memory=Memory(written=endpoint.raw, doubt=True))

    async def update_inference_endpoint(
        self, name: str, *, namespace: str | None = None, token: Token = None, **given: Unpack[Update]
    ) -> InferenceEndpoint:
        """Change what is named of an endpoint.

        Parallel sizes without a `custom_image` go into the image that it has now, unless that cannot be read whole.
        """
        async with self._asked(namespace, token) as (link, place, signed):
            if not given.get("custom_image") and any(given.get(size) is not None for size in _SIZES):
                given["custom_image"] = present_image(await link.endpoint(place, name, token=signed))
            document = sendable(update_document(**given))
            return self._made(await link.write("PUT", place, name, token=signed, document=document), place, signed)

    async def delete_inference_endpoint(self, name: str, *, namespace: str | None = None, token: Token = None) -> None:
        """Delete an endpoint, for good."""
        async with self._asked(namespace, token) as (link, place, signed):
            await link.delete(place, name, token=signed)

    async def pause_inference_endpoint(
        self, name: str, *, namespace: str | None = None, token: Token = None
    ) -> InferenceEndpoint:
        """Stop an endpoint, and its cost, until somebody resumes it."""
        return await self._act("pause", name, namespace, token)

    async def resume_inference_endpoint(
        self, name: str, *, namespace: str | None = None, running_ok: bool = True, token: Token = None
    ) -> InferenceEndpoint:
        """Start an endpoint; with `running_ok` one that runs already is told as it is, else that is an error of 400."""
        try:
            return await self._act("resume", name, namespace, token)
        except HfHubHTTPError as error:
            if running_ok and error.response.status_code == 400 and "already running" in error.response.text:
                return await self.get_inference_endpoint(name, namespace=namespace, token=token)
            raise

    async def scale_to_zero_inference_endpoint(
        self, name: str, *, namespace: str | None = None, token: Token = None
    ) -> InferenceEndpoint:
        """Stop an endpoint, and its cost, until the next request."""
        return await self._act("scale-to-zero", name, namespace, token)

    @asynccontextmanager
    async def link(self) -> AsyncIterator[Link]:
        """Yield the session that is open, or one for this time."""
        if self._session is not None:
            yield Link(self._session, self.place, self._daemon_token)
            return
        async with get_async_session() as session:
            yield Link(session, self.place, self._daemon_token)

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[Link]:
        """Yield a session for someone who waits: who does must not take the connections that all others share."""
        async with self._sessions.seat() as session:
            yield Link(session, self.place, self._daemon_token)

    async def _act(self, act: str, name: str, namespace: str | None, token: Token) -> InferenceEndpoint:
        async with self._asked(namespace, token) as (link, place, signed):
            return self._made(await link.write("POST", place, name, act, token=signed), place, signed)

    @asynccontextmanager
    async def _asked(self, namespace: str | None, token: Token) -> AsyncIterator[tuple[Link, str, Token]]:
        """Yield what a call needs: a link, the namespace that is meant, and the token that signs."""
        signed = self._signed(token)
        async with self.link() as link:
            yield link, namespace or await self._namespace(link, signed), signed

    def _signed(self, token: Token) -> Token:
        return self.token if token is None else token

    async def _namespace(self, link: Link, token: Token) -> str:
        """Return the user's own namespace; asked once for each token, since whoami is limited strictly."""
        if token is False:
            raise ValueError("Cannot tell whose endpoints are meant without a token: name the namespace")
        key = build_hf_headers(token=token or True)["authorization"]
        if key not in self._names:
            self._names[key] = _own_namespace(await self._whoami(link, token))
        return self._names[key]

    async def _whoami(self, link: Link, token: Token) -> Json:
        told = await link.ask("GET", f"{self.place.hub}/api/whoami-v2", token=token)
        if not isinstance(told, dict) or not isinstance(told.get("name"), str):
            raise InferenceEndpointUnreadable(f"{self.place.hub} does not say whose token this is; name the namespace")
        return told

    async def _listed(self, link: Link, namespace: str, token: Token) -> list[InferenceEndpoint]:
        """Read page after page; one endpoint stands in the list once, also if the pages shift meanwhile."""
        found: dict[str, InferenceEndpoint] = {}
        query, cursors = {"limit": PAGE_ITEMS}, set[str]()
        while True:
            told = await link.ask("GET", self.place.endpoint(namespace), token=token, query=query)
            if not isinstance(told, dict) or not isinstance(told.get("items"), list):
                raise InferenceEndpointUnreadable(f"cannot list {namespace}: the answer is not a page of endpoints")
            for raw in told["items"]:
                endpoint = self._made(raw, namespace, token)
                found[endpoint.name] = endpoint
            cursor = told.get("nextCursor")
            if not cursor:
                return list(found.values())
            if cursor in cursors:
                raise InferenceEndpointError(
                    f"cannot list {namespace}: the pages go in circles after {len(found)} endpoints; ask again"
                )
            cursors.add(cursor)
            query = {"limit": PAGE_ITEMS, "cursor": cursor}

    def _made(self, raw: Json, namespace: str, token: Token) -> InferenceEndpoint:
        return InferenceEndpoint.from_raw(raw, namespace=namespace, token=token, api=self)


def _own_namespace(told: Json) -> str:
    if told.get("type") != "user":
        raise ValueError(
            "Cannot determine default namespace. You must provide a 'namespace' as input or be logged in as a user."
        )
    return str(told["name"])

"""Watching Hugging Face: the port `Reader`, over HTTP.

Nothing here can change anything: there is no method that writes, and the transport cannot.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random, SystemRandom
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import msgspec
from yarl import URL

from service.clock import Clock
from service.huggingface.account import read_identity, read_offers
from service.huggingface.answers import Answer, Malformed
from service.huggingface.document import Reading
from service.huggingface.known import Known
from service.huggingface.limits import Limits
from service.huggingface.memory import Listed, Memory
from service.huggingface.metrics import HandedQuestion
from service.huggingface.pages import Page, every_page
from service.huggingface.paths import checked
from service.huggingface.tokens import Tokens
from service.huggingface.transport import Transport
from service.masking import Masker
from service.ports import Hardware, Identity, Item, Offer, Sweep
from statemachine.model import EndpointName, Look, Missing, Seen, Sighting, Unreadable

API_URL = "https://api.endpoints.huggingface.cloud"
HUB_URL = "https://huggingface.co"
CATALOGUE_URL = "https://endpoints.huggingface.co"
CATALOGUE = ("/api/catalog/", "/api/v1/catalog/")  # paths that the hub does not have
PLATFORM = ".endpoints.huggingface.cloud"  # every endpoint that the platform hosts lives below


T = TypeVar("T")


class _Page(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw]
    next_cursor: str | None = None


_page = msgspec.json.Decoder(_Page)


class Watching:
    """Read endpoints, identity and prices; every namespace with its own token."""

    def __init__(
        self,
        session: aiohttp.ClientSession | None = None,
        *,
        tokens: Tokens,
        clock: Clock,
        masker: Masker,
        api_url: str = API_URL,
        hub_url: str = HUB_URL,
        ca_file: Path | None = None,
        dice: Random | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._api = URL(api_url.rstrip("/").removesuffix("/v2"))
        self._hub = URL(hub_url.rstrip("/"))
        self._catalogue = URL(CATALOGUE_URL) if hub_url == HUB_URL else self._hub  # what stands for one stands for both
        self._masker = masker
        limits = limits or Limits()
        self._memory = Memory(masker, keeps=limits.known_answers > 0)
        self._known = Known(limits.known_answers)
        self._transport = Transport(
            session,
            tokens=tokens,
            clock=clock,
            dice=dice or SystemRandom(),
            limits=limits,
            ca_file=ca_file,
        )

    async def __aenter__(self) -> Self:
        self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.close()

    async def sweep(self, namespace: str) -> Sweep:
        pages = await self._listed(f"list the endpoints of {namespace}", namespace, {})
        items: dict[EndpointName, Item] = {}
        fresh: dict[EndpointName, tuple[Reading, Look]] = {}
        nameless = 0
        for page, look in pages:
            same = self._memory.came_again(namespace, page)
            for _, reading in page.items:
                if reading is None:
                    nameless += 1
                elif same:  # pages shift when endpoints come and go: the later look at a name counts
                    items[reading.name] = as_item(reading, look)
                    fresh.pop(reading.name, None)
                else:
                    fresh[reading.name] = (reading, look)
        items |= {name: self._item(*seen) for name, seen in fresh.items()}
        self._memory.keep(namespace, [page for page, _ in pages])
        return Sweep(look=_span([look for _, look in pages]), items=items, nameless=nameless)

    async def look(self, name: EndpointName) -> Item | Missing:
        call = self._transport.call(f"look at {name}", self._url(name), name.namespace)
        reading, look = await self._transport.get(
            call, lambda answer: self._read(answer, name), accept=(404,), known=self._known
        )
        if reading is None:
            self._memory.forget(name)
            return Missing(look=look)
        return self._item(reading, look)

    async def whoami(self, namespace: str) -> Identity:
        url = self._hub / "api" / "whoami-v2"
        call = self._transport.call(f"ask whose token serves {namespace}", url, namespace)
        return (await self._transport.get(call, lambda answer: read_identity(answer.body), known=self._known))[0]

    async def prices(self, namespace: str) -> Mapping[Hardware, Offer]:
        url = self._api / "v2" / "provider" / checked(namespace)
        call = self._transport.call(f"ask the prices for {namespace}", url, namespace)
        return (await self._transport.get(call, lambda answer: read_offers(answer.body), known=self._known))[0]

    async def healthy(self, url: str, health_route: str, namespace: str) -> bool:
        """Return whether the health route answers 200.

        The token goes along only to the platform's own hosts. No answer in time, a redirect and any other code are
        no; a token that cannot be read is Unauthorized, since it says nothing about the endpoint.
        """
        try:
            target = URL(f"{url.rstrip('/')}/{health_route.lstrip('/')}")
        except ValueError:
            return False
        if target.scheme not in {"http", "https"} or not target.host:
            return False
        trusted = self._is_platform(target)
        return await self._transport.probe(target, namespace=namespace if trusted else None) == 200

    async def relay(self, path: str, query: str, *, hub: bool = False) -> aiohttp.ClientResponse:
        """GET what is at a path of the API (or of the hub) once, and return the answer as it came: close it."""
        base = self._api if not hub else self._catalogue if path.startswith(CATALOGUE) else self._hub
        url = URL(f"{base.origin()}{path}{'?' if query else ''}{query}", encoded=True)
        return await self._transport.relay(url, namespace="")

    async def relay_question(
        self, name: EndpointName, metric: str, text: bytes, query: str = ""
    ) -> aiohttp.ClientResponse:
        """POST a question about a metric once, in the words in which it came, and return the answer as it came."""
        question = HandedQuestion(endpoint=name, metric=metric, text=text, query=query)
        return await self._transport.relay_question(question, self._api)

    async def _listed(
        self, doing: str, namespace: str, filters: Mapping[str, str | tuple[str, ...]]
    ) -> list[tuple[Page[Listed], Look]]:
        """Return every page of a list of endpoints."""
        query = {"limit": str(self._transport.limits.page_items), **filters}
        url = (self._api / "v2" / "endpoint" / checked(namespace)).with_query(query)

        def read(answer: Answer, asked: URL) -> Page[Listed]:
            page = _page.decode(answer.body)
            items = tuple(self._memory.read_listed(raw, namespace) for raw in page.items)
            following = asked.update_query(cursor=page.next_cursor) if page.next_cursor else None
            return Page(items=items, following=following)

        return await self._every_page(doing, url, namespace, read)

    async def _every_page(
        self, doing: str, url: URL, namespace: str, read: Callable[[Answer, URL], Page[T]]
    ) -> list[tuple[Page[T], Look]]:
        async def ask(page: URL) -> tuple[Page[T], Look]:
            call = self._transport.call(doing, page, namespace)
            return await self._transport.get(call, lambda answer: read(answer, page), known=self._known)

        return await every_page(doing, url, ask, self._transport.limits)

    def _read(self, answer: Answer, name: EndpointName) -> Reading | None:
        """Read an answer about one endpoint: a document, or None if there is no such endpoint."""
        if answer.code == 404:
            if answer.body.lstrip().startswith(b"<"):
                raise Malformed("404 with a web page, which is not how the API says that there is no such endpoint")
            return None
        return self._read_document(answer, name)

    def _read_document(self, answer: Answer, name: EndpointName) -> Reading:
        msgspec.json.decode(answer.body)  # what is no JSON at all did not come from the API: it may be tried again
        return self._memory.read_one(answer.body, name)

    def _item(self, reading: Reading, look: Look) -> Item:
        """Return what was seen, and remember it: what changed in secret is told once."""
        return as_item(reading, look, changed_secrets=self._memory.changed_secrets(reading, look))

    def _url(self, name: EndpointName) -> URL:
        return self._api / "v2" / "endpoint" / checked(name.namespace) / checked(name.name)

    def _is_platform(self, url: URL) -> bool:
        if url.scheme == "https" and (url.host or "").endswith(PLATFORM):
            return True
        return url.origin() in {self._api.origin(), self._hub.origin()}


def as_item(reading: Reading, look: Look, *, changed_secrets: tuple[str, ...] = ()) -> Item:
    """Return a reading as the ports hand it on."""
    content = reading.content
    observation: Seen | Unreadable
    if isinstance(content, Sighting):
        observation = Seen(look=look, sighting=content, changed_secrets=changed_secrets)
    else:
        observation = Unreadable(look=look, reason=content)
    return Item(name=reading.name, observation=observation, document=reading.document)


def _span(looks: list[Look]) -> Look:
    first, last = looks[0], looks[-1]
    return Look(asked_at=first.asked_at, answered_at=last.answered_at, asked=first.asked, answered=last.answered)

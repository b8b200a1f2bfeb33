"""What can change something: only the acting client builds a `Sender`."""

from dataclasses import replace
from typing import Literal, TypeVar

import aiohttp
from yarl import URL

from service.huggingface.answers import Again, Call
from service.huggingface.manner import Manner
from service.huggingface.transport import Read, Transport, Wanted
from statemachine.model import Look

T = TypeVar("T")


class ConnectionLost(aiohttp.ClientConnectionError):
    """The connection ended without an answer."""


async def once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send one request once.

    aiohttp by itself sends a PUT or DELETE again when the connection breaks, over a fresh one. It does so for two
    errors, and not for this one.
    """
    try:
        return await send(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise  # nothing was sent, and aiohttp does not try again
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionLost(type(error).__name__) from None


class Sender(Transport):
    """Send requests that change something, each once unless said otherwise.

    Each has a connection of its own: one that was kept open may just have been closed by the other side, and then
    nobody could tell whether the write was carried out.
    """

    reuse = False
    middlewares: tuple[aiohttp.ClientMiddlewareType, ...] = (once,)

    def call(self, doing: str, url: URL, namespace: str, *, most_bytes: int | None = None) -> Call:
        """Describe a request for a change."""
        return replace(super().call(doing, url, namespace, most_bytes=most_bytes), changes=True)

    async def send(
        self, method: Literal["POST", "PUT", "DELETE"], call: Call, read: Read[T], *, body: bytes | None = None
    ) -> tuple[T, Look]:
        """Send what may be said twice: it asks for a state, and not for a change.

        All the same it is sent again only when the first try was surely not carried out: no connection came about, or
        the answer was 429. After anything else (a time-out, a broken connection, a 5xx) nobody knows, and the caller
        must look. To repeat it then would be harmless alone in the world: here it could undo what another did in
        between, pause what a person has just resumed, put back what was just edited, delete a new endpoint of the name.
        """
        manner = Manner(method=method, body=body, tries=self.limits.write_tries, again=frozenset({Again.ALWAYS}))
        return await self._persist(manner, call, Wanted(read=read))

    async def send_once(self, call: Call, read: Read[T], *, body: bytes) -> tuple[T, Look]:
        """POST what must not be said twice, and never say it again but for a token that was refused.

        The second of two creations answers 409, which must mean that the name was in use before, and nothing else.
        """
        manner = Manner(method="POST", body=body, tries=1, again=())
        return await self._persist(manner, call, Wanted(read=read))

"""A client of Hugging Face of which a test asks little: what it does not ask must not be asked."""

import aiohttp

from service.ports import Item, Sweep
from statemachine.model import EndpointName, Missing


class Unasked:
    """What a caller's own client can do besides telling whose it is; all of it raises NotImplementedError."""

    async def sweep(self, namespace: str) -> Sweep:
        raise NotImplementedError

    async def look(self, name: EndpointName) -> Item | Missing:
        raise NotImplementedError

    async def relay(self, path: str, query: str, *, hub: bool = False) -> aiohttp.ClientResponse:
        raise NotImplementedError

    async def relay_question(
        self, name: EndpointName, metric: str, text: bytes, query: str = ""
    ) -> aiohttp.ClientResponse:
        raise NotImplementedError

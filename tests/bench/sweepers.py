"""Clients that read all pages, each in a process of its own: a round for every line on standard input.

A round is told as JSON: CPU and wall seconds, and how many endpoints were seen.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec

from service.clock import SystemClock
from service.huggingface import HuggingFace, Tokens
from service.masking import Masker
from tests.bench.pages import DEFAULT_SIZE, SIZE

Round = Callable[[], Awaitable[int]]


class Person(msgspec.Struct):
    id: str | None = None
    name: str | None = None


class Status(msgspec.Struct, rename="camel"):
    state: str
    created_at: str
    updated_at: str
    created_by: Person
    updated_by: Person
    message: str
    ready_replica: int
    target_replica: int
    url: str | None = None


class Scaling(msgspec.Struct, rename="camel"):
    min_replica: int
    max_replica: int
    scale_to_zero_timeout: int | None = None


class Compute(msgspec.Struct, rename="camel"):
    accelerator: str
    instance_type: str
    instance_size: str
    scaling: Scaling


class Model(msgspec.Struct):
    repository: str
    framework: str
    revision: str
    task: str


class Endpoint(msgspec.Struct, rename="camel"):
    name: str
    type: str
    health_route: str
    tags: list[str]
    provider: dict[str, str]
    compute: Compute
    model: Model
    status: Status


class Page(msgspec.Struct, rename="camel"):
    items: list[Endpoint]
    next_cursor: str | None = None


async def bare(url: str) -> Round:
    """GET and decode the fields that we read, typed; nothing else: no masking, no retry, no memory."""
    session, decoder = aiohttp.ClientSession(), msgspec.json.Decoder(Page)

    async def sweep() -> int:
        cursor, seen = None, 0
        while True:
            query = {"limit": str(SIZE)} | ({"cursor": cursor} if cursor else {})
            headers = {"Authorization": "Bearer hf_x"}
            async with session.get(f"{url}/v2/endpoint/acme", params=query, headers=headers) as answer:
                page = decoder.decode(await answer.read())
            seen += len(page.items)
            cursor = page.next_cursor
            if cursor is None:
                return seen

    return sweep


async def official(url: str, size: int = DEFAULT_SIZE) -> Round:
    """The official client: one page a call, each at an address of its own, since it follows no cursor.

    It names no limit, so that its pages are those of the API's default.
    """
    from huggingface_hub import HfApi, constants

    api = HfApi(token="hf_x")

    async def sweep() -> int:
        seen = page = 0
        while True:
            constants.INFERENCE_ENDPOINTS_ENDPOINT = f"{url}/page/{size}/{page}/v2"
            found = len(api.list_inference_endpoints(namespace="acme"))
            seen, page = seen + found, page + 1
            if seen == int(sys.argv[3]):
                return seen

    return sweep


async def official_large(url: str) -> Round:
    """The official client, if it could ask for pages as large as ours."""
    return await official(url, SIZE)


def client(url: str) -> HuggingFace:
    tokens = Tokens(default=lambda: "hf_x")
    return HuggingFace(tokens=tokens, clock=SystemClock(), masker=Masker(), api_url=url, hub_url=url)


async def first(url: str) -> Round:
    """Ours, when everything is new."""

    async def sweep() -> int:
        async with client(url) as hub:
            return len((await hub.sweep("acme")).items)

    return sweep


async def steady(url: str) -> Round:
    """Ours, when nothing changed since the last sweep, and the server sends it all again."""
    hub = client(url)
    await hub.sweep("acme")

    async def sweep() -> int:
        return len((await hub.sweep("acme")).items)

    return sweep


async def tagged(url: str) -> Round:
    """Ours, when nothing changed since the last sweep, and the server says so."""
    return await steady(f"{url}/tagged")


async def run(make: Callable[[str], Awaitable[Round]], url: str) -> None:
    sweep = await make(url)
    await sweep()
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        seen = await sweep()
        told = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "seen": seen}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


CONTENDERS: dict[str, Any] = {one.__name__: one for one in (official, official_large, bare, first, steady, tagged)}

if __name__ == "__main__":
    asyncio.run(run(CONTENDERS[sys.argv[1]], sys.argv[2]))

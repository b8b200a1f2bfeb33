"""A server that does nothing but hand out prepared pages, in a process of its own: what is measured is the client.

`/page/SIZE/N/v2/endpoint/acme` is page N by itself, for a client that follows no cursor; under `/tagged` pages have an
ETag.
"""

import asyncio
import sys
from copy import deepcopy
from hashlib import sha256

from aiohttp import web

from tests.unit.huggingface.documents import document, encoded

SIZE = 100
DEFAULT_SIZE = 20  # of a page for who names no limit, as the official client


def prepared(count: int, size: int) -> list[bytes]:
    """Return the pages of so many endpoints, each with its own name, address and creation."""
    pages = []
    for start in range(0, count, size):
        last = start + size >= count
        items = [endpoint(number) for number in range(start, min(start + size, count))]
        pages.append(encoded({"items": items, "nextCursor": None if last else str(start // size + 1)}))
    return pages


def endpoint(number: int) -> object:
    told = deepcopy(document(createdAt=f"2025-10-26T12:41:{number % 60:02}.{number:09}Z"))
    told["name"] = f"endpoint-{number:05}"
    told["status"]["url"] = f"https://h{number:015x}.us-east-1.aws.endpoints.huggingface.cloud"
    told["model"] |= {"framework": "pytorch", "revision": f"{number:040x}", "task": "text-generation"}
    told["compute"] |= {"instanceType": "nvidia-l4", "instanceSize": "x1"}
    return told


async def serve(count: int) -> None:
    sizes = {size: prepared(count, size) for size in (SIZE, DEFAULT_SIZE)}
    tags = [f'"{sha256(page).hexdigest()[:16]}"' for page in sizes[SIZE]]

    async def answer(request: web.Request) -> web.StreamResponse:
        number = int(request.match_info.get("page", request.query.get("cursor", "0")))
        pages = sizes[int(request.match_info.get("size", SIZE))]
        if request.match_info.get("page") is None and request.query.get("limit") != str(SIZE):
            raise web.HTTPBadRequest(text=f"these pages were prepared for limit={SIZE}")
        if not request.path.startswith("/tagged"):
            return web.Response(body=pages[number], content_type="application/json")
        if request.headers.get("If-None-Match") == tags[number]:
            return web.Response(status=304, headers={"ETag": tags[number]})
        return web.Response(body=pages[number], content_type="application/json", headers={"ETag": tags[number]})

    app = web.Application()
    for prefix in ("", "/tagged", "/page/{size}/{page}"):
        app.router.add_get(f"{prefix}/v2/endpoint/acme", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

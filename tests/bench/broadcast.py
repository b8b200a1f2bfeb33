"""The least that a server can do for many who wait: aiohttp, one event, one answer for all. Says its port, then serves.

A POST sets the event. The answer is as long as the daemon's own.
"""

import asyncio
import sys

from aiohttp import web


async def main(length: int) -> None:
    told, body = asyncio.Event(), b" " * length

    async def wait(_request: web.Request) -> web.Response:
        await told.wait()
        return web.Response(body=body, content_type="application/json")

    async def tell(_request: web.Request) -> web.Response:
        told.set()
        return web.Response()

    app = web.Application()
    app.router.add_get("/wait", wait)
    app.router.add_post("/tell", tell)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

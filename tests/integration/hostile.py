"""A server that says whatever a test wants, and a client for it."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from service.clock import LoopClock
from service.huggingface import ActingHuggingFace, Tokens
from service.masking import Masker
from statemachine.model import EndpointName

TGI = EndpointName("acme", "tgi")
TOKEN = "hf_abcdefghijklmnopqrstuvwxyz"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def client(url: str, **how: Any) -> ActingHuggingFace:
    wiring: dict[str, Any] = {
        "tokens": Tokens(default=lambda: TOKEN),
        "clock": LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC)),
        "masker": Masker(),
        "dice": random.Random(1),
    }
    return ActingHuggingFace(acting=frozenset({"acme"}), api_url=url, hub_url=url, **(wiring | how))


class Stage:
    """A server that answers with whatever stands in `answer`, and writes down what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.answer: Handler = self.nothing
        self.url = ""

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"items": []})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.answer(request)

    def says(self, body: bytes | str = b"", *, status: int = 200, **headers: str) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            raw = body.encode() if isinstance(body, str) else body
            told = {key.replace("_", "-"): value for key, value in headers.items()}
            return web.Response(status=status, body=raw, headers=told)

        self.answer = answer


@asynccontextmanager
async def served() -> AsyncIterator[Stage]:
    stage = Stage()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", stage.handle)
    async with TestServer(app) as server:
        stage.url = str(server.make_url("")).rstrip("/")
        yield stage

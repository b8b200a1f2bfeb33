"""The daemon's own front door, without sockets: its real web app, and the callers of one run who come to it.

A caller may lose the answer: by hanging up too early, or because the daemon dies. What was sent may be done all the
same. Nobody here knows more than what was answered.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from service.clock import LoopClock
from service.parts import Parts
from service.web import create_runner
from tests.simulation.clocks import NEVER
from tests.simulation.pipes import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What leads to one daemon, as long as it is up."""

    session: aiohttp.ClientSession
    network: Network
    token: str


@dataclass(slots=True, kw_only=True)
class Try:
    """One request of somebody, and what was answered; `code` is None, and `answered_at` NEVER, if nothing was."""

    sent: datetime
    answered_at: datetime = NEVER
    code: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Return whether it was answered well."""
        return self.code is not None and self.code < 300


def served_by(runner: web.AppRunner) -> Network:
    """Return a network that leads to what a runner serves; it is set up."""
    if runner.server is None:
        raise AssertionError("the runner was not set up")
    return Network(runner.server)


@asynccontextmanager
async def opened(parts: Parts) -> AsyncIterator[Door]:
    """Serve the daemon's app to callers, until the block ends."""
    runner = create_runner(parts)
    await runner.setup()
    network = served_by(runner)
    try:
        async with aiohttp.ClientSession(
            f"http://{parts.listen}", connector=network.connector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            yield Door(session=session, network=network, token=parts.token)
    finally:
        await runner.cleanup()


async def call(
    door: Door,
    clock: LoopClock,
    tried: Try,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: Mapping[str, Any] | None,
    patience: float,
) -> None:
    """Ask, and note in `tried` what is answered within the caller's patience, in seconds."""
    try:
        async with asyncio.timeout(patience), door.session.request(method, path, json=body, headers=headers) as answer:
            raw = await answer.read()
    except (aiohttp.ClientError, TimeoutError):
        return
    with suppress(
        msgspec.MsgspecError
    ):  # a deletion is answered by nothing, and Hugging Face's own words may be anything
        tried.body = msgspec.json.decode(raw, type=dict[str, Any])
    tried.code, tried.answered_at = answer.status, clock.now()

"""The simulator on the network: an aiohttp app for any loop, and a process that serves it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from service.clock import LoopClock, SystemClock
from service.simulator import admin, api, dataplane
from service.simulator.answers import Call, Respond, answered
from service.simulator.day import plan_day
from service.simulator.scenario import Scenario, stage
from service.simulator.sending import send, to_web
from service.simulator.simulator import Simulator
from service.simulator.wire import converse


class CannotListen(Exception):
    """The address cannot be had; the message says what to do."""


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(simulator: Simulator) -> web.Application:
    """Return the app; set `simulator.base_url` to where it is served before anyone asks for an endpoint's URL."""
    app = web.Application(client_max_size=16 * 2**20)
    for method, path, respond in api.ROUTES:
        app.router.add_route(method, path, _with_faults(simulator, respond))
    for method, path, respond in admin.ROUTES:
        app.router.add_route(method, path, _plain(simulator, respond))
    app.router.add_route("*", dataplane.ROUTE, _serving(simulator))
    app.router.add_route("*", "/{rest:.*}", _with_faults(simulator, api.nothing_here))
    return app


async def serve(
    *,
    port: int,
    speed: float,
    seed: int,
    host: str = "127.0.0.1",
    day: bool = False,
    scenario: Scenario | None = None,
) -> None:
    """Serve until cancelled, with the clock `speed` times as fast, from now; port 0 takes any that is free.

    Raise CannotListen where the port cannot be had.
    """
    simulator = Simulator(clock=LoopClock(start=SystemClock().now(), speed=speed), seed=seed)
    # A late answer that nobody waits for any more must not hold up the end.
    runner = web.AppRunner(create_app(simulator), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        simulator.base_url = _address(runner, host)
        if scenario is not None:
            stage(scenario, simulator)
        planned = len(plan_day(simulator)) if day else 0
        _say(_greeting(simulator, speed=speed, planned=planned))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # asyncio's own text says the address once more
        raise CannotListen(f"cannot listen on {host}:{port}: {reason}; choose another --port") from error


def _greeting(simulator: Simulator, *, speed: float, planned: int) -> str:
    people, tokens = simulator.people, simulator.people.introduced or ["hf_alice"]
    readable = [name for name in simulator.truth.namespaces() if people.may(people.user(tokens[0]), name)]
    place = readable[0] if readable else "acme-prod"
    welcome = "any token hf_NAME, any namespace" if people.strangers else f"tokens {', '.join(tokens)}"
    return (
        f"simulator at {simulator.base_url}, speed {speed:g}, seed {simulator.seed}, "
        f"{sum(1 for _ in simulator.truth.everything())} endpoints, {planned} acts planned; {welcome}; "
        f"try: curl -H 'Authorization: Bearer {tokens[0]}' {simulator.base_url}/v2/endpoint/{place}"
    )


def _with_faults(simulator: Simulator, respond: Respond) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await converse(simulator, respond, await _call(request), request)

    return handle


def _plain(simulator: Simulator, respond: Respond) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return to_web(answered(respond, simulator, await _call(request)))

    return handle


def _serving(simulator: Simulator) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await send(request, await dataplane.serve(simulator, await _call(request)))

    return handle


async def _call(request: web.Request) -> Call:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return Call(
        method=request.method,
        path=request.path,
        query=request.query_string,
        params=dict(request.match_info),
        token=token.strip() if scheme.lower() == "bearer" and token.strip() else None,
        body=await request.read(),
        headers=request.headers,
    )


def _address(runner: web.AppRunner, host: str) -> str:
    port = runner.addresses[0][1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

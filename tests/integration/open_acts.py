"""An act that a daemon meant, and of which it did not see the end."""

import asyncio

from statemachine.machine import Command
from tests.integration.world import ACT, Scene, endpoint, seldom

ONE = endpoint("acme/one")
HOUR = 3600.0
AT_ONCE = ACT.replace('warn = ["15m", "5m"]', "warn = []").replace('settle = "1m"', 'settle = "0s"')
BOTH = AT_ONCE.replace("acme = {}", "acme = {}\nbeta = {}").replace('["acme/*"]', '["acme/*", "beta/*"]')


async def leave_a_pause_open(stage: Scene, text: str) -> None:
    """Let a daemon mean to pause acme/one, and end while its namespace does not answer."""
    async with stage.daemon(seldom(text.replace('"1h"', '"99h"'))) as parts:
        await stage.clock.sleep(2 * HOUR)
        known = parts.live.fleet.known(ONE)
        stage.sim.faults.down_namespaces.add("acme")
        intended = parts.commander.intend(
            ONE,
            Command.PAUSE,
            life=known.life or stage.clock.now(),
            policy="old",
            revision="r",
            cause=known.cause,
            reason="left open",
            evidence=(known.cause,),
        )
        async with asyncio.TaskGroup() as tasks:
            act = tasks.create_task(parts.commander.carry_out(ONE, intended, actor="policy:old"))
            await stage.clock.sleep(10)
            act.cancel()

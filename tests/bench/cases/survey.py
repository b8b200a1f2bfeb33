"""500 running endpoints surveyed on loopback: the whole command, beside the bare requests that it cannot do without.

Each endpoint costs one question for its requests of 14 days, so the server's share is large: the simulator answers in a
process of its own, and the bare client asks it the same questions, 16 at a time, and reads nothing of the answers.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import aiohttp

from tests.bench.figure import Figure

ENDPOINTS = 500
ROUNDS = 3
AT_ONCE = 16
DAYS = 14
LAMPLIGHTER = str(Path(sys.executable).with_name("lamplighter"))
WORLD = f"""
[[endpoints]]
namespace = "acme"
name = "e-{{n}}"
count = {ENDPOINTS}
state = "running"
created_days_ago = 60
edited_days_ago = 40
"""


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        url = simulated(stack)
        rounds = [(surveyed(url), asyncio.run(bare(url))) for _ in range(ROUNDS)]
    ours, least = (median(seconds) for seconds in zip(*rounds, strict=True))
    yield Figure(name="survey, bare requests: wall", value=least, unit="s")
    yield Figure(
        name=f"survey of {ENDPOINTS}: wall",
        value=ours,
        unit="s",
        ratio=ours / least,
        against="the bare requests",
        reach="<= 3 s",
        met=ours <= 3,
    )


def simulated(stack: ExitStack) -> str:
    scenario = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "world.toml"
    scenario.write_text(WORLD, encoding="utf-8")
    command = [LAMPLIGHTER, "simulate", "--port", "0", "--scenario", str(scenario)]
    process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    stack.callback(process.kill)
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    if found is None:
        raise RuntimeError("the simulator did not start: run `lamplighter simulate` alone to see why")
    return found[0]


def surveyed(url: str) -> float:
    """Return how long the command took, from its start to its end."""
    began = time.monotonic()
    command = [LAMPLIGHTER, "survey", "--json", "--hub-url", url, "--namespace", "acme"]
    environment = {**os.environ, "HF_TOKEN": "hf_alice"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    took = time.monotonic() - began
    told = json.loads(done.stdout)
    known = sum(one["requests"] is not None for one in told["endpoints"])
    if known != ENDPOINTS:
        raise RuntimeError(f"the survey knows the requests of {known} endpoints, not of {ENDPOINTS}: {told['remarks']}")
    return took


async def bare(url: str) -> float:
    """Return how long the list and the questions for all requests take by themselves."""
    until = int(time.clock_gettime(time.CLOCK_REALTIME))
    question = {"from": until - DAYS * 86_400, "to": until, "step": 3600}
    limit, began = asyncio.Semaphore(AT_ONCE), time.monotonic()
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer hf_alice"}) as session:

        async def ask(name: str) -> None:
            async with (
                limit,
                session.post(f"{url}/v2/endpoint/acme/{name}/metrics/request-count", json=question) as answer,
            ):
                await answer.read()

        names: list[str] = []
        cursor: str | None = None
        while not names or cursor:
            query = {"limit": "100", **({"cursor": cursor} if cursor else {})}
            async with session.get(f"{url}/v2/endpoint/acme", params=query) as page:
                told = await page.json()
            names += [item["name"] for item in told["items"]]
            cursor = told["nextCursor"]
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(ask(name))
    return time.monotonic() - began

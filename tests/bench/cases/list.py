"""10,000 endpoints from one server: our sweep, the official client on the same pages, and a bare GET with typed decode.

The rounds are interleaved, so that a busy machine is busy for all; the median counts.

The reach is for the steady sweep, which a daemon does every few seconds and for ever: its documents are those of the
last look. It is judged twice: where the server sends all again, and where it offers conditional requests (tagged).
The first sweep masks and reads every document anew, which no peer does; its ratios are told without a reach.

The official client is taken as it is: it names no limit and gets pages of 20. What it would cost with pages of 100 is
told, too: there ten times less cannot be reached, since the bare GET with typed decode does not reach it either.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from tests.bench.figure import Figure
from tests.bench.sweepers import CONTENDERS

ENDPOINTS = 10_000
ROUNDS = 5

Process = subprocess.Popen[str]


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        server = started(stack, "tests.bench.pages", str(ENDPOINTS))
        url = line(server)
        running = {name: started(stack, "tests.bench.sweepers", name, url, str(ENDPOINTS)) for name in CONTENDERS}
        rounds = [{name: sweep(process) for name, process in running.items()} for _ in range(ROUNDS)]
    cpu = {name: median(told[name]["cpu"] for told in rounds) / ENDPOINTS * 1e6 for name in running}
    wall = {name: median(told[name]["wall"] for told in rounds) for name in running}
    for name in ("official", "official_large", "bare"):
        yield Figure(name=f"list, {name}: CPU", value=cpu[name], unit="us/endpoint")
        yield Figure(name=f"list, {name}: wall", value=wall[name], unit="s")
    for name in ("first", "steady", "tagged"):
        judged = name != "first"
        less, more = cpu["official"] / cpu[name], cpu[name] / cpu["bare"]
        yield Figure(
            name=f"list, ours {name}: CPU",
            value=cpu[name],
            unit="us/endpoint",
            ratio=less,
            against="less than huggingface_hub",
            reach=">= 10" if judged else None,
            met=less >= 10 if judged else None,
        )
        yield Figure(
            name=f"list, ours {name}: CPU to bare",
            value=cpu[name],
            unit="us/endpoint",
            ratio=more,
            against="a bare typed GET",
            reach="<= 1.5" if judged else None,
            met=more <= 1.5 if judged else None,
        )
        yield Figure(
            name=f"list, ours {name}: CPU to large pages",
            value=cpu[name],
            unit="us/endpoint",
            ratio=cpu["official_large"] / cpu[name],
            against="less than huggingface_hub, given pages of 100",
        )
        yield Figure(name=f"list, ours {name}: wall", value=wall[name], unit="s")


def started(stack: ExitStack, module: str, *arguments: str) -> Process:
    command = [sys.executable, "-m", module, *arguments]
    process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    stack.callback(process.kill)
    return process


def line(process: Process) -> str:
    assert process.stdout is not None
    told = process.stdout.readline().strip()
    if not told:
        raise RuntimeError(f"{process.args!r} ended without an answer: run it alone to see why")
    return told


def sweep(process: Process) -> dict[str, float]:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    told: dict[str, float] = json.loads(line(process))
    if told["seen"] != ENDPOINTS:
        raise RuntimeError(f"{process.args!r} saw {told['seen']} endpoints, not {ENDPOINTS}")
    return told

"""What was asked of an endpoint, counted: `…/metrics/{metric}`.

Known from others' clients are the names and `{from, to, step?}`, the step in seconds or as `5m`. Assumed: the shape, a
list of labelled series of `[unix seconds, value or null]`, the first step beginning at `from`; null is no data.
Latencies are made up from the endpoint's name and the step. What a real platform measures and this one does not have
(the use of CPU, GPU and memory, the past of the replicas) has no series.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from service.simulator.access import visible
from service.simulator.answers import Answer, Call, json_answer
from service.simulator.errors import Invalid, Unknown
from service.simulator.life import Life
from service.simulator.simulator import Simulator

MOST_STEPS = 20_000
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
ANSWERED = 200

# One step's answers by status code, and a seed for what is made up.
Measure = Callable[[Counter[int], str, int], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The steps that were asked for, each named by its first second."""

    since: int
    until: int
    step: int

    @property
    def steps(self) -> range:
        """Return the steps."""
        return range(self.since, self.until + 1, self.step)

    def sums(self, counted: Iterable[tuple[int, int]]) -> list[int]:
        """Return for each step the sum of what was counted in the minutes that begin in it."""
        sums = [0] * len(self.steps)
        for minute, count in counted:
            at = minute * 60
            if self.since <= at <= self.until:
                sums[(at - self.since) // self.step] += count
        return sums


def metric(simulator: Simulator, call: Call) -> Answer:
    """Answer one metric's series over the steps that are asked for."""
    life, name = visible(simulator, call), call.params["metric"]
    if name not in KNOWN:
        raise Unknown(f"Not Found: no metric {name!r}; there are {', '.join(sorted(KNOWN))}")
    span = _span(call.document())
    if name == "request-count":
        return json_answer(_counts(life, span))
    measure = MEASURES.get(name)
    return json_answer([] if measure is None else [_measured(life, span, measure)])


def _counts(life: Life, span: Span) -> list[dict[str, Any]]:
    by_code: dict[int, list[tuple[int, int]]] = {ANSWERED: list(life.requests.items())}
    for (minute, code), count in life.refusals.items():
        by_code.setdefault(code, []).append((minute, count))
    sums = {code: span.sums(counted) for code, counted in sorted(by_code.items())}
    return [
        {
            "labels": {"status_code": str(code)},
            "values": [list(point) for point in zip(span.steps, of_code, strict=True)],
        }
        for code, of_code in sums.items()
        if code == ANSWERED or any(of_code)
    ]


def _measured(life: Life, span: Span, measure: Measure) -> dict[str, Any]:
    counts: dict[int, Counter[int]] = {step: Counter() for step in span.steps}
    for series in _counts(life, span):
        for step, count in series["values"]:
            counts[step][int(series["labels"]["status_code"])] += count
    seed = f"{life.namespace}/{life.name}"
    values = [[step, measure(codes, f"{seed}/{step}", span.step)] for step, codes in counts.items()]
    return {"labels": {}, "values": values}


def _of_class(codes: Counter[int], hundred: int) -> int:
    return sum(count for code, count in codes.items() if code // 100 == hundred)


def _throughput(hundred: int) -> Measure:
    """Return the measure of requests a second."""
    return lambda codes, _seed, seconds: round(_of_class(codes, hundred) / seconds, 6)


def _rate(hundred: int) -> Measure:
    """Return the measure of a class's part of all, which is nothing where nobody asked."""
    return lambda codes, _seed, _: round(_of_class(codes, hundred) / codes.total(), 6) if codes.total() else None


def _latency(factor: float) -> Measure:
    """Return the measure of milliseconds, from 40 to 440 times a factor."""
    return lambda codes, seed, _: round((40 + crc32(seed.encode()) % 400) * factor, 1) if codes[ANSWERED] else None


MEASURES: Mapping[str, Measure] = {
    "success-throughput": _throughput(2),
    "bad-request-throughput": _throughput(4),
    "server-error-throughput": _throughput(5),
    "success-rate": _rate(2),
    "bad-request-rate": _rate(4),
    "server-error-rate": _rate(5),
    "average-latency": _latency(1.2),
    "median-latency": _latency(1.0),
    "p95-latency": _latency(3.0),
}
WITHOUT_DATA = frozenset(
    {
        "pending-requests",
        "cpu-usage",
        "memory-usage",
        "gpu-usage",
        "gpu-memory-usage",
        "neuron-usage",
        "neuron-memory-usage",
        "ready-replicas",
        "running-replicas",
        "target-replicas",
    }
)
KNOWN = frozenset({"request-count", *MEASURES, *WITHOUT_DATA})


def _span(asked: Any) -> Span:
    try:
        span = Span(since=int(asked["from"]), until=int(asked["to"]), step=_seconds(asked.get("step")))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Invalid(
            "Bad Request: expected {from, to, step?} in unix seconds, the step perhaps as 5m or 1h"
        ) from error
    if span.step < 60 or span.until < span.since or (span.until - span.since) // span.step >= MOST_STEPS:
        raise Invalid(
            f"Bad Request: step must be 60 or more, to not before from, and at most {MOST_STEPS} steps between"
        )
    return span


def _seconds(step: Any) -> int:
    if step is None:
        return 60
    read = re.fullmatch(r"(\d+)([smhd]?)", str(step))
    if read is None:
        raise ValueError(step)
    return int(read[1]) * UNITS[read[2]]

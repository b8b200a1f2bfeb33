from typing import Any

import pytest

from service.simulator.metrics import KNOWN, MEASURES, WITHOUT_DATA
from tests.unit.simulator.hands import Served


async def _ask(served: Served, metric: str, *, status: int = 200, **asked: Any) -> Any:
    path = f"/v2/endpoint/acme/tgi/metrics/{metric}"
    return await served.json("POST", path, json=asked, status=status)


def _busy(served: Served) -> int:
    """Let there be an endpoint that answered 30 and then 60 requests, and refused 10; return the first minute."""
    life_made_at = served.simulator.create("acme", "tgi", state="running", type="public")
    since = int(life_made_at.timestamp()) // 60 * 60
    life = served.simulator.truth.find("acme", "tgi")
    assert life is not None
    minute = since // 60
    life.requests.update({minute: 30, minute + 1: 60})
    life.refusals.update({(minute + 1, 400): 10})
    return since


async def test_request_counts_come_as_a_series_for_each_status_code(served: Served) -> None:
    since = _busy(served)

    answered, refused = await _ask(served, "request-count", **{"from": since, "to": since + 120, "step": 60})

    assert answered == {"labels": {"status_code": "200"}, "values": [[since, 30], [since + 60, 60], [since + 120, 0]]}
    assert refused == {"labels": {"status_code": "400"}, "values": [[since, 0], [since + 60, 10], [since + 120, 0]]}


@pytest.mark.parametrize(("step", "counts"), [(120, [90, 0]), ("2m", [90, 0]), ("1h", [90]), (None, [30, 60, 0])])
async def test_a_step_is_seconds_or_a_span(served: Served, step: Any, counts: list[int]) -> None:
    since = _busy(served)

    series = await _ask(served, "request-count", **{"from": since, "to": since + 120, "step": step})

    assert [count for _, count in series[0]["values"]] == counts


@pytest.mark.parametrize("step", [59, "30s", "1y", "", -60, True, {"seconds": 60}])
async def test_a_step_that_is_none_is_refused(served: Served, step: Any) -> None:
    since = _busy(served)

    await _ask(served, "request-count", status=400, **{"from": since, "to": since + 120, "step": step})


async def test_rates_and_latencies_are_null_where_nobody_asked(served: Served) -> None:
    since = _busy(served)

    async def values(metric: str) -> list[float | None]:
        [series] = await _ask(served, metric, **{"from": since, "to": since + 120, "step": 60})
        return [value for _, value in series["values"]]

    assert await values("success-throughput") == [0.5, 1.0, 0.0]
    assert await values("success-rate") == [1.0, round(60 / 70, 6), None]
    assert await values("bad-request-rate") == [0.0, round(10 / 70, 6), None]
    assert await values("server-error-throughput") == [0.0, 0.0, 0.0]
    median, p95 = await values("median-latency"), await values("p95-latency")
    assert median[2] is None
    assert median[0] is not None
    assert p95[0] == pytest.approx(median[0] * 3, abs=0.1)


async def test_a_metric_without_data_here_has_no_series_and_an_unknown_one_is_not_found(served: Served) -> None:
    since = _busy(served)

    for metric in WITHOUT_DATA:
        assert await _ask(served, metric, **{"from": since, "to": since + 120}) == []
    refusal = await _ask(served, "charm", status=404, **{"from": since, "to": since + 120})

    assert "'charm'" in refusal["error"]
    assert "request-count" in refusal["error"]
    assert {"request-count", *MEASURES, *WITHOUT_DATA} == KNOWN


async def test_asking_for_metrics_is_no_write(served: Served) -> None:
    since = _busy(served)

    await _ask(served, "request-count", **{"from": since, "to": since + 120})

    assert [request.write for request in served.simulator.requests] == [False]

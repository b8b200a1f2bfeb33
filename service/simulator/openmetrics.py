"""`…/open-metrics`: what a Prometheus would scrape of an endpoint, as OpenMetrics text.

Known are the route, the family `http_requests` with its labels `replica_id` and `status_code`, and that it takes a
Team or Enterprise plan. Assumed: that a replica counts from its own start, and the families beside that one.
"""

from collections import Counter

from service.simulator.access import visible
from service.simulator.answers import Answer, Call
from service.simulator.errors import Forbidden
from service.simulator.life import Life
from service.simulator.metrics import ANSWERED
from service.simulator.replicas import Replica, replicas_of
from service.simulator.simulator import Simulator

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0"


def open_metrics(simulator: Simulator, call: Call) -> Answer:
    """Answer an endpoint's metrics as text."""
    life, now = visible(simulator, call), simulator.looked_at
    if not simulator.faults.open_metrics:
        raise Forbidden("Forbidden: open-metrics need a Team or Enterprise plan")
    present = replicas_of(life, now)
    ready = [replica for replica in present if replica.ready]
    lines = [
        "# HELP http_requests Requests that a replica answered.",
        "# TYPE http_requests counter",
        *_requests(life, ready),
        "# HELP ready_replicas Replicas that are up.",
        "# TYPE ready_replicas gauge",
        f"ready_replicas {len(ready)}",
        "# HELP target_replicas Replicas that there shall be.",
        "# TYPE target_replicas gauge",
        f"target_replicas {len(present)}",
        "# EOF",
    ]
    return Answer(status=200, body="\n".join([*lines, ""]).encode(), content_type=CONTENT_TYPE)


def _requests(life: Life, ready: list[Replica]) -> list[str]:
    """Return the samples: each replica's even share of what was answered since the endpoint is up."""
    if life.up_since is None or not ready:
        return []
    since = int(life.up_since.timestamp()) // 60
    codes = Counter({ANSWERED: sum(count for minute, count in life.requests.items() if minute >= since)})
    for (minute, code), count in life.refusals.items():
        if minute >= since and code < 500:  # what is 5xx comes from the proxy, where no replica answered
            codes[code] += count
    return [
        f'http_requests_total{{replica_id="{replica.id}",status_code="{code}"}} {_share(count, number, len(ready))}'
        for number, replica in enumerate(ready)
        for code, count in sorted(codes.items())
    ]


def _share(count: int, number: int, of: int) -> int:
    return count // of + (number < count % of)

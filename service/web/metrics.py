"""The daemon in figures, for Prometheus; read from the parts at each scrape, so that none can go stale.

What is not known has no sample: a missing figure is not 0.
"""

import math
from collections import Counter
from collections.abc import Iterator

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.catalogue.incidents import Severity
from events.views.fleet import Health
from events.views.outbox import State
from service.config import Mode
from service.parts import Parts
from service.web import shapes
from service.web.context import parts_of
from service.web.parked import standing
from service.web.present import burning, counted, namespace_seen

Metric = GaugeMetricFamily


async def metrics(request: web.Request) -> web.Response:
    """Answer in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    parts = parts_of(request)
    registry.register(PartsCollector(parts, await standing(parts)))
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class PartsCollector(Collector):
    """Every figure, worked out when it is asked for."""

    def __init__(self, parts: Parts, subscribers: tuple[shapes.Subscriber, ...]) -> None:
        """Keep the parts to ask, and where the subscribers stand."""
        self._parts = parts
        self._subscribers = subscribers

    def collect(self) -> Iterator[Metric]:
        yield from _of_namespaces(self._parts)
        yield from _of_clients(self._parts)
        yield from _of_work(self._parts)
        yield from _of_subscribers(self._subscribers)
        yield from _of_daemon(self._parts)


def _of_namespaces(parts: Parts) -> Iterator[Metric]:
    endpoints = GaugeMetricFamily(
        "lamplighter_endpoints", "Endpoints of watched namespaces, by status.", labels=["namespace", "status"]
    )
    reachable = GaugeMetricFamily(
        "lamplighter_namespace_reachable", "1 if the namespace can be read, 0 if not.", labels=["namespace"]
    )
    seen = GaugeMetricFamily(
        "lamplighter_namespace_seen_seconds", "Seconds since the last good sweep.", labels=["namespace"]
    )
    cost = GaugeMetricFamily(
        "lamplighter_usd_per_hour", "What endpoints are known to cost now: price times replicas.", labels=["namespace"]
    )
    unpriced = GaugeMetricFamily(
        "lamplighter_unpriced_endpoints", "Endpoints whose cost is not known.", labels=["namespace"]
    )
    age = GaugeMetricFamily(
        "lamplighter_usd_per_hour_age_seconds",
        "Seconds since the look that the cost rests on; +Inf if there was none yet: what burns there is not known.",
        labels=["namespace"],
    )
    burns = burning(parts)
    for namespace, counts in counted(parts).items():
        burn, seconds = burns[namespace], namespace_seen(parts, namespace)
        age.add_metric([namespace], math.inf if seconds is None else seconds)
        if burn.usd_per_hour is not None:
            cost.add_metric([namespace], burn.usd_per_hour)
        if burn.usd_per_hour is not None or burn.unpriced:
            unpriced.add_metric([namespace], burn.unpriced)
        for status, count in counts.items():
            endpoints.add_metric([namespace, status], count)
        unreachable = parts.live.fleet.namespaces.get(namespace, Health()).unreachable is not None
        if unreachable or parts.watch.of(namespace).asked:
            reachable.add_metric([namespace], 0 if unreachable else 1)
        if seconds is not None:
            seen.add_metric([namespace], seconds)
    yield from (endpoints, reachable, seen, cost, unpriced, age)


def _of_clients(parts: Parts) -> Iterator[Metric]:
    """Tell who needs what; of a namespace in which nobody does, that is known, and is 0."""
    leases = GaugeMetricFamily("lamplighter_leases", "Leases that have not ended.", labels=["namespace"])
    leased = GaugeMetricFamily(
        "lamplighter_leased_endpoints", "Endpoints that somebody needs awake.", labels=["namespace"]
    )
    waiters = GaugeMetricFamily("lamplighter_waiters", "Clients that wait for an endpoint now.", labels=["namespace"])
    taken = Counter(name for name, _ in parts.leases.all())
    waiting = parts.readiness.waiters()
    for namespace in dict.fromkeys([*parts.watch.watchers, *(name.namespace for name in (*taken, *waiting))]):
        counts = [count for name, count in taken.items() if name.namespace == namespace]
        leases.add_metric([namespace], sum(counts))
        leased.add_metric([namespace], len(counts))
        waiters.add_metric([namespace], sum(count for name, count in waiting.items() if name.namespace == namespace))
    yield from (leases, leased, waiters)


def _of_work(parts: Parts) -> Iterator[Metric]:
    live = parts.live
    incidents = GaugeMetricFamily("lamplighter_open_incidents", "Incidents that are open.", labels=["severity"])
    by_severity = Counter(incident.fired.severity for incident in live.incidents.open.values())
    for severity in Severity:
        incidents.add_metric([severity.value], by_severity[severity])
    yield incidents
    yield GaugeMetricFamily(
        "lamplighter_undelivered_notifications", "Notifications still to be sent.", value=len(live.outbox.pending)
    )
    yield GaugeMetricFamily(
        "lamplighter_undeliverable_notifications",
        "Notifications given up after their last try.",
        value=sum(letter.state is State.UNDELIVERABLE for letter in live.outbox.ended),
    )
    yield GaugeMetricFamily(
        "lamplighter_open_intents",
        "Acts that were intended and have no outcome yet.",
        value=sum(len(known.open) for known in live.fleet.endpoints.values()),
    )


def _of_subscribers(subscribers: tuple[shapes.Subscriber, ...]) -> Iterator[Metric]:
    lag = GaugeMetricFamily(
        "lamplighter_subscriber_lag_events", "Events in the log that it has not passed yet.", labels=["subscriber"]
    )
    parked = GaugeMetricFamily(
        "lamplighter_subscriber_parked_events", "Events that it could not take and set aside.", labels=["subscriber"]
    )
    for one in subscribers:
        if one.running:
            lag.add_metric([one.subscriber], one.lag)
        parked.add_metric([one.subscriber], one.parked)
    yield from (lag, parked)


def _of_daemon(parts: Parts) -> Iterator[Metric]:
    mode = GaugeMetricFamily("lamplighter_mode", "1 for the mode that the process is in.", labels=["mode"])
    for one in Mode:
        mode.add_metric([one.value], int(parts.configuration.settings.mode is one))
    yield mode
    yield GaugeMetricFamily(
        "lamplighter_log_position", "Position of the newest event that is shown.", value=parts.live.fleet.position
    )
    if (finding := parts.inspection.finding) is not None:
        yield GaugeMetricFamily(
            "lamplighter_log_sound",
            "1 if the last inspection of the log found nothing wrong.",
            value=not finding.broken,
        )
    yield GaugeMetricFamily("lamplighter_ready", "1 once every namespace was asked for.", value=int(parts.ready))
    info = GaugeMetricFamily("lamplighter_build_info", "The version, as a label.", labels=["version"])
    info.add_metric([parts.version], 1)
    yield info

"""How many replicas are wanted for the requests that come: a simple law in place of the platform's own.

The load is how many requests are under way at a time: those of this minute or of the last, whichever is more, times
the seconds that one takes. `pendingRequests: N` wants a replica for each N under way; `hardwareUsage: P` wants one for
each P percent of the slots that a replica has. Never fewer than minReplica, nor than 1 while it is up, nor more than
maxReplica. What is wanted more is there at once, and ready a while later; whether fewer will do is asked every five
minutes.
"""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any

from service.simulator.life import Life

REQUEST_SECONDS = 2.0
SLOTS = 4  # requests that one replica serves at a time
EASE_SECONDS = 300.0
DEFAULTS: Mapping[str, float] = {"hardwareUsage": 80.0, "pendingRequests": 1.5}


def wanted_replicas(life: Life, now: datetime) -> int:
    """Return how many replicas the load of now wants."""
    minute = int(now.timestamp()) // 60
    load = max(life.requests_in(minute), life.requests_in(minute - 1)) * REQUEST_SECONDS / 60
    return clamped(ceil(load / _load_of_one(life.scaling.get("measure") or {})), life)


def clamped(replicas: int, life: Life) -> int:
    """Return the number that is nearest to this one and that the document allows while it is up."""
    return max(min(replicas, life.most_replicas), life.least_replicas, 1)


def _load_of_one(measure: Mapping[str, Any]) -> float:
    kind, threshold = next(iter(measure.items()), ("hardwareUsage", None))
    threshold = threshold or DEFAULTS.get(kind, DEFAULTS["hardwareUsage"])
    return float(threshold) if kind == "pendingRequests" else SLOTS * float(threshold) / 100

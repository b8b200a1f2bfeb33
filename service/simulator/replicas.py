"""The replicas of an endpoint, as far as the API tells them.

Assumed, since nothing tells: `…/replica` is `{items}`, of objects with id, status and startedAt; an id is the
endpoint's name with two groups of letters after it, as of a pod; each start and each update brings new ones.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from service.simulator.access import visible
from service.simulator.answers import Answer, Call, json_answer
from service.simulator.life import Life
from service.simulator.simulator import Simulator
from service.simulator.telling import timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One replica; one that is not ready is still starting."""

    id: str
    ready: bool
    started_at: datetime | None


def replicas_of(life: Life, now: datetime) -> list[Replica]:
    """Return the replicas that there are or shall be, in the order of their start."""
    ready = life.ready_replicas(now)
    return [
        Replica(
            id=_id(life, number),
            ready=number < ready,
            started_at=life.ready_at[number] if number < len(life.ready_at) else None,
        )
        for number in range(life.target_replicas)
    ]


def replicas(simulator: Simulator, call: Call) -> Answer:
    """Answer the replicas of an endpoint."""
    life, now = visible(simulator, call), simulator.looked_at
    return json_answer({"items": [_told(replica) for replica in replicas_of(life, now)]})


def _told(replica: Replica) -> dict[str, str | None]:
    started = timestamp(replica.started_at, 3, replica.id) if replica.ready and replica.started_at else None
    return {"id": replica.id, "status": "running" if replica.ready else "initializing", "startedAt": started}


def _id(life: Life, number: int) -> str:
    start = sha256(f"{life.namespace}/{life.name}/{life.number}/{life.plans}".encode()).hexdigest()
    return f"{life.name}-{start[:10]}-{sha256(f'{start}/{number}'.encode()).hexdigest()[:5]}"

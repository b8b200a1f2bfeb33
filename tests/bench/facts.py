"""The events that every store is given: an example of each type that is about an endpoint or its namespace, in turn."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from events import codec
from events.catalogue import Event
from events.record import Recorded
from statemachine.model import instant

EXAMPLES = Path(__file__).parents[1] / "contract" / "examples"
START = datetime(2026, 11, 1, tzinfo=UTC)
STREAMS = {
    "endpoint": "endpoint/acme/{0}/2026-11-01T08:00:00.000000Z",
    "act": "acts/acme/{0}",
    "hold": "acts/acme/{0}",
    "incident": "incident/cold-starts/acme/{0}",
    "namespace": "namespace/team-of-{0}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One event, ready for whoever stores it: as we hold it, and as bytes."""

    stream: str
    version: int
    event: Event
    type: str
    data: bytes
    time: datetime


class Facts:
    """Deals facts: each caller has an endpoint of its own, whose streams grow from deal to deal, all at one pace."""

    def __init__(self) -> None:
        self._versions: Counter[str] = Counter()
        self._numbers = count()
        self._examples = list(examples())

    def deal(self, callers: int, each: int) -> list[list[Fact]]:
        rows = [[self._next(f"endpoint-{caller:03}") for caller in range(callers)] for _ in range(each)]
        return [list(own) for own in zip(*rows, strict=True)]

    def _next(self, endpoint: str) -> Fact:
        number = next(self._numbers)
        event, type_name, data = self._examples[number % len(self._examples)]
        stream = STREAMS[type_name.partition(".")[0]].format(endpoint)
        self._versions[stream] += 1
        time = START + timedelta(seconds=number)
        return Fact(stream=stream, version=self._versions[stream], event=event, type=type_name, data=data, time=time)


def examples() -> Iterator[tuple[Event, str, bytes]]:
    """Yield each example in the present schema of its type."""
    for type_name in codec.TYPES:
        if type_name.partition(".")[0] in STREAMS:
            schema = codec.schema_of(type_name)
            data = (EXAMPLES / f"{type_name}.v{schema}.json").read_bytes().rstrip(b"\n")
            recorded = Recorded(
                position=1,
                id="",
                stream="",
                version=1,
                type=type_name,
                schema=schema,
                instant=instant(START),
                actor="",
                data=data,
            )
            yield codec.decode(recorded), type_name, data

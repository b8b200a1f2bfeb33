"""What came of `lamplighter once`: read from the log that it wrote, told in counts."""

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from events.query import Query
from events.views.fleet import Act
from service import app, logs
from service.cli.logfile import event_document
from service.cli.printing import say, warn
from service.cli.sentences import sentence
from service.cli.spelling import COMMANDS, counted
from service.config import Configuration
from statemachine.model import EndpointName

PAGE = 1000
# What did not come to be, and makes the exit code 1.
FAILURES = frozenset({"act.failed", "delivery.failing", "delivery.undeliverable", "subscriber.parked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An act of which the round did not see the end: `position` is where it was meant."""

    endpoint: str
    command: str
    actor: str
    position: int
    intent: str

    def __str__(self) -> str:
        """Return the sentence that tells what becomes of it."""
        command = COMMANDS.get(self.command, self.command)
        return (
            f"{self.endpoint}: {command}, meant by {self.actor} at position {self.position}, is still open: "
            "whether it took effect is not known, the next round looks again"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One look, one decision, one delivery: `failures` are sentences, `position` is where the log ends."""

    mode: str
    endpoints: int
    unreadable: tuple[str, ...]
    events: Counter[str]
    failures: tuple[str, ...]
    open: tuple[Open, ...]
    undelivered: int
    position: int

    @property
    def well(self) -> bool:
        """Return whether all of it could be done."""
        return not (self.unreadable or self.failures or self.open or self.undelivered)

    @property
    def document(self) -> dict[str, Any]:
        """Return it for a machine."""
        return {
            "mode": self.mode,
            "endpoints": self.endpoints,
            "unreadable": list(self.unreadable),
            "events": dict(sorted(self.events.items())),
            "failures": list(self.failures),
            "open": [asdict(act) for act in self.open],
            "undelivered": self.undelivered,
            "position": self.position,
        }

    def show(self) -> None:
        """Print it for a person: what could not be read comes first."""
        for namespace in self.unreadable:
            warn(f"! {namespace} could not be read: its endpoints are as they were last seen")
        changes = sum(count for name, count in self.events.items() if name.startswith("endpoint."))
        told = [f"{self.mode}: {counted(self.endpoints, 'endpoint')}", f"{counted(changes, 'change')} recorded"]
        for name, words in (("act.warned", "warning"), ("act.confirmed", "act"), ("delivery.delivered", "message")):
            if self.events[name]:
                told.append(counted(self.events[name], words))
        say(f"{', '.join(told)}; log at {self.position}")
        for trouble in (*self.failures, *self.open):
            warn(f"! {trouble}")
        if self.undelivered:
            warn(f"! {counted(self.undelivered, 'message')} not delivered yet: the next round tries again")


def play_round(configuration: Configuration, *, despite_broken_chain: bool = False) -> Round:
    """Do one round. Raises ConfigError and LogError when it cannot begin."""
    logs.configure()
    return asyncio.run(play(configuration, app.World(despite_broken_chain=despite_broken_chain)))


async def play(configuration: Configuration, world: app.World) -> Round:
    """Do one round in this world."""
    events: Counter[str] = Counter()
    failures: list[str] = []
    async with app.once(configuration, world) as done:
        after = done.began
        while True:
            page = await done.log.read(Query(after=after, limit=PAGE))
            for recorded in page.events:
                events[recorded.type] += 1
                if recorded.type in FAILURES:
                    event = event_document(recorded)
                    failures.append(f"{event['endpoint'] or event['stream']}: {sentence(event['type'], event['data'])}")
            if not page.more:
                break
            after = page.events[-1].position
        return Round(
            mode=configuration.settings.mode.value,
            endpoints=sum(known.endpoint.sighting is not None for known in done.live.fleet.endpoints.values()),
            unreadable=tuple(name for name, watcher in done.watch.watchers.items() if watcher.swept is None),
            events=events,
            failures=tuple(failures),
            open=tuple(_open(name, act) for name, act in done.open_acts()),
            undelivered=len(done.live.outbox.pending),
            position=page.head,
        )


def _open(name: EndpointName, act: Act) -> Open:
    intended = act.intended
    return Open(
        endpoint=str(name),
        command=intended.command,
        actor=act.actor,
        position=act.position,
        intent=intended.intent,
    )

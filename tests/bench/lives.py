"""What endpoints, people, policies and the daemon do in a year, as a log tells it: made up from a seed, never random.

Facts are those that `decide` makes of looks. Acts, incidents and deliveries stand as their writers put them there, in
units that keep the streams' versions. Each story is a generator that tells a part and yields the instant of its next.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from events import codec, streams
from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted, DaemonStopped
from events.catalogue.incidents import Fired, Resolved, Severity
from events.catalogue.keepers import HoldLifted, HoldPlaced
from events.catalogue.namespaces import NamespaceRecovered, NamespaceUnreachable
from events.catalogue.notifications import Delivered, DeliveryFailing, Message, Notified, Undeliverable
from events.record import Draft, decision_id
from events.unit import Unit, Write
from statemachine.configuration import Flattened, Scalar
from statemachine.machine import Trigger, by_life, decide, evolve
from statemachine.model import (
    Endpoint,
    EndpointName,
    Look,
    Missing,
    Observation,
    Ours,
    Seen,
    Sighting,
    Unreadable,
)
from statemachine.status import Status

START = datetime(2025, 1, 1, tzinfo=UTC)
POLL = timedelta(seconds=15)
CHANNEL = "ops"
PEOPLE = ("5ff5d596f244529b3ec0fb89", "61a3c0de9f3b2a0001d4e5f6", "62b7f1aa0c9d8e7f00112233")
GPUS = ("t4", "l4", "a10g", "a100", "h200")


@dataclass(slots=True)
class Tale:
    """All that is told, in the order of the log; `units` are those that were not taken away yet."""

    position: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    units: list[Unit] = field(default_factory=list)

    def tell(self, at: datetime, actor: str, *said: tuple[str, Event, str | None]) -> int:
        """Add a unit; each event has its stream and, if it is a decision, its id. Return the position of its first."""
        first, before = self.position + 1, Counter(self.versions)
        drafts: dict[str, list[Draft]] = {}
        for stream, event, id_ in said:
            self.versions[stream] += 1
            draft = (
                codec.fact(stream, self.versions[stream], event, time=at, actor=actor)
                if id_ is None
                else codec.decision(id_, event, time=at, actor=actor)
            )
            drafts.setdefault(stream, []).append(draft)
        writes = {stream: Write(expected=before[stream], drafts=tuple(own)) for stream, own in drafts.items()}
        self.units.append(Unit(streams=writes))
        self.position += len(said)
        return first


@dataclass(slots=True)
class Life:
    """One endpoint: what its document says now, and what the log knows of it."""

    tale: Tale
    chance: Random
    name: EndpointName
    now: datetime
    created_at: datetime
    status: Status = Status.RUNNING
    edited_at: datetime | None = None
    editor: str = PEOPLE[0]
    message: str = "Endpoint is ready"
    configuration: dict[str, Scalar] = field(default_factory=dict)
    endpoint: Endpoint = field(default_factory=Endpoint)
    asked_at: datetime | None = None
    cause: int = 0

    def pass_time(self, low: float, high: float) -> datetime:
        """Let so many seconds pass; looks go on, and see nothing new."""
        self.now += timedelta(seconds=self.chance.uniform(low, high))
        return self.now

    def look(self, *, ours: tuple[Ours, ...] = ()) -> None:
        """See the document as it is now."""
        up = self.status is Status.RUNNING
        sighting = Sighting(
            status=self.status,
            created_at=self.created_at,
            updated_at=self.edited_at,
            created_by=PEOPLE[0],
            updated_by=self.editor,
            ready_replicas=1 if up else 0,
            target_replicas=0 if self.status in {Status.PAUSED, Status.SCALED_TO_ZERO} else 1,
            url=None if self.status is Status.PAUSED else f"https://{self.name.name}.us-east-1.aws.endpoints.example",
            message=self.message,
            configuration=Flattened(self.configuration),
        )
        self.observe(Seen(look=self._look(), sighting=sighting), ours=ours)

    def vanish(self) -> None:
        """Be gone."""
        self.observe(Missing(look=self._look()))

    def blur(self) -> None:
        """Be there, and unreadable."""
        self.observe(Unreadable(look=self._look(), reason="status.state: expected a text"))

    def observe(self, observation: Observation, *, ours: tuple[Ours, ...] = ()) -> None:
        known = self.endpoint
        before = None if self.asked_at is None else max(self.asked_at, observation.look.asked_at - POLL)
        events = decide(known, observation, not_before=before, gap=False, ours=ours)
        for event in events:
            known = evolve(known, event)
        said = [
            (streams.life(self.name, life), event, None)
            for life, own in by_life(self.endpoint, events)
            for event in own
        ]
        if said:
            self.cause = self.tale.tell(observation.look.answered_at, "watcher", *said)
        self.endpoint, self.asked_at = known, observation.look.asked_at

    def act(self, command: Trigger, actor: str, *, policy: str | None = None, evidence: tuple[int, ...] = ()) -> Ours:
        """Mean to do something."""
        intent = decision_id("intent", self.name, actor, command, self.tale.position)
        intended = Intended(
            intent=intent,
            command=command.value,
            life=self.created_at,
            version=self.tale.versions[streams.life(self.name, self.created_at)],
            evidence=evidence,
            reason="running for 8 h, longer than 8 h" if policy else "needed for the evaluation",
            deadline=self.now + timedelta(minutes=15),
            policy=policy,
            revision="3f1a" if policy else None,
            updated_at=self.edited_at,
            scaling={"minReplica": 1, "maxReplica": 2} if command is Trigger.RESUME else {},
        )
        self.tale.tell(self.now, actor, (streams.acts(self.name), intended, intent))
        return Ours(intent, command)

    def ended(self, event: Confirmed | Failed | Abandoned, actor: str) -> int:
        """Tell how an intent ended."""
        return self.tale.tell(self.now, actor, (streams.acts(self.name), event, decision_id("end", event.intent)))

    def _look(self) -> Look:
        asked = (self.now - START).total_seconds()
        took = timedelta(seconds=0.2)
        return Look(asked_at=self.now, answered_at=self.now + took, asked=asked, answered=asked + 0.2)


def endpoint(tale: Tale, name: EndpointName, seed: int) -> Iterator[datetime]:
    """Live for ever: discovered, then lap after lap."""
    chance = Random(seed)
    born = START - timedelta(days=chance.uniform(1, 90))
    life = Life(tale, chance, name, START, created_at=born, edited_at=born, configuration=_configuration(chance))
    yield life.pass_time(0, 3600)
    life.look()
    laps = (nap, paused_by_policy, paused_by_person, edited, failed, held, refused, unreadable, recreated)
    while True:
        yield life.pass_time(600, 6 * 3600)
        lap = chance.choices(laps, weights=(40, 12, 10, 16, 8, 4, 3, 3, 1))[0]
        yield from lap(life)


def nap(life: Life) -> Iterator[datetime]:
    """Scale to zero when nobody calls, and start again by a request."""
    life.status, life.message = Status.SCALED_TO_ZERO, "Endpoint is scaled to zero"
    life.look()
    yield life.pass_time(300, 8 * 3600)
    yield from started(life)


def started(life: Life, *, ours: tuple[Ours, ...] = ()) -> Iterator[datetime]:
    """Come up: pending for a short while, which is not always seen, then initializing."""
    if life.chance.random() < 0.5:
        life.status, life.message = Status.PENDING, "Endpoint waiting to be scheduled"
        life.look(ours=ours)
        yield life.pass_time(10, 120)
    life.status, life.message = Status.INITIALIZING, "Endpoint is initializing"
    life.look(ours=ours)
    yield life.pass_time(40, 600)
    life.status, life.message = Status.RUNNING, "Endpoint is ready"
    life.look(ours=ours)


def paused_by_policy(life: Life) -> Iterator[datetime]:
    """Run for too long: two warnings, an intent, its effect; hours later somebody wants it again."""
    cause, acts, warned = life.cause, streams.acts(life.name), []
    for edge in (3600.0, 600.0):
        warning = Warned(
            policy="nightly",
            revision="3f1a",
            life=life.created_at,
            cause=cause,
            edge_seconds=edge,
            command=Trigger.PAUSE.value,
            due_at=life.now + timedelta(seconds=edge),
            reason="running for 7 h, and may for 8 h",
        )
        id_ = decision_id("warn", life.name, cause, edge)
        warned.append(life.tale.tell(life.now, "policy:nightly", (acts, warning, id_)))
        yield life.pass_time(edge / 2, edge)
    ours = life.act(Trigger.PAUSE, "policy:nightly", policy="nightly", evidence=(cause, *warned))
    yield life.pass_time(1, 5)
    yield from paused(life, ours, "policy:nightly")


def paused_by_person(life: Life) -> Iterator[datetime]:
    """Be paused by hand, and wanted again."""
    actor = f"person:{life.chance.choice(('ana', 'ben', 'chi'))}"
    ours = life.act(Trigger.PAUSE, actor)
    yield life.pass_time(1, 5)
    yield from paused(life, ours, actor)


def paused(life: Life, ours: Ours, actor: str) -> Iterator[datetime]:
    """Pause as meant, be confirmed, and be resumed by a person later."""
    life.status, life.message, life.edited_at = Status.PAUSED, "Endpoint is paused", life.now
    life.look(ours=(ours,))
    life.ended(Confirmed(intent=ours.intent, status="paused", seen_at=life.now), actor)
    yield life.pass_time(1800, 14 * 3600)
    again = life.act(Trigger.RESUME, "person:ana")
    life.edited_at = life.now
    yield from started(life, ours=(again,))
    life.ended(Confirmed(intent=again.intent, status="running", seen_at=life.now), "person:ana")


def edited(life: Life) -> Iterator[datetime]:
    """Be edited by somebody, update, and go on."""
    life.editor, life.edited_at = life.chance.choice(PEOPLE), life.now
    life.configuration["compute.scaling.maxReplica"] = life.chance.randint(1, 9)
    life.configuration["model.revision"] = f"{life.chance.getrandbits(64):016x}"
    life.status, life.message = Status.UPDATING, "Endpoint is updating"
    life.look()
    yield life.pass_time(60, 400)
    life.status, life.message = Status.RUNNING, "Endpoint is ready"
    life.look()


def failed(life: Life) -> Iterator[datetime]:
    """Fail, call people, and be mended."""
    life.status, life.message = Status.FAILED, "Scheduling failure: unable to schedule"
    life.look()
    tale, about, stream = life.tale, str(life.name), streams.incident("failed", streams.Subject(*_parts(life.name)))
    incident = decision_id("incident", "failed", about, life.cause)
    reason = f"its status is failed: {life.message}"
    fired = Fired(
        incident=incident,
        rule="failed",
        severity=Severity.CRITICAL,
        reason=reason,
        evidence=life.cause,
        at=life.now,
    )
    notified = _notified(life, Message.FIRING, incident, f"{about}: failed", reason)
    tale.tell(life.now, "alerts", (stream, fired, incident), notified)
    yield life.pass_time(1, 3)
    yield from _delivered(life, notified[1])
    yield life.pass_time(600, 4 * 3600)
    yield from started(life)
    resolved = Resolved(
        incident=incident,
        rule="failed",
        reason="its status is running",
        evidence=life.cause,
        fired_at=fired.at,
        at=life.now,
    )
    over = _notified(life, Message.RESOLVED, incident, f"{about}: over: failed", resolved.reason)
    tale.tell(life.now, "alerts", (stream, resolved, decision_id("resolve", incident)), over)
    yield life.pass_time(1, 3)
    yield from _delivered(life, over[1])


def held(life: Life) -> Iterator[datetime]:
    """Be protected by a person for a while, who may take that back."""
    hold, acts = decision_id("hold", life.name, life.tale.position), streams.acts(life.name)
    until = life.now + timedelta(hours=life.chance.randint(1, 24))
    placed = HoldPlaced(hold=hold, author="person:ben", reason="a demonstration tonight", until=until)
    life.tale.tell(life.now, "person:ben", (acts, placed, hold))
    yield life.pass_time(300, 4 * 3600)
    if life.chance.random() < 0.5:
        lifted = HoldLifted(hold=hold, author="person:ben")
        life.tale.tell(life.now, "person:ben", (acts, lifted, decision_id("lift", hold)))


def refused(life: Life) -> Iterator[datetime]:
    """Be meant to pause, and not: refused by the other side, or given up by us."""
    ours = life.act(Trigger.PAUSE, "policy:nightly", policy="nightly", evidence=(life.cause,))
    yield life.pass_time(1, 900)
    if life.chance.random() < 0.5:
        life.ended(Failed(intent=ours.intent, error="Hugging Face refused it: 403", code=403), "policy:nightly")
    else:
        life.ended(Abandoned(intent=ours.intent, reason="a hold came", touched=False), "policy:nightly")


def unreadable(life: Life) -> Iterator[datetime]:
    """Have a document that nobody understands for a while."""
    life.blur()
    yield life.pass_time(60, 3600)
    life.look()


def recreated(life: Life) -> Iterator[datetime]:
    """Be deleted; after a while somebody takes the name again."""
    life.vanish()
    yield life.pass_time(3600, 48 * 3600)
    life.created_at = life.edited_at = life.now - timedelta(seconds=20)
    life.configuration = _configuration(life.chance)
    life.status, life.message = Status.INITIALIZING, "Endpoint is initializing"
    life.look()
    yield life.pass_time(40, 600)
    life.status, life.message = Status.RUNNING, "Endpoint is ready"
    life.look()


def namespace(tale: Tale, name: str, seed: int) -> Iterator[datetime]:
    """Fail to answer now and then."""
    chance, now, stream = Random(seed), START, streams.namespace(name)
    while True:
        now += timedelta(seconds=chance.uniform(3600, 24 * 3600))
        yield now
        since = now
        lost = NamespaceUnreachable(since=since, error="server", detail="Hugging Face answers 503")
        tale.tell(now, "watcher", (stream, lost, None))
        now += timedelta(seconds=chance.uniform(30, 1200))
        yield now
        tale.tell(now, "watcher", (stream, NamespaceRecovered(since=since, seen_at=now), None))


def daemon(tale: Tale, seed: int) -> Iterator[datetime]:
    """Be started, configured and stopped, every few days."""
    chance, now, run = Random(seed), START, 0
    while True:
        digest = f"{chance.getrandbits(128):032x}"
        started_ = DaemonStarted(version="0.1.0", mode="act", configuration=digest, down_since=now if run else None)
        applied = ConfigurationApplied(digest=digest, changes={"settle": "10m", "policies.nightly.max_age": f"{run}h"})
        tale.tell(now, "daemon", (streams.DAEMON, started_, None), (streams.DAEMON, applied, None))
        now += timedelta(days=chance.uniform(0.5, 6))
        yield now
        if chance.random() < 0.2:
            tale.tell(now, "daemon", (streams.DAEMON, ConfigurationRefused(reason="settle: not a duration"), None))
        tale.tell(now, "daemon", (streams.DAEMON, DaemonStopped(reason="asked to"), None))
        now += timedelta(seconds=chance.uniform(5, 300))
        yield now
        run += 1


def _notified(life: Life, message: Message, incident: str, title: str, text: str) -> tuple[str, Notified, str]:
    id_ = decision_id("notify", CHANNEL, message, incident)
    notified = Notified(
        notification=id_,
        message=message,
        title=title,
        text=text,
        why=f"route 1: rule failed; channel {CHANNEL}",
        subject=str(life.name),
        incidents=(incident,),
        evidence=life.cause,
        at=life.now,
    )
    return streams.delivery(CHANNEL), notified, id_


def _delivered(life: Life, notified: Notified) -> Iterator[datetime]:
    """Deliver at once, mostly; else at the second try, or never."""
    tale, stream, id_, luck = life.tale, streams.delivery(CHANNEL), notified.notification, life.chance.random()
    if luck < 0.1:
        failing = DeliveryFailing(notification=id_, error="the receiver answers 502")
        tale.tell(life.now, "outbox", (stream, failing, decision_id("delivery.failing", id_)))
        yield life.pass_time(5, 300)
    end: Event = Delivered(notification=id_, attempts=1 if luck >= 0.1 else 2)
    if luck < 0.01:
        end = Undeliverable(notification=id_, attempts=10, error="the receiver answers 502")
    tale.tell(life.now, "outbox", (stream, end, decision_id(codec.type_of(type(end)), id_)))


def _configuration(chance: Random) -> dict[str, Scalar]:
    return {
        "compute.accelerator": "gpu",
        "compute.instanceSize": "x1",
        "compute.instanceType": f"nvidia-{chance.choice(GPUS)}",
        "compute.scaling.maxReplica": 2,
        "compute.scaling.minReplica": 0,
        "compute.scaling.scaleToZeroTimeout": 15,
        "model.env.HF_TOKEN": "•••",
        "model.framework": "pytorch",
        "model.image.huggingface": "{}",
        "model.repository": f"acme/model-{chance.randint(1, 99)}",
        "model.revision": f"{chance.getrandbits(64):016x}",
        "model.task": "text-generation",
        "provider.region": "us-east-1",
        "provider.vendor": "aws",
        "tags": chance.choice(("eval", "prod, keep", "demo")),
        "type": "protected",
    }


def _parts(name: EndpointName) -> tuple[str, str]:
    return name.namespace, name.name

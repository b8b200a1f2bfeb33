"""A short history in which something of everything happens: what the stored examples of snapshots are made of.

It never changes: another history would be another example. What is added to a view is told by an event at its end.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

from events import codec, streams
from events.catalogue import Event
from events.catalogue.access import Granted, TokenCreated, TokenRevoked
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted, DaemonStopped
from events.catalogue.incidents import Fired, Resolved, Severity
from events.catalogue.keepers import HoldLifted, HoldPlaced, LeaseExpired, LeaseReleased, LeaseTaken
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable, SuspicionEnded
from events.catalogue.notifications import Delivered, DeliveryFailing, Message, Notified, Superseded, Undeliverable
from events.record import Recorded
from statemachine import model
from statemachine.configuration import Flattened
from statemachine.model import EndpointName, Sighting, Window, instant
from statemachine.status import AnyStatus, Status, UnknownStatus
from statemachine.table import By, Trigger

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BORN = NOON - timedelta(days=20)
ANA = "5ff5d596f244529b3ec0fb89"
TGI, OLD, NEW = EndpointName("acme", "tgi"), EndpointName("acme", "old"), EndpointName("acme", "new")
LIFE, ACTS = streams.life(TGI, BORN), streams.acts(TGI)
PAGER = streams.delivery("pager")
FAILED = streams.incident("failed", streams.Subject("acme", "tgi"))
STUCK = streams.incident("stuck", streams.Subject("acme", "new"))


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def window(minutes: float, *, gap: bool = False, blur: float = 0.0) -> Window:
    return Window(not_before=at(minutes) - timedelta(seconds=15), seen_at=at(minutes), gap=gap, blur_seconds=blur)


def sighting(status: Status | UnknownStatus, **more: object) -> Sighting:
    return Sighting(status=status, created_at=BORN, updated_at=BORN, created_by=ANA, updated_by=ANA, **more)  # type: ignore[arg-type]


def changed(minutes: float, old: AnyStatus, new: AnyStatus, **more: object) -> model.StatusChanged:
    said: dict[str, object] = {"window": window(minutes), "kind": model.Kind.DIRECT, "message": f"is {new}"}
    return model.StatusChanged(old=old, new=new, **(said | more))  # type: ignore[arg-type]


def intended(intent: str, command: str, **more: object) -> Intended:
    said: dict[str, object] = {"life": BORN, "version": 3, "evidence": (3, 4), "deadline": at(90), "reason": "too long"}
    return Intended(intent=intent, command=command, **(said | more))  # type: ignore[arg-type]


def notified(id_: str, message: Message, incident: str) -> Notified:
    return Notified(
        notification=id_,
        message=message,
        title=f"acme/tgi: {message}",
        text="out of memory",
        why="route page: rule failed",
        subject="acme/tgi",
        incidents=(incident,),
        evidence=9,
        at=at(40),
    )


def fired(incident: str, rule: str, *, arrival: bool = False) -> Fired:
    severity = Severity.CRITICAL if rule == "failed" else Severity.WARNING
    return Fired(incident=incident, rule=rule, severity=severity, reason="so", evidence=9, at=at(40), arrival=arrival)


def resolved(incident: str) -> Resolved:
    return Resolved(incident=incident, rule="failed", reason="mended", evidence=10, fired_at=at(40), at=at(50))


def warned(edge: float) -> Warned:
    return Warned(
        policy="nights",
        revision="3f2a",
        life=BORN,
        cause=3,
        edge_seconds=edge,
        command="pause",
        due_at=at(30),
        reason="running for 7 h",
    )


def hold(id_: str, minutes: float) -> HoldPlaced:
    return HoldPlaced(hold=id_, author="person:ana", reason="a demonstration", until=at(minutes))


def token(id_: str, name: str, expires_at: datetime | None = None) -> TokenCreated:
    return TokenCreated(
        token=id_,
        name=name,
        grants=(Granted(role="operate", namespaces=("acme", "lab-*")),),
        digest="0f" * 32,
        expires_at=expires_at,
    )


def leased(id_: str, *, pause_after: bool = False) -> LeaseTaken:
    return LeaseTaken(lease=id_, holder="person:ana", reason="an evaluation", until=at(95), pause_after=pause_after)


_PAUSED, _RUNNING, _STARTING = Status.PAUSED, Status.RUNNING, Status.INITIALIZING
_OURS = model.Cause(by=By.PERSON, trigger=Trigger.PAUSE, editor=ANA, intent="i-1")
_TOLD: list[tuple[float, str, Event]] = [
    (0, streams.DAEMON, DaemonStarted(version="0.1.0", mode="act", configuration="d-1", down_since=None)),
    (0, streams.DAEMON, ConfigurationApplied(digest="d-1", changes={"settle": "15m", "mode": "act"})),
    (
        1,
        LIFE,
        model.Discovered(
            seen_at=at(1),
            absent_at=None,
            sighting=sighting(
                _RUNNING,
                ready_replicas=1,
                target_replicas=2,
                url="https://a.example",
                configuration=Flattened({"a.b": 1, "c": "•••"}),
            ),
        ),
    ),
    (10, ACTS, warned(600)),
    (12, ACTS, hold("h-1", 15)),
    (13, ACTS, HoldLifted(hold="h-1", author="person:ana")),
    (20, ACTS, intended("i-1", "pause", policy="nights", revision="3f2a", updated_at=BORN)),
    (21, LIFE, changed(21, _RUNNING, _PAUSED, updated_at=at(21), updated_by=ANA, cause=_OURS)),
    (21, LIFE, model.ReplicasChanged(window=window(21), old_ready=1, old_target=2, ready=0, target=0)),
    (21, ACTS, Confirmed(intent="i-1", status="paused", seen_at=at(21))),
    (25, ACTS, intended("i-2", "resume", scaling={"minReplica": 1, "maxReplica": 2})),
    (26, ACTS, Failed(intent="i-2", error="refused", code=403)),
    (27, ACTS, intended("i-3", "resume")),
    (28, ACTS, Abandoned(intent="i-3", reason="somebody was there", touched=True)),
    (30, LIFE, changed(30, _PAUSED, _STARTING, kind=model.Kind.SKIPPED, via=(Status.PENDING,), updated_by=ANA)),
    (33, LIFE, model.ReplicasChanged(window=window(33), old_ready=0, old_target=0, ready=1, target=1)),
    (33, LIFE, changed(33, _STARTING, _RUNNING)),
    (35, LIFE, model.UrlChanged(window=window(35, blur=0.5), old="https://a.example", new="https://b.example")),
    (36, LIFE, model.MessageChanged(window=window(36), message="ready")),
    (37, LIFE, model.Reconfigured(window=window(37), changes=(model.Change(path="a.b", old=1, new=2),))),
    (38, LIFE, model.BecameUnreadable(window=window(38), reason="status.state")),
    (39, LIFE, model.BecameReadable(window=window(39, gap=True))),
    (40, LIFE, changed(40, _RUNNING, Status.FAILED)),
    (40, FAILED, fired("n-1", "failed")),
    (40, PAGER, notified("l-1", Message.FIRING, "n-1")),
    (41, PAGER, DeliveryFailing(notification="l-1", error="502")),
    (42, PAGER, Delivered(notification="l-1", attempts=2)),
    (45, LIFE, changed(45, Status.FAILED, UnknownStatus("hibernating"), kind=model.Kind.UNKNOWN)),
    (50, FAILED, resolved("n-1")),
    (50, PAGER, notified("l-2", Message.RESOLVED, "n-1")),
    (55, FAILED, fired("n-2", "failed")),
    (55, PAGER, notified("l-3", Message.FIRING, "n-2")),
    (56, PAGER, Undeliverable(notification="l-3", attempts=10, error="gone")),
    (57, STUCK, fired("n-3", "stuck", arrival=True)),
    (57, PAGER, notified("l-4", Message.ARRIVAL, "n-3")),
    (58, PAGER, Superseded(notification="l-2", by="l-4")),
    (
        60,
        streams.life(OLD, BORN),
        model.Discovered(seen_at=at(60), absent_at=at(59), sighting=sighting(_PAUSED), gap=True, blur_seconds=1.5),
    ),
    (61, streams.life(OLD, BORN), model.Deleted(window=window(61), old=_PAUSED, end=model.End.NOT_FOUND)),
    (62, streams.life(NEW, BORN), model.Discovered(seen_at=at(62), absent_at=None, sighting=sighting(_STARTING))),
    (63, streams.acts(NEW), intended("i-4", "pause")),
    (63, streams.acts(NEW), hold("h-2", 600)),
    (64, streams.namespace("acme"), NamespaceUnreachable(since=at(64), error="server", detail="503")),
    (65, streams.namespace("acme"), NamespaceRecovered(since=at(64), seen_at=at(65))),
    (66, streams.namespace("acme"), DisappearanceSuspected(seen_at=at(66), missing=("acme/tgi",), known=3)),
    (67, streams.namespace("other"), NamespaceUnreachable(since=at(67), error="server", detail="503")),
    (68, streams.namespace("third"), SuspicionEnded(seen_at=at(68), confirmed=True)),
    (70, streams.EVERYTHING, hold("h-3", 700)),
    (71, ACTS, warned(60)),
    (72, streams.acts(NEW), intended("i-5", "resume")),
    (73, streams.acts(NEW), Confirmed(intent="i-5", status="running", seen_at=at(73), late=True)),
    (74, streams.acts(NEW), intended("i-6", "pause")),
    (75, streams.acts(NEW), Failed(intent="i-6", error="its effect never showed")),
    (80, streams.DAEMON, ConfigurationRefused(reason="settle: not a duration")),
    (81, streams.DAEMON, DaemonStopped(reason="asked to")),
    (82, streams.lease(TGI), leased("e-1", pause_after=True)),
    (83, streams.lease(TGI), leased("e-2")),
    (84, streams.lease(TGI), LeaseReleased(lease="e-1", holder="person:ana")),
    (85, streams.lease(NEW), leased("e-3")),
    (86, streams.lease(NEW), LeaseExpired(lease="e-3", holder="person:ana", until=at(95))),
    (87, streams.ACCESS, token("t-1", "ci", expires_at=at(900))),
    (88, streams.ACCESS, token("t-2", "lost")),
    (89, streams.ACCESS, TokenRevoked(token="t-2", name="lost")),
]


def _story() -> list[Recorded]:
    versions, found = Counter[str](), []
    for position, (minutes, stream, event) in enumerate(_TOLD, start=1):
        versions[stream] += 1
        type_name, schema, data = codec.encode(event)
        found.append(
            Recorded(
                position=position,
                id=f"id-{position}",
                stream=stream,
                version=versions[stream],
                type=type_name,
                schema=schema,
                instant=instant(at(minutes)),
                actor="somebody",
                data=data,
            )
        )
    return found


STORY = _story()

"""Event to bytes and back: the only place that knows type names and schema versions.

A name, once used, keeps its meaning for ever. When the shape of a type changes, its schema version goes up by an
upcast that lifts the documents of the version before; `tests/contract/examples` holds one of each version.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from events.catalogue import Event, access, acts, daemon, incidents, keepers, log, namespaces, notifications, parked
from events.errors import LogError
from events.record import Draft, Recorded, fact_id
from statemachine import model
from statemachine.configuration import Flattened, Scalar

Upcast = Callable[[dict[str, Any]], dict[str, Any]]

TYPES: Mapping[str, type[Event]] = {
    "endpoint.discovered": model.Discovered,
    "endpoint.status_changed": model.StatusChanged,
    "endpoint.replicas_changed": model.ReplicasChanged,
    "endpoint.url_changed": model.UrlChanged,
    "endpoint.message_changed": model.MessageChanged,
    "endpoint.reconfigured": model.Reconfigured,
    "endpoint.became_unreadable": model.BecameUnreadable,
    "endpoint.became_readable": model.BecameReadable,
    "endpoint.deleted": model.Deleted,
    "namespace.unreachable": namespaces.NamespaceUnreachable,
    "namespace.recovered": namespaces.NamespaceRecovered,
    "namespace.disappearance_suspected": namespaces.DisappearanceSuspected,
    "namespace.suspicion_ended": namespaces.SuspicionEnded,
    "act.warned": acts.Warned,
    "act.intended": acts.Intended,
    "act.confirmed": acts.Confirmed,
    "act.failed": acts.Failed,
    "act.abandoned": acts.Abandoned,
    "hold.placed": keepers.HoldPlaced,
    "hold.lifted": keepers.HoldLifted,
    "lease.taken": keepers.LeaseTaken,
    "lease.released": keepers.LeaseReleased,
    "lease.expired": keepers.LeaseExpired,
    "incident.fired": incidents.Fired,
    "incident.resolved": incidents.Resolved,
    "delivery.notified": notifications.Notified,
    "delivery.failing": notifications.DeliveryFailing,
    "delivery.delivered": notifications.Delivered,
    "delivery.undeliverable": notifications.Undeliverable,
    "delivery.superseded": notifications.Superseded,
    "subscriber.parked": parked.EventParked,
    "subscriber.replayed": parked.EventReplayed,
    "subscriber.skipped": parked.EventSkipped,
    "daemon.started": daemon.DaemonStarted,
    "daemon.stopped": daemon.DaemonStopped,
    "configuration.applied": daemon.ConfigurationApplied,
    "configuration.refused": daemon.ConfigurationRefused,
    "log.redacted": log.Redacted,
    "log.archived": log.Archived,
    "log.found_broken": log.LogFoundBroken,
    "log.found_sound": log.LogFoundSound,
    "access.token_created": access.TokenCreated,
    "access.token_revoked": access.TokenRevoked,
}


def _as_it_was(document: dict[str, Any]) -> dict[str, Any]:
    """Lift what only gained fields: an older event has their defaults, which say that nothing is known."""
    return document


def only_gains(lift: Upcast) -> bool:
    """Return whether the documents that an upcast lifts lack some fields, and are else as those of the next version."""
    return lift is _as_it_was


# By type name: the first lifts schema 1 to 2, the second 2 to 3. A type without an entry is at schema 1.
UPCASTS: dict[str, tuple[Upcast, ...]] = {
    # 2: windows do not overlap and tell their blur; changes of status or configuration, and deletions, tell their cause
    "endpoint.discovered": (_as_it_was,),
    "endpoint.status_changed": (_as_it_was,),
    "endpoint.replicas_changed": (_as_it_was,),
    "endpoint.url_changed": (_as_it_was,),
    "endpoint.message_changed": (_as_it_was,),
    "endpoint.reconfigured": (_as_it_was,),
    "endpoint.became_unreadable": (_as_it_was,),
    "endpoint.became_readable": (_as_it_was,),
    "endpoint.deleted": (_as_it_was,),
    # 2: what a creation or an update sends, masked; whose token signs it
    "act.intended": (_as_it_was,),
    # 2: by which request
    "hold.lifted": (_as_it_was,),
}

_NAMES = {cls: name for name, cls in TYPES.items()}


def plain(value: object) -> object:
    """Return what a value is made of, if msgspec does not know its class: a mapping may be of any."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"cannot write a {type(value).__name__} into the log: no event holds one")


def built(cls: type, value: object) -> object:
    """Return an instance of a class that msgspec does not know: there is but one."""
    if cls is not Flattened:
        raise TypeError(f"cannot read a {cls.__name__} from the log: no event holds one")
    try:
        return Flattened(msgspec.convert(value, dict[str, Scalar]))
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error  # msgspec then adds the place


_ENCODER = msgspec.json.Encoder(order="deterministic", enc_hook=plain)
_DECODERS: dict[str, msgspec.json.Decoder[Event]] = {
    name: msgspec.json.Decoder(cls, dec_hook=built) for name, cls in TYPES.items()
}


class Undecodable(LogError):
    """An event in the log cannot be understood by this version of Lamplighter."""


def type_of(cls: type[Event]) -> str:
    """Return the name under which events of a class stand in the log."""
    return _NAMES[cls]


def schema_of(type_name: str) -> int:
    """Return the schema version in which events of a type are written now."""
    return 1 + len(UPCASTS.get(type_name, ()))


def known(type_name: str, schema: int) -> bool:
    """Return whether this version knows a type in a schema; else a newer one wrote it."""
    return type_name in TYPES and 1 <= schema <= schema_of(type_name)


def encode(event: Event) -> tuple[str, int, bytes]:
    """Return type name, schema version and payload; equal events always give equal bytes."""
    name = _NAMES[type(event)]
    return name, schema_of(name), _ENCODER.encode(event)


def decode(recorded: Recorded) -> Event:
    """Return the event that a record holds, lifted to the present schema. Raises Undecodable."""
    name, present = recorded.type, schema_of(recorded.type)
    if not known(name, recorded.schema):
        raise Undecodable(
            f"position {recorded.position} holds an event of type {name!r} in schema {recorded.schema}, which this "
            "version does not know: a newer Lamplighter wrote it. Upgrade this one"
        )
    if not recorded.data:
        raise Undecodable(f"position {recorded.position} lies in an archive: only its file still tells what it says")
    try:
        if recorded.schema == present:
            return _DECODERS[name].decode(recorded.data)
        return _lifted(recorded)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Undecodable(
            f"position {recorded.position} does not hold what its type {name!r} in schema {recorded.schema} says "
            f"({error}): run `lamplighter log verify`"
        ) from error


def _lifted(recorded: Recorded) -> Event:
    document = msgspec.json.decode(recorded.data)
    for lift in UPCASTS[recorded.type][recorded.schema - 1 :]:
        document = lift(document)
    return msgspec.convert(document, TYPES[recorded.type], dec_hook=built)


def fact(stream: str, version: int, event: Event, *, time: datetime, actor: str) -> Draft:
    """Return the draft of something seen; `version` is the one that it will have in its stream."""
    name, _, data = encode(event)
    return Draft(id=fact_id(stream, version, name, data), event=event, time=time, actor=actor)


def decision(id_: str, event: Event, *, time: datetime, actor: str) -> Draft:
    """Return the draft of something decided; its id (see `log.decision_id`) makes it happen once."""
    return Draft(id=id_, event=event, time=time, actor=actor, once=True)

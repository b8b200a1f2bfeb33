"""An event as it leaves the log, and as it comes back: a CloudEvent 1.0.2 in JSON. Made on the way out, never stored.

The same event always gives the same bytes, and `parse` takes no others: whatever was changed on the way shows. The
payload goes out byte for byte as it was hashed. Beside what CloudEvents defines there are `sequence` (its sequence
extension: the position, padded so that the order of texts is the order of events), `stream`, `streamversion`, `actor`,
and, so that a log can be made of it again, `hash`, `datahash` and `redactedby`. The schema is the last part of `type`.
"""

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from events.chain import digest
from events.record import Recorded, Sealed
from events.streams import subject
from statemachine.model import instant

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
BATCH_TYPE = "application/cloudevents-batch+json; charset=UTF-8"

_TYPE = re.compile(r"dev\.lamplighter\.(.+)\.v([1-9][0-9]*)")
_SOURCE = "/lamplighter/"


class NotRendered(ValueError):
    """A text is no event as it is rendered here; the message says what is wrong with it."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The document, attributes in the order in which they are written; one that does not apply is left out."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str
    sequence: str
    stream: str
    streamversion: int
    actor: str
    hash: str | None = None
    datahash: str | None = None
    redactedby: str | None = None
    datacontenttype: str
    data: msgspec.Raw


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CloudEvent)


def render(event: Recorded | Sealed, log_id: str) -> bytes:
    """Return an event as one JSON document in one line; a sealed one with what an import needs."""
    recorded, seal = (event.recorded, event) if isinstance(event, Sealed) else (event, None)
    redacted = None if seal is None else seal.redacted
    return _encoder.encode(
        CloudEvent(
            specversion="1.0",
            id=recorded.id,
            source=source(log_id),
            type=type_name(recorded.type, recorded.schema),
            subject=str(subject(recorded.stream)) or None,
            time=recorded.instant,
            sequence=sequence(recorded.position),
            stream=recorded.stream,
            streamversion=recorded.version,
            actor=recorded.actor,
            hash=None if seal is None else seal.hash.hex(),
            datahash=None if seal is None or redacted is None else seal.data_hash.hex(),
            redactedby=None if redacted is None else sequence(redacted),
            datacontenttype="application/json",
            data=msgspec.Raw(recorded.data),
        )
    )


def batch(events: Iterable[Recorded], log_id: str) -> bytes:
    """Return events as one JSON array, to be sent as BATCH_TYPE."""
    return b"[" + b",".join(render(event, log_id) for event in events) + b"]"


def source(log_id: str) -> str:
    """Return where a log's events come from."""
    return _SOURCE + log_id


def type_name(type_: str, schema: int) -> str:
    """Return a type with its schema version, as the world outside names it."""
    return f"dev.lamplighter.{type_}.v{schema}"


def sequence(position: int) -> str:
    """Return a position as text of one length, so that comparing texts compares positions."""
    return f"{position:019}"


def parse(line: bytes) -> tuple[str, Sealed]:
    """Return the id of the log that a sealed event was rendered from, and the event. Raises NotRendered."""
    try:
        line.decode()  # also within the payload, which is not looked into
        document = _decoder.decode(line)
        log_id, event = document.source.removeprefix(_SOURCE), _sealed(document)
        again = render(event, log_id)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise NotRendered(f"it is no CloudEvent of a log of Lamplighter ({error})") from error
    if again != line:
        raise NotRendered("it is not as Lamplighter writes it: something changed it on its way")
    return log_id, event


def _sealed(document: CloudEvent) -> Sealed:
    named = _TYPE.fullmatch(document.type)
    if named is None or document.hash is None:
        raise ValueError("its type or its hash is not of a log")
    data = bytes(document.data)
    recorded = Recorded(
        position=int(document.sequence),
        id=document.id,
        stream=document.stream,
        version=document.streamversion,
        type=named[1],
        schema=int(named[2]),
        instant=instant(datetime.fromisoformat(document.time)),
        actor=document.actor,
        data=data,
    )
    return Sealed(
        recorded=recorded,
        data_hash=digest(data) if document.datahash is None else bytes.fromhex(document.datahash),
        redacted=None if document.redactedby is None else int(document.redactedby),
        hash=bytes.fromhex(document.hash),
    )

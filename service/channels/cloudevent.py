"""A message as it leaves: a CloudEvent 1.0.2 in structured mode, as JSON; the same bytes for the same message."""

from typing import Any

import msgspec

from events.cloudevents import sequence, source
from service.subscribers.outbox.port import Outgoing
from statemachine.model import instant

TYPE = "dev.lamplighter.notification.{message}.v1"

_ENCODER = msgspec.json.Encoder(order="deterministic")


def render(message: Outgoing) -> bytes:
    """Return the event. `sequence` is the place in the log; no subject if it is empty."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": message.id,
        "source": source(message.log_id),
        "type": TYPE.format(message=message.message),
        "time": instant(message.at),
        "sequence": sequence(message.position),
        "datacontenttype": "application/json",
        "data": data(message),
    }
    if message.subject:
        event["subject"] = message.subject
    return _ENCODER.encode(event)


def data(message: Outgoing) -> dict[str, str | int | tuple[str, ...] | None]:
    """Return what the event carries; a field that does not apply is null."""
    return {
        "title": message.title,
        "text": message.text,
        "why": message.why,
        "rule": message.rule,
        "severity": message.severity,
        "incidents": message.incidents,
        "evidence": message.evidence,
    }

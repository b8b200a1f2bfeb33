"""A message to send."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from events.catalogue.incidents import Severity
from events.catalogue.notifications import Message
from service.subscribers.outbox.port import Outgoing

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0" * 5


def message(**more: Any) -> Outgoing:
    return replace(
        Outgoing(
            id="5b1f",
            log_id="log-1",
            position=4_294_967_296,
            message=Message.FIRING,
            subject="acme/tgi",
            at=NOON,
            title="acme/tgi: failed",
            text="It failed: Grüße",
            why="rule failed, by route page to channel pager",
            incidents=("i1",),
            evidence=41,
            rule="failed",
            severity=Severity.CRITICAL,
        ),
        **more,
    )

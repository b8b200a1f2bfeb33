"""What leaves is a CloudEvent; its own SDK says so."""

import json

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.v1.event import CloudEvent

from events.catalogue.notifications import Message
from events.cloudevents import CONTENT_TYPE
from service.channels.cloudevent import render
from service.subscribers.outbox.port import Outgoing
from tests.unit.channels.messages import NOON, message


def read(sent: Outgoing) -> CloudEvent:
    event = from_http_event(HTTPMessage(headers={"content-type": CONTENT_TYPE}, body=render(sent)))
    assert isinstance(event, CloudEvent)
    return event


@pytest.mark.parametrize("kind", Message)
def test_the_sdk_reads_what_was_written(kind: Message) -> None:
    event = read(message(message=kind))

    assert event.get_id() == "5b1f"
    assert event.get_source() == "/lamplighter/log-1"
    assert event.get_type() == f"dev.lamplighter.notification.{kind}.v1"
    assert event.get_subject() == "acme/tgi"
    assert event.get_time() == NOON
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("sequence") == "0000000004294967296"
    assert event.get_data() == {
        "title": "acme/tgi: failed",
        "text": "It failed: Grüße",
        "why": "rule failed, by route page to channel pager",
        "rule": "failed",
        "severity": "critical",
        "incidents": ["i1"],
        "evidence": 41,
    }


def test_what_concerns_the_daemon_has_no_subject() -> None:
    assert read(message(subject="")).get_subject() is None


def test_the_same_message_is_the_same_bytes_whatever_it_is_about() -> None:
    assert render(message()) == render(message())
    assert json.loads(render(message(rule=None, severity=None)))["data"]["rule"] is None

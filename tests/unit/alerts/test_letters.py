"""When a letter is tried again, and what leaves for it."""

from datetime import timedelta
from random import Random

from events.catalogue.notifications import Message, Notified
from events.views.outbox import Letter
from service.subscribers.outbox.letters import JITTER, LONGEST, RETRIES, outgoing, seconds_until_retry
from tests.unit.alerts.stories import NOON


def notified(message: Message, title: str, text: str) -> Notified:
    return Notified(
        notification=title,
        message=message,
        title=title,
        text=text,
        why="rule failed",
        subject="acme/tgi",
        incidents=("i1",),
        evidence=3,
        at=NOON,
    )


def test_retries_go_on_for_three_days_around_the_schedule() -> None:
    chance = Random(1)

    waits = [seconds_until_retry(attempts, None, chance) for attempts in range(1, 11)]

    assert waits[-1] is None
    for wait, wanted in zip(waits, RETRIES, strict=False):
        assert wait is not None
        assert (1 - JITTER) * wanted.total_seconds() <= wait <= (1 + JITTER) * wanted.total_seconds()
    assert len(set(waits)) == 10
    assert sum(RETRIES, timedelta()) > timedelta(days=3)


def test_a_receiver_that_asks_for_time_gets_it_within_reason() -> None:
    assert seconds_until_retry(1, timedelta(minutes=2), Random(1)) == 120
    assert seconds_until_retry(1, timedelta(days=400), Random(1)) == LONGEST.total_seconds()
    assert seconds_until_retry(1, timedelta(seconds=1), Random(1)) != 1


def test_a_letter_leaves_as_it_stands_in_the_log() -> None:
    firing = notified(Message.FIRING, "acme/tgi: failed", "It failed.")

    message = outgoing(Letter(channel="pager", position=9, notified=firing, rule="failed"), "log-1")

    assert (message.id, message.position, message.log_id) == ("acme/tgi: failed", 9, "log-1")
    assert (message.title, message.text, message.rule) == ("acme/tgi: failed", "It failed.", "failed")


def test_a_resolve_whose_firing_was_never_sent_tells_both() -> None:
    firing = notified(Message.FIRING, "acme/tgi: failed", "It failed.")
    resolve = notified(Message.RESOLVED, "acme/tgi: over: failed for 12 min", "It runs.")

    message = outgoing(Letter(channel="pager", position=9, notified=resolve, untold=firing), "log-1")

    assert message.message is Message.RESOLVED
    assert message.title == "was, and is over: acme/tgi: failed"
    assert message.text.startswith("It was, and is over")
    assert message.text.index("It runs.") < message.text.index("It failed.")

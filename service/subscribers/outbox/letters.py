"""What leaves for a letter, and when it is tried again. Pure."""

from datetime import timedelta
from random import Random

from events.catalogue.notifications import Notified
from events.views.outbox import Letter
from service.subscribers.outbox.port import Outgoing

# Before each further try: the schedule that Standard Webhooks recommends, three days and three hours in all.
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2  # of each wait, either way: receivers that were down are not all met at once
LONGEST = timedelta(hours=24)  # that a receiver may put us off at a time


def seconds_until_retry(attempts: int, retry_after: timedelta | None, chance: Random) -> float | None:
    """Return the seconds to wait after so many failed tries, or None when there is no further one."""
    if attempts > len(RETRIES):
        return None
    own = RETRIES[attempts - 1].total_seconds() * chance.uniform(1 - JITTER, 1 + JITTER)
    asked = min(retry_after, LONGEST).total_seconds() if retry_after else 0.0
    return max(own, asked)


def outgoing(letter: Letter, log_id: str) -> Outgoing:
    """Return what is sent for a letter: the same at every try, once its firing was or was not sent."""
    notified = letter.notified
    title, text = notified.title, notified.text
    if letter.untold is not None:
        title, text = _was_and_is_over(letter.untold, notified)
    return Outgoing(
        id=letter.id,
        log_id=log_id,
        position=letter.position,
        message=notified.message,
        subject=notified.subject,
        at=notified.at,
        title=title,
        text=text,
        why=notified.why,
        incidents=notified.incidents,
        evidence=notified.evidence,
        rule=letter.rule,
        severity=letter.severity,
    )


def _was_and_is_over(firing: Notified, resolve: Notified) -> tuple[str, str]:
    text = (
        "It was, and is over: its beginning could not be delivered in time, so this tells both.\n"
        f"{resolve.text}\n\nIts beginning was to say:\n{firing.text}"
    )
    return f"was, and is over: {firing.title}", text

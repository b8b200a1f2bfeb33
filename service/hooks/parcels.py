"""What leaves for a hook: an event of the log as a CloudEvent; or one that is made up, to try the hook with. Pure."""

from datetime import datetime

from events import cloudevents, streams
from events.record import Recorded
from service.config import Hook
from service.hooks.port import Parcel
from statemachine.model import instant

SAMPLE = "hook.test"  # no type of the log: nobody shall take it for something that happened


def parcel(hook: Hook, recorded: Recorded, log_id: str) -> Parcel:
    """Return what is sent for an event: the same at every try."""
    return Parcel(
        id=recorded.id,
        body=cloudevents.render(recorded, log_id),
        variables={
            "LAMPLIGHTER_HOOK": hook.name,
            "LAMPLIGHTER_ID": recorded.id,
            "LAMPLIGHTER_TYPE": recorded.type,
            "LAMPLIGHTER_SUBJECT": str(streams.subject(recorded.stream)),
            "LAMPLIGHTER_POSITION": str(recorded.position),
        },
    )


def sample(hook: Hook, id_: str, now: datetime) -> Parcel:
    """Return an event that stands in no log, at position 0."""
    made_up = Recorded(
        position=0,
        id=f"test-{id_}",
        stream="hook",
        version=0,
        type=SAMPLE,
        schema=1,
        instant=instant(now),
        actor="lamplighter hooks test",
        data=b'{"text":"This is a test. Nothing happened."}',
    )
    return parcel(hook, made_up, "test")

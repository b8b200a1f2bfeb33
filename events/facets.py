"""What an event's payload says that is asked for often: a store keeps it in columns of its own, and indexes them.

A facet can always be worked out anew from the event. None where a type has no such thing.
"""

from msgspec import Struct

from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.streams import subject
from statemachine.model import Cause, Deleted, Discovered, Reconfigured, StatusChanged
from statemachine.status import Status

UNKNOWN_CAUSE = "unknown"  # the event tells its cause, and nobody can be named


class Facets(Struct, frozen=True, kw_only=True, gc=False):
    """What an event can be found by, beside its columns.

    `status` is the one that an endpoint came to. `cause` is whose doing it was: platform, person, request, unknown.
    `intent` is the id of the decision that it is, ends, or follows. `policy` is the name of the policy that warned or
    meant it; what ends or follows an intent names no policy, and is found by way of its intent.
    """

    status: str | None = None
    cause: str | None = None
    policy: str | None = None
    intent: str | None = None


def facets(event: Event) -> Facets:
    """Return what an event can be found by."""
    match event:
        case Discovered(sighting=sighting):
            return Facets(status=str(sighting.status))
        case StatusChanged(new=status, cause=cause):
            return Facets(status=str(status), cause=_by(cause), intent=cause.intent)
        case Reconfigured(cause=cause):
            return Facets(cause=_by(cause), intent=cause.intent)
        case Deleted(cause=cause):
            return Facets(status=Status.ABSENT, cause=_by(cause), intent=cause.intent)
        case Warned(policy=policy):
            return Facets(policy=policy)
        case Intended(policy=policy, intent=intent):
            return Facets(policy=policy, intent=intent)
        case Confirmed(intent=intent) | Failed(intent=intent) | Abandoned(intent=intent):
            return Facets(intent=intent)
        case _:
            return Facets()


def why_not_found(stream: str, found_by: Facets) -> str | None:
    """Return why nobody could ask for an event by what it would be found by, or None: there is no empty name."""
    if subject(stream).name == "":
        return f"its stream {stream!r} is of an endpoint without a name"
    if "" in {found_by.policy, found_by.intent}:
        return "its policy, or its intent, is an empty text"
    return None


def _by(cause: Cause) -> str:
    return UNKNOWN_CAUSE if cause.by is None else cause.by.value

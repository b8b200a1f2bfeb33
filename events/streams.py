"""The names of the streams: the only place that knows how they are spelt.

Facts and acts have streams of their own: `endpoint/…` is written by the watcher alone, `acts/…` by people's commands
and policies, so that neither can make the other's version stale.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from statemachine.model import EndpointName, instant

DAEMON = "daemon"
LOG = "log"  # what was done to the log itself
ACCESS = "access"  # the tokens: made, and taken back
EVERYTHING = "acts"  # acts on all endpoints at once: the kill switch


@dataclass(frozen=True, slots=True)
class Subject:
    """What a stream is about: an endpoint, a namespace (`name` is None), or neither."""

    namespace: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        """Return `namespace/name`, `namespace` or nothing."""
        return "/".join(part for part in (self.namespace, self.name) if part is not None)

    @property
    def endpoint(self) -> EndpointName | None:
        """Return the endpoint's name, if the subject is one."""
        return None if self.namespace is None or self.name is None else EndpointName(self.namespace, self.name)


def life(name: EndpointName, created_at: datetime) -> str:
    """Return the stream of the facts of one life of an endpoint."""
    return f"endpoint/{name}/{instant(created_at)}"


def acts(name: EndpointName) -> str:
    """Return the stream of what was warned, meant, done and held on an endpoint."""
    return f"acts/{name}"


def lease(name: EndpointName) -> str:
    """Return the stream of who needed an endpoint awake, and when."""
    return f"lease/{name}"


def namespace(name: str) -> str:
    """Return the stream of a namespace's own health."""
    return f"namespace/{name}"


def incident(rule: str, subject: Subject) -> str:
    """Return the stream of one rule's incidents on one subject."""
    return f"incident/{rule}/{subject}"


def delivery(channel: str) -> str:
    """Return the stream of what a channel was given and what became of it."""
    return f"delivery/{channel}"


def subscriber(name: str) -> str:
    """Return the stream of what became of the events that a subscription could not take."""
    return f"subscriber/{name}"


@lru_cache(maxsize=10_000)  # asked of every event that is written and folded
def subject(stream: str) -> Subject:
    """Return what a stream is about; nothing for the daemon's, the channels' and the subscribers' own."""
    match stream.split("/"):
        case ["endpoint", space, name, _] | ["acts" | "lease", space, name] | ["incident", _, space, name]:
            return Subject(space, name)
        case ["namespace", space] | ["incident", _, space]:
            return Subject(space)
        case _:
            return Subject()

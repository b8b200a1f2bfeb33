"""Which events are wanted, and where they come from: the daemon, page by page, or the file itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from service import wall
from service.cli.exits import Exit, Stop
from service.cli.finding import Found
from service.cli.printing import warn

if TYPE_CHECKING:  # a command that only asks the daemon must not pay for the log, nor one that reads the log for HTTP
    from events.query import Query
    from service.cli.asking import Daemon

PATH = "/api/events"
MOST = 1000  # events in one page
BATCH = "cloudevents-batch"

Event = Mapping[str, Any]
Asking = dict[str, str | int | list[str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A question to the log; `since` and `until` as the daemon is told them: an instant, or a time before its now.

    `limit` counts from the beginning of what matches, in its order; `last` from the end of the log.
    """

    endpoint: str | None = None
    namespace: str | None = None
    globs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    actor: str | None = None
    cause: str | None = None
    policy: str | None = None
    intent: str | None = None
    since: str | None = None
    until: str | None = None
    after: int | None = None
    before: int | None = None
    newest_first: bool = False
    limit: int | None = None
    last: int | None = None
    cloud: bool = False

    @property
    def filters(self) -> Asking:
        """Return what the daemon is asked for, page after page."""
        return {
            "endpoint": self.endpoint,
            "namespace": self.namespace,
            "glob": list(self.globs),
            "group": list(self.groups),
            "type": list(self.types),
            "status": list(self.statuses),
            "actor": self.actor,
            "cause": self.cause,
            "policy": self.policy,
            "intent": self.intent,
            "since": self.since,
            "until": self.until,
        }


def count_at_daemon(asked: "Daemon", wanted: Wanted) -> int:
    """Return how many events match."""
    asking: Asking = {**wanted.filters, "after": wanted.after, "before": wanted.before, "count": "true", "limit": 1}
    return int(asked.get(PATH, asking)["count"])


def from_daemon(asked: "Daemon", wanted: Wanted) -> Iterator[Event]:
    """Yield the events that match, in the order that is wanted, up to the head that there was at the beginning."""
    asking: Asking = {**wanted.filters, "before": wanted.before, "format": _format(wanted)}
    if wanted.last is not None:
        yield from reversed(_items(asked.get(PATH, {**asking, "order": "desc", "limit": wanted.last})))
        return
    asking |= {"order": "desc", "after": wanted.after} if wanted.newest_first else {"after": wanted.after or 0}
    left, end = wanted.limit, int(asked.get(PATH, {"limit": 1})["head"]) if wanted.cloud else None
    while left is None or left > 0:
        size = MOST if left is None else min(MOST, left)
        page = asked.get(PATH, {**asking, "limit": size})
        items = _items(page)
        if end is None:
            end = page["head"]
            tell_archived(page.get("archived", 0), wanted.after)
        for event in items:
            if _position(event) > end:
                return
            yield event
        if not items or (len(items) < size if wanted.cloud else page["next"] is None):
            return
        asking["before" if wanted.newest_first else "after"] = _position(items[-1])
        left = None if left is None else left - len(items)


def tell_archived(archived: int, after: int | None) -> None:
    """Say beside the output what cannot be among it."""
    if archived > (after or 0):
        warn(f"what happened up to position {archived} lies in archives, and is not among these")


def _format(wanted: Wanted) -> str | None:
    return BATCH if wanted.cloud else None


def _items(page: Any) -> Sequence[Event]:
    items: Sequence[Event] = page if isinstance(page, list) else page["items"]
    return items


def _position(event: Event) -> int:
    return int(event["position"] if "position" in event else event["sequence"])


def from_file(url: str, wanted: Wanted, found: Found, put: Callable[[Event], None]) -> None:
    """Put the events of a log that match; no daemon is needed, and one that runs is not disturbed."""
    import asyncio

    from service.cli import logfile

    query = query_of(wanted, found)
    asyncio.run(
        logfile.read(logfile.log_path(url), query, limit=wanted.limit, last=wanted.last, cloud=wanted.cloud, put=put)
    )


def count_in_file(url: str, wanted: Wanted, found: Found) -> int:
    """Return how many events of a log match."""
    import asyncio

    from service.cli import logfile

    return asyncio.run(logfile.count(logfile.log_path(url), query_of(wanted, found)))


def query_of(wanted: Wanted, found: Found) -> "Query":
    """Return the question as a log takes it; raise Stop for what it could never answer."""
    from events.codec import TYPES
    from events.facets import UNKNOWN_CAUSE
    from events.matching import parted
    from events.query import Query
    from service.statuses import why_no_status
    from statemachine.table import By

    _require("type", wanted.types, TYPES)
    for status in wanted.statuses:
        if (reason := why_no_status(status)) is not None:
            raise Stop(reason, Exit.USAGE)
    _require("cause", [wanted.cause] if wanted.cause else [], [*(by.value for by in By), UNKNOWN_CAUSE])
    for text in (wanted.endpoint, wanted.namespace, *wanted.globs):
        if text is not None and not (text and text.isprintable()):
            raise Stop(f"{text[:60]!r} is nothing that an endpoint could be called", Exit.USAGE)
    namespace, name = wanted.endpoint.split("/") if wanted.endpoint else (wanted.namespace, None)
    if wanted.namespace not in {None, namespace}:
        raise Stop(
            f"the endpoint {wanted.endpoint} is not in namespace {wanted.namespace!r}: leave one of them out",
            Exit.USAGE,
        )
    globs = tuple(one for text in wanted.globs for one in parted(text))
    narrowed = ((wanted.globs, globs), (wanted.groups, _patterns(wanted.groups, found)))
    now = wall.now()
    try:
        return Query(
            namespace=namespace,
            name=name,
            globs=tuple(patterns for said, patterns in narrowed if said),
            types=wanted.types,
            statuses=wanted.statuses,
            actor=wanted.actor,
            cause=wanted.cause,
            policy=wanted.policy,
            intent=wanted.intent,
            since=_at(wanted.since, now),
            until=_at(wanted.until, now),
            after=wanted.after or 0,
            before=wanted.before,
            newest_first=wanted.newest_first,
        )
    except ValueError as error:
        raise Stop(str(error), Exit.USAGE) from None


def _at(when: str | None, now: datetime) -> datetime | None:
    from datetime import UTC

    from service.when import parse_when

    return None if when is None else parse_when(when, now=now, zone=UTC)


def _patterns(names: Sequence[str], found: Found) -> tuple[str, ...]:
    """Return the patterns of groups of the configuration; tags are known to the daemon alone."""
    groups = found.says.get("groups")
    groups = groups if isinstance(groups, dict) else {}
    _require("group", names, groups)
    patterns: list[str] = []
    for name in names:
        if not isinstance(groups[name], dict) or groups[name].get("tags"):
            raise Stop(f"the group {name!r} goes by tags, which only the daemon knows: leave out --log", Exit.USAGE)
        patterns += groups[name].get("match", ())
    return tuple(patterns)


def _require(kind: str, names: Sequence[str], known: Sequence[str] | Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise Stop(
                f"there is no {kind} {name[:60]!r}: use {', '.join(known) or 'none: there are none'}", Exit.USAGE
            )

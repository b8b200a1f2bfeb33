"""By what events can be asked for over HTTP: the filters that pages, counts and the stream have in common."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from events.codec import TYPES
from events.facets import UNKNOWN_CAUSE
from events.matching import parted
from events.query import Query
from service.access import Caller, Role
from service.parts import Parts
from service.statuses import STATUSES
from service.web.answers import Problem
from service.web.parameters import (
    ZONE,
    Parameter,
    endpoint_named,
    instant_of,
    listed,
    named,
    printable,
    statuses_of,
    zone_of,
)
from statemachine.table import By

CAUSES = (*(by.value for by in By), UNKNOWN_CAUSE)
_POSITION = {"type": "integer", "minimum": 0}
FILTERS = (
    Parameter(name="namespace", text="Only events about this namespace and its endpoints."),
    Parameter(name="endpoint", text="Only events about this endpoint, as namespace/name."),
    Parameter(name="glob", text="Only events about endpoints whose namespace/name matches one of these patterns."),
    Parameter(name="group", text="Only events about endpoints in one of these groups of the configuration."),
    Parameter(name="type", text=f"Only events of these types, parted by commas: {', '.join(TYPES)}."),
    Parameter(
        name="status",
        text=f"Only those by which an endpoint came to one of these, parted by commas: {', '.join(STATUSES)}, or "
        "another one that Hugging Face told.",
    ),
    Parameter(name="actor", text="Only what this one did: watcher, daemon, policy:NAME, person:NAME, token:NAME."),
    Parameter(
        name="cause",
        text="Only changes that were this one's doing.",
        schema={"type": "string", "enum": list(CAUSES)},
    ),
    Parameter(name="policy", text="Only what this policy warned, meant and brought about."),
    Parameter(name="intent", text="Only the chain of this intent: evidence, warnings, intent, outcome, what followed."),
    Parameter(name="since", text="Only from then on: 2h ago, yesterday 14:00, or an instant with its zone."),
    Parameter(name="until", text="Only before then, written in the same way."),
    ZONE,
    Parameter(name="after", text="Only events behind this position.", schema=_POSITION),
)
BEFORE = Parameter(name="before", text="Only events before this position.", schema=_POSITION)


def asked(said: Mapping[str, str], parts: Parts, now: datetime, caller: Caller) -> Query:
    """Return what the caller asks the log for, from its beginning to its end, within what it may see."""
    endpoint, namespace = endpoint_named(said, "endpoint"), printable(said, "namespace")
    if endpoint is not None and namespace not in {None, endpoint.namespace}:
        raise Problem(
            400, f"the endpoint {endpoint} is not in namespace {(namespace or '')[:60]!r}: leave one of them out"
        )
    zone = zone_of(said, parts.configuration.settings.zone)
    query = Query(
        namespace=endpoint.namespace if endpoint else namespace,
        name=endpoint.name if endpoint else None,
        within=caller.within(Role.READ),
        types=listed(said, "type", TYPES),
        statuses=statuses_of(said, "status"),
        actor=printable(said, "actor"),
        cause=named(said, "cause", CAUSES),
        policy=printable(said, "policy"),
        intent=printable(said, "intent"),
        since=instant_of(said, "since", now=now, zone=zone),
        until=instant_of(said, "until", now=now, zone=zone),
    )
    globs = [patterns for patterns in (_globs(said), _groups(said, parts, caller)) if patterns is not None]
    return replace(query, globs=tuple(globs))


def _globs(said: Mapping[str, str]) -> tuple[str, ...] | None:
    text = printable(said, "glob")
    return None if text is None else parted(text)


def _groups(said: Mapping[str, str], parts: Parts, caller: Caller) -> tuple[str, ...] | None:
    """Return patterns for what is in some groups: where tags decide, the endpoints that carry them now.

    The names of all groups are for who may read the configuration; others know those of the endpoints that they see.
    """
    if "group" not in said:
        return None
    groups, there = parts.configuration.settings.groups, parts.live.fleet.endpoints.values()
    if not caller.everywhere(Role.READ):
        seen = [one for one in there if caller.may(Role.READ, one.name.namespace)]
        groups = {key: group for key, group in groups.items() if any(group.holds(one.name, one.tags) for one in seen)}
    found: list[str] = []
    for name in listed(said, "group", groups):
        group = groups[name]
        found += [str(one.name) for one in there if group.holds(one.name, one.tags)] if group.tags else group.match
    return tuple(found)

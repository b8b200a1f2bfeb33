"""Which events a hook wants. Pure."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from events.catalogue import Event
from events.facets import facets
from events.streams import Subject
from service.config import Group, Hook
from statemachine.model import EndpointName


def wants(
    hook: Hook, groups: Mapping[str, Group], *, type_name: str, subject: Subject, event: Event, tags: frozenset[str]
) -> bool:
    """Say whether all that a hook says fits an event. What is about no endpoint is in no group and fits no endpoint."""
    return (
        type_name in hook.wanted_types
        and _fits(hook.namespaces, subject.namespace)
        and _fits(hook.endpoints, None if subject.endpoint is None else str(subject.endpoint))
        and (not hook.status or facets(event).status in hook.status)
        and (not hook.groups or _grouped([groups[name] for name in hook.groups], subject.endpoint, tags))
    )


def _fits(patterns: tuple[str, ...], name: str | None) -> bool:
    return not patterns or (name is not None and any(fnmatchcase(name, pattern) for pattern in patterns))


def _grouped(groups: list[Group], name: EndpointName | None, tags: frozenset[str]) -> bool:
    return name is not None and any(group.holds(name, tags) for group in groups)

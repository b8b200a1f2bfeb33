"""Which endpoints a configuration reaches: by group, in none, and under each policy. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.config.settings import Policy, Settings
from statemachine.model import EndpointName


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What each selector selects.

    `shielded` maps a group that does not protect to those of its endpoints that a protecting group holds, too.
    `policies` maps a policy's name to the endpoints that it could act on.
    """

    groups: Mapping[str, frozenset[EndpointName]]
    shielded: Mapping[str, frozenset[EndpointName]]
    groupless: frozenset[EndpointName]
    policies: Mapping[str, frozenset[EndpointName]]


def reach(settings: Settings, tags: Mapping[EndpointName, frozenset[str]]) -> Reach:
    """Return what the configuration reaches, given every endpoint with its tags."""
    of = {name: settings.groups_of(name, own) for name, own in tags.items()}
    groups = {key: frozenset(name for name, keys in of.items() if key in keys) for key in settings.groups}
    protected = frozenset().union(*(groups[key] for key, group in settings.groups.items() if group.protected))
    return Reach(
        groups=groups,
        shielded={key: groups[key] & protected for key, group in settings.groups.items() if not group.protected},
        groupless=frozenset(name for name, keys in of.items() if not keys),
        policies={policy.name: _reached(policy, groups) - protected for policy in settings.policies},
    )


def _reached(policy: Policy, groups: Mapping[str, frozenset[EndpointName]]) -> frozenset[EndpointName]:
    return frozenset().union(*(groups[key] for key in policy.groups))

"""`check-config --live`: what a configuration comes to for the endpoints that there are now. It only reads."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from service.cli.printing import say
from service.cli.reaching import look_at_configured
from service.cli.spelling import counted
from service.config.reach import Reach, reach
from service.survey import Found, Survey
from statemachine.model import EndpointName

if TYPE_CHECKING:
    from service.config import Configuration, Policy

IN_NO_GROUP = "in no group"
MOST_NAMES = 6


class Live:
    """A configuration, held against what can be seen now."""

    def __init__(self, configuration: "Configuration") -> None:
        """Look at every namespace; of what a policy by idle reaches, ask for the requests, too."""
        self.settings = configuration.settings
        self._by_idle = [policy for policy in self.settings.policies if policy.when.idle is not None]
        self.survey: Survey = asyncio.run(look_at_configured(configuration, wanted=self._wanted))
        self.found = {found.name: found for found in self.survey.found}
        self.reach: Reach = reach(self.settings, {found.name: found.tags for found in self.survey.found})

    @property
    def whole(self) -> bool:
        """Return whether every namespace could be read, and every endpoint: one that cannot may be in any group."""
        return not self.survey.closed and not self._unreadable

    def headline(self) -> str:
        """Return `5 of 5 namespaces readable, 60 endpoints`."""
        names = counted(len(self.settings.namespaces), "namespace")
        return f"{len(self.survey.namespaces)} of {names} readable, {counted(len(self.found), 'endpoint')}"

    def show(self) -> None:
        """Print what each group and policy comes to; first what could not be read."""
        for line in self._missing():
            say(f"! {line}", "yellow")
        rows = list(self._rows())
        width, digits = max(len(name) for name, _, _ in rows), max(len(str(count)) for _, count, _ in rows)
        for name, count, says in rows:
            say(f"  {name:<{width}}  {count:>{digits}}   {says}".rstrip(), "yellow" if _odd(name, count) else "")
        for policy in self.settings.policies:
            say(f"  {self._policy(policy)}")

    def document(self) -> dict[str, Any]:
        """Return the same as JSON."""
        return {
            "readable": list(self.survey.namespaces),
            "unreadable": [
                {"namespace": one.namespace, "reason": one.sign, "error": one.error} for one in self.survey.closed
            ],
            "remarks": list(self.survey.remarks),
            "unreadable_endpoints": {str(name): why for name, why in self._unreadable.items()},
            "endpoints": len(self.found),
            "groups": {name: len(held) for name, held in self.reach.groups.items()},
            "shielded": {name: sorted(map(str, held)) for name, held in self.reach.shielded.items()},
            "in_no_group": sorted(map(str, self.reach.groupless)),
            "policies": {
                policy.name: {"reaches": len(self.reach.policies[policy.name]), **self._known(policy)}
                for policy in self.settings.policies
            },
        }

    def _wanted(self, found: Found) -> bool:
        groups = self.settings.groups_of(found.name, found.tags)
        if any(self.settings.groups[group].protected for group in groups):
            return False
        return any(not set(groups).isdisjoint(policy.groups) for policy in self._by_idle)

    def _missing(self) -> Iterator[str]:
        for closed in self.survey.closed:
            yield f"{closed.namespace} unreadable: {closed.sign}. Its endpoints are NOT counted below. {closed.error}"
        yield from self.survey.remarks
        yield from (f"{name} unreadable: {why}" for name, why in self._unreadable.items())

    @property
    def _unreadable(self) -> dict[EndpointName, str]:
        return {one.name: one.unreadable for one in self.survey.found if one.unreadable is not None}

    def _rows(self) -> Iterator[tuple[str, int, str]]:
        for name, group in self.settings.groups.items():
            says = [
                *(["protected"] if group.protected else []),
                *([f"managed by {group.managed_by}"] if group.managed_by else []),
            ]
            shielded = self.reach.shielded.get(name, frozenset())
            if shielded:
                holders = [other for other in self._protecting() if shielded & self.reach.groups[other]]
                says.append(f"{len(shielded)} also in {', '.join(holders)} ({_names(shielded)}): protected wins")
            if not self.reach.groups[name]:
                says.append("matches nothing now: is it spelt right?")
            yield name, len(self.reach.groups[name]), ", ".join(says)
        named = f"never acted on: {_names(self.reach.groupless)}" if self.reach.groupless else ""
        yield IN_NO_GROUP, len(self.reach.groupless), named

    def _protecting(self) -> list[str]:
        return [name for name, group in self.settings.groups.items() if group.protected]

    def _policy(self, policy: "Policy") -> str:
        reached = counted(len(self.reach.policies[policy.name]), "endpoint")
        known = self._known(policy)
        if not known:
            return f"{policy.name} reaches {reached}."
        data = f"Request data: {known['requests_known']} known, {known['requests_unknown']} unknown (count as active)."
        return f"{policy.name} reaches {reached}. {data}"

    def _known(self, policy: "Policy") -> dict[str, int]:
        if policy.when.idle is None:
            return {}
        reached = [self.found[name] for name in self.reach.policies[policy.name]]
        known = sum(found.requests is not None for found in reached)
        return {"requests_known": known, "requests_unknown": len(reached) - known}


def _odd(name: str, count: int) -> bool:
    """Return whether a line tells of what was probably not meant."""
    return (count > 0) is (name == IN_NO_GROUP)


def _names(names: frozenset[EndpointName]) -> str:
    """Return `acme-demo/booth-a, booth-b`: a namespace is said once; what is too much is counted."""
    shown: list[str] = []
    for namespace, held in groupby(sorted(names)[:MOST_NAMES], key=lambda name: name.namespace):
        own: Sequence[EndpointName] = list(held)
        shown += [f"{namespace}/{own[0].name}", *(name.name for name in own[1:])]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(shown) + more

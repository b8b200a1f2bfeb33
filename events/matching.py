"""Whether an event fulfils a query, in plain words: what a log in memory does, and every other must do alike."""

import re
from collections.abc import Callable, Iterable
from fnmatch import translate

from msgspec import structs

from events.facets import Facets
from events.query import Query
from events.record import Recorded
from events.streams import subject

_GLOB = re.compile(r"(?:\[!?\]?[^]]*\]|[^,])+")


def parted(text: str) -> tuple[str, ...]:
    """Return the globs of a text that parts them by commas; a comma between brackets is one of a glob's letters."""
    return tuple(_GLOB.findall(text))


def matcher(query: Query) -> Callable[[Recorded, Facets], bool]:
    """Return what tells whether an event fulfils a query, its limit and order aside.

    The policy of what names an intent alone must stand in its facets (see `Meant`).
    """
    within = among(query.globs)
    permitted = anywhere if query.within is None else permitting(query.within)

    def matches(recorded: Recorded, facets: Facets) -> bool:
        about = subject(recorded.stream)
        return (
            query.after < recorded.position
            and (query.before is None or recorded.position < query.before)
            and query.stream in {None, recorded.stream}
            and query.namespace in {None, about.namespace}
            and query.name in {None, about.name}
            and (not query.globs or within(about.namespace, about.name))
            and permitted(about.namespace)
            and (not query.types or recorded.type in query.types)
            and (not query.statuses or facets.status in query.statuses)
            and query.actor in {None, recorded.actor}
            and query.cause in {None, facets.cause}
            and query.policy in {None, facets.policy}
            and (query.intent in {None, facets.intent} or recorded.position in query.evidence)
            and (query.since is None or query.since <= recorded.time)
            and (query.until is None or recorded.time < query.until)
        )

    return matches


class Meant:
    """Whose each intent is: that of the policy which was the first to mean it."""

    def __init__(self) -> None:
        """Know of none."""
        self._policies: dict[str, str] = {}

    def add(self, facets: Facets) -> Facets:
        """Return the facets of the next event, with the policy of the intent that it names."""
        policy = facets.policy
        if facets.intent is not None:
            policy = policy or self._policies.get(facets.intent)
            if facets.policy is not None:
                self._policies.setdefault(facets.intent, facets.policy)
        return structs.replace(facets, policy=policy)


def permitting(globs: Iterable[str]) -> Callable[[str | None], bool]:
    """Return what tells whether a namespace matches one of these; what is about none matches none."""
    pattern = re.compile("|".join(map(translate, globs)) or r"(?!)")
    return lambda namespace: namespace is not None and pattern.match(namespace) is not None


def anywhere(_namespace: str | None) -> bool:
    """Let everything through."""
    return True


def among(globs: Iterable[Iterable[str]]) -> Callable[[str | None, str | None], bool]:
    """Return what tells whether an endpoint matches one glob of each; what is no endpoint matches none."""
    patterns = [re.compile("|".join(map(translate, several)) or r"(?!)") for several in globs]

    def within(namespace: str | None, name: str | None) -> bool:
        if namespace is None or name is None:
            return False
        return all(pattern.match(f"{namespace}/{name}") for pattern in patterns)

    return within

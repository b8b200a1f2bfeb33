"""Which events are asked for, and the page that is given."""

from dataclasses import dataclass
from datetime import datetime

from events.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which events to read: those that fulfil all of this; None and () mean any.

    Of each of `globs` one must match the `namespace/name` of an endpoint, as the shell's patterns do. One of `within`
    must match the namespace that an event is about (an endpoint's, or its own): what is about none matches none, and
    here () means nothing at all. `statuses` are those that an endpoint came to; status, cause, policy and intent are
    the facets of an event, and what names no policy but an intent of one is that one's, too. `evidence` are the
    positions that count as named by `intent` (see `chains`). `after` and `before` are positions, exclusive, and so is
    `until`. Raises ValueError for a text that no event could have.
    """

    stream: str | None = None
    namespace: str | None = None
    name: str | None = None
    globs: tuple[tuple[str, ...], ...] = ()
    within: tuple[str, ...] | None = None
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    actor: str | None = None
    cause: str | None = None
    policy: str | None = None
    intent: str | None = None
    evidence: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0
    before: int | None = None
    newest_first: bool = False
    limit: int = 1000

    def __post_init__(self) -> None:
        """Refuse what would be an answer to no question."""
        texts = (*self.types, *self.statuses, self.actor, self.cause, self.policy, self.intent)
        for text in texts:
            if text is not None and not (text and text.isprintable()):
                raise ValueError(f"no event can be asked for by {text[:60]!r}: give a text that can be printed")
        if "" in {self.stream, self.namespace, self.name}:
            raise ValueError("no event can be asked for by an empty stream, namespace or name: leave it out")
        if self.limit < 1:
            raise ValueError(f"a page of {self.limit} events holds nothing: ask for one at least")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Events that match, and the head of the log when they were read. `more`: others follow beyond the limit.

    Up to `archived` the events lie in an archive: a query that reaches down there is answered without them.
    """

    events: tuple[Recorded, ...]
    head: int
    more: bool
    archived: int = 0

"""What is said besides of an endpoint that was never seen: a name that is near, of those that the caller may see."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from service.cli.exits import Stop

if TYPE_CHECKING:
    from service.cli.asking import Daemon

NEVER_SEEN = "urn:lamplighter:problem:never-seen"  # the kind of problem
NEAR = 0.75  # the share of letters that two names have in common, by which one may be meant for the other
SECONDS = 5.0  # a hint is worth no longer wait


def hint(asked: "Daemon", problem: Any) -> str:
    """Return `. Did you mean acme/new?` for an endpoint that was never seen, where one is called like it."""
    name = _unseen(problem)
    if name is None:
        return ""
    from difflib import get_close_matches

    try:
        for namespace in (name.partition("/")[0], None):
            page = asked.get("/api/endpoints", {"namespace": namespace}, seconds=SECONDS)
            if near := get_close_matches(name, [item["endpoint"] for item in page["items"]], n=1, cutoff=NEAR):
                return f". Did you mean {near[0]}?"
    except (Stop, KeyError, TypeError):
        pass  # the refusal is told all the same
    return ""


def never_seen(asked: "Daemon", path: str) -> str | None:
    """Return what the daemon says of an endpoint that it never saw; None if it did, or cannot be asked."""
    try:
        reply = asked.ask("GET", path, seconds=SECONDS)
    except Stop:
        return None
    return f"{reply.error}{hint(asked, reply.document)}" if _unseen(reply.document) else None


def _unseen(problem: Any) -> str | None:
    if not isinstance(problem, Mapping) or problem.get("type") != NEVER_SEEN:
        return None
    found = re.match(r"/api/endpoints/([^/]+/[^/]+)", str(problem.get("instance")))
    return None if found is None else unquote(found[1])

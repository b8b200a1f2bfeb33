"""What a shell completes beside commands and options: names of endpoints, of the daemon that would be asked.

Who presses a key waits for it, and reads nothing: it is soon over, and says nothing of what went wrong.
"""

import re
from collections.abc import Sequence
from typing import Any

import typer

SECONDS = 0.5
MOST = 1000
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)  # nothing else is handed to a shell


def endpoints(ctx: typer.Context, incomplete: str) -> Sequence[str]:
    """Return the endpoints whose names begin so, `namespace/name`; none where nobody answers at once."""
    from service.cli.asking import Daemon
    from service.cli.exits import Stop
    from service.cli.finding import address, find

    namespace, slash, _ = incomplete.partition("/")
    query = {"limit": MOST, "namespace": namespace if slash else None}
    try:
        found = find()
        asked = Daemon(address(_url(ctx), found), found)
        items: list[Any] = asked.get("/api/endpoints", query, seconds=SECONDS)["items"]
        names = [str(item["endpoint"]) for item in items]
    except (Stop, OSError, ValueError, KeyError, TypeError):
        return []
    return [name for name in names if name.startswith(incomplete) and _NAME.fullmatch(name)]


def _url(ctx: typer.Context) -> str | None:
    """Return the daemon that is named before the word that is completed."""
    return ctx.params.get("url") or ctx.find_root().params.get("url")

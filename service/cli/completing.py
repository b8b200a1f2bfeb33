"""What a shell completes beside commands and options: names of endpoints, of the daemon that would be asked.

Who presses a key waits for it, and reads nothing: it is soon over, and says nothing of what went wrong.
"""

import re
from collections.abc import Sequence

import typer

SECONDS = 0.5
MOST = 1000
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)  # nothing else is handed to a shell


def endpoints(ctx: typer.Context, incomplete: str) -> Sequence[str]:
    """Return the endpoints whose names begin so, `namespace/name`; none where not all of them are told at once."""
    from threading import Thread

    names: list[str] = []
    # A time limit of a connection bounds each of its steps, and the search for its address not at all.
    asking = Thread(target=_ask, args=(_url(ctx), incomplete, names), daemon=True)
    asking.start()
    asking.join(SECONDS)
    return [name for name in names if name.startswith(incomplete) and _NAME.fullmatch(name)]


def _ask(url: str | None, incomplete: str, names: list[str]) -> None:
    """Add the names that the daemon tells; whatever is wrong, say nothing."""
    namespace, slash, _ = incomplete.partition("/")
    query = {"limit": MOST, "namespace": namespace if slash else None}
    try:
        from service.cli.asking import Daemon
        from service.cli.finding import address, find

        found = find()
        told = Daemon(address(url, found), found).get("/api/endpoints", query, seconds=SECONDS)
        names += [str(item["endpoint"]) for item in told["items"]]
    except Exception:  # noqa: BLE001, S110  # be it a deep document or a home that nobody has: nobody reads it
        pass


def _url(ctx: typer.Context) -> str | None:
    """Return the daemon that is named before the word that is completed."""
    return ctx.params.get("url") or ctx.find_root().params.get("url")

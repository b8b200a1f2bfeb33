"""`lamplighter list`: the endpoints, a line each; and first of all, what of it may not be true any more."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any

import typer

from service import wall
from service.cli.asking import Daemon
from service.cli.calling import Json, Url, daemon, wants_json
from service.cli.completing import endpoints
from service.cli.exits import Exit, Stop
from service.cli.plan import DUE
from service.cli.printing import STYLES, count_line, document, say, table
from service.cli.spelling import COMMANDS, UNKNOWN, away, counted, instant, ready_of, roughly
from service.cli.status import health, troubled

Document = Mapping[str, Any]
Match = Annotated[
    str,
    typer.Argument(
        metavar="[NS|NS/GLOB]", help="A namespace, or a pattern like acme/chat-*.", autocompletion=endpoints
    ),
]
HEADER = ("", "ENDPOINT", "STATUS", "REPLICAS", "FOR", "KEPT BY", "NEXT")
WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What else is told of endpoints: why their namespace is not to be relied on, their leases, what policies plan."""

    watched: Sequence[str]
    shaky: Mapping[str, str]
    leases: Counter[str]
    plan: Mapping[str, Sequence[Document]]


def list_(ctx: typer.Context, match: Match = "*", url: Url = None, json: Json = False) -> None:
    """List the endpoints: status, replicas, for how long, what keeps them, and what a policy means to do."""
    pattern = match if "/" in match else f"{match}/*"
    namespace, _, name = pattern.partition("/")
    if not namespace or not name or "/" in name:
        raise Stop(f"{match!r} names no endpoints: write a namespace, or a pattern like acme/chat-*", Exit.USAGE)
    asked = daemon(ctx, url)
    query = {"namespace": None if WILD & set(namespace) else namespace}
    items = [one for one in asked.pages("/api/endpoints", query) if fnmatchcase(one["endpoint"], pattern)]
    if wants_json(ctx, json):
        document({"items": items})
        return
    watched = asked.get("/api/status")["namespaces"]
    around = Around(
        watched=[one["namespace"] for one in watched],
        shaky={one["namespace"]: health(one) for one in watched if troubled(one) or not one.get("asked")},
        leases=Counter(one["endpoint"] for one in asked.get("/api/leases")["items"]),
        plan=_plan(asked) if items else {},
    )
    show(items, around, pattern=pattern, now=wall.now())


def show(items: Sequence[Document], around: Around, *, pattern: str, now: datetime) -> None:
    """Print the endpoints for a person; where it may not be true any more comes first."""
    for namespace, why in sorted(around.shaky.items()):
        if fnmatchcase(namespace, pattern.partition("/")[0]):
            say(f"! {namespace} {why}: what is listed of it is what was known before", "yellow")
    if not items:
        namespace = pattern.partition("/")[0]
        unwatched = (
            f": {namespace} is not watched" if not any(fnmatchcase(name, namespace) for name in around.watched) else ""
        )
        matches = "" if pattern == "*/*" else f" that matches {pattern}"
        say(f"no endpoint is known{matches}{unwatched if matches else ''}")
        return
    table(HEADER, [_row(one, around, now) for one in items], [STYLES.get(str(one["status"]), "") for one in items])
    say()
    say(f"{counted(len(items), 'endpoint')}: {count_line(Counter(str(one['status']) for one in items))}", "dim")


def _plan(asked: Daemon) -> Mapping[str, Sequence[Document]]:
    """Return what the policies mean to do, by endpoint."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for item in asked.get("/api/plan")["items"]:
        if item["verdict"] in DUE:
            found[item["endpoint"]].append(item)
    return found


def _row(one: Document, around: Around, now: datetime) -> tuple[str, ...]:
    doubts = list(_doubts(one))
    return (
        "!" if doubts or one["namespace"] in around.shaky else " ",
        one["endpoint"],
        f"{one['status']} ({', '.join(doubts)})" if doubts else str(one["status"]),
        ready_of(one["ready_replicas"], one["target_replicas"]),
        _span(one["since"], now),
        ", ".join(_kept(one, around.leases[one["endpoint"]])),
        "; ".join(_next(one, around.plan.get(one["endpoint"], ()), now)),
    )


def _doubts(one: Document) -> Iterator[str]:
    if not one.get("watched", True):
        yield "not watched any more"
    if not one.get("readable", True):
        yield "document unreadable"


def _span(since: Document | None, now: datetime) -> str:
    """Return for how long; where nobody saw it begin, at least how long."""
    at = None if since is None else instant(since["seen_at"])
    if since is None or at is None:
        return UNKNOWN
    unseen = since["not_before"] is None or since["gap"]
    return f"{'at least ' if unseen else ''}{roughly(max(now - at, timedelta()))}"


def _kept(one: Document, leases: int) -> Iterator[str]:
    if one["hold"] is not None:
        yield f"hold of {one['hold']['author']}"
    if leases:
        yield counted(leases, "lease")
    if one["protected"]:
        yield "protection"


def _next(one: Document, planned: Iterable[Document], now: datetime) -> Iterator[str]:
    for act in one["open_acts"]:
        yield f"{COMMANDS.get(act['command'], act['command'])} is under way"
    for item in planned:
        command = COMMANDS.get(item["command"], str(item["command"]))
        would = "would " if item.get("observe") else ""
        yield f"{would}{command} {away(instant(item.get('due_at')), now)} ({item['policy']})"

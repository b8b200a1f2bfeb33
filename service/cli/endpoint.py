"""`lamplighter show` and `lamplighter explain`: one endpoint, as facts and in sentences."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Annotated, Any

import typer

from service.cli.asking import Daemon, endpoint_path
from service.cli.calling import EndpointName, Json, Url, Zone, daemon, wants_json
from service.cli.printing import STYLES, document, pairs, say
from service.cli.spelling import (
    COMMANDS,
    OLD_SECONDS,
    UNKNOWN,
    ago,
    doer,
    dollars,
    instant,
    moment,
    parse_endpoint,
    prose,
    ready_of,
    window,
)
from service.cli.zones import asked_at, show_by, zone as zone_of
from service.when import spell

Document = Mapping[str, Any]
HEADINGS: Mapping[str, str] = {"why": "Why", "next": "What comes next", "held": "What holds it"}

At = Annotated[
    str | None, typer.Option("--at", metavar="WHEN", help="As it was known then: 2h ago, yesterday 14:00, 2026-11-20.")
]
AtPosition = Annotated[
    int | None, typer.Option("--at-position", min=1, help="As it was known when the log reached to there.")
]


def show(
    ctx: typer.Context,
    endpoint: EndpointName,
    *,
    at: At = None,
    at_position: AtPosition = None,
    zone: Zone = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Show all that is known of an endpoint, or that was known at an earlier time."""
    asked = daemon(ctx, url)
    place = zone_of(zone, asked.found)
    show_by(place)
    query = {"at": asked_at(at, place), "at_position": at_position}
    told = asked.get(endpoint_path(parse_endpoint(endpoint)), query)
    if wants_json(ctx, json):
        document(told)
        return
    then = told.get("then")
    name = f"{told['namespace']}/{told['name']}"
    say(f"{name}{_place(then, place)}: {told['status']}", STYLES.get(str(told["status"]), ""))
    if then:
        for line in _really(told["status"], then, place):
            say(line, "yellow")
    if not told.get("readable", True):
        say("! its document cannot be read: what follows is of before", "yellow")
    ended = _ended_by(asked, told) if told["status"] == "absent" and not then else ""
    pairs([*_facts(told, ended), *_awake(told), *_policies(told)])


def _place(then: Document | None, zone: tzinfo) -> str:
    at = instant(then["at"]) if then else None
    return "" if then is None or at is None else f" as known at {spell(at, zone)}, position {then['position']}"


def _really(status: str, then: Document, zone: tzinfo) -> Iterator[str]:
    """Say what the status can really have been, where that is not what was known."""
    window = then["window"]
    begin, end = (None, None) if window is None else (instant(window["not_before"]), instant(window["seen_at"]))
    between = f"between {spell(begin, zone)} and {spell(end, zone)}" if begin and end else ""
    if then["gap"]:
        yield f"! nobody could look {between}: it may have been anything"
    elif begin:
        yield f"! it was {' or '.join(then['was'])}: it changed {between}, and nobody saw when"
    elif then["was"] and then["was"] != [status]:
        yield f"! it was {then['was'][0]}, as was seen later"


def explain(ctx: typer.Context, endpoint: EndpointName, url: Url = None, json: Json = False) -> None:
    """Explain why an endpoint is as it is, by whom, what comes next and when, and what holds it."""
    told = daemon(ctx, url).get(endpoint_path(parse_endpoint(endpoint), "explain"))
    if wants_json(ctx, json):
        document(told)
        return
    for passage in told["passages"]:
        heading = HEADINGS.get(passage["topic"])
        if heading is not None:
            say()
            say(heading, "bold")
        for sentence in passage["sentences"]:
            say(prose(sentence if heading is None else f"  {sentence}"))


def _ended_by(asked: Daemon, told: Document) -> str:
    """Return by whom an endpoint was deleted, as far as the daemon can tell: `, by person:ana`."""
    reply = asked.ask("GET", endpoint_path(told["endpoint"], "explain"))
    why = reply.document.get("why") if reply.code < 400 and isinstance(reply.document, Mapping) else None
    who = (why or {}).get("who") or {}
    return f", by {(who.get('act') or {}).get('actor') or doer(who) or 'whom is not known'}"


def _facts(told: Document, ended: str = "") -> Iterator[tuple[str, str]]:
    since, gone = told.get("since"), told["status"] == "absent"
    when = UNKNOWN if since is None else f"{moment(since['seen_at'])} ({window(since)})"
    yield ("deleted" if gone else "since"), f"{when}{ended}"
    if not gone:
        yield from _presence(told)
    yield "hold", _hold(told.get("hold"))
    yield "under way", ", ".join(_act(act) for act in told.get("open_acts") or ())
    yield "position", f"{told.get('position')} in the log; its status began at {told.get('cause')}"


def _presence(told: Document) -> list[tuple[str, str]]:
    """Return the facts that only an endpoint has which is there."""
    return [
        ("seen", "" if told.get("then") else ago(told.get("seconds_since_seen"))),
        ("replicas", ready_of(told.get("ready_replicas"), told.get("target_replicas"))),
        ("costs", "" if told.get("then") else _cost(told.get("usd_per_hour"), told.get("seconds_since_seen"))),
        ("url", told.get("url") or "none"),
        ("message", told.get("message") or ""),
        ("created", f"{moment(told.get('created_at'))} by {_person(told, 'created_by')}"),
        ("edited", f"{moment(told.get('updated_at'))} by {_person(told, 'updated_by')}"),
        ("groups", ", ".join(told.get("groups") or ()) or "none"),
        ("protected", "yes: no policy acts on it" if told.get("protected") else "no"),
    ]


def _cost(usd_per_hour: float | None, seen: float | None) -> str:
    old = f", as it was {ago(seen)}" if usd_per_hour is not None and seen is not None and seen >= OLD_SECONDS else ""
    return f"{'about ' if usd_per_hour else ''}{dollars(usd_per_hour)}{old}"


def _awake(told: Document) -> Iterator[tuple[str, str]]:
    for lease in told.get("leases") or ():
        why = f": {lease.get('reason')}" if lease.get("reason") else ""
        yield "held awake", f"by {lease.get('holder')} until {moment(lease.get('until'))}{why}"


def _policies(told: Document) -> Iterator[tuple[str, str]]:
    for line in told.get("plan") or ():
        yield "plan", f"{line.get('policy')}: {prose(str(line.get('reason')))}"
    for warning in told.get("warnings") or ():
        policy, due = warning.get("policy", UNKNOWN), moment(warning.get("due_at"))
        yield "warned", f"{policy} would {COMMANDS.get(warning.get('command'), UNKNOWN)} it at {due}"


def _person(told: Document, field: str) -> str:
    id_ = told.get(field)
    return UNKNOWN if id_ is None else str((told.get("people") or {}).get(id_, id_))


def _hold(hold: Document | None) -> str:
    if hold is None:
        return "none"
    return f"by {hold.get('author')} until {moment(hold.get('until'))}: {hold.get('reason')}"


def _act(act: Any) -> str:
    if not isinstance(act, Mapping):
        return str(act)
    return f"{COMMANDS.get(str(act.get('command')), str(act.get('command')))} by {act.get('actor') or UNKNOWN}"

"""`lamplighter uptime`: how endpoints spent their time, how often they started and failed, and how long starts took."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from service.cli.calling import Json, Url, Zone, daemon, wants_json
from service.cli.completing import endpoints
from service.cli.printing import document, say, table
from service.cli.spelling import UNKNOWN, counted, instant
from service.cli.timeline import Until
from service.cli.zones import asked_at, show_by, zone as zone_of
from service.durations import humanize
from service.when import spell

Document = Mapping[str, Any]
Match = Annotated[
    str,
    typer.Argument(
        metavar="[NS|NS/NAME]", help="A namespace, or a pattern like acme/chat-*.", autocompletion=endpoints
    ),
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="From then on; else since each was first seen.")
]


def uptime(
    ctx: typer.Context,
    match: Match = "*",
    *,
    since: Since = None,
    until: Until = None,
    zone: Zone = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Show availability, starts, failures and cold starts of endpoints, within the bounds of what was seen."""
    asked = daemon(ctx, url)
    place = zone_of(zone, asked.found)
    show_by(place)
    pattern = match if "/" in match or match == "*" else f"{match}/*"
    query = {"match": pattern, "since": asked_at(since, place), "until": asked_at(until, place)}
    items = list(asked.pages("/api/uptime", query, seconds=300.0))
    if wants_json(ctx, json):
        document({"items": items})
        return
    if not items:
        say(f"No endpoint that matches {pattern} was there.")
        return
    header = ("ENDPOINT", "AVAILABLE", "STARTS", "FAILURES", "COLD START P50", "P90", "TIME")
    table(header, [_row(item) for item in items], numbers=("STARTS", "FAILURES"))
    say()
    first = min(filter(None, (instant(item["since"]) for item in items)))
    begin = f"from {since} on" if since else f"since each was first seen, the first at {spell(first, place)}"
    if until is not None:
        begin = f"{begin.removesuffix(' on')}, until {until}"
    say(f"{counted(len(items), 'line')}, one for each life of an endpoint, {begin}.", "dim")


def _row(item: Document) -> tuple[str, ...]:
    gone = " (gone)" if item["gone"] else ""
    return (
        f"{item['endpoint']}{gone}",
        _share(item["availability"]),
        str(item["starts"]),
        str(item["failures"]),
        _bounds(item["p50"]),
        _bounds(item["p90"]),
        _times(item),
    )


def _times(item: Document) -> str:
    """Return the share of each status that is certain, and of what nobody saw."""
    gaps = max((each["in_gaps"] for each in item["times"]), default=0.0)
    whole = sum(each["certain"] for each in item["times"]) + gaps
    whole += max((each["in_windows"] for each in item["times"]), default=0.0)
    if not whole:
        return UNKNOWN
    shares = [f"{each['status']} {each['certain'] / whole:.0%}" for each in item["times"] if each["certain"]]
    return " · ".join([*shares, f"unseen {gaps / whole:.1%}"] if gaps else shares)


def _share(bounds: Document | None) -> str:
    return "not wanted up" if bounds is None else _percent(bounds["lower"], bounds["upper"])


def _percent(lower: float, upper: float) -> str:
    one, other = f"{100 * lower:.1f}", f"{100 * upper:.1f}"
    return f"{one} %" if one == other else f"{one}\N{EN DASH}{other} %"


def _bounds(bounds: Document | None) -> str:
    if bounds is None:
        return "none seen"
    one, other = (humanize(timedelta(seconds=bounds[end])) for end in ("lower", "upper"))
    return one if one == other else f"{one} to {other}"

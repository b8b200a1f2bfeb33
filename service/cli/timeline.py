"""`lamplighter timeline`: what an endpoint was and when, drawn true to time."""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any

import typer

from service.cli.asking import endpoint_path
from service.cli.calling import EndpointName, Json, Url, Zone, daemon, wants_json
from service.cli.drawing import BLOCKS, PLAIN, Letters, draw
from service.cli.printing import STYLES, columns, document, say
from service.cli.sentences import sentence
from service.cli.spelling import parse_endpoint, told_at
from service.cli.zones import asked_at, zone as zone_of
from service.durations import humanize
from service.when import spell

Document = Mapping[str, Any]
Since = Annotated[
    str, typer.Option("--since", metavar="WHEN", help="From then on: 2h ago, yesterday 14:00, 2026-11-20.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Until then; else as far as is known.")]


def timeline(
    ctx: typer.Context,
    endpoint: EndpointName,
    *,
    since: Since = "1d",
    until: Until = None,
    zone: Zone = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Draw what an endpoint was, and when: certain times, changes that nobody saw, and gaps."""
    asked = daemon(ctx, url)
    place = zone_of(zone, asked.found)
    query = {"since": asked_at(since, place), "until": asked_at(until, place)}
    told = asked.get(endpoint_path(parse_endpoint(endpoint), "timeline"), query)
    if wants_json(ctx, json):
        document(told)
        return
    if not told["stretches"]:
        say(f"Nothing is known of {told['endpoint']} in that time.")
        return
    _show(told, place)


def _show(told: Document, zone: tzinfo) -> None:
    letters = BLOCKS if _can_write(BLOCKS) else PLAIN
    drawing = draw(told["stretches"], width=columns(), zone=zone, letters=letters)
    begin, end = told_at(told["since"]), told_at(told["until"])
    say(f"{told['endpoint']} from {spell(begin, zone)} to {spell(end, zone)}: {humanize(end - begin)}")
    say()
    say(drawing.axis, "dim")
    for lane in drawing.lanes:
        say(lane.line, STYLES.get(lane.status, ""))
    say()
    say(
        f"one column is {_span(drawing.column)}: {letters.certain} so, {letters.part} so for a part of it, "
        f"{letters.uncertain} perhaps: it changed meanwhile, {letters.gap} nobody could look",
        "dim",
    )
    say()
    for _, line, style in sorted(_lines(told, zone), key=lambda each: each[0]):
        say(line, style)


def _lines(told: Document, zone: tzinfo) -> Iterator[tuple[datetime, str, str]]:
    """Yield what is told below the drawing: each stretch, and what was done meanwhile, with its instant."""
    day = "%Y-%m-%d " if told_at(told["until"]) - told_at(told["since"]) > timedelta(hours=20) else ""
    for each in told["stretches"]:
        begin = told_at(each["begin"])
        what, style = _what(each)
        span = _span(timedelta(seconds=each["seconds"]))
        yield begin, f"{begin.astimezone(zone):{day}%H:%M:%S}  {span:>12}  {what}", style
    for event in told["events"]:
        at = told_at(event["time"])
        said = sentence(event["type"], event["data"])
        yield at, f"{at.astimezone(zone):{day}%H:%M:%S}  {'':>12}    {event['actor']}: {said}", "dim"


def _what(each: Document) -> tuple[str, str]:
    if each["gap"]:
        return "nobody could look: it may have been anything", "dim"
    if len(each["statuses"]) == 1:
        return each["statuses"][0], STYLES.get(each["statuses"][0], "")
    return f"{_either(each['statuses'])}: nobody saw when it changed", "dim"


def _either(statuses: list[str]) -> str:
    return f"{', '.join(statuses[:-1])} or {statuses[-1]}"


def _span(span: timedelta) -> str:
    return humanize(span) if span >= timedelta(seconds=1) else "under 1 s"


def _can_write(letters: Letters) -> bool:
    try:
        f"{letters.certain}{letters.part}{letters.uncertain}{letters.gap}".encode(sys.stdout.encoding or "ascii")
    except UnicodeError:
        return False
    return True

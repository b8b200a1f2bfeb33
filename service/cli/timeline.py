"""`lamplighter timeline`: what an endpoint was and when, drawn true to time."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any

import typer

from service.cli.asking import endpoint_path
from service.cli.calling import EndpointName, Json, Url, Zone, daemon, wants_json
from service.cli.drawing import BLOCKS, PLAIN, Letters, draw
from service.cli.printing import STYLES, columns, document, say
from service.cli.sentences import sentence
from service.cli.spelling import parse_endpoint, told_at
from service.cli.zones import asked_at, show_by, zone as zone_of
from service.durations import humanize
from service.when import spell
from statemachine.status import Status

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
    show_by(place)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A stretch as it is listed: how long it surely was so, and the window in which it began, if nobody saw when."""

    begin: datetime
    seen: datetime | None
    seconds: float
    what: str
    style: str


def _lines(told: Document, zone: tzinfo) -> Iterator[tuple[datetime, str, str]]:
    """Yield what is told below the drawing: each stretch, and what was done meanwhile, with its instant."""
    day = "%Y-%m-%d " if told_at(told["until"]) - told_at(told["since"]) > timedelta(hours=20) else ""
    room = len("12:00:00\N{EN DASH}12:00:00") + (len("2026-11-20 ") if day else 0)
    for row in _rows(told["stretches"]):
        when = f"{row.begin.astimezone(zone):{day}%H:%M:%S}"
        if row.seen is not None:
            when += f"\N{EN DASH}{row.seen.astimezone(zone):%H:%M:%S}"
        yield row.begin, f"{when:{room}}  {_span(timedelta(seconds=row.seconds)):>12}  {row.what}", row.style
    for event in told["events"]:
        at = told_at(event["time"])
        said = f"{event['actor']}: {sentence(event['type'], event['data'])}"
        yield at, f"{at.astimezone(zone):{day}%H:%M:%S}".ljust(room + 14) + f"    {said}", "dim"


def _rows(stretches: Sequence[Document]) -> Iterator[Row]:
    """Yield a row for each stretch that is certain or a gap; a window stands in that of what it came to."""
    before, window = "", None
    for each in stretches:
        if len(each["statuses"]) > 1:
            if window is not None:
                yield _row(window, f"{_either(window['statuses'])}: nobody saw when it changed")
            window = each
            continue
        if each["gap"]:
            before, what = "", "nobody could look: it may have been anything"
        else:
            passed = sorted({*(window["statuses"] if window else ())} - {before, each["statuses"][0]})
            before = each["statuses"][0]
            what = f"{before}{f', meanwhile perhaps {_either(passed)}' if passed and window else ''}"
        yield _row(each, what, window=window)
        window = None
    if window is not None:
        yield _row(window, f"{_either(window['statuses'])}: nobody saw when it changed")


def _row(each: Document, what: str, *, window: Document | None = None) -> Row:
    return Row(
        begin=told_at((window or each)["begin"]),
        seen=told_at(window["end"]) if window else None,
        seconds=each["seconds"],
        what=what,
        style=STYLES.get(what, "") if len(each["statuses"]) == 1 else "dim",
    )


def _either(statuses: list[str]) -> str:
    if len(statuses) >= len(Status):
        return "anything"
    return f"{', '.join(statuses[:-1])} or {statuses[-1]}" if len(statuses) > 1 else statuses[0]


def _span(span: timedelta) -> str:
    return humanize(span) if span >= timedelta(seconds=1) else "under 1 s"


def _can_write(letters: Letters) -> bool:
    try:
        f"{letters.certain}{letters.part}{letters.uncertain}{letters.gap}".encode(sys.stdout.encoding or "ascii")
    except UnicodeError:
        return False
    return True

"""`lamplighter events`: the log, one readable line an event; from the daemon, or from the file itself."""

from dataclasses import replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Annotated

import typer

from service import wall
from service.cli.calling import Json, Url, daemon, pass_on, wants_json
from service.cli.completing import endpoints
from service.cli.eventtypes import beside
from service.cli.exits import Exit, Stop
from service.cli.finding import find
from service.cli.following import follow
from service.cli.papers import AT_ONCE, PAPERS, Event, Format, Paper
from service.cli.printing import warn
from service.cli.reading import MOST, Wanted, count_at_daemon, count_in_file, from_daemon, from_file
from service.cli.spelling import parse_endpoint
from service.cli.zones import meant, show_by, zone

Texts = list[str] | None


class Order(StrEnum):
    """Which events come first."""

    ASC = "asc"
    DESC = "desc"


def events(
    ctx: typer.Context,
    *,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="NS/NAME", help="Of one endpoint.", autocompletion=endpoints)
    ] = None,
    namespace: Annotated[str | None, typer.Option("--namespace", metavar="NS", help="Of one namespace.")] = None,
    glob: Annotated[
        Texts, typer.Option("--glob", metavar="GLOB", help="Of endpoints like acme/t*; repeatable.")
    ] = None,
    group: Annotated[Texts, typer.Option("--group", metavar="GROUP", help="Of a configured group; repeatable.")] = None,
    type_: Annotated[Texts, typer.Option("--type", metavar="TYPE", help="Of a type; repeatable.")] = None,
    status: Annotated[Texts, typer.Option("--status", metavar="STATUS", help="That led to one; repeatable.")] = None,
    actor: Annotated[str | None, typer.Option("--actor", metavar="WHO", help="By watcher, policy:NAME, …")] = None,
    cause: Annotated[
        str | None, typer.Option("--cause", metavar="WHOSE", help="Changes by platform, person, request or unknown.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="NAME", help="What it warned, meant and brought about.")
    ] = None,
    intent: Annotated[str | None, typer.Option("--intent", metavar="ID", help="Its whole chain, in order.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help='From "2h", "yesterday 14:00" or RFC 3339 on.')
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Before then.")] = None,
    zone_: Annotated[
        str | None, typer.Option("--zone", metavar="ZONE", help="Of times, given and shown, like Europe/Berlin.")
    ] = None,
    after: Annotated[int | None, typer.Option("--after", metavar="POSITION", help="Beyond a position.", min=0)] = None,
    before: Annotated[int | None, typer.Option("--before", metavar="POSITION", help="Before one.", min=0)] = None,
    order: Annotated[Order, typer.Option("--order", help="Oldest or newest first.")] = Order.ASC,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="The first so many.", min=1)] = None,
    last: Annotated[int | None, typer.Option("--last", metavar="N", help="The last so many.", min=1, max=MOST)] = None,
    count: Annotated[bool, typer.Option("--count", help="Print only how many match.")] = False,
    follows: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes, until Ctrl-C.")] = False,
    form: Annotated[Format | None, typer.Option("--format", help="How to print them.")] = None,
    log: Annotated[
        str | None, typer.Option("--log", metavar="URL", help="Read sqlite:///PATH itself; needs no daemon.")
    ] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Print the events of the log, oldest first. With -f alone: only what comes."""
    pass_on(ctx, url, json)
    if ctx.invoked_subcommand is not None:
        return
    if zone_ is not None:
        show_by(zone(zone_, find()))
    form = form or (_json(follows=follows) if wants_json(ctx, json) else Format.LINES)
    wanted = Wanted(
        endpoint=None if endpoint is None else parse_endpoint(endpoint),
        namespace=namespace,
        globs=tuple(glob or ()),
        groups=_parted(group),
        types=_parted(type_),
        statuses=_parted(status),
        actor=actor,
        cause=cause,
        policy=policy,
        intent=intent,
        after=after,
        before=before,
        newest_first=order is Order.DESC,
        limit=limit,
        last=last,
        cloud=form.cloud,
    )
    _refuse_nonsense(replace(wanted, until=until), form, follows=follows, count=count, log=log)
    wanted = _timed(wanted, since, until, zone_, exact=follows)
    if follows:
        _follow(ctx, wanted, url, form)
    elif count:
        _count(ctx, wanted, url, log, as_json=form is Format.JSON)
    else:
        _print(ctx, wanted, url, log, PAPERS[form]())


def _parted(texts: Texts) -> tuple[str, ...]:
    """Return names that were said one by one, or parted by commas as over HTTP."""
    return tuple(name for text in texts or () for name in text.split(","))


def _json(*, follows: bool) -> Format:
    return Format.JSONL if follows else Format.JSON


def _refuse_nonsense(wanted: Wanted, form: Format, *, follows: bool, count: bool, log: str | None) -> None:
    if follows and log is not None:
        raise Stop("-f follows a daemon, not a file: leave out --log", Exit.USAGE)
    if follows and (wanted.limit or wanted.last or wanted.until or wanted.before or wanted.newest_first or count):
        raise Stop("-f has no end: leave out --limit, --last, --until, --before, --order and --count", Exit.USAGE)
    if follows and form not in AT_ONCE:
        raise Stop(f"-f has no end, and {form} needs one: use {', '.join(AT_ONCE)}", Exit.USAGE)
    if wanted.last and (wanted.limit or wanted.after is not None or wanted.newest_first):
        raise Stop("--last counts from the end: leave out --limit, --after and --order", Exit.USAGE)


def _timed(wanted: Wanted, since: str | None, until: str | None, named: str | None, *, exact: bool) -> Wanted:
    """Read the times, and name the zone on standard error where one was needed.

    A time before now is left to the daemon's clock, unless it must stay `exact` however often the daemon is asked.
    """
    if since is None and until is None:
        return wanted
    now, there = wall.now(), zone(named, find())
    return replace(
        wanted,
        since=_read("since", since, now, there, exact=exact),
        until=_read("until", until, now, there, exact=exact),
    )


def _read(word: str, text: str | None, now: datetime, there: tzinfo, *, exact: bool) -> str | None:
    from service.when import parse_ago, rfc3339

    if text is None or (not exact and parse_ago(text) is not None):
        return text
    return rfc3339(meant(word, text, now=now, zone=there))


def _print(ctx: typer.Context, wanted: Wanted, url: str | None, log: str | None, paper: Paper) -> None:
    found = 0

    def put(event: Event) -> None:
        nonlocal found
        found += 1
        paper.put(event)

    if log is not None:
        from_file(log, wanted, find(), put)
    else:
        for event in from_daemon(daemon(ctx, url), wanted):
            put(event)
    paper.end()
    if not found:
        warn("no event matches")


def _count(ctx: typer.Context, wanted: Wanted, url: str | None, log: str | None, *, as_json: bool) -> None:
    number = count_at_daemon(daemon(ctx, url), wanted) if log is None else count_in_file(log, wanted, find())
    print(f'{{"count": {number}}}' if as_json else number)


def _follow(ctx: typer.Context, wanted: Wanted, url: str | None, form: Format) -> None:
    begins = wanted.after is not None or wanted.since is not None
    paper = PAPERS[form]()
    query = {**wanted.filters, "format": "cloudevents" if wanted.cloud else None}
    for event in follow(daemon(ctx, url), query, after=(wanted.after or 0) if begins else None):
        paper.put(event)


app = beside(events)

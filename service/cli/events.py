"""`lamplighter events`: the log, one readable line an event; from the daemon, or from the file itself."""

from typing import Annotated

import typer

from service.cli.calling import Json, Url, daemon, pass_on, wants_json
from service.cli.exits import Exit, Stop
from service.cli.following import follow
from service.cli.lines import JsonDocument, JsonLines, Lines
from service.cli.reading import MOST, Wanted, check, from_daemon, from_file
from service.cli.spelling import parse_endpoint


def events(
    ctx: typer.Context,
    *,
    endpoint: Annotated[str | None, typer.Option("--endpoint", metavar="NS/NAME", help="Of one endpoint.")] = None,
    namespace: Annotated[str | None, typer.Option("--namespace", metavar="NS", help="Of one namespace.")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", metavar="TYPE", help="Of a type; repeatable.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="From 2h ago, or RFC 3339 on.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Before then.")] = None,
    after: Annotated[int | None, typer.Option("--after", metavar="POSITION", help="Beyond a position.", min=0)] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="The first so many.", min=1)] = None,
    last: Annotated[int | None, typer.Option("--last", metavar="N", help="The last so many.", min=1, max=MOST)] = None,
    follows: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes, until Ctrl-C.")] = False,
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
    wanted = Wanted(
        endpoint=parse_endpoint(endpoint) if endpoint else None,
        namespace=namespace,
        types=tuple(type_ or ()),
        since=check(since),
        until=check(until),
        after=after,
        limit=limit,
        last=last,
    )
    as_json = wants_json(ctx, json)
    _refuse_nonsense(wanted, follows=follows, log=log)
    if follows:
        _follow(ctx, wanted, url, json=as_json)
        return
    paper = JsonDocument() if as_json else Lines()
    if log is not None:
        from_file(log, wanted, paper.put)
    else:
        for event in from_daemon(daemon(ctx, url), wanted):
            paper.put(event)
    paper.end()


def _refuse_nonsense(wanted: Wanted, *, follows: bool, log: str | None) -> None:
    if follows and log is not None:
        raise Stop("-f follows a daemon, not a file: leave out --log", Exit.USAGE)
    if follows and (wanted.limit or wanted.last or wanted.until):
        raise Stop("-f has no end: leave out --limit, --last and --until", Exit.USAGE)
    if wanted.last and (wanted.limit or wanted.after is not None):
        raise Stop("--last counts from the end: leave out --limit and --after", Exit.USAGE)


def _follow(ctx: typer.Context, wanted: Wanted, url: str | None, *, json: bool) -> None:
    begins = wanted.after is not None or wanted.since is not None
    paper = JsonLines() if json else Lines()
    for event in follow(daemon(ctx, url), wanted.filters, after=(wanted.after or 0) if begins else None):
        paper.put(event)

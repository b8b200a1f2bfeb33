"""`lamplighter survey`: what is there, what it costs, and what nobody seems to call. No daemon, no log, no writes."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from service.cli.calling import Json, wants_json
from service.cli.exits import Exit, Stop
from service.cli.printing import document
from service.cli.spelling import parse_span

HubUrl = Annotated[str | None, typer.Option("--hub-url", metavar="URL", help="Another Hugging Face: the simulator.")]
Namespaces = Annotated[
    list[str] | None,
    typer.Option("--namespace", metavar="NS", help="Only this one; repeatable. Else all that the token sees."),
]
TokenFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--token-file", metavar="FILE", help="A file with a token; repeatable. Else HF_TOKEN or the saved login."
    ),
]
Idle = Annotated[str, typer.Option("--idle", metavar="SPAN", help="Without a request for so long counts as quiet.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, a line for each endpoint.")]


def survey(
    ctx: typer.Context,
    *,
    hub_url: HubUrl = None,
    namespace: Namespaces = None,
    token_file: TokenFiles = None,
    idle: Idle = "3d",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Look at everything that a token sees, and print what burns and what nobody calls. Reads only; needs no daemon."""
    if csv and wants_json(ctx, json):
        raise Stop("--csv and --json are two answers to one question: give one of them", Exit.USAGE)
    quiet = parse_span(idle)
    if not timedelta() < quiet <= timedelta(days=14):
        raise Stop("--idle must be more than nothing and at most 14d: requests are asked for that long", Exit.USAGE)
    from service.cli import surveying
    from service.cli.reaching import look_around
    from service.survey import reckon

    report = reckon(asyncio.run(look_around(hub_url, token_file or [], namespace or [])), idle=quiet)
    if csv:
        surveying.write_csv(report)
    elif wants_json(ctx, json):
        document(surveying.document(report))
    else:
        surveying.show(report, quiet)
    if report.survey.closed and not report.survey.namespaces:
        raise typer.Exit(Exit.FAILED)

"""What every command that asks the daemon takes, before or after its name: `--url` and `--json`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.completing import endpoints

if TYPE_CHECKING:  # a command that asks nobody must not pay for HTTP
    from service.cli.asking import Daemon

Url = Annotated[str | None, typer.Option("--url", help="Where the daemon is; else LAMPLIGHTER_URL, or as configured.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Zone = Annotated[
    str | None,
    typer.Option("--zone", metavar="ZONE", help="Of times, given and shown, like Europe/Berlin; else yours."),
]
OneEndpoint = typer.Argument(metavar="NS/NAME", help="An endpoint: namespace/name.", autocompletion=endpoints)
EndpointName = Annotated[str, OneEndpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was given before the command's name."""

    url: str | None = None
    json: bool = False


def daemon(ctx: typer.Context, url: str | None) -> "Daemon":
    """Return the daemon that is meant."""
    from service.cli.asking import Daemon
    from service.cli.finding import address, find

    given = _given(ctx)
    found = find()
    return Daemon(address(url or given.url, found), found)


def pass_on(ctx: typer.Context, url: str | None, json: bool) -> None:
    """Let the command of a group know what was given before its name."""
    ctx.obj = Given(url=url or _given(ctx).url, json=wants_json(ctx, json))


def wants_json(ctx: typer.Context, json: bool) -> bool:
    """Return whether JSON is wanted."""
    return json or _given(ctx).json


def _given(ctx: typer.Context) -> Given:
    return ctx.obj if isinstance(ctx.obj, Given) else Given()

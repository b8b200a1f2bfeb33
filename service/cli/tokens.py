"""`lamplighter token`: who may ask the daemon, and what. Each is made, listed and revoked by an admin."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from service.cli.calling import Json, Url, daemon, pass_on, wants_json
from service.cli.exits import Exit, Stop
from service.cli.printing import document, say, table, warn
from service.cli.spelling import grants, moment, parse_span

LISTED = ("NAME", "MAY", "MADE", "BY", "UNTIL")
EVERYWHERE = "*"

app = typer.Typer(no_args_is_help=True)


class RoleName(StrEnum):
    """The roles, each holding those before it."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


@app.callback()
def token(ctx: typer.Context, url: Url = None, json: Json = False) -> None:
    """Make, list and revoke tokens: who may ask the daemon what, and where."""
    pass_on(ctx, url, json)


@app.command()
def create(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it goes by; the log names its bearer so.")],
    role: Annotated[RoleName, typer.Option("--role", help="read sees; operate also acts; admin also makes tokens.")],
    namespaces: Annotated[
        str, typer.Option("--namespaces", metavar="GLOBS", help="Where, as 'acme,lab-*'; else in every namespace.")
    ] = EVERYWHERE,
    also: Annotated[
        list[str] | None, typer.Option("--also", metavar="ROLE:GLOBS", help="Another role elsewhere, as 'read:*'.")
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="How long: 12h, 90d; else until it is revoked.")
    ] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Make a token, and print its secret: once, for nobody keeps it."""
    if for_ is not None:
        parse_span(for_)
    granted = [_grant(role.value, namespaces), *(_grant(*_parted(text)) for text in also or ())]
    body: dict[str, Any] = {"name": name, "grants": granted}
    asked = daemon(ctx, url)
    told = asked.checked(asked.ask("POST", "/api/tokens", body={**body, **({"for": for_} if for_ else {})}))
    if wants_json(ctx, json):
        document(told)
        return
    made = told["token"]
    until = f" until {moment(made['expires_at'])}" if made["expires_at"] else ", until it is revoked"
    warn(f"{name} may {grants(made['grants'])}{until}. Keep the secret now: it is not told again.")
    print(told["secret"])


@app.command("list")
def list_(ctx: typer.Context, url: Url = None, json: Json = False) -> None:
    """List the tokens that were made and not revoked."""
    told = daemon(ctx, url).get("/api/tokens")
    if wants_json(ctx, json):
        document(told)
        return
    if not told["items"]:
        say("no token was made; the daemon's own lies in a file")
        return
    table(LISTED, [_row(one) for one in told["items"]])


@app.command()
def revoke(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it goes by.")],
    url: Url = None,
    json: Json = False,
) -> None:
    """Take a token back: from its next request on it opens nothing."""
    asked = daemon(ctx, url)
    reply = asked.ask("DELETE", f"/api/tokens/{quote(name, safe='')}")
    if reply.code == 404:
        raise Stop(reply.error, Exit.FAILED)  # gone is what an endpoint is
    told = asked.checked(reply)
    if wants_json(ctx, json):
        document(told)
        return
    say(f"{name} is revoked: it opens nothing any more")


def _grant(role: str, namespaces: str) -> dict[str, Any]:
    patterns = [pattern.strip() for pattern in namespaces.split(",")]
    if role == RoleName.ADMIN and EVERYWHERE not in patterns:
        raise Stop(
            "what an admin may beyond operate is of the whole daemon, so it takes every namespace: grant admin without "
            f"namespaces, or operate in {namespaces}",
            Exit.USAGE,
        )
    return {"role": role, "namespaces": patterns}


def _parted(text: str) -> tuple[str, str]:
    role, colon, namespaces = text.partition(":")
    if not (colon and namespaces and role in set(RoleName)):
        raise Stop(f"--also {text!r} is not understood: write ROLE:GLOBS, like 'read:*'", Exit.USAGE)
    return role, namespaces


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    until = "no end" if one["expires_at"] is None else moment(one["expires_at"])
    return (
        one["name"],
        grants(one["grants"]),
        moment(one["created_at"]),
        one["created_by"],
        f"{until} (over)" if one["expired"] else until,
    )

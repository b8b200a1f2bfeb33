"""`lamplighter parked`: what subscribers could not take; `replay` hands it over again, `skip` gives it up."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from service.cli.asking import ACT_SECONDS, Daemon
from service.cli.calling import Json, Url, daemon, pass_on, wants_json
from service.cli.exits import Exit, Stop
from service.cli.printing import document, say, table
from service.cli.spelling import UNKNOWN, counted

LISTED = ("SUBSCRIBER", "POSITION", "TYPE", "ABOUT", "WHY")

Of = Annotated[str | None, typer.Option("--subscriber", metavar="NAME", help="Of one subscriber: alerts, hook/NAME.")]
For = Annotated[str, typer.Option("--subscriber", metavar="NAME", help="Whose: alerts, hook/NAME.")]
At = Annotated[int, typer.Argument(metavar="POSITION", help="Where the event stands.", min=1)]
MaybeAt = Annotated[int | None, typer.Argument(metavar="POSITION", help="Where the event stands.", min=1)]
Every = Annotated[bool, typer.Option("--all", help="All of them, by position, until one is not taken.")]

app = typer.Typer(invoke_without_command=True)


@app.callback()
def parked(ctx: typer.Context, subscriber: Of = None, url: Url = None, json: Json = False) -> None:
    """List the events that subscribers could not take and set aside."""
    pass_on(ctx, url, json)
    if ctx.invoked_subcommand is not None:
        return
    found = list(_listed(daemon(ctx, url), subscriber))
    if wants_json(ctx, json):
        document({"items": found})
        return
    if not found:
        say("nothing is set aside")
        return
    table(LISTED, [_row(one) for one in found], numbers=("POSITION",))


@app.command()
def replay(
    ctx: typer.Context,
    *,
    position: MaybeAt = None,
    subscriber: For,
    every: Every = False,
    why: Annotated[str, typer.Option("--why", help="Why; it stands in the log.")] = "",
    url: Url = None,
    json: Json = False,
) -> None:
    """Hand what was set aside to its subscriber again."""
    if every == (position is not None):
        raise Stop("say which: one POSITION, or --all", Exit.USAGE)
    asked = daemon(ctx, url)
    positions = [position] if position is not None else [one["position"] for one in _listed(asked, subscriber)]
    taken = []
    for number, one in enumerate(positions):
        try:
            _ask(asked, "replay", subscriber, one, why)
        except Stop as stop:
            raise _stopped(stop, taken=number, left=len(positions) - number) from stop
        taken.append(one)
    if wants_json(ctx, json):
        document({"subscriber": subscriber, "replayed": taken})
    else:
        say(f"{subscriber}: {counted(len(taken), 'event')} taken")


@app.command()
def skip(
    ctx: typer.Context,
    *,
    position: At,
    subscriber: For,
    why: Annotated[str, typer.Option("--why", help="Why; it stands in the log.")],
    url: Url = None,
    json: Json = False,
) -> None:
    """Give up an event that was set aside: its subscriber never takes it."""
    told = _ask(daemon(ctx, url), "skip", subscriber, position, why)
    if wants_json(ctx, json):
        document(told)
    else:
        say(f"{subscriber}: position {position} is given up; the event itself stays in the log")


def _ask(asked: Daemon, word: str, subscriber: str, position: int, why: str) -> Any:
    body = {"subscriber": subscriber, "position": position, "why": why}
    return asked.checked(asked.ask("POST", f"/api/parked/{word}", body=body, seconds=ACT_SECONDS))


def _stopped(stop: Stop, *, taken: int, left: int) -> Stop:
    """Return a refusal with how far it had come by then."""
    if not taken:
        return stop
    return Stop(f"{stop} ({counted(taken, 'event')} taken before, {left} left)", Exit(stop.code))


def _listed(asked: Daemon, subscriber: str | None) -> Iterator[Mapping[str, Any]]:
    after: int | None = 0
    while after is not None:
        page = asked.get("/api/parked", {"subscriber": subscriber, "after": after})
        yield from page["items"]
        after = page["next"]


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    event = one.get("event") or {}
    about = event.get("endpoint") or event.get("namespace") or ""
    return (one["subscriber"], str(one["position"]), event.get("type", UNKNOWN), about, one["error"])

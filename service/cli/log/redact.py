"""`lamplighter log redact`: take a text out of an event, for ever."""

import asyncio
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.calling import Json, wants_json
from service.cli.exits import Stop
from service.cli.finding import actor
from service.cli.log.opening import Log, path_of, writing
from service.cli.printing import document, say, warn

if TYPE_CHECKING:
    from events.record import Recorded


def redact(
    ctx: typer.Context,
    position: Annotated[int, typer.Argument(metavar="POSITION", help="Where the event stands.", min=1)],
    *,
    why: Annotated[
        str, typer.Option("--why", metavar="TEXT", help="Stands in the log for ever; hold no secret in it.")
    ],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="PATH", help="Only this, like sighting.message; repeatable."),
    ] = None,
    log: Log = None,
    json: Json = False,
) -> None:
    """Replace texts of an event by a mark, in the file itself. The daemon must be stopped: it would remember them.

    Without --field, every text without which the event can still be understood. The log can be verified as before, and
    says that you did it, and why.
    """
    path = path_of(log)
    done = asyncio.run(_redact(path, position, tuple(field or ()), why))
    fields = loads(done.data)["fields"]
    if wants_json(ctx, json):
        document({"position": position, "fields": fields, "told_at": done.position})
    else:
        say(f"position {position}: {', '.join(fields)} redacted, as position {done.position} tells")
    copies = sorted(str(copy) for copy in path.parent.glob(f"{path.name}.*.bak"))
    where = f": {', '.join(copies)}" if copies else ""
    warn(f"What was copied before still holds it{where}. Look through backups, exports and what was delivered")


async def _redact(path: Path, position: int, fields: tuple[str, ...], why: str) -> "Recorded":
    from events.anchor import NotRedacted, Redaction
    from service.clock import SystemClock

    order = Redaction(position=position, fields=fields, why=why, actor=actor(), time=SystemClock().now())
    async with writing(path, command="log redact") as log:
        result = await log.redact(order)
    if isinstance(result, NotRedacted):
        raise Stop(str(result))
    return result

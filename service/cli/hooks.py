"""`lamplighter hooks test NAME`: send one sample event, from here, to where the configuration says."""

import asyncio
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import finding
from service.cli.exits import Exit, Stop
from service.cli.printing import say

if TYPE_CHECKING:
    from service.config import Configuration, Hook

app = typer.Typer(no_args_is_help=True)


@app.callback()
def hooks() -> None:
    """Your own subscribers: `lamplighter status` tells where they stand, this tries one."""


@app.command("test")
def try_one(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A hook of the configuration.")],
    config: Annotated[Path | None, typer.Option("--config", help="Else the file that `run` would take.")] = None,
) -> None:
    """Send a sample event to a hook. It is made up, of a type of its own, and stands in no log."""
    path = finding.config_path(config)
    if path is None:
        raise Stop("there is no configuration file: name one by --config, or write lamplighter.toml here", Exit.USAGE)
    from service.cli.running import foreseen
    from service.config import load

    with foreseen():
        configuration = load(path)
    asyncio.run(_send(_named(configuration, name)))
    say(f"{name}: taken")


def _named(configuration: "Configuration", name: str) -> "Hook":
    hooks = {hook.name: hook for hook in configuration.settings.hooks}
    if name not in hooks:
        names = ", ".join(hooks) or "none"
        raise Stop(f"there is no hook {name!r}; the configuration has {names}", Exit.USAGE)
    return hooks[name]


async def _send(hook: "Hook") -> None:
    from service.app import receiver
    from service.clock import SystemClock
    from service.hooks.parcels import sample
    from service.subscribers.outbox import Rejected

    clock = SystemClock()
    try:
        await receiver(hook, clock, seconds=hook.timeout.total_seconds()).deliver(
            sample(hook, str(uuid.uuid4()), clock.now())
        )
    except Rejected as error:
        raise Stop(f"{hook.name}: not taken: {error}") from error

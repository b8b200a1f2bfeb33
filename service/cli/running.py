"""`lamplighter run` and `lamplighter once`: the daemon itself, and one round of it.

Only here and in the demo is the daemon imported. Without a configuration file it always observes.
"""

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer

from service.cli import finding
from service.cli.calling import Json, wants_json
from service.cli.exits import Exit, Stop
from service.cli.logfile import configured_log
from service.cli.printing import document, say, warn
from service.cli.spelling import clock, counted
from service.cli.zones import show_by
from service.when import parse_zone

if TYPE_CHECKING:
    from service.config import Configuration
    from service.parts import Parts

YOUNG = 20_000  # objects between two looks at the newest: some ms each


class Flags(TypedDict):
    """What stands in for a configuration file, or overrides it."""

    hub_url: str | None
    namespaces: list[str]
    log: str | None
    listen: str | None


Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Else LAMPLIGHTER_CONFIG, ./lamplighter.toml, or the XDG directory."),
]
HubUrl = Annotated[str | None, typer.Option("--hub-url", metavar="URL", help="Another Hugging Face: the simulator.")]
Namespaces = Annotated[
    list[str] | None,
    typer.Option("--namespace", metavar="NS", help="Watch it, without a configuration file; repeatable."),
]
Log = Annotated[str | None, typer.Option("--log", metavar="URL", help="The event log: sqlite:///PATH.")]
DespiteBrokenChain = Annotated[
    bool, typer.Option("--despite-broken-chain", help="Start also on a log that was changed behind Lamplighter's back.")
]
Listen = Annotated[str | None, typer.Option("--listen", metavar="HOST:PORT", help="Where to answer.")]


def run(
    *,
    config: Config = None,
    hub_url: HubUrl = None,
    namespace: Namespaces = None,
    log: Log = None,
    listen: Listen = None,
    despite_broken_chain: DespiteBrokenChain = False,
) -> None:
    """Run the daemon until SIGTERM or Ctrl-C. Without a configuration file it only observes."""
    flags: Flags = {"hub_url": hub_url, "namespaces": namespace or [], "log": log, "listen": listen}
    with foreseen():
        configuration = configured(config, **flags)
        _show_by_clocks_of(configuration)
        import asyncio

        from service import app, logs

        logs.configure()
        _open_as_many_as_allowed()
        _collect_seldom()
        world = app.World(reload=partial(_reloaded, config, flags), despite_broken_chain=despite_broken_chain)
        asyncio.run(app.run(configuration, world, started=_started))


def _show_by_clocks_of(configuration: "Configuration") -> None:
    """Show instants by the zone of this very configuration, if it names one."""
    if named := configuration.settings.zone:
        show_by(parse_zone(named))


def _open_as_many_as_allowed() -> None:
    """Let this process hold as many connections as the machine allows: whoever waits keeps one open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # some systems name a limit that they then refuse
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _collect_seldom() -> None:
    """Let Python look for cycles seldom, and never among what was loaded by now.

    Thousands of waiters are a million objects, none of them garbage: by Python's own thresholds a look at all of them
    comes a dozen times while they arrive, stops every answer for half a second, and finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)


def once(
    ctx: typer.Context,
    *,
    config: Config = None,
    hub_url: HubUrl = None,
    namespace: Namespaces = None,
    log: Log = None,
    listen: Listen = None,
    despite_broken_chain: DespiteBrokenChain = False,
    json: Json = False,
) -> None:
    """Do one round and end. Exit code 1 if anything could not be done, or the end of an act was not seen."""
    flags: Flags = {"hub_url": hub_url, "namespaces": namespace or [], "log": log, "listen": listen}
    with foreseen():
        configuration = configured(config, **flags)
        _show_by_clocks_of(configuration)
        from service.cli.rounds import play_round

        done = play_round(configuration, despite_broken_chain=despite_broken_chain)
    if wants_json(ctx, json):
        document(done.document)
    else:
        done.show()
    if not done.well:
        raise typer.Exit(Exit.FAILED)


@contextmanager
def foreseen() -> Iterator[None]:
    """Turn the errors that can be foreseen when a daemon starts into one sentence and an exit code."""
    from events.errors import LogError
    from service.config import ConfigError
    from service.failures import CannotListen

    try:
        yield
    except ConfigError as error:
        raise Stop(str(error), Exit.USAGE) from error
    except (LogError, CannotListen) as error:  # what is written may do tomorrow, or elsewhere: it is no bad usage
        raise Stop(str(error)) from error
    except ExceptionGroup as errors:  # of tasks that ran side by side
        if errors.split(LogError)[1] is not None:
            raise
        from service.succession import innermost

        raise Stop(str(innermost(errors))) from errors


def configured(
    config: Path | None, *, hub_url: str | None, namespaces: list[str], log: str | None, listen: str | None
) -> "Configuration":
    """Return the configuration: of a file, or of flags alone, which can only observe."""
    from service.config import load

    flags: dict[str, Any] = {"hub_url": hub_url, "log": log, "listen": listen}
    path = finding.config_path(config)
    if not namespaces:
        if path is None:
            raise Stop(
                "nothing to watch: name a configuration file with --config, or a namespace with --namespace", Exit.USAGE
            )
        return load(path, flags)
    if config is not None:
        raise Stop(
            f"--namespace is for running without a configuration file: {config} names its own under [namespaces]",
            Exit.USAGE,
        )
    if path is not None:
        warn(f"{path} is not used, because --namespace was given; --config {path} uses it")
    return load(None, {**flags, "namespaces": {name: {} for name in namespaces}})


def _reloaded(config: Path | None, flags: Flags) -> "Configuration":
    """Read the configuration anew; whatever is wrong with it, the daemon goes on with the one it has."""
    from service.config import ConfigError

    try:
        return configured(config, **flags)
    except Stop as stop:
        raise ConfigError(str(stop)) from stop


def _started(parts: "Parts") -> None:
    """Tell at once what this process may do, what it watches, and where it answers."""
    configuration = parts.configuration
    names = list(configuration.settings.namespaces)
    acting = [name for name in names if configuration.acts(name)]
    if acting:
        say(f"act: may write to {', '.join(acting)}; no act before {clock(parts.autopause.settled_at)} (settle)")
    else:
        say("observe: writes to Hugging Face are not possible in this process")
    where = configuration.settings.log or configured_log(finding.Found(path=None, says={}))
    say(f"watching {counted(len(names), 'namespace')}: {', '.join(names)}; log {where} at {parts.live.fleet.position}")
    say(f"http://{parts.listen}")
    sys.stdout.flush()

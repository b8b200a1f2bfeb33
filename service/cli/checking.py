"""`lamplighter check-config`: would the daemon take this file, and what does it come to."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli import finding
from service.cli.calling import Json, wants_json
from service.cli.exits import Exit, Stop
from service.cli.printing import document, say, table
from service.cli.spelling import COMMANDS, counted
from service.durations import humanize

if TYPE_CHECKING:
    from service.config import Configuration, Hook, Policy, Settings

File = Annotated[Path | None, typer.Argument(metavar="FILE", help="Else the file that `run` would take.")]


Hold = Annotated[bool, typer.Option("--live", help="Hold it against the endpoints that there are now. Reads only.")]


def check_config(ctx: typer.Context, file: File = None, live: Hold = False, json: Json = False) -> None:
    """Check a configuration file, without reaching anybody; with --live, also what it comes to now."""
    path = finding.config_path(file)
    if path is None:
        raise Stop("there is no configuration file: name one, or write lamplighter.toml here", Exit.USAGE)
    from service.cli.running import foreseen
    from service.config import load

    with foreseen():
        configuration = load(path)
    missing = _missing_files(configuration.settings)
    if missing:
        raise Stop(
            f"{path}: cannot be used\n" + "\n".join(f"  {line}" for line in missing),
            Exit.USAGE,
            document={"file": str(path), "ok": False, "errors": missing},
        )
    if live:
        _hold(path, configuration, as_json=wants_json(ctx, json))
    elif wants_json(ctx, json):
        document({"file": str(path), "ok": True, **_document(configuration)})
    else:
        _show(path, configuration)


def _hold(path: Path, configuration: "Configuration", *, as_json: bool) -> None:
    from service.cli.live import Live

    live = Live(configuration)
    if as_json:
        document({"file": str(path), "ok": live.whole, **_document(configuration), "live": live.document()})
    else:
        well = "ok" if live.whole else "understood, but not all of it can be reached"
        say(f"{path.name}: {well}, mode {configuration.settings.mode}. {live.headline()}.")
        live.show()
        for line in _remarks(configuration):
            say(f"! {line}", "yellow")
    if not live.whole:
        raise typer.Exit(Exit.FAILED)


def _missing_files(settings: "Settings") -> list[str]:
    """Return a sentence for each file that is named and cannot be read now."""
    named = [(f"namespaces.{key}.token_file", one.token_file) for key, one in settings.namespaces.items()]
    named += [("token_file", settings.token_file)]
    for key, channel in settings.channels.items():
        named += [(f"channels.{key}.url_file", channel.url_file), (f"channels.{key}.secret_file", channel.secret_file)]
    for hook in settings.hooks:
        place = f"hooks.{hook.name}"
        named += [(f"{place}.url_file", hook.url_file), (f"{place}.secret_file", hook.secret_file)]
    return [f"{place}: {why}" for place, path in named if path is not None and (why := _unreadable(path))]


def _unreadable(path: Path) -> str | None:
    try:
        with path.open("rb"):
            return None
    except OSError as error:
        return f"cannot read {path}: {error.strerror}"


def _document(configuration: "Configuration") -> dict[str, Any]:
    settings = configuration.settings
    return {
        "mode": settings.mode.value,
        "listen": settings.listen,
        "namespaces": {name: "act" if configuration.acts(name) else "observe" for name in settings.namespaces},
        "groups": {name: {"protected": group.protected} for name, group in settings.groups.items()},
        "policies": [policy.name for policy in settings.policies],
        "channels": list(settings.channels),
        "routes": list(settings.alerts),
        "hooks": [hook.name for hook in settings.hooks],
        "digest": settings.digest(),
    }


def _show(path: Path, configuration: "Configuration") -> None:
    settings = configuration.settings
    say(f"{path.name}: ok, mode {settings.mode}, {counted(len(settings.namespaces), 'namespace')}")
    rows: list[Sequence[str]] = [
        ("namespace", name, "may act" if configuration.acts(name) else "observe") for name in settings.namespaces
    ]
    for name, group in settings.groups.items():
        guarded = "protected, " if group.protected else ""
        rows.append(("group", name, f"{guarded}{', '.join(group.match)}"))
    for policy in settings.policies:
        warned = ", ".join(humanize(edge) for edge in policy.warn)
        says = f"{COMMANDS[policy.act]} after {_condition(policy)} in {', '.join(policy.groups)}"
        rows.append(("policy", policy.name, f"{says}; {f'warns {warned} before' if warned else 'warns nobody'}"))
    for name, channel in settings.channels.items():
        rows.append(("channel", name, "a command" if channel.command else "a signed webhook"))
    rows += [("hook", hook.name, _hooked(hook)) for hook in settings.hooks]
    table(("WHAT", "NAME", "SAYS"), rows)
    for line in _remarks(configuration):
        say(f"! {line}", "yellow")


def _hooked(hook: "Hook") -> str:
    """Return where a hook's events go, and which they are."""
    to = "a command" if hook.command else "a signed webhook" if hook.secret_file else "a webhook that is not signed"
    selectors = {
        "of endpoints": hook.endpoints,
        "of namespaces": hook.namespaces,
        "of groups": hook.groups,
        "with status": hook.status,
    }
    wanted = [f"{word} {', '.join(said)}" for word, said in selectors.items() if said]
    return " ".join([f"{to} gets {', '.join(hook.types) or 'every event'}", *wanted, f"from {hook.from_}"])


def _condition(policy: "Policy") -> str:
    if policy.when.idle is not None:
        return f"{humanize(policy.when.idle)} without a request"
    return humanize(policy.when.max_age or timedelta())


def _remarks(configuration: "Configuration") -> list[str]:
    """Return what is allowed, and probably not what was meant."""
    settings = configuration.settings
    remarks = []
    if not settings.namespaces:
        remarks.append("no namespace is named under [namespaces]: nothing will be watched")
    if settings.policies and not any(configuration.acts(name) for name in settings.namespaces):
        remarks.append("policies are planned but never carried out: every namespace is in observe mode")
    if not settings.alerts:
        remarks.append("no [alerts]: incidents stand in the log, and nobody is told")
    idle = [policy.name for policy in settings.policies if policy.when.idle is not None]
    remarks += [f"{name}: the daemon reads no requests yet, and so counts every endpoint as active" for name in idle]
    unused = set(settings.channels) - {route.channel for route in settings.alerts.values()}
    remarks += [f"channel {name} is in no route of [alerts]" for name in sorted(unused)]
    return remarks

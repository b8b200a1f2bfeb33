"""The entry point: which commands there are, and what becomes of those that end early."""

import errno
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from service.cli.calling import Given
from service.cli.exits import Exit, Stop
from service.cli.late import LOOKS, Place, group
from service.cli.printing import json_line, warn

# In the order in which `lamplighter --help` shows them; an `app` has commands of its own.
COMMANDS: Mapping[str, Place] = {
    name: Place(f"service.cli.{module}", attribute)
    for name, module, attribute in (
        ("survey", "survey", "survey"),
        ("init", "init", "init"),
        ("check-config", "checking", "check_config"),
        ("doctor", "doctor", "doctor"),
        ("run", "running", "run"),
        ("once", "running", "once"),
        ("demo", "demo.command", "demo"),
        ("simulate", "simulating", "simulate"),
        ("diagram", "diagram", "diagram"),
        ("status", "status", "status"),
        ("list", "listing", "list_"),
        ("show", "endpoint", "show"),
        ("explain", "endpoint", "explain"),
        ("timeline", "timeline", "timeline"),
        ("uptime", "uptime", "uptime"),
        ("plan", "plan", "plan"),
        ("wait", "waiting", "wait"),
        ("with", "awake", "with_"),
        ("leases", "awake", "leases"),
        ("create", "writing", "create"),
        ("update", "writing", "update"),
        ("delete", "writing", "delete"),
        ("pause", "acting", "pause"),
        ("resume", "acting", "resume"),
        ("scale-to-zero", "acting", "scale_to_zero"),
        ("hold", "acting", "hold"),
        ("unhold", "acting", "unhold"),
        ("log", "log", "app"),
        ("events", "events", "app"),
        ("parked", "parked", "app"),
        ("hooks", "hooks", "app"),
        ("token", "tokens", "app"),
    )
}


def build() -> typer.Typer:
    """Return the command line."""
    app = typer.Typer(
        name="lamplighter",
        cls=group(COMMANDS),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        **{**LOOKS, "add_completion": True},
    )
    app.callback()(_globals)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; never a traceback for what can be foreseen."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no arrow gets a question mark, not a traceback
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        _write_no_more()
        return Exit.UNREAD
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _write_no_more()
        warn(f"not everything could be written: {error.strerror}; make room, then do it again")
        return Exit.FAILED
    return code


def _write_no_more() -> None:
    """Let Python not complain once more, at its end, of an output that takes nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(given: list[str]) -> int:
    try:
        build()(given, prog_name="lamplighter")
    except SystemExit as end:
        # click makes a 1 of a closed pipe, where it comes by before the last flush.
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        return end.code if isinstance(end.code, int) else Exit.FAILED
    except Stop as stop:
        if "--json" in (given[: given.index("--")] if "--" in given else given):  # behind -- it is another's
            json_line(stop.document)
        from service.cli.spelling import prose

        warn(prose(str(stop)))
        return stop.code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return Exit.OK


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"lamplighter {version('lamplighter')}")
        raise typer.Exit


def _globals(
    ctx: typer.Context,
    url: Annotated[
        str | None, typer.Option("--url", help="Where the daemon is; else LAMPLIGHTER_URL, or as configured.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    version: Annotated[  # noqa: ARG001  # its callback does it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Watches Hugging Face Inference Endpoints: keeps their history, pauses the forgotten, calls people, tells clients.

    Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 timed out, 4 not allowed, 5 reached a failed status,
    6 daemon not reached, 7 paused, 8 gone, 130 interrupted, 141 whoever read closed the pipe. `with` ends as its
    command does; see its own help.
    """
    ctx.obj = Given(url=url, json=json)


if __name__ == "__main__":
    sys.exit(main())

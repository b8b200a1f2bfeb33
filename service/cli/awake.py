"""`lamplighter with` and `lamplighter leases`: keep an endpoint awake while a command runs, and who does so now."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from service.cli.asking import ACT_SECONDS, Daemon, NotReached, endpoint_path
from service.cli.calling import EndpointName, Json, Url, daemon, wants_json
from service.cli.child import Child, Ended, beginning
from service.cli.exits import Exit, Stop, With
from service.cli.keeping import Keeper
from service.cli.printing import document, say, table, warn
from service.cli.spelling import LEASE_LETTERS, moment, parse_endpoint, parse_span, prose
from service.cli.waiting import AGAIN_SECONDS, ENDS, STOPPING, Timeout, Wanted, ensured, progress, waited, why_not

OWN: Mapping[int, With] = {
    Exit.NOT_REACHED: With.NOT_REACHED,
    Exit.NOT_ALLOWED: With.NOT_ALLOWED,
    Exit.REACHED_FAILED: With.FAILED,
    Exit.PAUSED: With.NOT_THERE,
    Exit.GONE: With.NOT_THERE,
    Exit.TIMED_OUT: With.TIMED_OUT,
}


def with_(
    ctx: typer.Context,
    endpoint: EndpointName,
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND…", help="What to run once it is ready.")],
    *,
    pause_after: Annotated[
        bool, typer.Option("--pause-after", help="After the last lease, put it back to rest, if a lease resumed it.")
    ] = False,
    timeout: Timeout = "20m",
    lease: Annotated[
        str, typer.Option("--lease", metavar="SPAN", help="How long it is kept awake if this process is killed.")
    ] = "2m",
    reason: Annotated[str, typer.Option("--reason", help="What for; else how the command begins, and where.")] = "",
    url: Url = None,
) -> None:
    """Run a command while an endpoint is awake: resume it if it rests, wait until it is ready, keep it awake meanwhile.

    The command sees LAMPLIGHTER_ENDPOINT, LAMPLIGHTER_ENDPOINT_URL, LAMPLIGHTER_MODEL and LAMPLIGHTER_TASK. SIGINT,
    SIGTERM and SIGHUP are passed on to it. It goes on if the daemon is away meanwhile. The exit code is the command's,
    or 128 and the number of the signal that ended it. Failures before it was started: 120 daemon not reached,
    121 not allowed, 122 the endpoint failed or could not be resumed, 123 it is gone or was paused, 124 not ready in
    time, 125 the command cannot be started.
    """
    try:
        keeper = Keeper(
            daemon(ctx, url),
            parse_endpoint(endpoint),
            span=parse_span(lease),
            reason=reason or f"with {beginning(command)} (process {os.getpid()} on {socket.gethostname()})",
            pause_after=pause_after,
        )
        code = _run(keeper, command, timeout)
    except Stop as stop:
        raise Stop(str(stop), OWN.get(stop.code, With.NOT_STARTED), document=stop.document) from stop
    raise typer.Exit(code)


def leases(
    ctx: typer.Context,
    namespace: Annotated[str | None, typer.Option("--namespace", metavar="NS", help="Only of this namespace.")] = None,
    end: Annotated[
        str | None, typer.Option("--end", metavar="LEASE", help="End this one, whoever took it; its first letters do.")
    ] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """List who holds which endpoint awake, since when and until when; or end one of these leases."""
    asked = daemon(ctx, url)
    told = asked.get("/api/leases", {"namespace": namespace})
    if end is not None:
        told = _end(asked, [lease for lease in told["items"] if lease["lease"].startswith(end)], end)
    if wants_json(ctx, json):
        document(told)
        return
    if end is not None:
        say(f"ended; {told['left']} left on it{': ' + prose(told['why']) if told['why'] else ''}")
        return
    if not told["items"]:
        say("nobody holds an endpoint awake")
        return
    rows = [_row(lease) for lease in told["items"]]
    table(("LEASE", "ENDPOINT", "HOLDER", "SINCE", "UNTIL", "AFTER", "REASON"), rows)


def _end(asked: Daemon, found: list[Mapping[str, Any]], wanted: str) -> Any:
    if len(found) != 1:
        many = "several leases begin" if found else "no lease begins"
        raise Stop(f"{many} with {wanted!r}: `lamplighter leases` lists them", Exit.USAGE if found else Exit.GONE)
    lease = found[0]
    return asked.checked(asked.ask("DELETE", endpoint_path(lease["endpoint"], "leases", lease["lease"])))


def _row(lease: Mapping[str, Any]) -> tuple[str, ...]:
    after = "put back to rest" if lease["pause_after"] else "left as it is"
    return (
        lease["lease"][:LEASE_LETTERS],
        lease["endpoint"],
        lease["holder"],
        moment(lease["since"]),
        moment(lease["until"]),
        after,
        lease["reason"] or "none given",
    )


def _run(keeper: Keeper, command: list[str], timeout: str) -> int:
    seconds = parse_span(timeout).total_seconds()
    if shutil.which(command[0]) is None:
        raise Stop(f"there is no command {command[0]!r} that can be started: nothing was resumed for it")
    with Child() as child:
        try:
            until = time.monotonic() + seconds
            keeper.take()
            ready = _ready(keeper, until=until, timeout=timeout)
            return child.run(command, {**os.environ, **_environment(keeper.endpoint, ready)})
        except Ended as ended:
            return ended.code
        finally:
            child.over = True
            _told(keeper, keeper.release())


def _ready(keeper: Keeper, *, until: float, timeout: str) -> Mapping[str, Any]:
    """Have the endpoint resumed if it rests, and return what it is when it is ready; raise Stop when it will not be."""
    endpoint, asked = keeper.endpoint, keeper.asked
    _ensure(asked, keeper, until=until)
    tell = progress(endpoint) if sys.stderr.isatty() else None
    told = waited(asked, endpoint, wanted=Wanted(), seconds=max(0.0, until - time.monotonic()), tell=tell)
    code = ENDS.get(str(told.get("end")), Exit.FAILED)
    if code is not Exit.OK:
        raise Stop(why_not(endpoint, told, timeout), code, document=told)
    return told


def _ensure(asked: Daemon, keeper: Keeper, *, until: float) -> None:
    while True:
        try:
            reply = keeper.ensure(seconds=ACT_SECONDS)
        except NotReached:
            if time.monotonic() >= until:
                raise
            time.sleep(AGAIN_SECONDS)
            continue
        if reply.code == STOPPING and time.monotonic() < until:
            time.sleep(AGAIN_SECONDS)
            continue
        ensured(reply, asked, otherwise=Exit.REACHED_FAILED)
        return


def _environment(endpoint: str, ready: Mapping[str, Any]) -> dict[str, str]:
    told = {
        "LAMPLIGHTER_ENDPOINT": endpoint,
        "LAMPLIGHTER_ENDPOINT_URL": ready.get("url"),
        "LAMPLIGHTER_MODEL": ready.get("model"),
        "LAMPLIGHTER_TASK": ready.get("task"),
    }
    return {name: str(value) for name, value in told.items() if value is not None}


def _told(keeper: Keeper, released: Mapping[str, Any] | None) -> None:
    """Say what becomes of the endpoint, where that was asked."""
    if not keeper.pause_after or released is None:
        return
    if released.get("then") == "putBack":
        warn(f"lamplighter: {keeper.endpoint} is put back to rest")
    elif released.get("why"):
        warn(f"lamplighter: {keeper.endpoint} is left as it is: {prose(released['why'])}")

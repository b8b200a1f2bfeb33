"""`lamplighter wait`: until an endpoint is ready, or it is clear that it will not be.

The daemon answers a wait within five minutes, so a longer one is asked again; the time limit is kept here. A daemon
that restarts meanwhile is waited for, too: only one that was never there is not reached.
"""

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import typer

from service.cli.asking import ACT_SECONDS, Daemon, NotReached, Query, Reply, endpoint_path
from service.cli.calling import EndpointName, Json, Url, daemon, wants_json
from service.cli.exits import Exit, Stop
from service.cli.nearby import never_seen
from service.cli.printing import at_terminal, document, printable, say, warn
from service.cli.spelling import parse_endpoint, parse_span, replicas
from service.durations import humanize

ONE_WAIT_SECONDS = 300.0  # the longest that the daemon lets one request wait
SLACK_SECONDS = 30.0  # beyond the wait itself, until the answer counts as lost
NOT_ALLOWED = 403
STOPPING = 503  # what a daemon that is being restarted answers
AGAIN_SECONDS = 1.0  # between two tries to reach a daemon that was there before

Tell = Callable[[Mapping[str, Any]], None]
ENDS: Mapping[str, Exit] = {
    "reached": Exit.OK,
    "failed": Exit.REACHED_FAILED,
    "paused": Exit.PAUSED,
    "gone": Exit.GONE,
    "timedOut": Exit.TIMED_OUT,
}
Timeout = Annotated[str, typer.Option("--timeout", metavar="SPAN", help="How long: 90s, 20m.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is waited for, as the daemon is asked."""

    for_: str = "ready"
    unless: str | None = None
    revision: str | None = None

    def query(self, seconds: float) -> Query:
        """Return the question."""
        return {"for": self.for_, "unless": self.unless, "revision": self.revision, "timeout": math.ceil(seconds)}


def wait(
    ctx: typer.Context,
    endpoint: EndpointName,
    *,
    for_: Annotated[
        str, typer.Option("--for", metavar="STATUS", help="ready, or a status like paused; or several, with commas.")
    ] = "ready",
    unless: Annotated[
        str | None,
        typer.Option("--unless", metavar="STATUS", help="Give up when it is so; else failed, updateFailed, paused."),
    ] = None,
    revision: Annotated[str | None, typer.Option("--revision", help="Ready only with this one of the model.")] = None,
    ensure: Annotated[bool, typer.Option("--ensure", help="First resume it, if it rests.")] = False,
    timeout: Timeout = "20m",
    url: Url = None,
    json: Json = False,
) -> None:
    """Wait until an endpoint is ready, or has a status. At a terminal it tells what it waits for.

    Exit codes: 0 it is so, 3 the time is over, 5 it failed, 7 it is paused, 8 it is gone.
    """
    seconds = parse_span(timeout).total_seconds()
    wanted = Wanted(for_=for_, unless=unless, revision=revision)
    tell = progress(endpoint) if sys.stderr.isatty() and not wants_json(ctx, json) else None
    asked = daemon(ctx, url)
    if ensure:
        ensured(
            asked.ask("POST", endpoint_path(parse_endpoint(endpoint), "ensure"), body={}, seconds=ACT_SECONDS), asked
        )
    told = waited(asked, parse_endpoint(endpoint), wanted=wanted, seconds=seconds, tell=tell)
    code = ENDS.get(str(told.get("end")), Exit.FAILED)
    if code is not Exit.OK:
        unseen = never_seen(asked, endpoint_path(endpoint)) if code is Exit.GONE else None
        raise Stop(unseen or why_not(endpoint, told, timeout), code, document=told)
    if wants_json(ctx, json):
        document(told)
        return
    ready = f", {replicas(told['ready_replicas'], told['ready_replicas'])}" if told.get("ready_replicas") else ""
    say(f"{endpoint}: {told['status']}{ready}{', ' + told['url'] if told.get('url') else ''}")
    if at_terminal() and told.get("healthy") and told.get("snippets"):
        say()
        for line in told["snippets"]["inference_client"].splitlines():
            say(line, "dim")


def ensured(reply: Reply, asked: Daemon, *, otherwise: Exit = Exit.FAILED) -> None:
    """Raise Stop unless the daemon says that the endpoint runs or starts."""
    told = reply.document if isinstance(reply.document, dict) else {}
    if told.get("outcome") in {"done", "nothingToDo"}:
        return
    if "outcome" not in told:
        asked.checked(reply)
    refused = told.get("outcome") == "notAllowed" or reply.code == NOT_ALLOWED
    raise Stop(f"it cannot be resumed: {reply.error}", Exit.NOT_ALLOWED if refused else otherwise, document=told)


def waited(asked: Daemon, endpoint: str, *, wanted: Wanted, seconds: float, tell: Tell | None = None) -> dict[str, Any]:
    """Return how a wait ended; `tell` is told how it stands on the way. Raise NotReached if nobody was ever there."""
    path, until, reached = endpoint_path(endpoint, "wait"), time.monotonic() + seconds, False
    while True:
        left = max(0.0, until - time.monotonic())
        once = min(left, ONE_WAIT_SECONDS)
        query = wanted.query(once)
        try:
            told = (
                _asked_once(asked, path, query, seconds=once) if tell is None else _followed(asked, path, query, tell)
            )
        except NotReached as error:
            reached = reached or error.lost
            if not reached or time.monotonic() >= until:
                raise
            time.sleep(AGAIN_SECONDS)
            continue
        reached = True
        if told.get("end") != "timedOut" or time.monotonic() >= until:
            return told


def progress(endpoint: str) -> Tell:
    """Return what says on standard error, whenever that changes, what is waited for and how long it may take."""
    said: list[str] = []
    began = time.monotonic()

    def tell(told: Mapping[str, Any]) -> None:
        line = printable(f"{endpoint}: {told.get('status')}; waiting for {told.get('waiting_for')}{_expected(told)}")
        if [line] != said[-1:]:
            said.append(line)
            warn(f"{line} ({humanize(timedelta(seconds=time.monotonic() - began))} so far)")

    return tell


def _expected(told: Mapping[str, Any]) -> str:
    past = told.get("expected")
    if not past:
        return ""
    half, most = (humanize(timedelta(seconds=past[key])) for key in ("p50_seconds", "p90_seconds"))
    if past["starts"] == 1:
        return f"; its one start that was seen took {half}"
    return f"; of its last {past['starts']} starts half took up to {half}, nine in ten up to {most}"


def _asked_once(asked: Daemon, path: str, query: Query, *, seconds: float) -> dict[str, Any]:
    reply = asked.ask("GET", path, query=query, seconds=seconds + SLACK_SECONDS)
    if reply.code == STOPPING:
        raise NotReached(asked.at, reply.error, lost=True)
    told: dict[str, Any] = asked.checked(reply)
    return told


def _followed(asked: Daemon, path: str, query: Query, tell: Tell) -> dict[str, Any]:
    for message in asked.stream(path, query):
        told: dict[str, Any] = message.document or {}
        if told.get("end") is not None:
            return told
        tell(told)
    raise NotReached(asked.at, "the daemon is stopping", lost=True)


def why_not(endpoint: str, told: Mapping[str, Any], timeout: str) -> str:
    """Return why a wait ended otherwise than it should have."""
    platform = f" ({told['message']})" if told.get("message") else ""
    match told.get("end"):
        case "failed":
            return f"{endpoint} is {told['status']}{platform}: waiting longer is no use"
        case "paused":
            return f"{endpoint} is paused: waiting is no use until somebody resumes it (lamplighter resume {endpoint})"
        case "gone":
            return f"{endpoint} is not there, or no longer"
        case "timedOut":
            missing = told.get("waiting_for") or "unknown"
            return f"{endpoint} is {told['status']} after {timeout}; still waiting for: {missing}{_expected(told)}"
        case other:
            return f"{endpoint}: the wait ended with {other!r}, which this version does not know"

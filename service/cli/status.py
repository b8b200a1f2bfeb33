"""`lamplighter status`: is the daemon there, what can it see, and what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import typer

from service import wall
from service.cli.asking import Daemon, NotReached
from service.cli.calling import Json, Url, daemon, wants_json
from service.cli.finding import belongs
from service.cli.printing import STYLES, count_line, document, say, table
from service.cli.spelling import OLD_SECONDS, UNKNOWN, ago, counted, dollars, instant, moment, prose
from service.durations import humanize

Document = Mapping[str, Any]


def status(ctx: typer.Context, url: Url = None, json: Json = False) -> None:
    """Tell whether the daemon is there, what it sees, and what is wrong."""
    asked = daemon(ctx, url)
    try:
        told = asked.get("/api/status")
    except NotReached as error:
        raise _with_last_sign(asked, error) from error
    if wants_json(ctx, json):
        document(told)
        return
    show(told, wall.now())


def show(told: Document, now: datetime) -> None:
    """Print the status for a person; what cannot be read comes first."""
    say(f"Lamplighter {told['version']}, mode {told['mode']}, position {told['position']}")
    say(_since_start(told, now))
    say()
    _namespaces(told["namespaces"])
    say()
    running = count_line(told["endpoints"]) or "no endpoints"
    say(f"{running}      burning {_burn(told)}")
    for doubt in _burn_doubts(told):
        say(f"! {doubt}", "yellow")
    _incidents(told["open_incidents"], now)
    for hold in told.get("holds") or ():
        say(f"! everything is held by {hold['author']} until {moment(hold['until'])}: {hold['reason']}", "yellow")
    if told.get("undelivered"):
        say(f"! {counted(told['undelivered'], 'message')} not delivered yet", "yellow")
    if told.get("undeliverable"):
        say(
            f"! {counted(told['undeliverable'], 'message')} given up: lamplighter events --type delivery.undeliverable",
            "red",
        )
    _subscribers(told.get("subscribers") or ())


def _burn(told: Document) -> str:
    """Say what is known to burn, and what burns besides, or may, at a rate that nobody knows."""
    unpriced = told.get("unpriced") or 0
    if told.get("usd_per_hour") is None:
        return f"{UNKNOWN} ({counted(unpriced, 'endpoint')} without a price)" if unpriced else UNKNOWN
    more = f", and {unpriced} more at a rate that is unknown" if unpriced else ""
    return f"about {dollars(told['usd_per_hour'])}{more}"


def _burn_doubts(told: Document) -> Iterator[str]:
    """Say what is not in that, and what is in it as it was long ago."""
    if unseen := told.get("unseen"):
        yield f"what burns in {', '.join(unseen)} is not known: nobody could look there yet"
    for one in told["namespaces"]:
        seconds = one.get("seconds_since_seen")
        if seconds is not None and seconds >= OLD_SECONDS and (one.get("usd_per_hour") or one.get("unpriced")):
            yield f"what burns in {one['namespace']} is as it was {ago(seconds)}: nobody could look since"


def _subscribers(subscribers: Sequence[Document]) -> None:
    """Print those that lag behind, set something aside, or cannot hand over; and every hook."""
    for one in subscribers:
        name, parked, trouble = one["subscriber"], one["parked"], one.get("trouble")
        if not (name.startswith("hook/") or parked or trouble):
            continue
        told = [counted(one["lag"], "event") + " behind" if one["lag"] else "up to date"]
        if not one["running"]:
            told = ["not configured any more"]
        if parked:
            told.append(f"{counted(parked, 'event')} set aside: lamplighter parked --subscriber {name}")
        if trouble:
            told.append(f"not taken: {trouble}")
        say(f"{'!' if parked or trouble else ' '} {name}  {', '.join(told)}", "yellow" if parked or trouble else "")


def _since_start(told: Document, now: datetime) -> str:
    parts = []
    if (started := instant(told["started_at"])) is not None:
        parts.append(f"started {ago((now - started).total_seconds())}")
    settled = instant(told.get("settled_at"))
    if told["mode"] != "observe" and settled is not None and settled > now:
        parts.append(f"no act for {humanize(settled - now)} (settle)")
    if not told.get("ready", True):
        parts.append("not every namespace was asked yet")
    return ", ".join(parts)


def _namespaces(namespaces: Sequence[Document]) -> None:
    """Print a row a namespace: the unreadable first."""
    ordered = sorted(namespaces, key=lambda one: (not troubled(one), one["namespace"]))
    if not ordered:
        say("no namespace is watched: name them under [namespaces], or with run --namespace")
        return
    rows = [
        (
            "!" if troubled(one) else " ",
            one["namespace"],
            one["mode"],
            UNKNOWN if one.get("endpoints") is None else str(one["endpoints"]),
            ago(one.get("seconds_since_seen")),
            health(one),
        )
        for one in ordered
    ]
    table(
        ("", "NAMESPACE", "MODE", "ENDPOINTS", "SEEN", "STATE"),
        rows,
        ["bold red" if troubled(one) else "" for one in ordered],
    )


def troubled(one: Document) -> bool:
    """Return whether a namespace cannot be read, or is not believed."""
    return bool(one.get("unreachable") or one.get("suspected") or (one.get("asked") and not one.get("reachable")))


def health(one: Document) -> str:
    """Return how it stands with a namespace: `ok`, or what is wrong."""
    if trouble := one.get("unreachable"):
        return f"unreadable since {moment(trouble['since'])}: {trouble['error']}: {trouble['detail']}"
    if one.get("suspected"):
        return "many endpoints vanished at once: not believed yet"
    if not one.get("asked"):
        return "not asked yet"
    return "ok" if one.get("reachable") else "cannot be read now"


def _incidents(incidents: Sequence[Document], now: datetime) -> None:
    if not incidents:
        say("no open incident")
    for one in incidents:
        about = one.get("endpoint") or one.get("namespace") or "lamplighter"
        at = instant(one["at"])
        since = UNKNOWN if at is None else ago((now - at).total_seconds())
        say(
            f"! {one['rule']} ({one['severity']})  {about}  {since}: {prose(one['reason'])}",
            STYLES.get(one["severity"], ""),
        )


def _with_last_sign(asked: Daemon, error: NotReached) -> NotReached:
    from service.cli.logfile import last_sign

    sign = last_sign(asked.found) if belongs(asked.at, asked.found) else None
    if sign is None:
        return error
    more = f"\nLast position {sign['last_position']}, {ago(sign['last_event_seconds_ago'])}."
    return NotReached(asked.at, error.why, more=more, document=sign)

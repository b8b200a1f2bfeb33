"""`lamplighter plan`: what the policies would do now and later, and what they leave alone, and why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import typer

from service import wall
from service.cli.calling import Json, Url, daemon, wants_json
from service.cli.printing import document, say, table
from service.cli.spelling import COMMANDS, away, clock, counted, instant, moment, prose

Document = Mapping[str, Any]
DUE = frozenset({"warn", "act", "later"})  # the verdicts that come to something
NAMED = 3  # so many endpoints of one reason are named; more are counted


def plan(ctx: typer.Context, url: Url = None, json: Json = False) -> None:
    """Show what the policies would do, when and why; and what they leave alone."""
    told = daemon(ctx, url).get("/api/plan")
    if wants_json(ctx, json):
        document(told)
        return
    show(told, wall.now())


def show(told: Document, now: datetime) -> None:
    """Print the plan for a person."""
    say(_headline(told, now))
    for hold in told.get("holds") or ():
        say(f"! everything is held by {hold['author']} until {moment(hold['until'])}: {hold['reason']}", "yellow")
    say()
    due = [item for item in told["items"] if item["verdict"] in DUE]
    if due:
        _table(due, observe=told["mode"] == "observe", now=now)
        say()
    else:
        say("Nothing is to be done, now or later.")
    _left_alone([item for item in told["items"] if item["verdict"] not in DUE])
    if unreached := told["not"].get("noPolicy"):
        say(f"Not: {counted(unreached, 'endpoint')}: in reach of no policy")


def _headline(told: Document, now: datetime) -> str:
    if told["mode"] == "observe":
        return "observe: nothing below will be done."
    settled = instant(told.get("settled_at"))
    if settled is not None and settled > now:
        return f"act: nothing is done before {clock(settled)} ({away(settled, now)}, settle)."
    return "act: what follows will be done, if nothing comes between."


def _table(items: Sequence[Document], *, observe: bool, now: datetime) -> None:
    rows = [
        (
            _what(item, observe=observe),
            item["endpoint"],
            away(instant(item.get("due_at")), now),
            f"{prose(item['reason'])} ({item['policy']})",
        )
        for item in items
    ]
    table(("WOULD" if observe else "WILL", "ENDPOINT", "WHEN", "WHY"), rows)


def _what(item: Document, *, observe: bool) -> str:
    command = COMMANDS.get(item["command"], str(item["command"]))
    what = f"warn, then {command}" if item["verdict"] == "warn" else command
    return f"would {what} (observe)" if item.get("observe") and not observe else what


def _left_alone(items: Sequence[Document]) -> None:
    """Print one line a reason."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for item in items:
        by_reason[prose(item["reason"])].append(item["endpoint"])
    for reason, names in sorted(by_reason.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        endpoints = sorted(set(names))
        named = ", ".join(endpoints) if len(endpoints) <= NAMED else counted(len(endpoints), "endpoint")
        say(f"Not: {named}: {_of_many(reason) if len(endpoints) > 1 else reason}")


def _of_many(reason: str) -> str:
    """Return what is true of one as it is said of several."""
    return f"they are {reason.removeprefix('it is ')}" if reason.startswith("it is ") else reason

"""Events as lines: with a heading for each day at a terminal, each complete in itself on a pipe."""

from collections.abc import Mapping
from typing import Any

from service.cli.printing import at_terminal, console, say
from service.cli.sentences import sentence
from service.cli.spelling import instant, moment, offset, status
from service.cli.zones import shown

STYLES: Mapping[str, str] = {
    "endpoint.deleted": "dim",
    "namespace.unreachable": "bold red",
    "namespace.disappearance_suspected": "bold red",
    "act.warned": "yellow",
    "act.failed": "red",
    "incident.fired": "bold red",
    "incident.resolved": "green",
    "delivery.undeliverable": "bold red",
    "subscriber.parked": "yellow",
}
OF_STATUS: Mapping[str, str] = {"failed": "red", "updateFailed": "red", "running": "green"}


class Lines:
    """Prints one event after the other, for a person."""

    def __init__(self) -> None:
        """No day was headed yet."""
        self._day = ""

    def put(self, event: Mapping[str, Any]) -> None:
        """Print one event, at once."""
        at = instant(event["time"])
        if at is None:
            return
        if not at_terminal():
            print(f"{moment(event['time']).replace(' UTC', 'Z')}  {plain(event)}", flush=True)
            return
        there = at.astimezone(shown())
        day = f"{there:%A, %Y-%m-%d} ({offset(there)})"
        if day != self._day:  # also where the clocks are changed
            self._day = day
            say(day, "bold")
        from rich.text import Text

        console().print(Text.assemble((f"{there:%H:%M:%S}  ", "dim"), (plain(event), style(event))))

    def end(self) -> None:
        """Print nothing more."""


def plain(event: Mapping[str, Any]) -> str:
    """Return `acme/tgi  running → paused  (window 12:02:59-12:03:11)  #42`."""
    about = event.get("endpoint") or event.get("namespace") or _place(str(event.get("stream")))
    return f"{about}  {what(event)}  #{event['position']}"


def what(event: Mapping[str, Any]) -> str:
    """Return what happened, in a sentence without its subject."""
    return sentence(event["type"], event["data"])


def style(event: Mapping[str, Any]) -> str:
    """Return the colour of an event."""
    if event["type"] == "endpoint.status_changed":
        return OF_STATUS.get(status(event["data"].get("new")), "")
    return STYLES.get(event["type"], "")


def _place(stream: str) -> str:
    """Return what a stream is about that is about no endpoint: the daemon, a channel, all endpoints."""
    kind, _, rest = stream.partition("/")
    return "all endpoints" if kind == "acts" else rest.rstrip("/") or kind

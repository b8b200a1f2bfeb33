"""Events as lines: with a heading for each day at a terminal, each complete in itself on a pipe."""

from collections.abc import Mapping
from typing import Any

from service.cli.printing import at_terminal, console, say
from service.cli.sentences import sentence
from service.cli.spelling import instant, moment, offset, status
from service.cli.zones import shown
from service.recent import Recent

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
MOST_INTENTS = 1000  # that are remembered while events are followed
OF_STATUS: Mapping[str, str] = {"failed": "red", "updateFailed": "red", "running": "green"}


class Askers:
    """Who asked for what was intended, of the events that passed: the log holds no names of people but theirs."""

    def __init__(self) -> None:
        """No event passed yet."""
        self._by_intent = Recent[str, str](MOST_INTENTS)

    def named(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an event as it is told: what an intent brought about, with who asked for it, if that passed before."""
        data = event["data"]
        if event["type"] == "act.intended":
            self._by_intent.keep(str(data.get("intent")), str(event["actor"]))
        cause = data.get("cause")
        asked = self._by_intent.get(str(cause.get("intent"))) if isinstance(cause, Mapping) else None
        return event if asked is None else {**event, "data": {**data, "cause": {**cause, "asked": asked}}}


class Lines:
    """Prints one event after the other, for a person."""

    def __init__(self) -> None:
        """No day was headed yet."""
        self._day = ""
        self._askers = Askers()

    def put(self, event: Mapping[str, Any]) -> None:
        """Print one event, at once."""
        event = self._askers.named(event)
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

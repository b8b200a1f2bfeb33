"""One terse sentence for each type of event: what `lamplighter events` and the demo say of it.

An event is read as the API shows it. A type that this version does not know, or one whose document is not as expected,
is shown as it is: the log may have been written by a newer Lamplighter.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from service.cli.printing import printable
from service.cli.spelling import (
    COMMANDS,
    LEASE_LETTERS,
    counted,
    doer,
    grants,
    moment,
    prose,
    ready_of,
    replicas,
    status,
    window,
)
from service.durations import humanize

Data = Mapping[str, Any]
MOST_PATHS = 4  # of a document that is written
LONGEST = 200  # characters of a document that is shown as it is


def sentence(type_name: str, data: Data) -> str:
    """Return what an event says, in one line, and in letters: others chose some of its words."""
    tell = SENTENCES.get(type_name)
    try:
        return printable(f"{type_name} {_short(data)}" if tell is None else prose(tell(data)))
    except (KeyError, TypeError, ValueError, AttributeError):
        return printable(f"{type_name} {_short(data)}")


def _short(data: Data) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _discovered(data: Data) -> str:
    sighting = data["sighting"]
    ready = replicas(sighting.get("ready_replicas"), sighting.get("target_replicas"))
    appeared = "seen for the first time" if data.get("absent_at") is None else "appeared"
    return f"{appeared}: {status(sighting['status'])}, {ready}"


def _status_changed(data: Data) -> str:
    via = f" via {', '.join(data['via'])}" if data.get("via") else ""
    odd = ", which the state machine does not know" if data.get("kind") == "unexpected" else ""
    words = f": {data['message']}" if data.get("message") and str(data["new"]).lower().endswith("failed") else ""
    return (
        f"{status(data['old'])} → {status(data['new'])}{via}{odd}{words}  "
        f"{_who(data.get('cause') or {})}(window {window(data['window'])})"
    )


def _who(cause: Data) -> str:
    """Return who did it, where that is known."""
    who = doer(cause)
    return f"by {who}  " if who else ""


def _replicas_changed(data: Data) -> str:
    was = ready_of(data.get("old_ready"), data.get("old_target"))
    return f"{replicas(data.get('ready'), data.get('target'))}, before {was}"


def _url_changed(data: Data) -> str:
    return f"url {data['new']}" if data.get("new") else "has no url any more"


def _message_changed(data: Data) -> str:
    return f"the platform says: {data.get('message') or 'nothing'}"


def _reconfigured(data: Data) -> str:
    changes = [f"{one['path']} {_value(one['old'])} → {_value(one['new'])}" for one in data["changes"]]
    changes += [f"{path} (secret) changed" for path in data.get("changed_secrets", ())]
    who = doer(data.get("cause") or {}) or data.get("updated_by")
    return f"reconfigured{f' by {who}' if who else ''}: {'; '.join(changes) or 'nothing that can be shown'}"


def _value(value: Any) -> str:
    return "unset" if value is None else str(value)


def _warned(data: Data) -> str:
    command = COMMANDS.get(data["command"], data["command"])
    return f"warning: {data['policy']} will {command} it at {moment(data['due_at'])}: {data['reason']}"


def _intended(data: Data) -> str:
    who = f"policy {data['policy']}" if data.get("policy") else "a person"
    wanted = [f"{path} {_value(value)}" for path, value in (data.get("wanted") or {}).items()]
    more = f", and {len(wanted) - MOST_PATHS} more" if len(wanted) > MOST_PATHS else ""
    what = f" ({', '.join(wanted[:MOST_PATHS])}{more})" if wanted else ""
    return f"{who} means to {COMMANDS.get(data['command'], data['command'])} it{what}: {data['reason']}"


def _confirmed(data: Data) -> str:
    return f"done, seen as {data['status']}{' (found later)' if data.get('late') else ''}"


def _failed(data: Data) -> str:
    return f"not done: {data['error']}"


def _abandoned(data: Data) -> str:
    return f"given up: {data['reason']}"


def _hold_placed(data: Data) -> str:
    return f"held by {data['author']} until {moment(data['until'])}: {data['reason']}"


def _lease(data: Data) -> str:
    return f" (lease {data['lease'][:LEASE_LETTERS]})"


def _lease_taken(data: Data) -> str:
    after = ", to be put back to rest after" if data.get("pause_after") else ""
    return f"held awake by {data['holder']}{_lease(data)}{after}{': ' if data['reason'] else ''}{data['reason']}"


def _fired(data: Data) -> str:
    already = " (already so at the first look)" if data.get("arrival") else ""
    return f"incident {data['rule']} ({data['severity']}): {data['reason']}{already}"


def _resolved(data: Data) -> str:
    return f"incident {data['rule']} is over: {data['reason']}"


def _undeliverable(data: Data) -> str:
    return f"message given up after {counted(data['attempts'], 'try').replace('trys', 'tries')}: {data['error']}"


def _suspected(data: Data) -> str:
    return f"{len(data['missing'])} of {data['known']} endpoints vanished at once: not believed yet"


def _suspicion_ended(data: Data) -> str:
    return "they are really gone" if data["confirmed"] else "they are seen again"


def _why(data: Data) -> str:
    return f": {data['why']}" if data["why"] else ""


def _started(data: Data) -> str:
    gap = f"; nobody looked since {moment(data['down_since'])}" if data.get("down_since") else ""
    return f"daemon {data['version']} started in {data['mode']} mode{gap}"


def _applied(data: Data) -> str:
    return f"configuration {data['digest']} in force, {counted(len(data['changes']), 'setting')} changed"


def _token_created(data: Data) -> str:
    until = f" until {moment(data['expires_at'])}" if data.get("expires_at") else ""
    return f"token {data['name']} made: may {grants(data['grants'])}{until}"


def due_in(data: Data) -> str:
    """Return how long a warning leaves: `30 min`."""
    return humanize(timedelta(seconds=float(data["edge_seconds"])))


SENTENCES: Mapping[str, Callable[[Data], str]] = {
    "endpoint.discovered": _discovered,
    "endpoint.status_changed": _status_changed,
    "endpoint.replicas_changed": _replicas_changed,
    "endpoint.url_changed": _url_changed,
    "endpoint.message_changed": _message_changed,
    "endpoint.reconfigured": _reconfigured,
    "endpoint.became_unreadable": lambda data: f"its document cannot be read: {data['reason']}",
    "endpoint.became_readable": lambda _: "its document can be read again",
    "endpoint.deleted": lambda data: f"deleted, was {status(data['old'])}  (window {window(data['window'])})",
    "namespace.unreachable": lambda data: f"cannot be read ({data['error']}): {data['detail']}",
    "namespace.recovered": lambda data: f"can be read again, after trouble since {moment(data['since'])}",
    "namespace.disappearance_suspected": _suspected,
    "namespace.suspicion_ended": _suspicion_ended,
    "act.warned": _warned,
    "act.intended": _intended,
    "act.confirmed": _confirmed,
    "act.failed": _failed,
    "act.abandoned": _abandoned,
    "hold.placed": _hold_placed,
    "hold.lifted": lambda data: f"hold lifted by {data['author']}",
    "lease.taken": _lease_taken,
    "lease.released": lambda data: f"no longer held awake by {data['holder']}{_lease(data)}",
    "lease.expired": lambda data: (
        f"no longer held awake by {data['holder']}{_lease(data)}, who did not renew it in time"
    ),
    "incident.fired": _fired,
    "incident.resolved": _resolved,
    "delivery.notified": lambda data: f"message ({data['message']}): {data['title']}",
    "delivery.failing": lambda data: f"message not delivered yet: {data['error']}",
    "delivery.delivered": lambda _: "message delivered",
    "delivery.undeliverable": _undeliverable,
    "delivery.superseded": lambda _: "message not sent: a later one tells it, too",
    "subscriber.parked": lambda data: f"position {data['position']} set aside by {data['subscriber']}: {data['error']}",
    "subscriber.replayed": lambda data: (
        f"position {data['position']} taken by {data['subscriber']} after all{_why(data)}"
    ),
    "subscriber.skipped": lambda data: f"position {data['position']} given up for {data['subscriber']}{_why(data)}",
    "daemon.started": _started,
    "daemon.stopped": lambda data: f"daemon stopped: {data['reason']}",
    "configuration.applied": _applied,
    "log.archived": lambda data: f"positions {data['first']} to {data['last']} archived in {data['file']}",
    "configuration.refused": lambda data: f"configuration refused, the one before stays: {data['reason']}",
    "log.found_broken": lambda data: f"found broken: {data['why']}",
    "log.found_sound": lambda data: f"found sound up to #{data['position']}",
    "access.token_created": _token_created,
    "access.token_revoked": lambda data: f"token {data['name']} revoked",
    "log.redacted": lambda data: f"#{data['position']} redacted ({', '.join(data['fields'])}): {data['why']}",
}

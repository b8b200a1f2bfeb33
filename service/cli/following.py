"""Following the log: what there is, then what comes, across every break of the stream, each event once."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from service.cli.asking import Daemon, NotReached
from service.cli.printing import warn

AGAIN_SECONDS = 2.0  # between two tries to reach the daemon again

Event = Mapping[str, Any]


def follow(asked: Daemon, query: Mapping[str, Any], *, after: int | None) -> Iterator[Event]:
    """Yield events for ever, from a position on, or (None) from now on.

    A daemon that was never there is not reached; one that went away is waited for, and the stream goes on behind
    the last position that it told of.
    """
    if after is None:
        after = int(asked.get("/api/events", {"limit": 1})["head"])
    told = False
    while True:
        try:
            for message in asked.stream("/api/events/stream", {**query, "after": after}):
                told = False
                if message.position is not None and message.position > after:
                    after = message.position
                    if message.document is not None:
                        yield message.document
        except NotReached as error:
            if not told and not error.lost:
                warn(f"daemon not reached at {asked.at}; waiting for it, then going on after #{after}")
                told = True
        time.sleep(AGAIN_SECONDS)

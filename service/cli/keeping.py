"""Keep a lease while a command runs: renewed in a thread of its own, taken again where the daemon has lost it.

Whatever the daemon does, the command is not disturbed: what goes wrong here is tried again, and said only at the end.
"""

import signal
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from service.cli.asking import Daemon, NotReached, Reply, endpoint_path
from service.cli.exits import Stop
from service.cli.printing import warn
from service.durations import humanize

CALL_SECONDS = 10.0  # for one answer about a lease
AGAIN_SECONDS = 1.0  # between two tries to reach a daemon that is away
PARTING_SECONDS = 15.0  # for a daemon that is away to come back and take the lease
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Keeper:
    """One lease, as long as it is needed."""

    def __init__(self, asked: Daemon, endpoint: str, *, span: timedelta, reason: str, pause_after: bool) -> None:
        """Take nothing yet."""
        self.endpoint = endpoint
        self.asked = asked
        self._span = span
        self._reason = reason
        self.pause_after = pause_after
        self._lease: str | None = None
        self._busy = threading.Lock()
        self._over = threading.Event()

    def take(self) -> None:
        """Take the lease, and keep it from now on. Raises Stop."""
        self._lease = str(self.asked.checked(self._take())["lease"])
        thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        # A thread begins with the mask of who starts it: signals must reach the main one, which passes them on.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
        try:
            thread.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def ensure(self, *, seconds: float) -> Reply:
        """Ask the daemon to see to it that the endpoint runs."""
        body = {"lease": self._lease, "reason": self._reason}
        return self.asked.ask("POST", endpoint_path(self.endpoint, "ensure"), body=body, seconds=seconds)

    def release(self) -> Mapping[str, Any] | None:
        """Give the lease back, and return what the daemon said; None if it said nothing."""
        self._over.set()
        until = time.monotonic() + PARTING_SECONDS
        with self._busy:
            if self._lease is None:
                return None
            while True:
                try:
                    reply = self.asked.ask("DELETE", self._path, seconds=CALL_SECONDS)
                except NotReached:
                    reply = Reply(code=HTTPStatus.SERVICE_UNAVAILABLE, document=None)
                if reply.code < HTTPStatus.BAD_REQUEST:
                    told: Mapping[str, Any] = reply.document
                    return told
                if reply.code == HTTPStatus.NOT_FOUND:
                    return None
                if reply.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() >= until:
                    within = humanize(self._span)
                    warn(f"lamplighter: the lease on {self.endpoint} is not given back: it ends by itself in {within}")
                    return None
                time.sleep(AGAIN_SECONDS)

    @property
    def _path(self) -> str:
        return endpoint_path(self.endpoint, "leases", self._lease or "")

    def _take(self) -> Reply:
        body = {"for": f"{self._span.total_seconds():.0f}s", "reason": self._reason, "pause_after": self.pause_after}
        return self.asked.ask("POST", endpoint_path(self.endpoint, "leases"), body=body, seconds=CALL_SECONDS)

    def _keep(self) -> None:
        wait = every = self._span.total_seconds() / 3
        while not self._over.wait(wait):
            with self._busy:
                if self._over.is_set():
                    return
                wait = every if self._renewed() else min(every, AGAIN_SECONDS)

    def _renewed(self) -> bool:
        try:
            reply = self.asked.ask("PUT", self._path, body={}, seconds=CALL_SECONDS)
            if reply.code == HTTPStatus.NOT_FOUND:
                self.asked.key = str(uuid.uuid4())
                reply = self._take()
                if reply.code < HTTPStatus.BAD_REQUEST:
                    self._lease = str(reply.document["lease"])
                    self.ensure(seconds=CALL_SECONDS)
        except Stop:  # not reached, or not understood: it is tried again
            return False
        return reply.code < HTTPStatus.BAD_REQUEST

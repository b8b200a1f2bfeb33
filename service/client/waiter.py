"""Waiting for one endpoint: what is asked, and what is done with each answer.

Where a daemon is, it is asked to answer when there is something to say: it watches for all its waiters together. What
it says is never the last word: the document is read again, freshly if waiting is to be given up. Else, and where the
daemon's own API does not admit the caller, the document is read every few seconds.

Every way through the loop ends with a pause, or with an answer that was as long in coming.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from service.client.errors import InferenceEndpointGone, InferenceEndpointUnreadable
from service.client.link import Json, Token
from service.client.official import HfHubHTTPError, NoAnswer
from service.client.place import Place
from service.client.verdicts import MayBeReady, Never, NotYet, is_older, judge
from service.clock import Clock

ONE_WAIT_SECONDS = 50.0  # shorter than the minute after which many a proxy cuts what is silent
EARLY_SECONDS = 0.5  # so much before the end the daemon shall say what it still waits for
LONGEST_PAUSE_SECONDS = 300.0  # however long an answer of 429 wants us to stay away


class Asked(Protocol):
    """Who is asked. Each raises the official HfHubHTTPError, NoAnswer, or InferenceEndpointUnreadable."""

    @property
    def place(self) -> Place:
        """Return where that is."""
        ...

    async def endpoint(self, namespace: str, name: str, *, token: Token, fresh: bool = False) -> Json:
        """Return the endpoint's document."""
        ...

    async def probe(self, url: str, *, token: Token) -> int | None:
        """Return the code of a health route, or None; raise nothing."""
        ...

    async def wait(self, namespace: str, name: str, *, seconds: float) -> Json:
        """Return what a daemon answers when there is something to say, at the latest after so many seconds."""
        ...


@dataclass(slots=True)
class Memory:
    """What an endpoint's object knows of its own last write.

    `written` is the answer; what is older does not show it. `doubt`: nothing was seen of its effect yet, so the first
    look that says that all is over may still show what was before.
    """

    written: Json | None = None
    doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which endpoint, for whom, and what is to be told of it: `adopt` gets each document that is not out of date."""

    namespace: str
    name: str
    token: Token
    memory: Memory
    adopt: Callable[[Json], None]


class Waiter:
    """Someone who waits for an endpoint. `missing` says what for, whenever one asks."""

    def __init__(
        self, wanted: Wanted, link: Asked, clock: Clock, *, refresh_seconds: float, until: float = math.inf
    ) -> None:
        """Ask nobody yet. `until` is by the clock's monotonic time; whoever waits for this ends it then."""
        self._wanted = wanted
        self._link = link
        self._clock = clock
        self._refresh_seconds = refresh_seconds
        self._until = until
        self._by_daemon = link.place.daemon
        self._answered = False
        self.missing = "a first answer"

    async def run(self) -> None:
        """Return when the endpoint is ready; raise an InferenceEndpointError when that is no use."""
        while (pause := await self._look(self._ask if self._by_daemon else self._read)) is not None:
            await self._clock.sleep(pause)

    async def once(self) -> bool:
        """Look once, and return whether the endpoint is ready."""
        return await self._look(self._read) is None

    async def _look(self, look: Callable[[], Any]) -> float | None:
        """Return None when it is ready, or for how long to pause. Trouble on the way is no news of the endpoint."""
        try:
            pause: float | None = await look()
        except HfHubHTTPError as error:
            pause = self._after(error)
        except InferenceEndpointUnreadable as error:
            pause = self._trouble(error, "an answer that can be read")
        except NoAnswer as error:
            pause = self._trouble(error, f"an answer at all ({type(error).__name__})")
        self._answered = True
        return pause

    async def _ask(self) -> float | None:
        """Let the daemon answer when there is something to say."""
        began = self._clock.monotonic()
        seconds = min(ONE_WAIT_SECONDS, max(self._until - began - EARLY_SECONDS, 1.0))
        try:
            told = await self._link.wait(self._wanted.namespace, self._wanted.name, seconds=seconds)
        except HfHubHTTPError as error:
            if error.response.status_code >= 500 or error.response.status_code == 429:
                raise
            return self._read_from_now_on()
        except InferenceEndpointUnreadable:
            return self._read_from_now_on()
        match told.get("end"):
            case "reached":
                return await self._read(healthy=True)
            case "failed" | "paused" | "gone":
                return await self._read(fresh=True)
            case "timedOut":
                self.missing = str(told.get("waiting_for") or "it to be ready")
                in_time = self._clock.monotonic() - began >= seconds / 2
                return 0.0 if in_time else self._refresh_seconds
            case _:
                return self._read_from_now_on()

    def _read_from_now_on(self) -> float:
        """Give up asking: there is no daemon, or one that does not let us. Its documents can still be read."""
        self._by_daemon = False
        return 0.0

    async def _read(self, *, fresh: bool = False, healthy: bool = False) -> float | None:
        """Read the document; ask the health route only where nobody else found it `healthy`."""
        wanted = self._wanted
        document = await self._link.endpoint(wanted.namespace, wanted.name, token=wanted.token, fresh=fresh)
        try:
            verdict = judge(document, wanted.memory.written)
            if not is_older(document, wanted.memory.written):
                wanted.adopt(document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InferenceEndpointUnreadable(f"the document of {wanted.name} cannot be read: {error!r}") from error
        match verdict:
            case NotYet(missing=missing, moving=moving):
                self.missing = missing
                wanted.memory.doubt = wanted.memory.doubt and not moving
                return self._refresh_seconds
            case _ if wanted.memory.doubt:
                wanted.memory.doubt = False
                self.missing = "a second look, since it was changed a moment ago"
                return self._refresh_seconds
            case Never(error=why):
                raise why
            case MayBeReady(health_url=url):
                return None if healthy else await self._probe(url)

    async def _probe(self, url: str) -> float | None:
        code = await self._link.probe(url, token=self._wanted.token)
        if code == 200:
            return None
        self.missing = f"its health route to answer 200; {f'it answers {code}' if code else 'it does not answer'}"
        return self._refresh_seconds

    def _after(self, error: HfHubHTTPError) -> float:
        """Return the pause after a refusal that may pass; raise what does not."""
        code = error.response.status_code
        if code == 404 and self._wanted.memory.doubt:
            self._wanted.memory.doubt = False
            self.missing = "it to be told: it was made a moment ago"
            return self._refresh_seconds
        if code == 404:
            name = f"{self._wanted.namespace}/{self._wanted.name}"
            sentence = f"Inference Endpoint {name} is gone, or the token does not see it: waiting is no use"
            raise InferenceEndpointGone(sentence, response=error.response) from error
        if code != 429 and code < 500:
            raise error
        self.missing = f"the API to answer something else than {code}"
        return max(self._refresh_seconds, min(self._told_pause(error), LONGEST_PAUSE_SECONDS))

    def _told_pause(self, error: HfHubHTTPError) -> float:
        """Return the seconds that Retry-After asks for, or 0."""
        told = error.response.headers.get("Retry-After", "").strip()
        if told.isascii() and told.isdigit():
            return float(told)
        try:
            return (parsedate_to_datetime(told).astimezone(UTC) - self._clock.now()).total_seconds()
        except (TypeError, ValueError):
            return 0.0

    def _trouble(self, error: Exception, missing: str) -> float:
        """Return the pause after no answer, or a broken one; raise it where nobody ever answered."""
        if not self._answered:
            raise error
        self.missing = missing
        return self._refresh_seconds

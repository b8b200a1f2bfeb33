"""An API that says what a test wrote down, and a wait on it in virtual time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from huggingface_hub.errors import HfHubHTTPError

from service.client.link import Json, Token
from service.client.place import Place, find_place
from service.client.waiter import Memory, Waiter, Wanted
from service.clock import Clock

REFRESH = 5.0


def document(state: str = "running", *, edited: int = 0, revision: str = "main", **status: Any) -> Json:
    """Return a document, edited so many seconds after its creation."""
    told = {"state": state, "createdAt": "2026-03-02T06:00:00Z", "updatedAt": f"2026-03-02T06:00:{edited:02}.000Z"}
    url = None if state == "paused" else "https://tgi.example"
    return {
        "name": "tgi",
        "type": "authenticated",
        "healthRoute": "/health",
        "model": {"repository": "gpt2", "framework": "pytorch", "revision": revision, "task": "text-generation"},
        "status": {**told, "readyReplica": int(state == "running"), "targetReplica": 1, "url": url, **status},
    }


def refusal(code: int, **headers: str) -> HfHubHTTPError:
    request = httpx2.Request("GET", "https://api.example/v2/endpoint/acme/tgi")
    return HfHubHTTPError("no", response=httpx2.Response(code, headers=headers, request=request))


@dataclass
class Script:
    """Tell each answer once and the last one for ever; write down what was asked, and when."""

    clock: Clock
    documents: list[Json | Exception]
    waits: list[Json | Exception] = field(default_factory=list)
    health: list[int | None] = field(default_factory=lambda: [200])
    takes_seconds: float = 0.0  # until a daemon answers
    asked: list[tuple[str, float]] = field(default_factory=list)
    spans: list[float] = field(default_factory=list)  # for how long a daemon was to wait

    @property
    def place(self) -> Place:
        return find_place("http://daemon.example", hub_url=None, daemon=bool(self.waits))

    async def endpoint(self, namespace: str, name: str, *, token: Token, fresh: bool = False) -> Json:
        self._note("fresh" if fresh else "read")
        return _next(self.documents)

    async def probe(self, url: str, *, token: Token) -> int | None:
        self._note("probe")
        return self.health.pop(0) if len(self.health) > 1 else self.health[0]

    async def wait(self, namespace: str, name: str, *, seconds: float) -> Json:
        self._note("wait")
        self.spans.append(seconds)
        await self.clock.sleep(min(self.takes_seconds, seconds))
        return _next(self.waits)

    def whats(self) -> list[str]:
        return [what for what, _ in self.asked]

    def times(self, what: str) -> Iterator[float]:
        return (at for one, at in self.asked if one == what)

    def _note(self, what: str) -> None:
        self.asked.append((what, self.clock.monotonic()))


def waiter(script: Script, memory: Memory | None = None, **given: Any) -> tuple[Waiter, list[Json]]:
    """Return someone who waits on a script, and what is adopted meanwhile."""
    adopted: list[Json] = []
    wanted = Wanted(namespace="acme", name="tgi", token=None, memory=memory or Memory(), adopt=adopted.append)
    return Waiter(wanted, script, script.clock, refresh_seconds=REFRESH, **given), adopted


def _next(answers: list[Json | Exception]) -> Json:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer

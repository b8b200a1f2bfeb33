"""The simulator as a process of its own: Hugging Face, its memory of what was true, and the doors for tests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from service.clock import SystemClock
from tests.e2e.calls import bearer, call
from tests.e2e.processes import Machine, Process

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A change of an endpoint's true status, at an instant of the real clock."""

    at: datetime
    name: str
    created_at: datetime
    old: str
    new: str
    cause: str
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that reached the simulator, at an instant of the real clock."""

    at: datetime
    method: str
    path: str
    user: str | None
    status: int | None
    write: bool
    fault: str

    @property
    def managed(self) -> bool:
        """Tell whether it went to the management API, and not to an endpoint itself."""
        return self.path.startswith(("/v2/", "/api/"))


class Hub:
    """The simulator. Its own clock is `speed` times as fast; whatever leaves here is in real time."""

    def __init__(self, process: Process, url: str, speed: float) -> None:
        self.process = process
        self.url = url
        self.speed = speed
        self._true, self._real = self._aligned()

    @classmethod
    def start(cls, machine: Machine, *, speed: float = 1.0, seed: int = 7, scenario: str | None = None) -> Self:
        words = ["--port", "0", "--speed", str(speed), "--seed", str(seed)]
        process = machine.start("simulate", *words, *(["--scenario", scenario] if scenario else []))
        said = process.until(lambda: re.search(r"http://127\.0\.0\.1:\d+", process.out))
        assert said is not None
        return cls(process, said[0], speed)

    # --- what is true ------------------------------------------------------------------------------------------------

    def history(self) -> list[Happening]:
        """Return every change of status so far, `namespace/name` as the name."""
        return [
            Happening(
                at=self.real(told["at"]),
                name=f"{told['namespace']}/{told['name']}",
                created_at=datetime.fromisoformat(told["created_at"]),
                **{key: told[key] for key in ("old", "new", "cause", "actor")},
            )
            for told in self._get("history")
        ]

    def requests(self) -> list[Request]:
        """Return every request so far, but for those of this class itself."""
        return [
            Request(at=self.real(told["at"]), **{key: told[key] for key in Request.__slots__ if key != "at"})
            for told in self._get("requests")
            if told["user"] != "aligner"
        ]

    def writes(self) -> list[Request]:
        """Return the requests that asked for a change."""
        return [request for request in self.requests() if request.write]

    def sweeps(self, namespace: str, user: str = "robot") -> int:
        """Return how often a namespace was looked at, well."""
        path = f"/v2/endpoint/{namespace}"
        return sum((one.path, one.user, one.status) == (path, user, 200) for one in self.requests())

    def statuses(self) -> dict[str, str]:
        """Return the true status of each endpoint that there is."""
        return {f"{one['namespace']}/{one['name']}": one["status"] for one in self._get("endpoints")}

    def real(self, told: str) -> datetime:
        """Return when an instant of the simulator's clock was, by the real one; right to some milliseconds."""
        return self._real + (datetime.fromisoformat(told) - self._true) / self.speed

    # --- what is done ------------------------------------------------------------------------------------------------

    def create(self, name: str, **what: Any) -> None:
        """Let there be an endpoint, public unless said otherwise; `what` as in `Simulator.create`."""
        self._post("create", {**_place(name), "type": "public", **what})

    def act(self, name: str, verb: str, **what: Any) -> bool:
        """Let someone do something to an endpoint; return whether it could be done."""
        answer = call(f"{self.url}/_simulator/act", method="POST", body={**_place(name), "verb": verb, **what})
        assert answer.code in {200, 400, 404}, str(answer)
        return answer.code == 200

    def faults(self, **knobs: Any) -> None:
        """Turn knobs."""
        self._post("faults", knobs)

    def revoke(self, token: str, namespace: str) -> None:
        """Let a token lose a namespace: it sees an empty list from now on."""
        self._post("revoke", {"token": token, "namespace": namespace})

    def grant(self, token: str, namespace: str) -> None:
        """Let a token access a namespace."""
        self._post("grant", {"token": token, "namespaces": [namespace]})

    def _aligned(self) -> tuple[datetime, datetime]:
        """Return one instant by both clocks, from the quickest of some questions."""
        asked = list(self._questions())
        middle, _ = min(asked, key=lambda one: one[1])
        ours = [told for told in self._get("requests") if told["user"] == "aligner"]
        quickest = asked.index((middle, min(width for _, width in asked)))
        return datetime.fromisoformat(ours[quickest]["at"]), middle

    def _questions(self) -> Iterator[tuple[datetime, timedelta]]:
        clock = SystemClock()
        for _ in range(10):
            before = clock.now()
            call(f"{self.url}/api/whoami-v2", headers=bearer("hf_aligner"))
            width = clock.now() - before
            yield before + width / 2, width

    def _get(self, what: str) -> list[Json]:
        answer = call(f"{self.url}/_simulator/{what}")
        assert answer.code == 200, f"{answer}\n{self.process}"
        found: list[Json] = answer.json
        return found

    def _post(self, what: str, body: Json) -> None:
        answer = call(f"{self.url}/_simulator/{what}", method="POST", body=body)
        assert answer.code == 200, f"{answer}\n{self.process}"


def _place(name: str) -> Json:
    namespace, _, own = name.partition("/")
    return {"namespace": namespace, "name": own}

"""The simulator, and what a judge must know beyond its own history: when it answered, and what it hid from view."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from service.clock import LoopClock
from service.simulator import Request, Simulator
from service.simulator.orders import Kind
from tests.simulation.clocks import NEVER

BASE_URL = "http://hub.test"  # always the same, since it stands in the log
ROBOT = "robot-"  # and the namespace: whose token the daemon has there


@dataclass(slots=True, kw_only=True)
class Veil:
    """While it lay over an endpoint, the API told `told` instead of the true status; None: an unreadable document."""

    namespace: str
    name: str
    told: str | None
    since: datetime
    until: datetime = NEVER


@dataclass(slots=True, kw_only=True)
class Trouble:
    """While it lasted, a namespace could not be read, for no fault of its endpoints."""

    namespace: str
    kind: str
    since: datetime
    until: datetime = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request of the daemon, and when its answer left the simulator; NEVER, if it did not."""

    request: Request
    answered_at: datetime

    @property
    def at(self) -> datetime:
        """Return when it arrived."""
        return self.request.at

    @property
    def good(self) -> bool:
        """Return whether it was answered, and the answer came through whole."""
        return self.request.fault in {"", "late_answer"} and self.request.status is not None

    @property
    def listing(self) -> bool:
        """Return whether a page of a namespace was asked for."""
        asked = self.request.method == "GET" and self.request.path.startswith("/v2/endpoint/")
        return asked and len(self.parts) == 1

    @property
    def parts(self) -> list[str]:
        """Return the parts of its path below /v2/endpoint."""
        return self.request.path.removeprefix("/v2/endpoint/").split("/")


class Witness(Simulator):
    """Hugging Face, faked, with its own clock, which never jumps."""

    def __init__(self, *, clock: LoopClock, seed: int) -> None:
        super().__init__(clock=clock, seed=seed, base_url=BASE_URL)
        self.veils: list[Veil] = []
        self.troubles: list[Trouble] = []
        self.shifts: list[tuple[datetime, datetime]] = []  # while pages shifted
        self.when_written: Callable[[Request], None] = lambda _: None
        self._answered_at: dict[int, datetime] = {}

    def arrive(self, *, method: str, path: str, query: str, token: str | None) -> int:
        number = super().arrive(method=method, path=path, query=query, token=token)
        if self.request(number).write:
            self.when_written(self.request(number))
        return number

    def answered(self, number: int, *, status: int | None, fault: Kind = "") -> None:
        super().answered(number, status=status, fault=fault)
        self._answered_at[number] = self.now()

    def exchanges(self) -> list[Exchange]:
        """Return every request with its answer, in the order of arrival."""
        return [
            Exchange(request=request, answered_at=self._answered_at.get(number, NEVER))
            for number, request in enumerate(self.requests)
        ]

    def veil(self, namespace: str, name: str, *, told: str | None) -> None:
        """Hide an endpoint's true status from now on."""
        self.unveil(namespace, name)
        if told is None:
            self.faults.unreadable.add((namespace, name))
        else:
            self.faults.unknown_status[namespace, name] = told
        self.veils.append(Veil(namespace=namespace, name=name, told=told, since=self.now()))

    def unveil(self, namespace: str, name: str) -> None:
        """Show it again."""
        self.faults.unreadable.discard((namespace, name))
        self.faults.unknown_status.pop((namespace, name), None)
        for veil in self.veils:
            if (veil.namespace, veil.name, veil.until) == (namespace, name, NEVER):
                veil.until = self.now()

    def shift_pages(self, *, shifting: bool) -> None:
        """Let cursors count places from now on, or let them hold again."""
        if shifting and not self.faults.shifting_pages:
            self.shifts.append((self.now(), NEVER))
        elif self.faults.shifting_pages and not shifting:
            self.shifts[-1] = (self.shifts[-1][0], self.now())
        self.faults.shifting_pages = shifting

    def trouble(self, namespace: str, kind: str) -> None:
        """Let a namespace be out of reach from now on: `down`, `revoked` or `refused`."""
        self.relieve(namespace)
        match kind:
            case "down":
                self.faults.down_namespaces.add(namespace)
            case "revoked":
                self.revoke(f"hf_{ROBOT}{namespace}", namespace)
            case _:
                self.faults.bad_tokens.add(f"{ROBOT}{namespace}")
        self.troubles.append(Trouble(namespace=namespace, kind=kind, since=self.now()))

    def relieve(self, namespace: str) -> None:
        """End whatever trouble a namespace is in."""
        self.faults.down_namespaces.discard(namespace)
        self.faults.bad_tokens.discard(f"{ROBOT}{namespace}")
        self.grant(f"hf_{ROBOT}{namespace}", namespace)
        for trouble in self.troubles:
            if (trouble.namespace, trouble.until) == (namespace, NEVER):
                trouble.until = self.now()

"""The simulator: one truth, one clock, and what the tests and the demo hold on to.

It knows no HTTP: `server` puts it on the network, `api` and `dataplane` say what each request is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from service.simulator.acts import Act, Creation, create, perform
from service.simulator.bill import Charge, Stretch, charges
from service.simulator.course import Course
from service.simulator.credits import Credits
from service.simulator.document import from_short, merged
from service.simulator.errors import Invalid, SimulatorError
from service.simulator.faults import Faults
from service.simulator.life import Life
from service.simulator.lifecycle import Durations, Fate
from service.simulator.orders import Kind
from service.simulator.past import PAST, Past
from service.simulator.people import People
from service.simulator.rights import is_write
from service.simulator.rules import State
from service.simulator.traffic import flow
from service.simulator.truth import Happening, Sized, Truth


class Clock(Protocol):
    """What is asked of a clock; those of `service.clock` fulfil it."""

    def now(self) -> datetime:
        """Return the wall time: aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock's time pass."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to the management API, whoami or the data plane. `/_simulator` is not a part of the world."""

    at: datetime
    method: str
    path: str
    query: str
    user: str | None  # whose token it bore
    status: int | None  # None: the connection was cut, or the answer is still to come
    fault: Kind = ""

    @property
    def write(self) -> bool:
        """Tell whether it asked the management API to change anything."""
        return is_write(self.method, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A scheduled act that could not be, when its time came."""

    at: datetime
    act: Act | Creation
    reason: str


class Simulator:
    """Hugging Face, as far as Inference Endpoints go.

    All chance is drawn from `seed`. The truth advances when it is looked at, and only forward: if the daemon's clock
    is to jump, give the simulator a clock of its own.
    """

    def __init__(self, *, clock: Clock, seed: int = 0, base_url: str = "http://127.0.0.1:8787") -> None:
        self.clock = clock
        self.seed = seed
        self.base_url = base_url
        self.faults = Faults(seed=seed)
        self.durations = Durations()
        self.people = People()
        self.refused: list[Refusal] = []
        self._truth = Truth()
        self.course = Course(self._truth, seed=seed, faults=self.faults, durations=self.durations)
        self.credits = Credits(self.course)
        self._requests: list[Request] = []

    @property
    def truth(self) -> Truth:
        """Return the truth, brought up to the clock."""
        self._truth.advance(self.clock.now())
        return self._truth

    @property
    def history(self) -> list[Happening]:
        """Return every change of status so far, in order."""
        return list(self.truth.history)

    @property
    def replica_history(self) -> list[Sized]:
        """Return every change of how many replicas there shall be, and of their hardware, in order."""
        return list(self.truth.sizes)

    @property
    def requests(self) -> list[Request]:
        """Return every request so far, in the order of arrival."""
        return list(self._requests)

    def now(self) -> datetime:
        """Let everything happen up to the clock, and return that instant."""
        return self.truth.now

    @property
    def looked_at(self) -> datetime:
        """Return the instant of the last look at the truth: what was found then is told as of then."""
        return self._truth.now

    def stamp(self) -> datetime:
        """Return what the server's own clock says, right or wrong."""
        self.now()
        return self.course.stamp()

    def status(self, namespace: str, name: str) -> State:
        """Return the true status of an endpoint, hidden or not; absent if there is none."""
        life = self.truth.find(namespace, name)
        return State.ABSENT if life is None else life.state

    def stretches(self, namespace: str | None = None, name: str | None = None) -> list[Stretch]:
        """Return what was paid for so far: the times in which an endpoint's rate did not change."""
        every = self.truth.bill.stretches(self.truth.now)
        return [one for one in every if namespace in {None, one.namespace} and name in {None, one.name}]

    def bill(
        self,
        namespace: str | None = None,
        name: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Charge]:
        """Return what is owed so far, or between two instants, for each life of all endpoints or of some."""
        stretches = self.stretches(namespace, name)
        begins = since or min((one.since for one in stretches), default=self.now())
        return charges(stretches, begins, min(until or self.now(), self.now()))

    def create(
        self,
        namespace: str,
        name: str,
        *,
        actor: str = "alice",
        document: Mapping[str, Any] | None = None,
        state: str = State.PENDING,
        fate: Fate | None = None,
        start_seconds: float | None = None,
        **overrides: Any,
    ) -> datetime:
        """Create an endpoint without HTTP, and return its createdAt.

        `document` is laid over the defaults, and `overrides` over it, by the short names of `document.SHORT`. `state`
        sows it in the middle of its life, `fate` is that of its first start, `start_seconds` is how long each of its
        starts takes from pending to running. The fields of `Past`, by their names, give it one.
        """
        creation = _creation(
            namespace,
            name,
            actor=actor,
            document=document,
            state=state,
            fate=fate,
            start_seconds=start_seconds,
            overrides=overrides,
        )
        self.now()
        return create(self.course, creation).created_at

    def act(
        self,
        namespace: str,
        name: str,
        verb: str,
        *,
        actor: str = "alice",
        document: Mapping[str, Any] | None = None,
        fate: Fate | None = None,
    ) -> Life:
        """Do something to an endpoint now: a command of the API, or one of `acts.VERBS`.

        The life that is returned is the live one, as of the truth's last look; `status` looks anew.
        """
        self.now()
        act = Act(namespace=namespace, name=name, verb=verb, actor=actor, document=document or {}, fate=fate)
        return perform(self.course, act)

    def at(
        self,
        when: datetime,
        namespace: str,
        name: str,
        verb: str,
        *,
        actor: str = "alice",
        document: Mapping[str, Any] | None = None,
        state: str = State.PENDING,
        fate: Fate | None = None,
        start_seconds: float | None = None,
        **overrides: Any,
    ) -> None:
        """Schedule an act, or with the verb "create" a creation; what cannot be then is found in `refused`."""
        if when < self._truth.now:
            raise Invalid(f"cannot schedule {verb} at {when}: it is {self._truth.now} already")
        task: Act | Creation
        if verb == "create":
            task = _creation(
                namespace,
                name,
                actor=actor,
                document=document,
                state=state,
                fate=fate,
                start_seconds=start_seconds,
                overrides=overrides,
            )
        else:
            change = merged(document or {}, from_short(overrides))
            task = Act(namespace=namespace, name=name, verb=verb, actor=actor, document=change, fate=fate)
        self._truth.at(when, partial(self._scheduled, task))

    def traffic(self, namespace: str, name: str, *, per_day: float, actor: str = "users") -> None:
        """Let requests come to an endpoint from now on, whatever becomes of it, so many a day."""
        flow(self.course, namespace, name, gap_seconds=86_400 / per_day, actor=actor)

    def grant(self, token: str, *namespaces: str) -> None:
        """Hold a token to these namespaces, those granted before, and its own."""
        self.people.grant(token, namespaces)

    def revoke(self, token: str, namespace: str) -> None:
        """Let a token lose a namespace: its list is empty from now on, and its endpoints are 404."""
        self.people.revoke(token, namespace)

    def refuse(self, token: str, namespace: str, code: int | None) -> None:
        """Answer a token with 401 or 403 in a namespace that whoami names all the same; None ends that."""
        self.people.refuse(token, namespace, code)

    def arrive(self, *, method: str, path: str, query: str, token: str | None) -> int:
        """Enter a request into the log and return its number."""
        user = None if token is None else self.people.named(token)
        self._requests.append(Request(at=self.now(), method=method, path=path, query=query, user=user, status=None))
        return len(self._requests) - 1

    def request(self, number: int) -> Request:
        """Return one request of the log."""
        return self._requests[number]

    def answered(self, number: int, *, status: int | None, fault: Kind = "") -> None:
        """Note how a request was answered."""
        self._requests[number] = replace(self._requests[number], status=status, fault=fault)

    def _scheduled(self, task: Act | Creation) -> None:
        try:
            if isinstance(task, Creation):
                create(self.course, task)
            else:
                perform(self.course, task)
        except SimulatorError as error:
            self.refused.append(Refusal(at=self._truth.now, act=task, reason=str(error)))


def _creation(
    namespace: str,
    name: str,
    *,
    actor: str,
    document: Mapping[str, Any] | None,
    state: str,
    fate: Fate | None,
    start_seconds: float | None,
    overrides: Mapping[str, Any],
) -> Creation:
    return Creation(
        namespace=namespace,
        name=name,
        actor=actor,
        document=merged(document or {}, from_short(overrides, besides=PAST)),
        state=State(state),
        fate=fate,
        start_seconds=start_seconds,
        past=Past.of({key: value for key, value in overrides.items() if key in PAST}),
    )

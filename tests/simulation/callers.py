"""Those who come to the daemon by HTTP: who asks for a write, who needs an endpoint awake, who waits for one.

Each has a name of his own, so that whatever is done in it can be told apart.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from service.simulator.document import completed, from_short
from tests.simulation.door import Try, call
from tests.simulation.machine import Machine
from tests.simulation.world import PLAIN, secrets

PATIENCE = (0.05, 1.0, 30.0, 90.0)  # seconds until a caller hangs up; too few are a lost answer
FINDING = 300.0  # seconds for which a holder tries to get or give back a lease
VERBS = {"pause": 2, "resume": 6, "scale-to-zero": 2, "update": 4, "create": 3, "delete": 1}
COMMANDS = {"scale-to-zero": "scale_to_zero"}


@dataclass(slots=True, kw_only=True)
class Ask:
    """Somebody asks for one write, as often as it takes, under one key. `by`: our own API, or that of Hugging Face."""

    who: str
    place: str
    verb: str
    by: str
    tries: list[Try] = field(default_factory=list)

    @property
    def actor(self) -> str:
        """Return the name that must stand in the log."""
        return f"person:{self.who}"

    @property
    def command(self) -> str:
        """Return what must be meant."""
        return COMMANDS.get(self.verb, self.verb)


@dataclass(slots=True, kw_only=True)
class Stay:
    """Somebody needs an endpoint awake for a while, by a lease that is renewed, and given back or not."""

    who: str
    place: str
    seconds: float
    pause_after: bool
    takes: list[Try] = field(default_factory=list)
    ensures: list[Try] = field(default_factory=list)
    renewals: list[Try] = field(default_factory=list)
    releases: list[Try] = field(default_factory=list)

    @property
    def actor(self) -> str:
        """Return the name that must stand in the log."""
        return f"person:{self.who}"

    @property
    def lease(self) -> str | None:
        """Return the lease, if its holder was told of it."""
        return next((tried.body["lease"] for tried in self.takes if tried.good), None)

    @property
    def kept(self) -> list[Try]:
        """Return what let the lease last from then on, as the holder was told."""
        return [tried for tried in (*self.takes, *self.renewals) if tried.good]


class Callers:
    """Their doings in one run, and what they were answered."""

    def __init__(self, machine: Machine, chance: Random) -> None:
        self.asks: list[Ask] = []
        self.stays: list[Stay] = []
        self._machine = machine
        self._chance = chance
        self._number = 0

    async def ask(self, place: str) -> None:
        """Ask for a write, and again with the same key, until it is answered or no more matter."""
        verb = self._chance.choices(list(VERBS), weights=list(VERBS.values()))[0]
        ask = Ask(who=self._name("dora"), place=place, verb=verb, by=self._chance.choice(["api", "hub"]))
        self.asks.append(ask)
        method, path, body = _request(ask, self._number)
        if self._chance.random() < 0.3:  # at once, as a proxy may repeat what it was sent
            async with asyncio.TaskGroup() as tasks:
                for _ in range(2):
                    tasks.create_task(self._try(ask, ask.tries, method, path, body))
        for _ in range(self._chance.choice([1, 1, 2, 4])):
            tried = await self._try(ask, ask.tries, method, path, body)
            if tried.code is not None and self._chance.random() < 0.6:
                return
            await self._sleep(self._chance.uniform(0.0, 40.0))

    async def stay(self, place: str) -> None:
        """Be one who needs an endpoint."""
        await self._stay(place)

    async def crowd(self, place: str) -> None:
        """Be ten who need one endpoint, some at once and some later."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(10):
                tasks.create_task(self._stay(place, pause_after=True))
                await self._sleep(self._chance.choice([0.0, 0.0, 0.3, 20.0]))

    async def _stay(self, place: str, *, pause_after: bool | None = None) -> None:
        stay = Stay(
            who=self._name("erin"),
            place=place,
            seconds=self._chance.choice([20.0, 60.0, 200.0]),
            pause_after=self._chance.random() < 0.8 if pause_after is None else pause_after,
        )
        self.stays.append(stay)
        leases = f"/api/endpoints/{place}/leases"
        wanted = {"for": f"{stay.seconds:.0f}s", "reason": "a demo", "pause_after": stay.pause_after}
        if not await self._until_told(stay, stay.takes, "POST", leases, wanted) or stay.lease is None:
            return
        for _ in range(3):
            body = {"lease": stay.lease}
            told = await self._try(stay, stay.ensures, "POST", f"/api/endpoints/{place}/ensure", body)
            if told.code is not None:
                break
        await self._use(stay, f"{leases}/{stay.lease}")
        if self._chance.random() < 0.75:  # else its holder has died, and nobody tells
            await self._until_told(stay, stay.releases, "DELETE", f"{leases}/{stay.lease}")

    async def _use(self, stay: Stay, address: str) -> None:
        for _ in range(self._chance.choice([0, 2, 4, 8])):
            await self._sleep(stay.seconds / 3)
            tried = await self._try(stay, stay.renewals, "PUT", address, {})
            if tried.code == 404:
                return

    async def _until_told(
        self, stay: Stay, tries: list[Try], method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> bool:
        """Ask until there is an answer of the daemon, and return whether it is a good one."""
        until = self._machine.clocks.true.monotonic() + FINDING
        while self._machine.clocks.true.monotonic() < until:
            tried = await self._try(stay, tries, method, path, body)
            if tried.code is not None and tried.code < 500:
                return tried.good
            await self._sleep(5.0)
        return False

    async def _try(
        self, caller: Ask | Stay, tries: list[Try], method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Try:
        clock, door = self._machine.clocks.true, self._machine.door
        tries.append(tried := Try(sent=clock.now()))
        if door is not None:
            token = f"hf_{caller.who}" if isinstance(caller, Ask) and caller.by == "hub" else door.token
            headers = {
                "Authorization": f"Bearer {token}",
                "X-Lamplighter-Actor": caller.who,
                "Idempotency-Key": "once",
            }
            patience = self._chance.choice(PATIENCE)
            await call(door, clock, tried, method, path, headers=headers, body=body, patience=patience)
        return tried

    def _name(self, name: str) -> str:
        self._number += 1
        return f"{name}-{self._number}"

    async def _sleep(self, seconds: float) -> None:
        await self._machine.clocks.true.sleep(seconds)


def _request(ask: Ask, number: int) -> tuple[str, str, Mapping[str, Any] | None]:
    """Return method, path and body of what somebody asks."""
    root = "/api/endpoints" if ask.by == "api" else "/v2/endpoint"
    namespace, name = ask.place.split("/")
    match ask.verb:
        case "create":
            more = {"type": "public", "tags": ["ours"], "command": ["serve", f"{PLAIN}-command-{number}"]}
            document = completed(from_short(secrets(10_000 + number) | more))
            return "POST", f"{root}/{namespace}", {"name": name, **document}
        case "update":
            change = {"tags": [f"d{number}"]} if number % 2 else {"model": secrets(10_000 + number)}
            return "PATCH" if ask.by == "api" else "PUT", f"{root}/{ask.place}", change
        case "delete":
            return "DELETE", f"{root}/{ask.place}", None
        case _:
            return "POST", f"{root}/{ask.place}/{ask.verb}", {} if ask.by == "api" else None

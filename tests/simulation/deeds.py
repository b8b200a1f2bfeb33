"""What people and fate can do to endpoints, to the API and its network, to the daemon, and to the machine's clock."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from random import Random

from service.simulator import SimulatorError, State
from statemachine.machine import Command
from statemachine.model import EndpointName
from tests.simulation.callers import Callers
from tests.simulation.machine import Machine
from tests.simulation.witness import Witness
from tests.simulation.world import FAST, FLEET, NAMESPACES, VARIANTS, create, error_text, secrets

PEOPLE = ("alice", "bob")


class Deeds:
    """Each deed is done to one place, and may take its time."""

    def __init__(self, witness: Witness, machine: Machine, chance: Random) -> None:
        self.witness = witness
        self.machine = machine
        self.chance = chance
        self.callers = Callers(machine, chance)
        self._number = 100

    # --- what happens to an endpoint ---------------------------------------------------------------------------------

    async def command(self, place: str) -> None:
        """Somebody uses the API itself."""
        verb = self.chance.choice(["pause", *["resume"] * 6, "scale_to_zero", "update", "request"])
        self.act(place, verb)

    async def edit(self, place: str) -> None:
        """Somebody changes a secret, an argument or a number."""
        self._number += 1
        change = {"model": secrets(self._number)} if self.chance.random() < 0.6 else {"tags": [f"t{self._number}"]}
        self.act(place, "update", change)

    async def recreate(self, place: str) -> None:
        """Somebody deletes an endpoint, and makes it anew: at once, later, or never."""
        self.act(place, "delete")
        await self.sleep(self.chance.choice([2.0, 3.0, 30.0, 200.0]))
        await self.renew(place)

    async def renew(self, place: str) -> None:
        """Somebody creates an endpoint whose name is free."""
        self._number += 1
        if self.witness.truth.find(*place.split("/")) is None:
            create(self.witness, place, number=self._number, chance=self.chance)

    async def fail(self, place: str) -> None:
        """Something breaks, and its last words hold a token."""
        self.act(place, "fail")
        life = self.witness.truth.find(*place.split("/"))
        if life is not None and life.state is State.FAILED:
            self._number += 1
            life.error = error_text(self._number)

    async def stick(self, place: str) -> None:
        """A start does not come to an end, for a while."""
        self.act(place, "stick")
        await self.sleep(self.chance.uniform(60, 900))
        self.act(place, "unstick")

    async def vanish(self, place: str) -> None:
        """The API stops telling an endpoint, or a crowd of them, for a while."""
        namespace = place.split("/", maxsplit=1)[0]
        crowd = [other for other in FLEET if other.startswith(namespace)]
        gone = [place] if self.chance.random() < 0.6 else crowd
        for other in gone:
            self.act(other, "vanish")
        await self.sleep(self.chance.uniform(3, 600))
        for other in gone:
            self.act(other, "return")

    async def veil(self, place: str) -> None:
        """The API tells a status that nobody knows, or garbage, for a while."""
        namespace, name = place.split("/")
        self.witness.veil(namespace, name, told=self.chance.choice([None, "hibernating"]))
        await self.sleep(self.chance.uniform(5, 300))
        self.witness.unveil(namespace, name)

    async def restart(self, place: str) -> None:
        """Somebody pauses an endpoint and brings it back at once."""
        self.act(place, "pause")
        await self.sleep(self.chance.uniform(0.5, 6.0))
        self.act(place, "resume")

    async def bring_back(self, place: str) -> None:
        """Somebody resumes what was just put out."""
        self.act(place, "resume")

    # --- what people ask of the daemon -------------------------------------------------------------------------------

    async def ask(self, place: str) -> None:
        """Somebody asks the daemon for a command."""
        self._number += 1
        number, command = self._number, self.chance.choice([Command.PAUSE, Command.RESUME, Command.RESUME])
        name, parts = EndpointName(*place.split("/")), self.machine.parts
        if parts is not None:
            asked = parts.desk.ask(name, command, actor="person:carol", key=f"ask-{number}")
            self.machine.visit(asked)

    async def hold(self, place: str) -> None:
        """Somebody holds an endpoint, or everything, and may lift it before its time."""
        self._number += 1
        name, parts = EndpointName(*place.split("/")), self.machine.parts
        if parts is None:
            return
        held = None if self.chance.random() < 0.15 else name
        until = parts.clock.now() + timedelta(seconds=self.chance.uniform(60, 1500))
        placed = parts.holds.place(held, author="person:dave", reason="a demo", until=until, key=f"hold-{self._number}")
        self.machine.visit(placed)
        if self.chance.random() < 0.3:
            await self.sleep(self.chance.uniform(5, 400))
            if self.machine.parts is not None:
                self.machine.visit(self.machine.parts.holds.lift(held, author="person:dave"))

    async def call(self, place: str) -> None:
        """Somebody asks for a write, by HTTP."""
        await self.callers.ask(place)

    async def stay(self, place: str) -> None:
        """Somebody needs an endpoint awake, which may just have been put out."""
        if self.chance.random() < 0.4:
            self.act(place, "pause")
            await self.sleep(self.chance.choice([1.0, 40.0]))
        await self.callers.stay(place)

    async def crowd(self, place: str) -> None:
        """Ten need it, when it has just been put out."""
        self.act(place, "pause")
        await self.sleep(self.chance.choice([1.0, 40.0]))
        await self.callers.crowd(place)

    # --- what happens to the daemon and its network ------------------------------------------------------------------

    async def weather(self, _place: str) -> None:
        """The network and the API get worse, or better."""
        bad = self.chance.random() < 0.6
        knobs = ("p_429", "p_5xx", "p_reset", "p_truncated", "p_not_json", "p_late_answer", "p_lost_answer")
        self.witness.faults.turn({knob: self.chance.choice([0, 0.02, 0.15]) if bad else 0.0 for knob in knobs})
        slowest = self.chance.choice([0.2, 1.0, 4.0]) if bad else FAST[1]
        self.witness.faults.latency_seconds = (FAST[0], slowest)
        self.witness.faults.slow_list_seconds = self.chance.choice([0.0, 0.0, 2.0, 6.0])

    async def pages(self, _place: str) -> None:
        """Pages shift, or one of them cannot be had."""
        self.witness.shift_pages(shifting=self.chance.random() < 0.5)
        self.witness.faults.fail_page = ("acme", self.chance.choice([0, 1]))
        await self.sleep(self.chance.uniform(10, 200))
        self.witness.faults.fail_page = None

    async def trouble(self, place: str) -> None:
        """A namespace is down, or its token lost it or is refused."""
        namespace = place.split("/", maxsplit=1)[0]
        self.witness.trouble(namespace, self.chance.choice(["down", "revoked", "revoked", "refused"]))
        await self.sleep(self.chance.choice([20.0, 60.0, 200.0, 700.0]))
        self.witness.relieve(namespace)

    async def jump(self, _place: str) -> None:
        """Somebody sets the machine's clock."""
        seconds = self.chance.choice([-4000, -600, -45, -5, 5, 45, 600, 4000])
        self.machine.clocks.jump(timedelta(seconds=seconds))

    async def reload(self, _place: str) -> None:
        """Somebody writes another configuration, or one that cannot be read."""
        self.machine.reload(self.chance.choice([*VARIANTS, "first", "broken"]))

    async def kill(self, _place: str) -> None:
        """Somebody kills the daemon."""
        self.machine.kill()

    # --- the means ----------------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """Take back whatever hides the truth: the quiet time begins."""
        for veil in self.witness.veils:
            self.witness.unveil(veil.namespace, veil.name)
        for namespace in NAMESPACES:
            self.witness.relieve(namespace)
        for place in FLEET:
            self.act(place, "return")
        calm = {"p_429": 0.0, "p_5xx": 0.0, "p_reset": 0.0, "p_truncated": 0.0, "p_not_json": 0.0}
        calm |= {"p_late_answer": 0.0, "p_lost_answer": 0.0, "slow_list_seconds": 0.0}
        self.witness.shift_pages(shifting=False)
        self.witness.faults.latency_seconds = FAST
        self.witness.faults.turn({**calm, "fail_page": None})

    def act(self, place: str, verb: str, document: Mapping[str, object] | None = None) -> None:
        """Do something by the API itself, if the API lets it be done."""
        namespace, name = place.split("/")
        with suppress(SimulatorError):
            self.witness.act(namespace, name, verb, actor=self.chance.choice(PEOPLE), document=document)

    async def sleep(self, seconds: float) -> None:
        """Let true time pass."""
        await self.machine.clocks.true.sleep(seconds)

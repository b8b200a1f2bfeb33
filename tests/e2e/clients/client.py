"""The official clients, each in its own environment, pointed at a simulator in a process of its own."""

from dataclasses import dataclass
from pathlib import Path

from tests.e2e.hub import Hub
from tests.e2e.processes import Ended, Machine

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CLIENTS = ROOT / ".venv" / "clients"


@dataclass(frozen=True, slots=True)
class Client:
    """One release line, `2`, `1` or `0`, in the hands of alice."""

    line: str
    machine: Machine
    hub: Hub
    url: str = ""  # of what stands for Hugging Face; else the simulator itself

    def walk(self) -> Ended:
        """Run the scenario."""
        return self.run("python", str(HERE / "walk.py"), seconds=90)

    def hf(self, *words: str) -> Ended:
        """Run the command line."""
        return self.run("hf", *words, seconds=30)

    def run(self, program: str, *words: str, seconds: float) -> Ended:
        path = CLIENTS / self.line / "bin" / program
        assert path.exists(), f"there is no {path}: make it with scripts/clients"
        environment = {
            "HF_ENDPOINT": self.url or self.hub.url,
            "SIMULATOR_URL": self.hub.url,
            "HF_TOKEN": "hf_alice",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",  # it would ask PyPI
            "PYTHONPATH": f"{HERE / 'site'}:{ROOT}",
        }
        return self.machine.run_program(str(path), *words, env=environment, seconds=seconds)

"""The seeded world: which endpoints there are, who may put out which of them, and what the configuration says of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from service.config import Configuration, load
from tests.simulation.witness import BASE_URL, ROBOT, Witness

NAMESPACES = ("acme", "lab", "museum")
OBSERVED = "museum"
PAGE_ITEMS = 4  # so that a namespace of seven has pages to shift
FAST = (0.005, 0.2)  # seconds that an answer takes; never none, so that no two things happen at one instant
PLAIN = "correct-horse-battery-staple"
TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345"  # shaped like a real one

FLEET = {
    "acme/exp-a": "running",
    "acme/exp-b": "running",
    "acme/exp-c": "pending",
    "acme/exp-prod": "running",
    "acme/job-a": "running",
    "acme/prod-a": "running",
    "acme/loner": "running",
    "lab/exp-a": "scaledToZero",
    "lab/exp-d": "running",
    "lab/job-b": "failed",
    "lab/prod-b": "paused",
    "lab/stray": "running",
    "museum/exp-old": "running",
    "museum/job-old": "pending",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much happens in a run: its length, the mean seconds between two happenings, the daemon's looks and lives."""

    busy: timedelta
    seconds_between: float
    fast: str
    slow: str
    longest_life: timedelta


BUSY = Pace(busy=timedelta(hours=2), seconds_between=24, fast="9s", slow="28s", longest_life=timedelta(minutes=45))
SHORT = replace(BUSY, busy=timedelta(minutes=40))
DAY = Pace(busy=timedelta(hours=24), seconds_between=400, fast="60s", slow="90s", longest_life=timedelta(hours=6))

GROUPS = f"""
[groups.experiments]
match = ["*/exp-*"]
[groups.batch]
match = ["*/job-*"]
[groups.production]
match = ["*/prod-*", "*/exp-prod"]
protected = true
[namespaces]
acme = {{ token_file = "{ROBOT}acme" }}
museum = {{ token_file = "{ROBOT}museum", mode = "observe" }}
"""

# Each is a configuration that a person may write; the first is the one that a run begins with.
VARIANTS = {
    "first": {},
    "stricter": {"young": "9m"},
    "later": {"young": "18m", "warn": '["8m"]'},
    "unwarned": {"warn": "[]"},
    "calm-lab": {"lab": ', mode = "observe"'},
    "guarded": {"more": '[groups.guard]\nmatch = ["acme/exp-a", "lab/job-*"]\nprotected = true\n'},
}


def configuration_text(
    *, mode: str, pace: Pace, young: str = "12m", warn: str = '["3m", "1m"]', lab: str = "", more: str = ""
) -> str:
    """Return a configuration file."""
    return f"""
mode = "{mode}"
hub_url = "{BASE_URL}"
listen = "127.0.0.1:0"
settle = "90s"
{GROUPS}
lab = {{ token_file = "{ROBOT}lab"{lab} }}
{more}
[[policies]]
name = "young"
groups = ["experiments", "production"]
when = {{ max_age = "{young}" }}
warn = {warn}
resume_hold = "6m"
min_uptime = "2m"
[[policies]]
name = "nap"
groups = ["batch"]
when = {{ max_age = "8m" }}
act = "scale_to_zero"
warn = ["2m"]
resume_hold = "5m"
[[policies]]
name = "old"
groups = ["experiments", "batch"]
when = {{ max_age = "30m" }}
warn = ["5m"]
resume_hold = "10m"
[poll]
fast = "{pace.fast}"
slow = "{pace.slow}"
timeout = "20s"
"""


@cache
def _loaded(text: str) -> Configuration:
    """Return the configuration that a text is; it lies in the present folder, since paths stand in the log."""
    file = Path("lamplighter.toml")
    file.write_text(text)
    return load(file)


@dataclass(slots=True)
class Configurations:
    """The configurations of one run, by name."""

    mode: str
    pace: Pace
    named: dict[str, Configuration] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for namespace in NAMESPACES:
            Path(f"{ROBOT}{namespace}").write_text(f"hf_{ROBOT}{namespace}")
        for name, values in VARIANTS.items():
            self.named[name] = _loaded(configuration_text(mode=self.mode, pace=self.pace, **values))

    def by_digest(self, digest: str) -> Configuration:
        """Return the configuration that an event of the log names."""
        return next(each for each in self.named.values() if each.settings.digest() == digest)


def secrets(number: int) -> dict[str, Any]:
    """Return what must never leave a document; each time another."""
    return {
        "env": {"PLAIN": f"{PLAIN}-env-{number}", "HF_TOKEN": f"{TOKEN}e{number}", "PORT": f"{PLAIN}-port-{number}"},
        "secrets": {"KEY": f"{PLAIN}-secret-{number}", "TOKEN": f"{TOKEN}s{number}"},
        "args": ["--api-key", f"{PLAIN}-arg-{number}", f"--token={TOKEN}a{number}"],
    }


def error_text(number: int) -> str:
    """Return what a container may have written before it died."""
    return f"Exit code 1: cannot download with token {TOKEN}m{number}: 403"


def people_the(witness: Witness, chance: Random) -> None:
    """Bring the first endpoints into the world."""
    for number, (place, state) in enumerate(FLEET.items()):
        create(witness, place, number=number, state=state, chance=chance)
    witness.faults.latency_seconds = FAST
    witness.faults.extra_fields = {"futureField": f"{PLAIN}-future", "nested": {"inner": f"{TOKEN}n"}}
    for namespace in NAMESPACES:
        witness.grant(f"hf_{ROBOT}{namespace}", namespace)


def create(witness: Witness, place: str, *, number: int, state: str = "pending", chance: Random) -> None:
    """Create an endpoint with secrets at every place where one can be."""
    namespace, name = place.split("/")
    witness.create(
        namespace,
        name,
        state=state,
        type="public",
        tags=["ours"],
        start_seconds=chance.choice([None, 30.0, 90.0]),
        scale_to_zero_timeout=chance.choice([None, None, 15]),
        command=["serve", f"{PLAIN}-command-{number}"],
        **secrets(number),
    )

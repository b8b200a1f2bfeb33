"""From a file, or the name of one that comes with the simulator, to a scenario that can be staged.

It is rehearsed while it is read: what cannot be sown is found before anything is served.
"""

import tomllib
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from service.clock import SystemClock
from service.failures import told_why
from service.simulator.scenario.complaints import complaints
from service.simulator.scenario.stage import Unstageable, stage
from service.simulator.scenario.terms import Scenario
from service.simulator.simulator import Simulator

BUNDLED = files("service.simulator") / "scenarios"


class ScenarioError(Exception):
    """The scenario cannot be used; the message names the place and what is allowed there."""


def bundled() -> dict[str, str]:
    """Return the descriptions of the scenarios that come with the simulator, by name."""
    names = sorted(file.name.removesuffix(".toml") for file in BUNDLED.iterdir() if file.name.endswith(".toml"))
    return {name: load(name).description for name in names}


def load(name: str) -> Scenario:
    """Read a scenario from a path, or by the bare name of a bundled one; raise ScenarioError with what to do."""
    text = _text(name)
    try:
        scenario = Scenario.model_validate(tomllib.loads(text))
        stage(scenario, Simulator(clock=_Still()))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name}: not TOML: {error}") from error
    except ValidationError as error:
        lines = complaints(error, Scenario, whole="the file")
        raise ScenarioError("\n  ".join([f"{name}: cannot be used", *lines])) from error
    except Unstageable as error:
        raise ScenarioError(f"{name}: cannot be used\n  {error}") from error
    return scenario


class _Still:
    """A clock for the rehearsal: it stands at this moment, so that what lies in the future is found."""

    def __init__(self) -> None:
        self._now = SystemClock().now()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def _text(name: str) -> str:
    own = BUNDLED / f"{name}.toml"
    if "/" not in name and "." not in name:
        if not own.is_file():
            raise ScenarioError(f"no scenario {name!r} comes along: give a path, or one of {', '.join(bundled())}")
        return own.read_text(encoding="utf-8")
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"cannot read the scenario {name}: {told_why(error)}") from error

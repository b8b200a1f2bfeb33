"""From a file, or the name of one that comes with the simulator, to a scenario that can be staged.

It is rehearsed while it is read: what cannot be sown is found before anything is served.
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

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
        lines = [f"  {_place(item['loc'])}: {_complaint(item)}" for item in error.errors()]
        raise ScenarioError("\n".join([f"{name}: cannot be used", *lines])) from error
    except Unstageable as error:
        raise ScenarioError(f"{name}: cannot be used\n  {error}") from error
    return scenario


class _Still:
    """A clock for the rehearsal."""

    def now(self) -> datetime:
        return datetime(2100, 1, 1, tzinfo=UTC)

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
        raise ScenarioError(f"cannot read the scenario {name}: {error}") from error


def _place(loc: tuple[int | str, ...]) -> str:
    """Write a place as `endpoints[2].state`; the file itself if it is none."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".") or "the file"


def _complaint(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return f"there is no such key; known are {', '.join(_table(error['loc']).model_fields)}"
    said = str(error["msg"]).removeprefix("Value error, ")
    return said if error["type"] in {"value_error", "missing"} else f"{said}, not {error['input']!r}"


def _table(loc: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the table in which a place lies; numbers and names in between lead no deeper."""
    table: type[BaseModel] = Scenario
    for part in loc[:-1]:
        if isinstance(part, str) and part in table.model_fields:
            table = _model(table.model_fields[part].annotation) or table
    return table


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)

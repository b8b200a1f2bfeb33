"""Scenarios: a world written down in TOML, to serve it again and again.

`terms` is what one may say, `file` how it is found and read, `stage` how it comes about in a simulator.
"""

from service.simulator.scenario.file import ScenarioError, bundled, load
from service.simulator.scenario.stage import stage
from service.simulator.scenario.terms import Scenario

__all__ = ["Scenario", "ScenarioError", "bundled", "load", "stage"]

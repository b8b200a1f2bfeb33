"""Hugging Face's API for Inference Endpoints, faked faithfully: truth, people, faults, and a clock that can run fast.

It shares no code with Lamplighter's client, so that each can find the other wrong.
"""

from service.simulator.day import Planned, plan_day
from service.simulator.errors import SimulatorError
from service.simulator.faults import Faults
from service.simulator.rules import State
from service.simulator.server import CannotListen, create_app, serve
from service.simulator.simulator import Request, Simulator
from service.simulator.truth import Happening

__all__ = [
    "CannotListen",
    "Faults",
    "Happening",
    "Planned",
    "Request",
    "Simulator",
    "SimulatorError",
    "State",
    "create_app",
    "plan_day",
    "serve",
]

import pytest

from tests.e2e.hub import Hub
from tests.e2e.processes import Machine


@pytest.fixture
def hub(machine: Machine) -> Hub:
    return Hub.start(machine, speed=1000)

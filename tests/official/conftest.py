from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.hub import Hub
from tests.e2e.processes import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.close()


@pytest.fixture
def hub(machine: Machine) -> Hub:
    return Hub.start(machine, speed=1000)

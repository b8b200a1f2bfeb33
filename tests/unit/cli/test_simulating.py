import socket
from pathlib import Path

import pytest

from tests.unit.cli.hands import Run


def test_the_bundled_scenarios_can_be_listed_without_a_port(lamplighter: Run) -> None:
    told = lamplighter("simulate", "--scenarios")

    assert told.code == 0
    assert "acme" in told.out


@pytest.mark.parametrize("text", ["fleets = []", "[[endpoints]]", "[[", "description = 3"])
def test_a_scenario_with_a_slip_is_a_usage_error_that_names_the_file(
    lamplighter: Run, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "world.toml"
    file.write_text(text)

    told = lamplighter("simulate", "--port", "0", "--scenario", str(file))

    assert told.code == 2
    assert str(file) in told.err


def test_a_scenario_that_there_is_not_is_a_usage_error_that_names_those_that_there_are(lamplighter: Run) -> None:
    told = lamplighter("simulate", "--port", "0", "--scenario", "acne")

    assert told.code == 2
    assert "acme" in told.err


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "1e300"])
def test_a_speed_at_which_no_clock_can_run_is_a_usage_error(lamplighter: Run, speed: str) -> None:
    told = lamplighter("simulate", "--port", "0", "--speed", speed)

    assert told.code == 2
    assert "--speed" in told.err


def test_a_port_in_use_is_named_with_what_to_do(lamplighter: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        told = lamplighter("simulate", "--port", str(port))

    assert told.code == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port" in told.err

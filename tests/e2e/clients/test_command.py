"""The `hf endpoints` command, as people type it, against the simulator."""

from typing import Any

import pytest

from tests.e2e.clients.client import Client
from tests.e2e.hub import Hub
from tests.e2e.processes import Ended, Machine, wait_until

PLACE = ["--vendor", "aws", "--region", "us-east-1"]
HARDWARE = ["--accelerator", "cpu", "--instance-size", "x2", "--instance-type", "intel-icl"]
DEPLOY = ["deploy", "main", "--repo", "gpt2", "--framework", "pytorch", "--task", "text-generation", *PLACE, *HARDWARE]


class Hand:
    """Someone who types `hf endpoints …`, and patience."""

    def __init__(self, line: str, machine: Machine, hub: Hub) -> None:
        self._client, self._hub = Client(line, machine, hub), hub

    def types(self, *words: str) -> Any:
        """Type a command that works, and return what it says."""
        ended = self._client.hf("endpoints", *words, "--json")
        assert ended.code == 0, str(ended)
        return ended.json

    def fails(self, *words: str) -> Ended:
        """Type a command that does not."""
        ended = self._client.hf("endpoints", *words)
        assert ended.code != 0, str(ended)
        return ended

    def awaits(self, status: str | None) -> None:
        """Wait until the one endpoint is that far, or gone."""
        wait_until(lambda: self._hub.statuses().get("alice/main") == status)


@pytest.mark.parametrize("line", ["2", pytest.param("1", marks=pytest.mark.slow)])
def test_the_command_leads_an_endpoint_through_its_life(line: str, machine: Machine, hub: Hub) -> None:
    hand = Hand(line, machine, hub)

    assert hand.types(*DEPLOY)["status"]["state"] == "pending"
    hand.awaits("running")
    [listed] = hand.types("ls")
    assert (listed["name"], listed["model"], listed["status"]) == ("main", "gpt2", "running")
    assert hand.types("pause", "main")["status"]["state"] == "paused"
    assert hand.types("resume", "main")["status"]["state"] in {"pending", "initializing"}
    hand.awaits("running")
    assert "already running" in hand.fails("resume", "main", "--fail-if-already-running").err
    changed = hand.types("update", "main", "--min-replica", "0", "--max-replica", "3")
    assert (changed["status"]["state"], changed["compute"]["scaling"]["maxReplica"]) == ("updating", 3)
    hand.awaits("running")
    assert hand.types("scale-to-zero", "main")["status"]["state"] == "scaledToZero"
    assert hand.types("describe", "main")["status"]["readyReplica"] == 0
    ids = [one["id"] for one in hand.types("hardware", "--accelerator", "gpu", "--vendor", "gcp")]
    assert "gcp-us-east4-nvidia-h100-x1" in ids
    assert "catalogue is not simulated" in str(hand.fails("list-catalog"))
    hand.types("delete", "main", "--yes")
    hand.awaits(None)
    assert "Endpoint not found: alice/main" in str(hand.fails("describe", "main"))


def test_before_1_0_there_is_no_such_command(machine: Machine, hub: Hub) -> None:
    assert "invalid choice: 'endpoints'" in Client("0", machine, hub).hf("endpoints", "ls").err

"""The official clients, unchanged, at a daemon in act mode: they find what they find at Hugging Face itself."""

import re
from pathlib import Path

import pytest

from service.web.hub import CATALOGUE
from tests.e2e.clients.cases import CREATE, UPDATE
from tests.e2e.clients.client import Client
from tests.e2e.clients.test_client import FOUND, NEWER, VERSIONS
from tests.e2e.daemons import EAGER, Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import Machine

ALICE = '[namespaces.alice]\ntoken_file = "{}"\nmode = "{}"\n'
NO_CATALOGUE = [501, f"Not Implemented: an endpoint of the catalogue is not created through here: {CATALOGUE}"]


def begun(daemon: Daemon, *, mode: str = "act") -> None:
    """Start it over the namespace of alice."""
    token = daemon.machine.home / "alice-token"
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text("hf_alice")
    daemon.configure(EAGER + ALICE.format(token, mode), top=f'mode = "{mode}"\n')
    daemon.start()


@pytest.mark.parametrize("line", VERSIONS)
def test_each_release_finds_at_the_daemon_what_it_finds_at_hugging_face(
    line: str, machine: Machine, hub: Hub, daemon: Daemon
) -> None:
    old = line == "0"
    begun(daemon)

    ended = Client(line, machine, hub, daemon.url).walk()

    found = ended.json
    assert re.fullmatch(VERSIONS[line], found.pop("version"))
    creates, updates, held = (
        found.pop(step) for step in ("creates_with_everything", "updates_everything", "updates_what_it_holds")
    )
    around = FOUND["looks_around"] | {"from catalogue": NO_CATALOGUE} | ({"price": None} if old else {})
    assert found == FOUND | {"looks_around": around}
    for step in (creates, updates, held):
        assert (step["wrong"], step["without a case"]) == ({}, [])
    assert set(creates["right"]) == CREATE.keys() - (NEWER if old else set())
    assert set(updates["right"]) == UPDATE.keys() - (NEWER if old else set())
    assert held["running"] == ["updating", "running", 4]
    intended = daemon.entries("act.intended")
    assert {entry.actor for entry in intended} == {"person:alice"}
    assert len(intended) >= len(hub.writes()) > 20


LIST = """
import os
from huggingface_hub import HfApi
print(len(HfApi(endpoint=os.environ["HF_ENDPOINT"], token="hf_alice").list_inference_endpoints()))
"""


def test_a_list_is_whole(machine: Machine, hub: Hub, daemon: Daemon, tmp_path: Path) -> None:
    for number in range(250):
        hub.create(f"alice/one-{number}", state="paused")
    begun(daemon, mode="observe")
    (tmp_path / "list.py").write_text(LIST)

    through, straight = Client("2", machine, hub, daemon.url), Client("2", machine, hub)

    assert through.run("python", str(tmp_path / "list.py"), seconds=60).out == "250\n"
    assert straight.run("python", str(tmp_path / "list.py"), seconds=60).out == "20\n"


EVERYWHERE = """
import os
from huggingface_hub import HfApi
api = HfApi(endpoint=os.environ["HF_ENDPOINT"], token="hf_alice")
for one in api.list_inference_endpoints(namespace="*"):
    print(f"{one.namespace}/{one.name}", one.status)
"""


@pytest.mark.parametrize("line", VERSIONS)
def test_a_list_of_everything_is_whole_where_the_daemon_watches_a_part(
    line: str, machine: Machine, hub: Hub, daemon: Daemon, tmp_path: Path
) -> None:
    """The client leaves out without a word what an organisation refuses, and fails if the own namespace does."""
    for name in ("alice/own", "acme/chat", "beta/web"):
        hub.create(name, state="paused")
    for namespace in ("acme", "beta"):
        hub.grant("hf_alice", namespace)
    daemon.configure()
    daemon.start()
    (tmp_path / "list.py").write_text(EVERYWHERE)
    client = Client(line, machine, hub, daemon.url)

    listed = client.run("python", str(tmp_path / "list.py"), seconds=60)
    typed = None if line == "0" else client.hf("endpoints", "ls", "--json")

    assert sorted(listed.out.split("\n")) == ["", "acme/chat paused", "alice/own paused", "beta/web paused"]
    if typed is not None:
        assert [one["name"] for one in typed.json] == ["own"]


WAIT = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from huggingface_hub import HfApi, InferenceEndpointTimeoutError
api = HfApi(endpoint=os.environ["HF_ENDPOINT"], token="hf_alice")

def wait(_):
    try:
        api.get_inference_endpoint("stuck").wait(timeout=float(sys.argv[1]), refresh_every=0.5)
    except InferenceEndpointTimeoutError:
        return "timed out"

with ThreadPoolExecutor(50) as waiters:
    print(set(waiters.map(wait, range(50))))
"""


@pytest.mark.parametrize("seconds", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_fifty_who_wait_cost_the_api_no_more_than_the_watcher(
    machine: Machine, hub: Hub, daemon: Daemon, tmp_path: Path, seconds: int
) -> None:
    hub.create("alice/stuck", fate="stuck")
    begun(daemon, mode="observe")
    (tmp_path / "wait.py").write_text(WAIT)
    before = len(hub.requests())

    ended = Client("2", machine, hub, daemon.url).run("python", str(tmp_path / "wait.py"), str(seconds), seconds=120)

    assert ended.out == "{'timed out'}\n"
    asked = [request for request in hub.requests()[before:] if request.path.startswith("/v2/")]
    assert {request.path for request in asked} == {"/v2/endpoint/alice"}
    assert len(asked) <= 3 * seconds

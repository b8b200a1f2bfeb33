"""Endpoints created, changed and deleted from the command line: real processes, and a daemon that dies in between."""

import pytest

from tests.e2e.calls import bearer, call
from tests.e2e.daemons import EAGER, WATCH, Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import HURRIED, LAMPLIGHTER

ACT = 'mode = "act"\n'
SECRET = "sesame-open-sesame"
MODEL = ("--repository", "acme/llama", "--framework", "custom", "--accelerator", "gpu", "--type", "public")
PLACE = ("--instance-type", "nvidia-l4", "--instance-size", "x1", "--region", "us-east-1", "--vendor", "aws")


def written(hub: Hub) -> list[tuple[str, str]]:
    return [(write.method, write.path) for write in hub.writes()]


def test_an_endpoint_lives_and_ends_by_the_command_line(daemon: Daemon) -> None:
    daemon.configure(WATCH + EAGER, top=ACT)
    daemon.start()

    made = daemon.command("create", "acme/new", *MODEL, *PLACE, "--secret", f"KEY={SECRET}", "--reason", "the demo")
    changed = daemon.command("update", "acme/new", "--max-replica", "3", "--json")
    shown = daemon.command("show", "acme/new", "--json")
    taken = daemon.command("create", "acme/new", *MODEL, *PLACE)
    kept = daemon.command("delete", "acme/new")
    gone = daemon.command("delete", "acme/new", "--yes")
    nothing = daemon.command("delete", "acme/new", "--yes")

    assert (made.code, made.out) == (0, "acme/new: pending\n"), str(made)
    assert changed.json["outcome"] == "done"
    assert shown.json["document"]["compute"]["scaling"]["maxReplica"] == 3
    assert taken.code == 1
    assert "Hugging Face said no (409)" in taken.err
    assert (kept.code, gone.code, nothing.code) == (2, 0, 8)
    assert gone.out == "acme/new: gone\n"
    assert written(daemon.hub) == [
        ("POST", "/v2/endpoint/acme"),
        ("PUT", "/v2/endpoint/acme/new"),
        ("POST", "/v2/endpoint/acme"),
        ("DELETE", "/v2/endpoint/acme/new"),
    ]
    daemon.stop()
    assert daemon.process is not None
    assert SECRET.encode() not in daemon.log.read_bytes()
    assert SECRET not in daemon.process.err


@pytest.mark.parametrize(
    "done, program",
    [
        pytest.param(True, (LAMPLIGHTER,), id="done"),
        pytest.param(False, HURRIED, id="not done"),
        pytest.param(False, (LAMPLIGHTER,), id="not done, at its own pace", marks=pytest.mark.slow),
    ],
)
def test_a_creation_under_way_when_the_daemon_is_killed_is_never_sent_twice(
    daemon: Daemon, *, done: bool, program: tuple[str, ...]
) -> None:
    daemon.program = program
    document = {
        "name": "new",
        "type": "public",
        "provider": {"vendor": "aws", "region": "us-east-1"},
        "compute": {"accelerator": "gpu", "instanceType": "nvidia-l4", "instanceSize": "x1"},
        "model": {"repository": "acme/llama", "image": {"huggingface": {}}},
    }
    daemon.configure(WATCH + EAGER, top=ACT)
    daemon.start()
    order = {"kind": "", "method": "POST", "path": "/v2/endpoint/acme", "latency_seconds": 36_000, "at_arrival": done}
    daemon.hub.faults(orders=[order])
    with pytest.raises(OSError, match="timed out"):
        call(
            f"{daemon.url}/api/endpoints/acme",
            method="POST",
            body=document,
            headers={**bearer(daemon.token), "Idempotency-Key": "k1"},
            seconds=3,
        )
    daemon.until_recorded("act.intended")

    daemon.kill()
    daemon.start()
    outcome, *more = daemon.until_recorded("act.confirmed" if done else "act.failed", seconds=60)

    assert more == []
    assert len(written(daemon.hub)) == 1
    assert outcome.data["intent"] == daemon.entries("act.intended")[0].data["intent"]

"""`lamplighter with` and `lamplighter leases`, against a daemon that says what a test lets it say."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from service.cli.child import beginning
from tests.unit.cli.hands import Run, SaidDaemon

HERE = "/api/endpoints/acme/tgi"
LEASE = {
    "lease": "l-1",
    "endpoint": "acme/tgi",
    "holder": "person:ana",
    "reason": "night",
    "since": "2026-03-02T12:00:00Z",
    "until": "2026-03-02T12:02:00Z",
    "seconds": 120.0,
    "pause_after": True,
}
READY: dict[str, Any] = {
    "end": "reached",
    "status": "running",
    "url": "https://x.example",
    "model": "org/model",
    "task": "text-generation",
    "waiting_for": "",
}
RAN = ("with", "acme/tgi", "--pause-after", "--", sys.executable, "-c")


def awake(daemon: SaidDaemon, *, ensured: tuple[int, Any] | None = None, waited: Any = None) -> None:
    daemon.says("POST", f"{HERE}/leases", (201, LEASE))
    daemon.says("POST", f"{HERE}/ensure", ensured or (200, {"outcome": "done", "status": "pending"}))
    daemon.says("GET", f"{HERE}/wait", (200, waited or READY))
    daemon.says("DELETE", f"{HERE}/leases/l-1", (200, {"lease": "l-1", "left": 0, "then": "putBack", "why": None}))


def test_who_holds_what_awake_is_listed(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/leases", (200, {"items": [LEASE]}), (200, {"items": []}))

    listed, none = lamplighter("leases"), lamplighter("leases")

    for word in ("acme/tgi", "person:ana", "2026-03-02 12:02:00 UTC", "night"):
        assert word in listed.out
    assert none.out == "nobody holds an endpoint awake\n"


def test_a_lease_is_ended_by_the_first_letters_of_its_id(lamplighter: Run, daemon: SaidDaemon) -> None:
    other = {**LEASE, "lease": "l-2"}
    daemon.says("GET", "/api/leases", (200, {"items": [LEASE, other]}))
    daemon.says("DELETE", f"{HERE}/leases/l-2", (200, {"lease": "l-2", "left": 1, "then": "kept", "why": "1 more"}))

    ended, several, none = (lamplighter("leases", "--end", letters) for letters in ("l-2", "l-", "x"))

    assert (ended.code, ended.out) == (0, "ended; 1 left on it: 1 more\n")
    assert (several.code, none.code) == (2, 8)
    assert [one.method for one in daemon.asked].count("DELETE") == 1


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("sh", "sh"),
        ("/usr/bin/python evaluate.py", "python evaluate.py"),
        ("make eval nightly", "make eval nightly"),
        ("python evaluate.py --password hunter2", "python evaluate.py …"),
        ("sh -c curl", "sh …"),
        ("python -p hunter2", "python …"),
        ("env PASSWORD=hunter2 run", "env …"),
        ("vault login hunter2", "vault …"),
        ("set-key my-key hunter2", "set-key …"),
        ("fetch https://joe:pw@host", "fetch …"),
        ("tool 12345", "tool …"),
        ("a b c d e", "a b c d …"),
        (f"run {'x' * 41}", "run …"),
    ],
)
def test_of_a_command_others_see_its_beginning_and_nothing_that_may_be_a_secret(command: str, told: str) -> None:
    assert beginning(command.split()) == told


def test_a_lease_says_which_process_it_is_for(lamplighter: Run, daemon: SaidDaemon) -> None:
    awake(daemon)

    lamplighter(*RAN, "pass")
    lamplighter("with", "acme/tgi", "--reason", "night", "--", sys.executable, "-c", "pass")

    said = [one.body["reason"] for one in daemon.asked if one.path == f"{HERE}/leases"]
    name = Path(sys.executable).name
    assert said == [f"with {name} … (process {os.getpid()} on {socket.gethostname()})", "night"]


def test_a_command_sees_the_endpoint_and_its_exit_code_is_passed_on(
    lamplighter: Run, daemon: SaidDaemon, home: Path
) -> None:
    awake(daemon)
    names = "ENDPOINT", "ENDPOINT_URL", "MODEL", "TASK"
    code = f"import os; open('seen', 'w').write(str([os.environ['LAMPLIGHTER_' + n] for n in {names}])); exit(9)"

    told = lamplighter(*RAN, code)

    assert told.code == 9
    assert "put back to rest" in told.err
    seen = ["acme/tgi", "https://x.example", "org/model", "text-generation"]
    assert (home / "seen").read_text() == str(seen)
    assert [(one.method, one.path) for one in daemon.asked] == [
        ("POST", f"{HERE}/leases"),
        ("POST", f"{HERE}/ensure"),
        ("GET", f"{HERE}/wait"),
        ("DELETE", f"{HERE}/leases/l-1"),
    ]
    assert daemon.asked[0].body["pause_after"] is True
    assert daemon.asked[1].body["lease"] == "l-1"


@pytest.mark.parametrize(
    "ensured, waited, code",
    [
        ((403, {"outcome": "notAllowed", "error": "observe"}), None, 121),
        ((403, {"error": "your token may not"}), None, 121),
        ((502, {"outcome": "rejected", "error": "quota"}), None, 122),
        (None, {**READY, "end": "failed", "status": "failed"}, 122),
        (None, {**READY, "end": "paused", "status": "paused"}, 123),
        (None, {**READY, "end": "gone", "status": "absent"}, 123),
    ],
)
def test_what_cannot_be_made_ready_runs_nothing_and_gives_the_lease_back(
    lamplighter: Run, daemon: SaidDaemon, *, ensured: tuple[int, Any] | None, waited: Any, code: int
) -> None:
    awake(daemon, ensured=ensured, waited=waited)

    told = lamplighter(*RAN, "print('never')")

    assert told.code == code
    assert "never" not in told.out
    assert daemon.asked[-1].method == "DELETE"


def test_for_a_command_that_is_not_there_nothing_is_asked(lamplighter: Run, daemon: SaidDaemon) -> None:
    told = lamplighter("with", "acme/tgi", "--", "no-such-command-at-all", "--json")

    assert told.code == 125
    assert told.out == ""
    assert daemon.asked == []

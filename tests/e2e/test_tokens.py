"""With a token for one namespace, the real command shows that one alone, and ends when the token is revoked."""

import pytest

from tests.e2e.daemons import EAGER, Daemon
from tests.e2e.processes import Ended, Process

TWO = 'mode = "act"\nsettle = "0s"\n[namespaces]\nacme = {}\nzeta = {}\n'
READING = (
    "status",
    "plan",
    "show acme/tgi",
    "explain acme/tgi",
    "timeline acme/tgi",
    "uptime",
    "events",
    "events --count",
    "events --order desc",
    "wait acme/tgi --timeout 20s",
)


@pytest.fixture
def running(daemon: Daemon) -> Daemon:
    daemon.hub.create("acme/tgi", state="running")
    daemon.hub.create("zeta/web", state="running")
    daemon.configure(TWO + EAGER)
    daemon.start()
    return daemon


def made(daemon: Daemon, *words: str) -> str:
    told = daemon.command("token", "create", *words, "--json")
    assert told.code == 0, str(told)
    return str(told.json["secret"])


def run(daemon: Daemon, secret: str, *words: str) -> Ended:
    env = {"LAMPLIGHTER_CONFIG": str(daemon.file), "LAMPLIGHTER_TOKEN": secret}
    ended: Ended = daemon.machine.run(*words, env=env)
    return ended


def test_every_command_that_reads_shows_one_namespace_and_what_acts_acts_there_alone(running: Daemon) -> None:
    secret = made(running, "ci", "--role", "operate", "--namespaces", "acme")

    for words in READING:
        told = run(running, secret, *words.split())
        whole = running.command(*words.split())
        assert told.code == whole.code == 0, str(told)
        assert "zeta" not in told.out + told.err, str(told)
    paused = run(running, secret, "pause", "acme/tgi", "--reason", "over")
    refused = run(running, secret, "pause", "zeta/web")
    tokens = run(running, secret, "token", "list")

    assert (paused.code, tokens.code) == (0, 4), (str(paused), str(tokens))
    assert refused.code == 8, str(refused)
    assert {request.path.split("/")[3] for request in running.hub.writes()} == {"acme"}
    assert {entry.actor for entry in running.entries("act.intended", "act.confirmed")} == {"token:ci"}


def test_who_follows_the_log_is_let_go_when_the_token_is_revoked(running: Daemon) -> None:
    secret = made(running, "ci", "--role", "read")
    env = {"LAMPLIGHTER_CONFIG": str(running.file), "LAMPLIGHTER_TOKEN": secret}
    follower: Process = running.machine.start("events", "-f", "--after", "0", env=env)
    running.hub.act("acme/tgi", "pause")
    follower.until(lambda: "paused" in follower.out)

    revoked = running.command("token", "revoke", "ci")
    code = follower.child.wait(20)

    assert revoked.code == 0, str(revoked)
    assert code == 4, str(follower)
    assert "opens nothing" in follower.err
    assert "token ci revoked" not in follower.out

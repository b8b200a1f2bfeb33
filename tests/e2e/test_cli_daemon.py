"""The command line against the real daemon: what it prints, what it ends with, and what reaches Hugging Face."""

import json
import signal

from tests.e2e.daemons import EAGER, WATCH, Daemon
from tests.e2e.processes import Machine
from tests.unit.cli.askers import DEAR

ACT = 'mode = "act"\n'
POLICY = """
[groups.experiments]
match = ["*/*"]
[[policies]]
name = "forgotten"
groups = ["experiments"]
when = { max_age = "8h" }
"""


def test_in_observe_everything_can_be_asked_and_nothing_is_changed(daemon: Daemon) -> None:
    daemon.configure()
    daemon.hub.create("acme/one", state="running")
    started = daemon.start()

    started.until(lambda: daemon.get("/api/status").json["usd_per_hour"] is not None)  # nobody waits for prices
    words = (("status",), ("show", "acme/one"), ("explain", "acme/one"), ("plan",))
    telling = {"LAMPLIGHTER_CONFIG": str(daemon.file), "PYTHONPROFILEIMPORTTIME": "1"}  # what is imported, on stderr
    status, shown, explained, planned = (daemon.machine.run(*one, env=telling) for one in words)
    refused = [daemon.command(verb, "acme/one") for verb in ("pause", "resume", "scale-to-zero")]

    assert "observe: writes to Hugging Face are not possible in this process" in started.out
    assert f"http://127.0.0.1:{daemon.port}" in started.out
    assert status.code == 0, str(status)
    imported = [{line.split()[-1] for line in one.err.splitlines()} for one in (status, shown, explained, planned)]
    assert all("typer" in modules for modules in imported)
    assert [modules & set(DEAR) for modules in imported] == [set()] * 4
    assert "running 1" in status.out
    assert "burning about $0.80/h" in status.out
    assert shown.out.startswith("acme/one: running"), str(shown)
    assert explained.out.startswith("running, 1 of 1 replicas"), str(explained)
    assert planned.out.startswith("observe: nothing below will be done."), str(planned)
    assert [one.code for one in refused] == [4, 4, 4], str(refused[0])
    assert all(one.err.startswith("not allowed: acme is in observe mode (lamplighter.toml") for one in refused)
    assert daemon.hub.writes() == []


def test_what_a_person_asks_for_is_done_and_told_by_its_exit_code(daemon: Daemon) -> None:
    daemon.configure(top=ACT)
    daemon.hub.create("acme/one", state="running", start_seconds=30)
    daemon.start()

    paused = daemon.command("pause", "acme/one", "--reason", "night")
    again = daemon.command("pause", "acme/one")
    useless = daemon.command("wait", "acme/one")
    resumed = daemon.command("resume", "acme/one")
    ready = daemon.command("wait", "acme/one", "--timeout", "20s", "--json")
    late = daemon.command("wait", "acme/one", "--for", "failed", "--timeout", "1s")
    gone = daemon.command("wait", "acme/none")

    assert (paused.code, paused.out) == (0, "acme/one: paused\n"), str(paused)
    assert (again.code, again.out) == (0, "acme/one: nothing to do, it is paused\n"), str(again)
    assert useless.code == 7, str(useless)
    assert resumed.code == 0, str(resumed)
    assert (ready.code, ready.json["end"]) == (0, "reached"), str(ready)
    assert late.code == 3, str(late)
    assert gone.code == 8, str(gone)
    intent = next(entry for entry in daemon.entries("act.intended") if entry.data["command"] == "pause")
    assert intent.data["reason"] == "night"


def test_a_hold_is_placed_seen_and_lifted(daemon: Daemon) -> None:
    daemon.configure(WATCH + EAGER + POLICY, top=ACT)
    daemon.hub.create("acme/one", state="running")
    daemon.start()

    planned = daemon.command("plan")
    held = daemon.command("hold", "acme/one", "--for", "2h", "--reason", "the demo is on Friday")
    seen, protected = daemon.command("show", "acme/one"), daemon.command("plan")
    everything = daemon.command("hold", "--all", "--for", "1h", "--reason", "freeze")
    status = daemon.command("status")
    lifted = [daemon.command("unhold", what) for what in ("acme/one", "acme/one", "--all")]

    assert planned.out.startswith("act: nothing is done before "), str(planned)
    assert "\npause  acme/one  +" in planned.out, str(planned)
    assert "Not: acme/one: held by person:" in protected.out, str(protected)
    assert held.code == 0, str(held)
    assert "the demo is on Friday" in seen.out, str(seen)
    assert everything.code == 0, str(everything)
    assert "everything is held by" in status.out, str(status)
    assert [one.code for one in lifted] == [0, 0, 0]
    assert "nothing was held" in lifted[1].out


def test_a_daemon_that_was_killed_is_told_with_its_last_position(daemon: Daemon) -> None:
    daemon.configure()
    daemon.hub.create("acme/one", state="running")
    daemon.start()
    daemon.until_recorded("endpoint.discovered")
    daemon.kill()

    status, machine = daemon.command("status"), daemon.command("status", "--json")
    wait = daemon.command("wait", "acme/one")

    last = daemon.entries()[-1].position
    assert (status.code, machine.code, wait.code) == (6, 6, 6)
    assert status.err.startswith(f"daemon not reached at 127.0.0.1:{daemon.port}. While it is down nothing is paused;")
    assert f"Last position {last}, " in status.err
    assert machine.json["last_position"] == last


def test_following_goes_on_over_a_restart_and_ends_with_ctrl_c(daemon: Daemon, machine: Machine) -> None:
    daemon.configure()
    daemon.hub.create("acme/one", state="running")
    daemon.start()
    env = {"LAMPLIGHTER_CONFIG": str(daemon.file)}
    follower = machine.start("events", "-f", "--json", "--after", "0", "--type", "endpoint.status_changed", env=env)
    daemon.hub.act("acme/one", "pause")
    follower.until(lambda: "paused" in follower.out)

    daemon.kill()
    daemon.start()
    daemon.hub.act("acme/one", "resume")
    follower.until(lambda: follower.out.count("\n") > 1)
    code = follower.end(signal.SIGINT)

    told = [json.loads(line) for line in follower.out.splitlines()]
    assert code == 130, str(follower)
    assert [one["data"]["old"] for one in told[:2]] == ["running", "paused"]
    assert len({one["position"] for one in told}) == len(told)


def test_one_round_tells_how_it_went(daemon: Daemon) -> None:
    daemon.configure(WATCH + "zoo = {}\n" + EAGER)
    daemon.hub.create("acme/one", state="running")
    daemon.hub.create("zoo/one", state="running")

    well = daemon.command("once", "--config", str(daemon.file), "--json")
    daemon.hub.faults(down_namespaces=["zoo"])
    badly = daemon.command("once", "--config", str(daemon.file), "--json")

    assert well.code == 0, str(well)
    assert (well.json["endpoints"], well.json["unreadable"]) == (2, [])
    assert well.json["events"]["endpoint.discovered"] == 2
    assert badly.code == 1, str(badly)
    assert badly.json["unreadable"] == ["zoo"]


def test_a_second_daemon_on_one_log_is_told_who_holds_it(daemon: Daemon, machine: Machine) -> None:
    daemon.configure()
    daemon.start()

    second = machine.run("run", "--config", str(daemon.file), "--listen", "127.0.0.1:0")

    assert second.code == 1, str(second)
    assert f"listening on 127.0.0.1:{daemon.port}" in second.err
    assert "Traceback" not in second.err


def test_a_daemon_ends_in_good_order_when_it_is_asked_to(daemon: Daemon) -> None:
    daemon.configure()
    daemon.start()

    assert daemon.stop() == 0
    assert [entry.data["reason"] for entry in daemon.entries("daemon.stopped")] == ["asked to"]

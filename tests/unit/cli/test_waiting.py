import json
from typing import Any

import pytest

from service.cli import waiting
from tests.unit.cli.hands import Run, SaidDaemon

WAIT = "/api/endpoints/acme/tgi/wait"


def answer(end: str, status: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return 200, {
        "end": end,
        "status": status,
        "url": None,
        "ready_replicas": None,
        "healthy": False,
        "waiting_for": "",
        "message": None,
        **more,
    }


@pytest.mark.parametrize(
    "end, status, code, words",
    [
        ("failed", "failed", 5, "waiting longer is no use"),
        ("paused", "paused", 7, "lamplighter resume acme/tgi"),
        ("gone", "absent", 8, "not there"),
        ("timedOut", "initializing", 3, "still waiting for: status running"),
        ("evaporated", "running", 1, "does not know"),
    ],
)
def test_each_end_of_a_wait_has_its_exit_code(
    lamplighter: Run, daemon: SaidDaemon, *, end: str, status: str, code: int, words: str
) -> None:
    daemon.says("GET", WAIT, answer(end, status, waiting_for="status running"))

    told, machine = (lamplighter("wait", "acme/tgi", "--timeout", "0s", *more) for more in ((), ("--json",)))

    assert (told.code, machine.code) == (code, code)
    assert words in told.err
    assert machine.document["end"] == end


def test_when_it_is_ready_its_url_is_told(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", WAIT, answer("reached", "running", url="https://x.example", ready_replicas=2, healthy=True))

    told = lamplighter("wait", "acme/tgi")

    assert told.code == 0
    assert told.out == "acme/tgi: running, 2 of 2 replicas ready, https://x.example\n"
    assert daemon.asked[0].query == {"for": ["ready"], "timeout": ["300"]}


def test_a_long_wait_is_asked_again_until_its_own_time_is_over(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", WAIT, answer("timedOut", "pending"), answer("timedOut", "pending"), answer("reached", "running"))

    told = lamplighter("wait", "acme/tgi", "--for", "running", "--timeout", "20m")

    assert told.code == 0
    assert [asked.query["timeout"] for asked in daemon.asked] == [["300"]] * 3
    assert {asked.query["for"][0] for asked in daemon.asked} == {"running"}


def test_a_daemon_that_restarts_is_waited_for(
    lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "AGAIN_SECONDS", 0.01)
    daemon.says("GET", WAIT, (503, {"error": "the daemon is stopping"}), answer("reached", "running"))

    assert lamplighter("wait", "acme/tgi").code == 0
    assert len(daemon.asked) == 2


def test_a_daemon_that_was_never_there_is_not_waited_for(lamplighter: Run) -> None:
    told = lamplighter("wait", "acme/tgi", "--url", "http://127.0.0.1:1", "--timeout", "1h")

    assert told.code == 6


@pytest.mark.parametrize("timeout", ["", "soon", "-1m", "5 m", "1.5h"])
def test_a_time_limit_that_is_none_is_refused(lamplighter: Run, daemon: SaidDaemon, timeout: str) -> None:
    told = lamplighter("wait", "acme/tgi", f"--timeout={timeout}")

    assert told.code == 2
    assert "span of time" in told.err
    assert daemon.asked == []


def test_what_nobody_can_wait_for_is_refused_by_the_daemon(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", WAIT, (400, {"error": "for='tea' is nothing to wait for"}))

    told = lamplighter("wait", "acme/tgi", "--for", "tea")

    assert (told.code, told.err) == (2, "for='tea' is nothing to wait for\n")


def test_on_the_way_it_is_told_what_is_missing_and_how_long_such_starts_took(
    lamplighter: Run, daemon: SaidDaemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    past = {"starts": 4, "p50_seconds": 180.0, "p90_seconds": 300.0}
    _, pending = answer("timedOut", "pending", waiting_for="status running; it is pending", expected=past)
    _, ready = answer("reached", "running")
    words = [("progress", {**pending, "end": None})] * 2 + [("end", ready)]
    stream = "".join(f"event: {word}\ndata: {json.dumps(told)}\n\n" for word, told in words)
    cut = "".join(f"event: {word}\ndata: {json.dumps(told)}\n\n" for word, told in words[:1])
    daemon.says("GET", WAIT, (200, cut), (200, stream))
    monkeypatch.setattr(waiting, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    told = lamplighter("wait", "acme/tgi")

    assert told.code == 0
    (line,) = told.err.splitlines()
    assert line.startswith(
        "acme/tgi: pending; waiting for status running; it is pending; of its last 4 starts half took"
    )
    assert "up to 3 min, nine in ten up to 5 min" in line
    assert {one.headers["Accept"] for one in daemon.asked} == {"text/event-stream"}


@pytest.mark.parametrize(
    "ensured, code",
    [
        ((200, {"outcome": "done", "status": "pending"}), 0),
        ((403, {"outcome": "notAllowed", "error": "observe"}), 4),
        ((409, {"outcome": "cannotApply", "error": "no such"}), 1),
    ],
)
def test_a_wait_may_first_see_to_it_that_it_starts(
    lamplighter: Run, daemon: SaidDaemon, *, ensured: tuple[int, Any], code: int
) -> None:
    daemon.says("POST", "/api/endpoints/acme/tgi/ensure", ensured)
    daemon.says("GET", WAIT, answer("reached", "running"))

    told = lamplighter("wait", "acme/tgi", "--ensure")

    assert told.code == code
    assert [one.method for one in daemon.asked] == (["POST", "GET"] if code == 0 else ["POST"])

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.hands import Run, SaidDaemon

PAUSE = "/api/endpoints/acme/tgi/pause"


@pytest.mark.parametrize(
    "code, said, exit_code, words",
    [
        (403, {"outcome": "notAllowed", "error": "acme is in observe mode (lamplighter.toml line 9)."}, 4, "line 9"),
        (409, {"outcome": "cannotApply", "error": "acme/tgi: it is being deleted"}, 1, "being deleted"),
        (
            400,
            {"outcome": "rejected", "error": "Invalid state", "code": 400, "body": "{}"},
            1,
            "Hugging Face said no (400)",
        ),
        (401, {"outcome": "rejected", "error": "bad token", "code": 401}, 4, "Hugging Face said no (401)"),
        (502, {"outcome": "rejected", "error": "no effect was seen"}, 1, "came to nothing: no effect"),
        (409, {"outcome": "givenUp", "error": "a hold was placed"}, 1, "nothing more is sent"),
        (401, {"error": "the token is missing"}, 4, "LAMPLIGHTER_TOKEN"),
        (404, {"error": "namespace 'acme' is not watched"}, 8, "not watched"),
        (503, {"error": "the daemon is stopping"}, 1, "stopping"),
    ],
)
def test_what_was_not_done_is_told_with_its_exit_code(
    lamplighter: Run, daemon: SaidDaemon, *, code: int, said: dict[str, Any], exit_code: int, words: str
) -> None:
    daemon.says("POST", PAUSE, (code, said))

    told, machine = lamplighter("pause", "acme/tgi"), lamplighter("pause", "acme/tgi", "--json")

    assert told.code == machine.code == exit_code
    assert told.out == ""
    assert words in told.err
    assert told.err.count("\n") == 1
    assert "outcome" not in said or machine.document == said


def test_what_was_done_is_told_with_the_status_that_was_seen(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("POST", PAUSE, (200, {"outcome": "done", "status": "paused", "intent": "i"}))
    daemon.says("POST", "/api/endpoints/acme/tgi/resume", (200, {"outcome": "nothingToDo", "status": "running"}))

    done, nothing = lamplighter("pause", "acme/tgi", "--reason", "night"), lamplighter("resume", "acme/tgi")

    assert (done.code, done.out) == (0, "acme/tgi: paused\n")
    assert (nothing.code, nothing.out) == (0, "acme/tgi: nothing to do, it is running\n")
    assert [asked.body for asked in daemon.asked] == [{"reason": "night"}, {}]


def test_scale_to_zero_has_its_own_address(lamplighter: Run, daemon: SaidDaemon) -> None:
    said = {"outcome": "done", "status": "scaledToZero", "intent": "i"}
    daemon.says("POST", "/api/endpoints/acme/tgi/scale-to-zero", (200, said))

    assert lamplighter("scale-to-zero", "acme/tgi", "--json").document == said


def test_a_write_shows_token_person_and_a_key_of_its_own(
    lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMPLIGHTER_TOKEN", "ll_secret_secret_secret")
    monkeypatch.setenv("LOGNAME", "alice")
    daemon.says("POST", PAUSE, (200, {"outcome": "done", "status": "paused"}))

    lamplighter("pause", "acme/tgi")
    lamplighter("pause", "acme/tgi")

    first, second = (asked.headers for asked in daemon.asked)
    assert first["Authorization"] == "Bearer ll_secret_secret_secret"
    assert first["X-Lamplighter-Actor"] == "alice"
    assert len(first["Idempotency-Key"]) == 32
    assert first["Idempotency-Key"] != second["Idempotency-Key"]


def test_a_hold_names_its_end(lamplighter: Run, daemon: SaidDaemon) -> None:
    placed = {
        "id": "h",
        "author": "person:alice",
        "reason": "demo",
        "until": "2026-07-02T14:00:00Z",
        "everywhere": False,
    }
    daemon.says("POST", "/api/endpoints/acme/tgi/hold", (201, placed))

    told = lamplighter("hold", "acme/tgi", "--for", "2h", "--reason", "demo")

    assert told.code == 0
    assert "held until 2026-07-02 14:00:00 UTC" in told.out
    assert daemon.asked[0].body == {"for": "2h", "reason": "demo"}


def test_all_is_held_and_let_go_at_once(lamplighter: Run, daemon: SaidDaemon) -> None:
    placed = {"id": "h", "author": "person:alice", "reason": "freeze", "until": "2026-07-02T14:00:00Z"}
    daemon.says("POST", "/api/hold", (201, placed))
    daemon.says("DELETE", "/api/hold", (200, {"lifted": 1}), (200, {"lifted": 0}))

    held = lamplighter("hold", "--all", "--for", "1h", "--reason", "freeze")
    lifted, nothing = lamplighter("unhold", "--all"), lamplighter("unhold", "--all")

    assert held.out.startswith("all endpoints: held until")
    assert lifted.out == "all endpoints: no longer held (1 hold lifted)\n"
    assert nothing.out == "all endpoints: nothing was held\n"
    assert {nothing.code, lifted.code} == {0}


@pytest.mark.parametrize(
    "arguments",
    [
        ("pause", "acme"),
        ("pause", "acme/"),
        ("pause",),
        ("hold", "--for", "2h", "--reason", "r"),
        ("hold", "acme/tgi", "--for", "2h", "--reason", ""),
        ("hold", "--all", "--for", "2h", "--reason", " \t"),
        ("hold", "acme/tgi", "--all", "--for", "2h", "--reason", "r"),
        ("hold", "acme/tgi", "--for", "a while", "--reason", "r"),
        ("hold", "acme/tgi", "--for", "2h"),
        ("unhold",),
    ],
)
def test_what_is_not_said_clearly_is_not_sent(lamplighter: Run, daemon: SaidDaemon, arguments: tuple[str, ...]) -> None:
    told = lamplighter(*arguments)

    assert told.code == 2
    assert told.err != ""
    assert daemon.asked == []


def test_names_are_put_into_the_address_as_they_are(lamplighter: Run, daemon: SaidDaemon) -> None:
    lamplighter("pause", "acme/a?b#c")

    assert daemon.asked[0].path == "/api/endpoints/acme/a%3Fb%23c/pause"


def test_an_error_is_json_too_when_json_is_wanted(lamplighter: Run, home: Path) -> None:
    told = lamplighter("pause", "acme", "--json")

    assert told.code == 2
    assert "names no endpoint" in json.loads(told.out)["error"]

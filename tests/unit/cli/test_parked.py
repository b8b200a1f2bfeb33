"""`lamplighter parked`, `replay` and `skip`; where subscribers stand, in `status`."""

from typing import Any

import pytest

from service.cli.exits import Exit
from tests.unit.cli.hands import Run, SaidDaemon
from tests.unit.cli.test_status import status


def item(position: int, **more: Any) -> dict[str, Any]:
    event = {"type": "endpoint.discovered", "endpoint": "acme/tgi", "namespace": "acme"}
    return {"subscriber": "hook/books", "position": position, "error": "Rejected: 422", "event": event, **more}


def test_what_is_set_aside_is_listed_over_all_pages(lamplighter: Run, daemon: SaidDaemon) -> None:
    first = {"items": [item(4)], "next": 4, "total": 2}
    second = {"items": [item(9, event=None)], "next": None, "total": 2}
    daemon.says("GET", "/api/parked", (200, first), (200, second))

    told = lamplighter("parked", "--subscriber", "hook/books")

    assert told.code == Exit.OK
    assert [line.split() for line in told.out.splitlines()[1:]] == [
        ["hook/books", "4", "endpoint.discovered", "acme/tgi", "Rejected:", "422"],
        ["hook/books", "9", "unknown", "Rejected:", "422"],
    ]
    assert [asked.query for asked in daemon.asked] == [
        {"subscriber": ["hook/books"], "after": ["0"]},
        {"subscriber": ["hook/books"], "after": ["4"]},
    ]


def test_nothing_set_aside_is_said(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/parked", (200, {"items": [], "next": None, "total": 0}))

    assert lamplighter("parked").out == "nothing is set aside\n"
    assert lamplighter("parked", "--json").document == {"items": []}


def test_one_is_replayed(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("POST", "/api/parked/replay", (200, {"outcome": "replayed"}))

    told = lamplighter("parked", "replay", "4", "--subscriber", "hook/books", "--why", "mended")

    assert told.out == "hook/books: 1 event taken\n"
    assert daemon.asked[0].body == {"subscriber": "hook/books", "position": 4, "why": "mended"}


def test_all_are_replayed_in_order_until_one_is_not_taken(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/parked", (200, {"items": [item(4), item(9), item(12)], "next": None, "total": 3}))
    daemon.says("POST", "/api/parked/replay", (200, {}), (409, {"error": "did not take position 9"}))

    told = lamplighter("parked", "replay", "--all", "--subscriber", "hook/books")

    assert told.code == Exit.FAILED
    assert told.err == "did not take position 9 (1 event taken before, 2 left)\n"
    assert [asked.body["position"] for asked in daemon.asked if asked.method == "POST"] == [4, 9]


def test_one_is_skipped_with_the_reason(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("POST", "/api/parked/skip", (200, {"outcome": "skipped"}))

    told = lamplighter("parked", "skip", "4", "--subscriber", "hook/books", "--why", "by hand")

    assert told.out == "hook/books: position 4 is given up; the event itself stays in the log\n"
    assert daemon.asked[0].body == {"subscriber": "hook/books", "position": 4, "why": "by hand"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["replay", "--subscriber", "x"], "say which: one POSITION, or --all"),
        (["replay", "4", "--all", "--subscriber", "x"], "say which: one POSITION, or --all"),
        (["replay", "4"], "--subscriber"),
        (["skip", "4", "--subscriber", "x"], "--why"),
    ],
)
def test_what_is_not_whole_is_refused(lamplighter: Run, daemon: SaidDaemon, words: list[str], said: str) -> None:
    told = lamplighter("parked", *words)

    assert told.code == Exit.USAGE
    assert said in told.err
    assert daemon.asked == []


def test_a_daemon_that_is_named_before_the_command_is_the_one_that_is_asked(lamplighter: Run) -> None:
    told = lamplighter("parked", "--url", "http://127.0.0.1:1", "skip", "4", "--subscriber", "x", "--why", "y")

    assert told.code == Exit.NOT_REACHED
    assert "127.0.0.1:1" in told.err


def test_status_tells_where_hooks_stand_and_who_set_something_aside(lamplighter: Run, daemon: SaidDaemon) -> None:
    def standing(name: str, **more: Any) -> dict[str, Any]:
        return {"subscriber": name, "running": True, "position": 9, "lag": 0, "parked": 0, "trouble": None, **more}

    subscribers = [
        standing("alerts", lag=1),
        standing("hook/well"),
        standing("hook/sick", lag=30, parked=2, trouble="h answered 500"),
        standing("hook/old", running=False, parked=1),
    ]
    daemon.says("GET", "/api/status", (200, status(subscribers=subscribers)))

    lines = lamplighter("status").out.splitlines()

    assert "  hook/well  up to date" in lines
    assert (
        "! hook/sick  30 events behind, 2 events set aside: lamplighter parked --subscriber hook/sick, "
        "not taken: h answered 500"
    ) in lines
    assert "! hook/old  not configured any more, 1 event set aside: lamplighter parked --subscriber hook/old" in lines
    assert not [line for line in lines if "alerts" in line]


def test_an_error_that_its_receiver_worded_stays_in_its_line(lamplighter: Run, daemon: SaidDaemon) -> None:
    page = {"items": [item(4, error="Rejected: no\n\x1b[31mway")], "next": None, "total": 1}
    daemon.says("GET", "/api/parked", (200, page))

    assert lamplighter("parked").out.splitlines()[1:] == [
        "hook/books         4  endpoint.discovered  acme/tgi  Rejected: no  [31mway"
    ]

import asyncio
from pathlib import Path
from typing import Any

import pytest

from events import codec, streams
from events.catalogue.daemon import DaemonStopped
from events.sqlite import SqliteLog
from events.unit import Unit, Write
from service.clock import SystemClock
from tests.unit.cli.hands import Run, SaidDaemon

NOBODY = "http://127.0.0.1:1"


def namespace(name: str, **more: Any) -> dict[str, Any]:
    return {
        "namespace": name,
        "mode": "observe",
        "reachable": True,
        "asked": True,
        "seconds_since_seen": 4.0,
        "endpoints": 16,
        "unreachable": None,
        "suspected": None,
        **more,
    }


def status(**more: Any) -> dict[str, Any]:
    return {
        "version": "0.1.0",
        "mode": "observe",
        "position": 60,
        "log_id": "l",
        "started_at": "2026-07-02T12:00:00Z",
        "settled_at": "2026-07-02T12:15:00Z",
        "ready": True,
        "endpoints": {"running": 35, "paused": 7},
        "usd_per_hour": None,
        "namespaces": [namespace("acme-prod")],
        "open_incidents": [],
        "holds": [],
        "undelivered": 0,
        "undeliverable": 0,
        **more,
    }


def test_what_cannot_be_read_stands_first_and_is_marked(lamplighter: Run, daemon: SaidDaemon) -> None:
    trouble = {"since": "2026-07-02T12:01:10Z", "error": "unauthorized", "detail": "the token was refused (401)"}
    unreadable = namespace("acme-zoo", reachable=False, unreachable=trouble, seconds_since_seen=None)
    daemon.says("GET", "/api/status", (200, status(namespaces=[namespace("acme-prod"), unreadable])))

    told = lamplighter("status")

    lines = told.out.splitlines()
    zoo = next(line for line in lines if "acme-zoo" in line)
    assert told.code == 0
    assert zoo.startswith("!")
    assert "never" in zoo
    assert "unauthorized" in zoo
    assert lines.index(zoo) < next(n for n, line in enumerate(lines) if "acme-prod" in line)


def test_a_cost_that_is_not_known_is_called_unknown(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/status", (200, status()))

    told = lamplighter("status")

    assert "running 35 · paused 7" in told.out
    assert "burning unknown" in told.out
    assert "$" not in told.out


@pytest.mark.parametrize(
    ("usd", "unpriced", "said"),
    [
        (2.4, 0, "burning about $2.40/h\n"),
        (2.4, 3, "burning about $2.40/h, and 3 more at a rate that is unknown\n"),
        (0.0, 0, "burning about $0.00/h\n"),
        (None, 3, "burning unknown (3 endpoints without a price)\n"),
    ],
)
def test_what_burns_is_told_with_what_is_not_known_of_it(
    lamplighter: Run, daemon: SaidDaemon, usd: float | None, unpriced: int, said: str
) -> None:
    daemon.says("GET", "/api/status", (200, status(usd_per_hour=usd, unpriced=unpriced)))

    assert said in lamplighter("status").out


def test_what_burns_is_told_with_its_age_and_with_what_is_not_in_it(lamplighter: Run, daemon: SaidDaemon) -> None:
    namespaces = [
        namespace("acme-prod", usd_per_hour=2.4, unpriced=0, seconds_since_seen=4.0),
        namespace("acme-labs", usd_per_hour=5.0, unpriced=0, seconds_since_seen=3 * 86400.0),
        namespace("acme-rest", usd_per_hour=0.0, unpriced=0, seconds_since_seen=3 * 86400.0),
        namespace("acme-zoo", usd_per_hour=None, unpriced=0, seconds_since_seen=None),
    ]
    told = status(usd_per_hour=7.4, unpriced=0, usd_seconds_old=3 * 86400.0, unseen=["acme-zoo"], namespaces=namespaces)
    daemon.says("GET", "/api/status", (200, told))

    lines = lamplighter("status").out.splitlines()

    assert [line for line in lines if "burn" in line] == [
        "running 35 · paused 7      burning about $7.40/h",
        "! what burns in acme-zoo is not known: nobody could look there yet",
        "! what burns in acme-labs is as it was 3 d ago: nobody could look since",
    ]


def test_incidents_and_messages_that_wait_are_told(lamplighter: Run, daemon: SaidDaemon) -> None:
    incident = {
        "incident": "i",
        "rule": "failed",
        "severity": "critical",
        "namespace": "acme",
        "endpoint": "acme/tgi",
        "reason": "out of memory",
        "at": "2026-07-02T12:01:10Z",
        "arrival": False,
        "position": 41,
        "told": [],
    }
    daemon.says("GET", "/api/status", (200, status(open_incidents=[incident], undelivered=1, undeliverable=2)))

    told = lamplighter("status")

    assert "critical" in told.out
    assert "acme/tgi" in told.out
    assert "1 message not delivered yet" in told.out
    assert "2 messages given up" in told.out


def test_json_is_what_the_daemon_said_and_nothing_else(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/status", (200, status()))

    after, before = lamplighter("status", "--json"), lamplighter("--json", "status")

    assert after.document == before.document == status()
    assert after.err == ""


def test_on_a_pipe_no_line_ends_in_blanks_and_nothing_is_coloured(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/status", (200, status()))

    told = lamplighter("status")

    assert "\x1b" not in told.out
    assert [line for line in told.out.splitlines() if line != line.rstrip()] == []


def test_a_daemon_that_is_down_is_told_with_what_it_means(lamplighter: Run) -> None:
    told = lamplighter("status", "--url", NOBODY)

    assert told.code == 6
    assert told.out == ""
    assert told.err == (
        "daemon not reached at 127.0.0.1:1. While it is down nothing is paused; alerts and resumes wait.\n"
    )


def test_while_the_daemon_is_down_its_log_tells_the_last_position(lamplighter: Run, home: Path) -> None:
    (home / "lamplighter.toml").write_text(f'listen = "127.0.0.1:1"\nlog = "sqlite:///{home}/log.db"\n')
    asyncio.run(_write_one_event(home / "log.db"))

    plain, machine = lamplighter("status"), lamplighter("status", "--json")

    assert plain.code == machine.code == 6
    assert "\nLast position 1, " in plain.err
    assert " ago." in plain.err
    assert machine.document["reached"] is False
    assert machine.document["last_position"] == 1
    assert machine.document["last_event_seconds_ago"] >= 0


def test_the_log_of_one_daemon_tells_nothing_of_another(lamplighter: Run, home: Path) -> None:
    (home / "lamplighter.toml").write_text(f'log = "sqlite:///{home}/log.db"\n')
    asyncio.run(_write_one_event(home / "log.db"))

    told = lamplighter("status", "--url", NOBODY)

    assert told.code == 6
    assert "Last position" not in told.err


def test_somebody_else_who_answers_there_is_not_taken_for_the_daemon(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/status", (200, "<html>It works!</html>"))

    told = lamplighter("status")

    assert told.code == 1
    assert "not as Lamplighter does" in told.err


async def _write_one_event(path: Path) -> None:
    log = await SqliteLog.open(path, holder="a test")
    event = DaemonStopped(reason="asked to")
    draft = codec.fact(streams.DAEMON, 1, event, time=SystemClock().now(), actor="daemon")
    await log.append([Unit(streams={streams.DAEMON: Write(expected=0, drafts=(draft,))})])
    await log.close()

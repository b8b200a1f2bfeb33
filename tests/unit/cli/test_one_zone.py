"""Every command shows instants by the clocks of one zone, with their offset; JSON knows only UTC."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service import wall
from service.cli.main import COMMANDS
from service.cli.spelling import clock, offset, prose
from service.cli.zones import show_by
from service.when import parse_zone, rfc3339
from tests.unit.cli.hands import Run, SaidDaemon, event
from tests.unit.cli.test_awake import RAN, awake
from tests.unit.cli.test_endpoint_and_plan import UNKNOWN, item, planned
from tests.unit.cli.test_listing import endpoint
from tests.unit.cli.test_status import namespace, status
from tests.unit.cli.test_timeline_and_uptime import DAY, told as timeline
from tests.unit.cli.test_tokens import SECRET, token

TGI = "/api/endpoints/acme/tgi"
NOON = "2026-07-02T12:00:00Z"
THERE = "2026-07-02 21:00:00+09:00"  # at noon, in Tokyo
HOLD = {"id": "h", "author": "ana", "reason": "demo", "until": NOON, "everywhere": True}
SINCE = {"not_before": "2026-07-02T11:59:00Z", "seen_at": NOON, "gap": False}
HELD = "held by ana until 2026-07-02 12:00 UTC: demo"
TROUBLE = {"since": NOON, "error": "unauthorized", "detail": "401"}
STUCK = {
    "rule": "stuck",
    "severity": "warning",
    "endpoint": "acme/tgi",
    "at": NOON,
    "reason": f"since {NOON[:10]} 12:00 UTC",
}
LEASE = {"lease": "l-1", "endpoint": "acme/tgi", "holder": "ana", "reason": "", "since": NOON, "until": NOON}
WARNED = {"policy": "old", "command": "pause", "due_at": NOON}
UPTIME = {
    "endpoint": "acme/tgi",
    "gone": False,
    "since": NOON,
    "availability": None,
    "starts": 0,
    "failures": 0,
    "p50": None,
    "p90": None,
    "times": [],
}
PLAIN = frozenset(  # what prints no instant, or is a daemon, or looks at this machine alone
    {
        *("survey", "init", "check-config", "doctor", "demo", "simulate", "diagram", "wait"),
        *("create", "update", "delete", "pause", "resume", "scale-to-zero", "unhold", "parked", "hooks"),
    }
)
ELSEWHERE = frozenset({"run", "once", "log", "with"})  # shown below by other means
Said = dict[tuple[str, str], Any]


def shown() -> Iterator[tuple[tuple[str, ...], Said, tuple[str, ...]]]:
    """Yield words, what the daemon says, and what must stand in what is printed."""
    unreadable = namespace("acme", reachable=False, unreachable=TROUBLE)
    glance = status(namespaces=[unreadable], holds=[HOLD], open_incidents=[STUCK])
    known = UNKNOWN | {
        "status": "running",
        "since": SINCE,
        "created_at": NOON,
        "hold": HOLD,
        "warnings": [WARNED],
        "leases": [LEASE],
        "plan": [item("acme/tgi", "protected", reason=HELD)],
    }
    yield ("status",), {("GET", "/api/status"): glance}, (
        f"unreadable since {THERE}", f"held by ana until {THERE}", "since 2026-07-02 21:00+09:00",
    )  # fmt: skip
    listed: Said = {
        ("GET", "/api/endpoints"): {"items": [endpoint("acme/tgi", since=SINCE)], "next": None},
        ("GET", "/api/status"): glance,
        ("GET", "/api/leases"): {"items": []},
        ("GET", "/api/plan"): planned("act"),
    }
    yield ("list",), listed, (f"unreadable since {THERE}",)
    yield ("show", "acme/tgi"), {("GET", TGI): known}, (
        f"{THERE} (20:59:00\N{EN DASH}21:00:00)", f"{THERE} by unknown", f"by ana until {THERE}: demo",
        "held by ana until 2026-07-02 21:00+09:00: demo", f"would pause it at {THERE}",
    )  # fmt: skip
    sentences = ["It went between 2026-07-02 11:59:00 UTC and 2026-07-02 12:00:00 UTC."]
    explained = {"passages": [{"topic": "state", "sentences": sentences}]}
    yield ("explain", "acme/tgi"), {("GET", f"{TGI}/explain"): explained}, (
        f"It went between 2026-07-02 20:59:00+09:00 and {THERE}.",
    )  # fmt: skip
    yield ("timeline", "acme/tgi"), {("GET", f"{TGI}/timeline"): timeline(*DAY)}, (
        "acme/tgi from 2026-11-20 21:00:00+09:00 (Asia/Tokyo)",
    )  # fmt: skip
    yield ("uptime",), {("GET", "/api/uptime"): {"items": [UPTIME], "next": None}}, (f"{THERE} (Asia/Tokyo)",)
    settled = rfc3339((wall.now() + timedelta(days=1)).replace(hour=3, minute=0, second=0, microsecond=0))
    plan = planned("act", item("acme/tgi", "later", reason=HELD), item("acme/x", "protected", reason=HELD))
    yield ("plan",), {("GET", "/api/plan"): plan | {"holds": [HOLD], "settled_at": settled}}, (
        "before 12:00:00+09:00 (+",
        f"everything is held by ana until {THERE}", "until 2026-07-02 21:00+09:00: demo (idle)",
        "Not: acme/x: held by ana until 2026-07-02 21:00+09:00",
    )  # fmt: skip
    leased = {"items": [LEASE | {"pause_after": False}]}
    yield ("leases",), {("GET", "/api/leases"): leased}, (f"{THERE}  {THERE}",)
    yield ("hold", "acme/tgi", "--for", "1h", "--reason", "demo"), {("POST", f"{TGI}/hold"): HOLD}, (
        f"held until {THERE}",
    )  # fmt: skip
    happened = [
        event(2),
        event(3, "act.warned", **WARNED, reason=HELD),
        event(4, "daemon.started", version="1", mode="act", down_since=NOON),
    ]
    page = {"items": happened, "next": None, "head": 4}
    window = "(window 21:02:00\N{EN DASH}21:03:02)"
    yield ("events",), {("GET", "/api/events"): page}, (
        "2026-07-02 21:03:02+09:00  acme/tgi", window, f"it at {THERE}: held by ana until 2026-07-02 21:00+09:00",
        f"nobody looked since {THERE}",
    )  # fmt: skip
    yield ("events", "--format", "table"), {("GET", "/api/events"): page}, ("2026-07-02T21:03:02+09:00", window)
    yield ("token", "list"), {("GET", "/api/tokens"): {"items": [token()]}}, (THERE, "2026-09-30 21:00:00+09:00")
    made = {"token": token(), "secret": SECRET}
    yield ("token", "create", "ci", "--role", "read"), {("POST", "/api/tokens"): made}, ("2026-09-30 21:00:00+09:00",)


CASES = tuple(shown())
ZONED = tuple(case for case in CASES if case[0][0] in {"show", "timeline", "uptime", "events"})


@pytest.fixture
def tokyo(home: Path) -> None:
    (home / "lamplighter.toml").write_text('zone = "Asia/Tokyo"\n')


@pytest.mark.usefixtures("tokyo")
@pytest.mark.parametrize(("words", "says", "expected"), CASES, ids=[" ".join(case[0][:2]) for case in CASES])
def test_instants_are_shown_by_the_clocks_of_the_configured_zone(
    lamplighter: Run, daemon: SaidDaemon, words: tuple[str, ...], says: Said, expected: tuple[str, ...]
) -> None:
    for (method, path), answer in says.items():
        daemon.says(method, path, (200, answer))

    told = lamplighter(*words)

    assert told.code == 0, told.err
    printed = told.out + told.err
    for text in expected:
        assert text in printed
    assert "UTC" not in printed
    assert re.findall(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z", printed) == []
    assert re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?(?!:?\d|\+09:00)", printed) == []


@pytest.mark.usefixtures("tokyo")
@pytest.mark.parametrize(("words", "says", "expected"), ZONED, ids=[" ".join(case[0]) for case in ZONED])
def test_a_zone_that_is_named_wins(
    lamplighter: Run, daemon: SaidDaemon, words: tuple[str, ...], says: Said, expected: tuple[str, ...]
) -> None:
    for (method, path), answer in says.items():
        daemon.says(method, path, (200, answer))

    told = lamplighter(*words, "--zone", "America/Lima")

    assert "-05:00" in told.out
    assert not {"+09:00", "UTC"} & set(re.findall(r"\+09:00|UTC", told.out))
    assert expected


@pytest.mark.usefixtures("tokyo")
@pytest.mark.parametrize(("words", "says", "expected"), CASES, ids=[" ".join(case[0][:2]) for case in CASES])
def test_json_is_as_the_daemon_said_it(
    lamplighter: Run, daemon: SaidDaemon, words: tuple[str, ...], says: Said, expected: tuple[str, ...]
) -> None:
    for (method, path), answer in says.items():
        daemon.says(method, path, (200, answer))

    printed = lamplighter(*(word for word in words if word not in {"--format", "table"}), "--json").out

    assert "+09:00" not in printed
    assert expected


def test_every_command_is_among_those_that_are_looked_at_or_prints_no_instant() -> None:
    looked_at = {case[0][0] for case in CASES}

    assert looked_at | PLAIN | ELSEWHERE == set(COMMANDS)
    assert not looked_at & PLAIN


@pytest.mark.usefixtures("tokyo")
def test_a_refusal_of_the_daemon_is_told_by_the_same_clocks(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", TGI, (404, {"error": "nothing was known of acme/tgi at 2026-07-02 12:00:00 UTC"}))

    assert f"nothing was known of acme/tgi at {THERE}" in lamplighter("show", "acme/tgi").err


@pytest.mark.usefixtures("tokyo")
def test_why_an_endpoint_is_left_as_it_is_is_told_by_the_same_clocks(lamplighter: Run, daemon: SaidDaemon) -> None:
    awake(daemon)
    kept = {"lease": "l-1", "left": 0, "then": "kept", "why": "it is held by ana until 2026-07-02 12:00 UTC"}
    daemon.says("GET", "/api/leases", (200, {"items": [LEASE | {"lease": "l-1"}]}))
    daemon.says("DELETE", f"{TGI}/leases/l-1", (200, kept))

    said = [lamplighter(*RAN, "pass").err, lamplighter("leases", "--end", "l-1").out]

    assert all("it is held by ana until 2026-07-02 21:00+09:00" in one for one in said), said


@pytest.mark.parametrize(
    ("at", "zone"), [("0001-01-01T00:00:00Z", "America/Lima"), ("9999-12-31T23:59:59Z", "Asia/Tokyo")]
)
def test_an_instant_that_the_calendar_of_the_zone_lacks_is_shown_in_utc(
    lamplighter: Run, daemon: SaidDaemon, at: str, zone: str
) -> None:
    daemon.says("GET", TGI, (200, UNKNOWN | {"status": "running", "since": SINCE, "created_at": at}))

    told = lamplighter("show", "acme/tgi", "--zone", zone)

    assert (told.code, f"{at[:10]} {at[11:19]} UTC" in told.out) == (0, True), told


def test_what_is_no_instant_of_utc_stays_as_it_is() -> None:
    show_by(parse_zone("Asia/Tokyo"))

    for text in ("12:00 UTC", "2026-13-40 12:00 UTC", "9999-12-31 23:59 UTC", "2026-07-02 12:00 UTCX", "", "UTC"):
        assert prose(text) == text


def test_the_offset_is_that_of_the_day_and_named() -> None:
    berlin = parse_zone("Europe/Berlin")
    show_by(berlin)
    summer, winter = (datetime(2026, month, 2, 12, tzinfo=UTC) for month in (7, 12))

    assert [clock(summer), clock(winter)] == ["14:00:00+02:00", "13:00:00+01:00"]
    assert [offset(at.astimezone(berlin)) for at in (summer, winter)] == [
        "+02:00 Europe/Berlin",
        "+01:00 Europe/Berlin",
    ]
    assert offset(summer) == "UTC"


def test_a_machine_whose_zone_cannot_be_read_shows_utc(
    lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST")
    daemon.says("POST", f"{TGI}/hold", (200, HOLD))

    told = lamplighter("hold", "acme/tgi", "--for", "1h", "--reason", "demo")

    assert told.out == "acme/tgi: held until 2026-07-02 12:00:00 UTC. No policy acts until then.\n"

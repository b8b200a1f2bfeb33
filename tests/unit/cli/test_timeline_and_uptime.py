"""What a person sees of the past, drawn and in tables."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from service.cli import printing, timeline as timeline_module
from service.cli.drawing import BLOCKS, PLAIN, draw
from service.when import parse_zone
from tests.unit.cli.hands import Run, SaidDaemon, event
from tests.unit.cli.test_endpoint_and_plan import UNKNOWN

PATH = "/api/endpoints/acme/tgi"
DASH = "\N{EN DASH}"
BETWEEN = "between 2026-11-20 12:00:00 UTC and 2026-11-20 12:01:00 UTC"
DOCUMENT = (Path(__file__).parents[3] / "docs" / "event-log.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat()


def stretch(begin: float, end: float, *statuses: str) -> dict[str, Any]:
    """Return a stretch as the daemon shows it; one of no status is a gap."""
    return {
        "begin": at(begin),
        "end": at(end),
        "seconds": (end - begin) * 60,
        "statuses": list(statuses),
        "gap": not statuses,
        "position": 1,
    }


DAY = (
    stretch(0, 40, "running"),
    stretch(40, 50, "paused", "running"),
    stretch(50, 90, "paused"),
    stretch(90, 91, "initializing", "paused", "pending"),
    stretch(91, 95, "initializing"),
    stretch(95, 100),
    stretch(100, 120, "running"),
)


def told(*stretches: dict[str, Any], events: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    since, until = (stretches[0]["begin"], stretches[-1]["end"]) if stretches else (None, None)
    return {
        "endpoint": "acme/tgi",
        "since": since,
        "until": until,
        "stretches": list(stretches),
        "events": list(events),
    }


def test_a_timeline_is_drawn_true_to_time_with_its_windows_and_gaps(lamplighter: Run, daemon: SaidDaemon) -> None:
    asked = event(7, "hold.placed", hold="h", author="person:ana", reason="a demo", until=at(300))
    asked |= {"time": at(60), "actor": "person:ana"}
    daemon.says("GET", f"{PATH}/timeline", (200, told(*DAY, events=(asked,))))

    shown = lamplighter("timeline", "acme/tgi", "--since", "2026-11-20", "--zone", "UTC")

    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0] == "acme/tgi from 2026-11-20 12:00:00 UTC to 2026-11-20 14:00:00 UTC: 2 h"
    assert lines[2].split() == ["12:00", "12:22", "12:44", "13:06", "13:29", "13:51"]
    assert [line.split()[0] for line in lines[3:7]] == ["running", "paused", "initializing", "pending"]
    assert lines[8].startswith("one column is 1 min 24 s: █ so")
    assert [" ".join(line.split()) for line in lines[10:]] == [
        "12:00:00 40 min running",
        f"12:40:00{DASH}12:50:00 40 min paused",
        "13:00:00 person:ana: held by person:ana until 2026-11-20 17:00:00 UTC: a demo",
        f"13:30:00{DASH}13:31:00 4 min initializing, meanwhile perhaps pending",
        "13:35:00 5 min nobody could look: it may have been anything",
        "13:40:00 20 min running",
    ]
    assert daemon.asked[-1].query == {"since": ["2026-11-20T00:00:00.000000Z"]}
    assert "\x1b" not in shown.out
    assert f"```text\n{shown.out}```" in DOCUMENT, "docs/event-log.md shows another one"


def test_its_times_are_of_the_zone_that_is_named(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", f"{PATH}/timeline", (200, told(*DAY)))

    words = ("--since", "2026-11-20 13:00", "--until", "2026-11-20 15:00", "--zone", "Europe/Berlin")
    shown = lamplighter("timeline", "acme/tgi", *words)

    assert "from 2026-11-20 13:00:00+01:00 (Europe/Berlin)" in shown.out
    assert f"13:40:00{DASH}13:50:00" in shown.out
    assert daemon.asked[-1].query == {
        "since": ["2026-11-20T12:00:00.000000Z"],
        "until": ["2026-11-20T14:00:00.000000Z"],
    }


@pytest.mark.parametrize("minutes", [1, 3, 10, 120, 2000])
def test_no_two_times_of_the_axis_read_alike(minutes: float) -> None:
    drawing = draw([stretch(0, minutes, "running")], width=100, zone=UTC, letters=BLOCKS)

    times = re.split(" {2,}", drawing.axis.strip())
    assert len(times) == len(set(times)) > 1


def test_nothing_is_drawn_of_a_time_of_which_nothing_is_known(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", f"{PATH}/timeline", (200, told()))

    shown, machine = lamplighter("timeline", "acme/tgi"), lamplighter("timeline", "acme/tgi", "--json")

    assert shown.out == "Nothing is known of acme/tgi in that time.\n"
    assert machine.document == told()


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_it_is_as_wide_as_the_terminal_and_coloured_there(
    width: int, lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "at_terminal", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    daemon.says("GET", f"{PATH}/timeline", (200, told(*DAY)))

    shown = lamplighter("timeline", "acme/tgi", "--zone", "UTC")

    lanes = [line for line in shown.out.splitlines() if "█" in line and "column" not in line]
    assert len(lanes) >= 2
    assert all(len(re.sub("\x1b[^m]*m", "", line)) <= width for line in lanes)
    assert any("\x1b[" in line for line in lanes)


def test_a_terminal_that_has_no_blocks_gets_plain_letters(
    lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_module, "_can_write", lambda letters: letters is PLAIN)
    daemon.says("GET", f"{PATH}/timeline", (200, told(*DAY)))

    shown = lamplighter("timeline", "acme/tgi")

    assert "█" not in shown.out
    assert "#####" in shown.out


spans = st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["a", "b", "ab", ""])), min_size=1, max_size=8)


@given(spans, st.integers(10, 150))
def test_a_lane_has_as_many_columns_as_its_status_had_time(parts: list[tuple[int, str]], width: int) -> None:
    stretches, begin = [], 0
    for minutes, statuses in parts:
        stretches.append(stretch(begin, begin + minutes, *statuses))
        begin += minutes

    drawing = draw(stretches, width=width, zone=UTC, letters=BLOCKS)

    columns = max(width - 3, 10)
    for lane in drawing.lanes:
        bar = lane.line[3:]
        certain = sum(minutes for minutes, statuses in parts if statuses == lane.status)
        edges = 2 * len(parts)
        assert len(bar) <= columns
        assert abs(bar.count("█") - columns * certain / begin) <= edges
        assert (bar.count("█") + bar.count("▌") > 0) is (certain > 0)
        perhaps = any(statuses == "ab" and minutes > 2 * begin / columns for minutes, statuses in parts)
        assert "░" in bar or not perhaps
        unseen = any(not statuses and minutes > 2 * begin / columns for minutes, statuses in parts)
        assert "·" in bar or not unseen


def life(name: str, **more: Any) -> dict[str, Any]:
    times = [
        {"status": "running", "certain": 6480.0, "in_windows": 120.0, "in_gaps": 0.0},
        {"status": "paused", "certain": 600.0, "in_windows": 120.0, "in_gaps": 0.0},
    ]
    said = {
        "namespace": "acme",
        "name": name,
        "endpoint": f"acme/{name}",
        "created_at": at(-60),
        "gone": False,
        "since": at(0),
        "until": at(120),
        "times": times,
        "availability": {"lower": 0.981, "upper": 1.0},
        "starts": 1,
        "failures": 0,
        "cold_starts": 1,
        "p50": {"lower": 240.0, "upper": 360.0},
        "p90": {"lower": 240.0, "upper": 360.0},
    }
    return said | more


def test_uptime_is_a_table_with_its_bounds(lamplighter: Run, daemon: SaidDaemon) -> None:
    never = life("never", availability=None, starts=0, cold_starts=0, p50=None, p90=None, gone=True)
    answers = ({"items": [life("tgi")], "next": "x"}, {"items": [never], "next": None})
    daemon.says("GET", "/api/uptime", *((200, each) for each in answers))

    shown = lamplighter("uptime", "acme", "--since", "2026-11-20 12:00 UTC")

    first, second = (line.split("  ") for line in shown.out.splitlines()[1:3])
    assert [cell.strip() for cell in first if cell] == [
        "acme/tgi",
        f"98.1{DASH}100.0 %",
        "1",
        "0",
        "4 min to 6 min",
        "4 min to 6 min",
        "running 90% · paused 8%",
    ]
    assert [cell.strip() for cell in second if cell][:4] == ["acme/never (gone)", "not wanted up", "0", "0"]
    assert "none seen" in shown.out
    assert [asked.query.get("after") for asked in daemon.asked] == [None, ["x"]]
    assert daemon.asked[0].query["match"] == ["acme/*"]
    assert "\x1b" not in shown.out


def test_the_table_in_the_document_is_what_is_printed(lamplighter: Run, daemon: SaidDaemon) -> None:
    asleep = [{"status": "scaledToZero", "certain": 7200.0, "in_windows": 0.0, "in_gaps": 0.0}]
    embed = life("embed", availability=None, starts=0, p50=None, p90=None, times=asleep)
    daemon.says("GET", "/api/uptime", (200, {"items": [life("tgi"), embed], "next": None}))

    table = lamplighter("uptime", "acme").out.partition("\n\n")[0]

    assert f"```text\n{table}\n```" in DOCUMENT


def test_the_end_of_a_period_is_said(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/uptime", (200, {"items": [life("tgi")], "next": None}))

    shown = lamplighter("uptime", "acme", "--since", "2026-11-20", "--until", "2026-11-21", "--zone", "UTC")

    assert shown.out.endswith("1 line, one for each life of an endpoint, from 2026-11-20, until 2026-11-21.\n")


def test_uptime_for_a_machine_is_all_pages_as_they_are(lamplighter: Run, daemon: SaidDaemon) -> None:
    answers = ({"items": [life("a")], "next": "x"}, {"items": [life("b")], "next": None})
    daemon.says("GET", "/api/uptime", *((200, each) for each in answers))

    assert lamplighter("uptime", "acme/*", "--json").document == {"items": [life("a"), life("b")]}


def test_nobody_to_tell_of_is_said(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/uptime", (200, {"items": [], "next": None}))

    assert lamplighter("uptime", "nobody").out == "No endpoint that matches nobody/* was there.\n"


@pytest.mark.parametrize(
    ("then", "line"),
    [
        ({}, None),
        ({"was": ["paused"]}, "! it was paused, as was seen later"),
        (
            {"was": ["paused", "hibernating"], "window": {"not_before": at(0), "seen_at": at(1), "gap": False}},
            f"! it was paused or hibernating: it changed {BETWEEN}, and nobody saw when",
        ),
        (
            {"was": [], "gap": True, "window": {"not_before": at(0), "seen_at": at(1), "gap": True}},
            f"! nobody could look {BETWEEN}: it may have been anything",
        ),
    ],
)
def test_an_endpoint_of_then_is_shown_with_what_is_not_certain(
    lamplighter: Run, daemon: SaidDaemon, then: dict[str, Any], line: str | None
) -> None:
    place = {"position": 4711, "at": at(0.5), "was": ["hibernating"], "gap": False, "window": None}
    daemon.says("GET", PATH, (200, UNKNOWN | {"then": place | then}))

    shown = lamplighter("show", "acme/tgi", "--at", "2026-11-20 12:00:30", "--zone", "UTC")

    lines = shown.out.splitlines()
    assert lines[0] == "acme/tgi as known at 2026-11-20 12:00:30 UTC, position 4711: hibernating"
    assert (line in lines) if line else not any(each.startswith("! it was") for each in lines)
    assert daemon.asked[-1].query == {"at": ["2026-11-20T12:00:30.000000Z"]}
    assert "seen" not in [each.split()[0] for each in lines[1:]]


def test_all_times_of_an_endpoint_of_then_are_by_the_clocks_of_the_zone(lamplighter: Run, daemon: SaidDaemon) -> None:
    since = {"not_before": "2026-11-19T22:59:30Z", "seen_at": "2026-11-19T23:00:10Z", "gap": False}
    hold = {"id": "h", "author": "ana", "reason": "demo", "until": "2026-11-20T14:00:00Z", "everywhere": False}
    warned = {"policy": "old", "command": "pause", "due_at": "2026-11-20T13:00:00Z"}
    place = {"position": 4711, "at": "2026-11-20T12:00:30Z", "was": ["hibernating"], "gap": False, "window": None}
    more = {"since": since, "hold": hold, "warnings": [warned], "created_at": "2026-06-01T10:00:00Z"}
    daemon.says("GET", PATH, (200, UNKNOWN | more | {"then": place}))

    there = lamplighter("show", "acme/tgi", "--at", "2026-11-20 13:00:30", "--zone", "Europe/Berlin").out
    here = lamplighter("show", "acme/tgi", "--at", "2026-11-20 12:00:30", "--zone", "UTC").out

    for said in (
        "acme/tgi as known at 2026-11-20 13:00:30+01:00 (Europe/Berlin), position 4711",
        "2026-11-20 00:00:10+01:00 (2026-11-19 23:59:30\N{EN DASH}2026-11-20 00:00:10)",
        "2026-06-01 12:00:00+02:00 by unknown",
        "by ana until 2026-11-20 15:00:00+01:00: demo",
        "old would pause it at 2026-11-20 14:00:00+01:00",
    ):
        assert said in there
    assert "UTC" not in there
    assert "2026-11-19 23:00:10 UTC (22:59:30\N{EN DASH}23:00:10)" in here


def test_a_position_is_asked_for_as_it_is(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", PATH, (200, UNKNOWN))

    assert lamplighter("show", "acme/tgi", "--at-position", "17").code == 0
    assert daemon.asked[-1].query == {"at_position": ["17"]}


def test_a_zone_that_is_none_is_refused(lamplighter: Run, daemon: SaidDaemon) -> None:
    shown = lamplighter("timeline", "acme/tgi", "--zone", "Mars/Olympus")

    assert shown.code == 2
    assert "no zone that this machine knows" in shown.err
    assert parse_zone("UTC") is UTC

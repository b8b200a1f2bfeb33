import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from events import codec, streams
from events.catalogue.keepers import HoldPlaced
from events.sqlite import SqliteLog
from events.unit import Unit, Write
from service.clock import SystemClock
from statemachine.model import EndpointName
from tests.unit.cli.hands import Run, SaidDaemon, event

EVENTS = "/api/events"
STREAM = "/api/events/stream"


def page(*positions: int, more: bool = False, head: int = 100) -> tuple[int, dict[str, Any]]:
    items = [event(position) for position in positions]
    return 200, {"items": items, "next": positions[-1] if more else None, "head": head}


def streamed(*positions: int) -> tuple[int, str]:
    return 200, "retry: 2000\n\n: ping\n\n" + "".join(
        f"id: {position}\nevent: endpoint.status_changed\ndata: {json.dumps(event(position))}\n\n"
        for position in positions
    )


def test_an_event_is_one_line_that_says_all(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page(42))

    told = lamplighter("events")

    assert told.code == 0
    assert told.out == ("2026-07-02 12:03:42Z  acme/tgi  running → paused  (window 12:02:00\N{EN DASH}12:03:42)  #42\n")


@pytest.mark.parametrize("form", ["lines", "table"])
def test_what_was_asked_for_is_told_by_the_name_of_who_asked_if_that_is_among_the_events(
    lamplighter: Run, daemon: SaidDaemon, form: str
) -> None:
    window = {"not_before": "2026-07-02T12:02:00Z", "seen_at": "2026-07-02T12:03:00Z", "gap": False}
    change = {"path": "tags", "old": None, "new": "x"}
    told = {"window": window, "changes": [change], "updated_by": "64f0c0ffee"}
    intended = event(1, "act.intended", intent="i1", command="update", reason="more") | {"actor": "person:ana"}
    ours = event(2, "endpoint.reconfigured", **told, cause={"by": "person", "editor": "64f0c0ffee", "intent": "i1"})
    before = event(3, "endpoint.reconfigured", **told, cause={"by": "person", "editor": "64f0c0ffee", "intent": "i0"})
    others = event(4, "endpoint.reconfigured", **told, cause={"by": "person", "editor": "64f0c0ffee", "intent": None})
    items = [intended, ours, before, others]
    daemon.says("GET", EVENTS, (200, {"items": items, "next": None, "head": 4}))

    lines = lamplighter("events", "--format", form).out.splitlines()

    for line, who in zip(lines[-3:], ("person:ana", "our own decision", "64f0c0ffee"), strict=True):
        assert f"reconfigured by {who}: tags unset → x" in line


def test_all_pages_are_read_up_to_the_head_that_there_was(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page(1, 2, more=True, head=4), page(3, 4, 5, more=True, head=9))

    told = lamplighter("events", "--json")

    assert [one["position"] for one in told.document["items"]] == [1, 2, 3, 4]
    assert [asked.query.get("after") for asked in daemon.asked] == [["0"], ["2"]]


def test_filters_go_to_the_daemon_as_they_were_meant(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page())

    lamplighter(
        *("events", "--endpoint", "acme/tgi", "--type", "act.warned", "--type", "act.intended", "--since", "2h"),
        *("--until", "2026-07-02T12:00:00", "--after", "7", "--limit", "3"),
    )

    assert daemon.asked[0].query == {
        "endpoint": ["acme/tgi"],
        "type": ["act.warned", "act.intended"],
        "since": ["2h"],
        "until": ["2026-07-02T12:00:00.000000Z"],
        "after": ["7"],
        "limit": ["3"],
    }


def test_a_limit_ends_the_reading(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page(1, 2, more=True))

    told = lamplighter("events", "--limit", "2")

    assert told.out.count("\n") == 2
    assert len(daemon.asked) == 1


def test_the_last_ones_are_asked_newest_first_and_shown_oldest_first(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page(9, 8, 7, more=True))

    told = lamplighter("events", "--last", "3")

    assert [line.rpartition("#")[2] for line in told.out.splitlines()] == ["7", "8", "9"]
    assert daemon.asked[0].query == {"order": ["desc"], "limit": ["3"]}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "sometime"),
        ("--since", "yesterday", "--zone", "Nowhere/Land"),
        ("-f", "--count"),
        ("-f", "--order", "desc"),
        ("-f", "--format", "table"),
        ("-f", "--format", "cloudevents-batch"),
        ("--format", "xml"),
        ("--last", "3", "--order", "desc"),
        ("--log", "sqlite:///log.db", "--type", "act.wanred"),
        ("--log", "sqlite:///log.db", "--status", "runing"),
        ("--log", "sqlite:///log.db", "--cause", "me"),
        ("--log", "sqlite:///log.db", "--group", "lab"),
        ("--log", "sqlite:///log.db", "--actor", "a\x00b"),
        ("--log", "sqlite:///log.db", "--namespace", "\udcff"),
        ("--endpoint", "acme"),
        ("--limit", "0"),
        ("--after", "-1"),
        ("-f", "--limit", "3"),
        ("-f", "--until", "1h"),
        ("-f", "--log", "sqlite:///log.db"),
        ("--last", "3", "--after", "7"),
        ("--last", "3", "-f"),
        ("--log", "postgresql://x/y"),
    ],
)
def test_what_makes_no_sense_is_refused(lamplighter: Run, daemon: SaidDaemon, arguments: tuple[str, ...]) -> None:
    told = lamplighter("events", *arguments)

    assert told.code == 2
    assert told.out == ""
    assert daemon.asked == []


def test_following_tells_each_event_once_across_a_break(
    lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.following.AGAIN_SECONDS", 0.01)
    over = (409, {"error": "the log ends at 3, and 4 was asked for"})
    daemon.says("GET", EVENTS, page(head=1))
    daemon.says("GET", STREAM, streamed(2, 3), streamed(3, 4), over)

    told = lamplighter("events", "-f", "--json", "--namespace", "acme")

    assert [json.loads(line)["position"] for line in told.out.splitlines()[:3]] == [2, 3, 4]
    assert [asked.query["after"] for asked in daemon.asked[1:]] == [["1"], ["3"], ["4"]]
    assert daemon.asked[1].query["namespace"] == ["acme"]
    assert told.code == 1


def test_following_from_a_position_asks_for_nothing_else(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", STREAM, (400, {"error": "enough"}))

    lamplighter("events", "-f", "--after", "7")

    assert [(asked.path, asked.query["after"]) for asked in daemon.asked] == [(STREAM, ["7"])]


def test_every_filter_goes_to_the_daemon(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page())

    told = lamplighter(
        *("events", "--glob", "a/*", "--glob", "b/*", "--group", "lab", "--status", "failed", "--actor", "person:Zoë"),
        *("--cause", "person", "--policy", "old", "--intent", "i1", "--before", "9", "--order", "desc"),
        *("--since", "yesterday 14:00", "--zone", "Asia/Tokyo"),
    )

    assert daemon.asked[0].query.pop("since")[0].endswith("T05:00:00.000000Z")
    assert daemon.asked[0].query == {
        "glob": ["a/*", "b/*"],
        "group": ["lab"],
        "status": ["failed"],
        "actor": ["person:Zoë"],
        "cause": ["person"],
        "policy": ["old"],
        "intent": ["i1"],
        "before": ["9"],
        "order": ["desc"],
        "limit": ["1000"],
    }
    assert "14:00:00+09:00 (Asia/Tokyo)" in told.err


def test_nothing_that_matches_is_told_beside_the_output(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page())

    told = lamplighter("events", "--type", "act.warned")

    assert (told.code, told.out, told.err) == (0, "", "no event matches\n")


def test_a_count_is_a_number_alone(lamplighter: Run, daemon: SaidDaemon) -> None:
    code, document = page(1)
    daemon.says("GET", EVENTS, (code, {**document, "count": 1234}))

    assert lamplighter("events", "--count", "--namespace", "acme").out == "1234\n"
    assert lamplighter("events", "--count", "--json").document == {"count": 1234}
    assert daemon.asked[0].query == {"namespace": ["acme"], "count": ["true"], "limit": ["1"]}


def test_newest_first_goes_back_page_by_page(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page(9, 8, more=True, head=9), page(7, head=12))

    told = lamplighter("events", "--order", "desc", "--format", "jsonl")

    assert [json.loads(line)["position"] for line in told.out.splitlines()] == [9, 8, 7]
    assert [asked.query.get("before") for asked in daemon.asked] == [None, ["8"]]


def test_a_table_and_csv_have_columns_that_can_be_relied_on(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", EVENTS, page(41, 42))

    shown = lamplighter("events", "--format", "table").out.splitlines()
    rows = list(csv.DictReader(io.StringIO(lamplighter("events", "--format", "csv").out, newline="")))

    assert shown[0].split() == ["position", "time", "type", "endpoint", "actor", "what"]
    assert shown[2].split()[:5] == ["42", "2026-07-02T12:03:42Z", "endpoint.status_changed", "acme/tgi", "watcher"]
    assert [list(row) for row in rows] == 2 * [
        ["position", "time", "type", "endpoint", "namespace", "actor", "stream", "version", "id", "schema", "data"]
    ]
    assert json.loads(rows[1]["data"]) == event(42)["data"]
    assert "\x1b" not in "".join(shown)


def test_cloudevents_are_asked_for_as_such_and_printed_one_a_line_or_as_one_array(
    lamplighter: Run, daemon: SaidDaemon
) -> None:
    batch = [{"specversion": "1.0", "id": str(n), "sequence": f"{n:019}"} for n in (1, 2, 3)]
    daemon.says("GET", EVENTS, page(1, head=2), (200, batch), page(1, head=2), (200, batch))

    lines = lamplighter("events", "--format", "cloudevents").out
    array = lamplighter("events", "--format", "cloudevents-batch").document

    assert [json.loads(line) for line in lines.splitlines()] == array == batch[:2]
    assert daemon.asked[1].query["format"] == ["cloudevents-batch"]


def test_following_goes_on_behind_what_was_read_without_a_match(
    lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.following.AGAIN_SECONDS", 0.01)
    daemon.says("GET", STREAM, (200, "id: 50\n: ping\n\n"), (400, {"error": "enough"}))

    lamplighter("events", "-f", "--after", "3", "--type", "act.warned", "--since", "2h")

    assert [asked.query["after"] for asked in daemon.asked] == [["3"], ["50"]]
    assert daemon.asked[0].query["since"] == daemon.asked[1].query["since"] != ["2h"]


def test_a_file_is_asked_by_every_filter_and_in_every_format(lamplighter: Run, home: Path) -> None:
    asyncio.run(_write(home / "log.db"))
    (home / "lamplighter.toml").write_text('[groups.t]\nmatch = ["acme/t?i"]\n[groups.g]\ntags = ["gpu"]\n')
    log = ("events", "--log", f"sqlite:///{home}/log.db", "--json")

    def found(*arguments: str) -> list[int]:
        return [one["position"] for one in lamplighter(*log, *arguments).document["items"]]

    assert found("--group", "t", "--actor", "person:alice") == [1, 2]
    assert found("--glob", "*/tg*") == [1]
    assert found("--glob", "*/tg*,acme/[e,t]e?") == [1, 2]
    assert found("--glob", ",") == []
    assert found("--type", "hold.placed,hold.lifted") == [1, 2]
    assert found("--order", "desc", "--limit", "1") == [2]
    assert found("--before", "2") == [1]
    assert found("--policy", "none") == []
    assert found("--since", "1h", "--until", "now", "--type", "hold.placed") == [1, 2]
    assert lamplighter(*log, "--count").document == {"count": 2}
    tagged = lamplighter(*log, "--group", "g")
    assert (tagged.code, "tags" in tagged.err) == (2, True)
    cloud = lamplighter(*log, "--format", "cloudevents-batch").document
    assert [(one["specversion"], one["subject"]) for one in cloud] == [("1.0", "acme/tgi"), ("1.0", "acme/tei")]


def test_a_log_is_read_without_its_daemon(lamplighter: Run, home: Path) -> None:
    asyncio.run(_write(home / "log.db"))
    url = f"sqlite:///{home}/log.db"

    everything = lamplighter("events", "--log", url)
    one = lamplighter("events", "--log", url, "--endpoint", "acme/tgi", "--since", "1h", "--json")
    none = lamplighter("events", "--log", url, "--until", "1h")
    last = lamplighter("events", "--log", url, "--last", "1", "--json")

    assert everything.code == 0
    assert [line.rpartition("#")[2] for line in everything.out.splitlines()] == ["1", "2"]
    assert "held by alice until" in everything.out
    assert one.document["items"][0] == {
        "id": "hold-1",
        "position": 1,
        "stream": "acts/acme/tgi",
        "version": 1,
        "namespace": "acme",
        "endpoint": "acme/tgi",
        "type": "hold.placed",
        "schema": 1,
        "time": one.document["items"][0]["time"],
        "actor": "person:alice",
        "data": {"hold": "hold-1", "author": "alice", "reason": "demo", "until": "2027-01-01T00:00:00Z"},
    }
    assert len(one.document["items"]) == 1
    assert none.out == ""
    assert [found["position"] for found in last.document["items"]] == [2]


def test_a_log_that_is_not_there_is_told_and_not_made(lamplighter: Run, home: Path) -> None:
    told = lamplighter("events", "--log", f"sqlite:///{home}/log.db")

    assert told.code == 1
    assert "cannot use the log" in told.err
    assert not (home / "log.db").exists()


async def _write(path: Path) -> None:
    log = await SqliteLog.open(path, holder="a test")
    now = SystemClock().now()
    for number, name in enumerate(("tgi", "tei"), 1):
        placed = HoldPlaced(
            hold=f"hold-{number}",
            author="alice",
            reason="demo",
            until=now.replace(year=2027, month=1, day=1).replace(hour=0, minute=0, second=0, microsecond=0),
        )
        draft = codec.decision(placed.hold, placed, time=now, actor="person:alice")
        await log.append([Unit(streams={streams.acts(EndpointName("acme", name)): Write(expected=0, drafts=(draft,))})])
    await log.close()


def test_an_endpoint_of_another_namespace_is_refused_also_by_a_file(lamplighter: Run, home: Path) -> None:
    asyncio.run(_write(home / "log.db"))

    told = lamplighter("events", "--log", f"sqlite:///{home}/log.db", "--endpoint", "acme/tgi", "--namespace", "beta")

    assert (told.code, told.out) == (2, "")
    assert "leave one of them out" in told.err


def test_an_endpoint_without_a_name_does_not_mean_any(lamplighter: Run, daemon: SaidDaemon) -> None:
    told = lamplighter("events", "--endpoint", "", "--count")

    assert (told.code, told.out, daemon.asked) == (2, "", [])


@pytest.mark.parametrize("option", ["--endpoint", "--namespace", "--glob", "--actor", "--type", "--since"])
def test_nothing_at_all_asks_a_file_for_nothing(lamplighter: Run, home: Path, option: str) -> None:
    asyncio.run(_write(home / "log.db"))

    assert lamplighter("events", "--log", f"sqlite:///{home}/log.db", option, "", "--count").code == 2


def test_what_is_no_text_cannot_be_asked_for(lamplighter: Run, daemon: SaidDaemon) -> None:
    told = lamplighter("events", "--actor", "\udcff")

    assert told.code == 2
    assert "not UTF-8" in told.err
    assert not daemon.asked

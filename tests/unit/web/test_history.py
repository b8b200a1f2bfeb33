"""What the daemon answers about the past: as it was known then, when it was what, and how it spent its time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from events import streams
from events.catalogue.keepers import HoldPlaced
from events.catalogue.namespaces import NamespaceUnreachable
from events.memory import MemoryLog
from service.past import fleet_at, position_at
from statemachine.machine import classify
from statemachine.model import Deleted, End, EndpointName, ReplicasChanged, StatusChanged, Window
from statemachine.status import Status
from tests.contract.copies import archived
from tests.contract.disks import added
from tests.contract.kept import folded
from tests.contract.test_archived_views import remove
from tests.contract.test_snapshots import told
from tests.unit.web.hands import CREATED, START, Caller, discover, make_parts, put, served

pytestmark = pytest.mark.looptime
TGI = EndpointName("acme", "tgi")
LIFE = streams.life(TGI, CREATED)
PATH = "/api/endpoints/acme/tgi"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def text(minutes: float) -> str:
    return at(minutes).isoformat()


async def change(log: Any, minutes: float, old: Status, new: Status, *, unseen: float = 1, gap: bool = False) -> int:
    """Let a change be seen at a minute, that happened within so many minutes before."""
    found = classify(old, new)
    window = Window(not_before=at(minutes - unseen), seen_at=at(minutes), gap=gap)
    event = StatusChanged(window=window, old=old, new=new, kind=found.kind, via=found.via)
    return (await put(log, LIFE, event, at=at(minutes))).position


@asynccontextmanager
async def a_day(tmp_path: Path) -> AsyncIterator[Caller]:
    """Serve a daemon whose log tells of four hours: running, paused, started, failed, and a gap before it ran again."""
    parts = make_parts(tmp_path)
    parts.clock.jump(timedelta(hours=5))  # type: ignore[attr-defined]
    log = parts.log
    await discover(log, "acme/tgi", ready_replicas=1)
    await change(log, 60, Status.RUNNING, Status.PAUSED)
    hold = HoldPlaced(hold="h", author="person:ana", reason="a demonstration", until=at(100))
    await put(log, streams.acts(TGI), hold, at=at(70), actor="person:ana")
    await change(log, 120, Status.PAUSED, Status.INITIALIZING)
    await change(log, 125, Status.INITIALIZING, Status.RUNNING)
    await change(log, 180, Status.RUNNING, Status.FAILED)
    await change(log, 240, Status.FAILED, Status.RUNNING, unseen=30, gap=True)
    await parts.live.catch_up()
    parts.watch.watchers["acme"].swept_at = at(270)
    async with served(parts) as caller:
        yield caller


async def test_an_endpoint_is_shown_as_it_was_known_then(tmp_path: Path) -> None:
    async with a_day(tmp_path) as caller:
        then = await caller.json("GET", PATH, params={"at": text(90)})
        before = await caller.json("GET", PATH, params={"at_position": 1})
        now = await caller.json("GET", PATH)

    assert (then["status"], then["hold"]["author"]) == ("paused", "person:ana")
    assert then["then"] | {"at": None} == {"position": 3, "at": None, "was": ["paused"], "gap": False, "window": None}
    assert (then["document"], then["plan"], then["seconds_since_seen"]) == (None, [], None)
    assert (before["status"], before["then"]["position"], before["hold"]) == ("running", 1, None)
    assert (now["status"], now["then"]) == ("running", None)


async def test_what_was_seen_later_says_what_it_may_have_been(tmp_path: Path) -> None:
    async with a_day(tmp_path) as caller:
        window = await caller.json("GET", PATH, params={"at": text(59.5)})
        gap = await caller.json("GET", PATH, params={"at": text(220)})
        past = await caller.json("GET", PATH, params={"at": text(110)})

    assert (window["status"], window["then"]["was"]) == ("running", ["paused", "running"])
    assert datetime.fromisoformat(window["then"]["window"]["not_before"]) == at(59)
    assert datetime.fromisoformat(window["then"]["window"]["seen_at"]) == at(60)
    assert (gap["status"], gap["then"]["was"], gap["then"]["gap"]) == ("failed", [], True)
    assert past["hold"] is None, "it was over by then"


@pytest.mark.parametrize(
    ("asked", "code", "sentence"),
    [
        ({"at": "2026-01-01T00:00:00Z"}, 404, "nothing was known of acme/tgi"),
        ({"at": "2027-01-01T00:00:00Z"}, 400, "has not come yet"),
        ({"at": "soon"}, 400, "is no instant"),
        ({"at": "1h", "at_position": "2"}, 400, "say one of them"),
        ({"at_position": "900"}, 400, "the log holds no position 900: it ends at 7"),
        ({"at_position": "0"}, 400, "whole number"),
        ({"when": "1h"}, 400, "use at, at_position"),
    ],
)
async def test_a_place_that_is_none_is_refused_with_what_to_say(
    tmp_path: Path, asked: dict[str, str], code: int, sentence: str
) -> None:
    async with a_day(tmp_path) as caller:
        told_ = await caller.json("GET", PATH, params=asked, code=code)

    assert sentence in told_["error"]


async def test_a_timeline_tells_what_is_certain_what_lies_in_windows_and_what_nobody_saw(tmp_path: Path) -> None:
    async with a_day(tmp_path) as caller:
        whole = await caller.json("GET", f"{PATH}/timeline")
        part = await caller.json("GET", f"{PATH}/timeline", params={"since": text(90), "until": text(200)})
        none = await caller.json("GET", f"{PATH}/timeline", params={"until": "2026-01-01T00:00:00Z"})
        wrong = await caller.json("GET", f"{PATH}/timeline", params={"since": "1h", "until": "2h"}, code=400)

    shown = [(each["seconds"] / 60, each["statuses"], each["gap"]) for each in whole["stretches"]]
    assert shown == [
        (59, ["running"], False),
        (1, ["paused", "running"], False),
        (59, ["paused"], False),
        (1, ["initializing", "paused"], False),
        (4, ["initializing"], False),
        (1, ["initializing", "running"], False),
        (54, ["running"], False),
        (1, ["failed", "running"], False),
        (30, ["failed"], False),
        (30, [], True),
        (30, ["running"], False),
    ]
    assert datetime.fromisoformat(whole["until"]) == at(270), "later nobody looked"
    assert [event["type"] for event in whole["events"]] == ["endpoint.discovered", "hold.placed"]
    assert sum(each["seconds"] for each in part["stretches"]) == 110 * 60
    assert part["events"] == []
    assert (none["stretches"], none["since"]) == ([], None)
    assert "turn them round" in wrong["error"]


async def test_uptime_is_told_within_bounds_for_all_time_and_for_a_period(tmp_path: Path) -> None:
    async with a_day(tmp_path) as caller:
        await discover(caller.parts.log, "acme/other", ready_replicas=1)
        await caller.parts.live.reach(8)
        (other, tgi) = (await caller.json("GET", "/api/uptime"))["items"]
        lately = await caller.json("GET", "/api/uptime", params={"match": "acme/t*", "since": text(130)})
        page = await caller.json("GET", "/api/uptime", params={"limit": 1})
        rest = await caller.json("GET", "/api/uptime", params={"limit": 1, "after": page["next"]})
        await caller.json("GET", "/api/uptime", params={"after": "nobody"}, code=400)

    assert (tgi["endpoint"], tgi["starts"], tgi["failures"], tgi["cold_starts"], tgi["gone"]) == (
        "acme/tgi",
        1,
        1,
        1,
        False,
    )
    assert tgi["p50"] == tgi["p90"] == {"lower": 4 * 60, "upper": 6 * 60}
    times = {each["status"]: each for each in tgi["times"]}
    assert times["running"]["certain"] == (59 + 54 + 30) * 60
    assert times["running"]["in_windows"] == 3 * 60
    assert times["paused"] == {"status": "paused", "certain": 59 * 60, "in_windows": 2 * 60, "in_gaps": 30 * 60}
    assert 0 < tgi["availability"]["lower"] < tgi["availability"]["upper"] < 1
    (period,) = lately["items"]
    assert (period["starts"], period["failures"], period["p50"]) == (0, 1, None)
    assert datetime.fromisoformat(period["since"]) == at(130)
    assert sum(each["certain"] for each in period["times"]) == (49 + 30 + 30) * 60
    assert [page["items"][0]["endpoint"], rest["items"][0]["endpoint"], rest["next"]] == [
        "acme/other",
        "acme/tgi",
        None,
    ]
    assert other["times"][0]["status"] == "running"


async def test_one_that_is_gone_ends_where_it_ended_and_is_not_told_of_later(tmp_path: Path) -> None:
    async with a_day(tmp_path) as caller:
        gone = Deleted(window=Window(not_before=at(241), seen_at=at(242)), old=Status.RUNNING, end=End.NOT_FOUND)
        await put(caller.parts.log, LIFE, gone, at=at(242))
        await caller.parts.live.reach(8)
        (tgi,) = (await caller.json("GET", "/api/uptime"))["items"]
        later = await caller.json("GET", "/api/uptime", params={"since": text(250)})

    assert (tgi["gone"], datetime.fromisoformat(tgi["until"])) == (True, at(242))
    assert later["items"] == []


async def test_replicas_decide_whether_it_could_serve(tmp_path: Path) -> None:
    async with a_day(tmp_path) as caller:
        before = (await caller.json("GET", "/api/uptime", params={"since": text(241)}))["items"][0]
        window = Window(not_before=at(250), seen_at=at(250))
        event = ReplicasChanged(window=window, old_ready=1, old_target=1, ready=0, target=1)
        await put(caller.parts.log, LIFE, event, at=at(250))
        after = (await caller.json("GET", "/api/uptime", params={"since": text(241)}))["items"][0]

    assert before["availability"] == {"lower": 1.0, "upper": 1.0}
    assert after["availability"]["upper"] == pytest.approx(9 / 29)


async def test_every_position_is_found_by_its_time_and_what_was_known_there_is_a_fold_up_to_it() -> None:
    log = MemoryLog()
    history = await added(log, *told(1, 2, count=120))
    await put(log, streams.namespace("acme"), NamespaceUnreachable(since=at(0), error="x", detail="y"))

    for recorded in history[::7]:
        found = await position_at(log, recorded.time)
        assert history[found - 1].time <= recorded.time
        assert found == len(history) or history[found].time > recorded.time
        name = streams.subject(recorded.stream).endpoint
        if name is not None:
            fleet, whole = await fleet_at(log, name, recorded.position), folded(history[: recorded.position]).fleet
            assert fleet.known(name) == whole.known(name)
            assert fleet.namespaces == whole.namespaces
    assert await position_at(log, history[0].time - timedelta(seconds=1)) == 0


async def test_an_archive_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with a_day(tmp_path) as caller:
        (segment,) = await archived(caller.parts.log, tmp_path / "shelf", 3)  # type: ignore[arg-type]
        there = await caller.json("GET", PATH, params={"at_position": 3})
        remove(segment)
        missing = await caller.json("GET", f"{PATH}/timeline", code=503)
        await caller.json("GET", PATH, params={"at": text(90)}, code=503)
        await caller.json("GET", "/api/uptime", params={"since": text(90)}, code=503)

    assert (there["status"], there["hold"]["author"]) == ("paused", "person:ana")
    assert f"positions 1 to 3 lie in the archive {segment.path}, which is not there: bring it back" in missing["error"]

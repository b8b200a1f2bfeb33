"""The log over HTTP: every filter, in every format, page by page; and what is told to who asks for what cannot be."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from events import streams
from events.catalogue.acts import Confirmed
from events.catalogue.daemon import DaemonStopped
from events.log import EventLog
from service.web.filters import FILTERS
from statemachine.model import Cause, EndpointName, Kind, StatusChanged, Window
from statemachine.status import Status
from statemachine.table import By
from tests.contract.test_queries import intended, warned
from tests.unit.web.hands import CREATED, START, Caller, discover, make_parts, put, served

EVENTS = "/api/events"
CONFIGURED = """
mode = "observe"
zone = "Europe/Berlin"
[namespaces]
acme = {}
[groups.lab]
match = ["acme/t*"]
[groups.gpu]
tags = ["gpu"]
[groups.nobody]
tags = ["none"]
"""


async def tell(log: EventLog) -> None:
    """Eight events: two endpoints, a warning, an intent, what it brought about, and the daemon's end."""
    tgi = EndpointName("acme", "tgi")
    await discover(log, "acme/tgi")
    await discover(log, "acme/web", configuration={"tags": "gpu, x"})
    await put(log, streams.acts(tgi), warned("old"), actor="policy:old")
    await put(log, streams.acts(tgi), intended("i1", "old", 1, 3), actor="policy:old")
    await put(log, streams.life(tgi, CREATED), paused(Cause(by=By.PERSON, intent="i1")))
    await put(log, streams.acts(tgi), Confirmed(intent="i1", status="paused", seen_at=START), actor="policy:old")
    await put(log, streams.life(EndpointName("acme", "web"), CREATED), paused(Cause()))
    await put(log, "daemon", DaemonStopped(reason='said "stop", twice\nand, again'), actor="daemon")


def paused(cause: Cause) -> StatusChanged:
    window = Window(not_before=START, seen_at=START)
    return StatusChanged(window=window, old=Status.RUNNING, new=Status.PAUSED, kind=Kind.DIRECT, cause=cause)


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    parts = make_parts(tmp_path, text=CONFIGURED)
    await tell(parts.log)
    async with served(parts) as made:
        await parts.live.reach(8)
        yield made


async def found(caller: Caller, **query: str) -> list[int]:
    page = await caller.json("GET", str(URL(EVENTS).with_query(query)))
    return [item["position"] for item in page["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"endpoint": "acme/tgi"}, [1, 3, 4, 5, 6]),
        ({"namespace": "acme"}, [1, 2, 3, 4, 5, 6, 7]),
        ({"glob": "*/w*"}, [2, 7]),
        ({"glob": "*/w*,acme/t?i"}, [1, 2, 3, 4, 5, 6, 7]),
        ({"glob": "acme/[w,x]*"}, [2, 7]),
        ({"glob": "acme/[],w]*,*/tg*"}, [1, 2, 3, 4, 5, 6, 7]),
        ({"glob": ","}, []),
        ({"glob": "\N{GRINNING FACE}[/*"}, []),
        ({"group": "lab"}, [1, 3, 4, 5, 6]),
        ({"group": "gpu"}, [2, 7]),
        ({"group": "nobody"}, []),
        ({"group": "lab,gpu", "glob": "*/web"}, [2, 7]),
        ({"type": "act.warned,act.intended"}, [3, 4]),
        ({"status": "paused"}, [5, 7]),
        ({"status": "running,paused", "endpoint": "acme/web"}, [2, 7]),
        ({"actor": "daemon"}, [8]),
        ({"actor": "person:Zoë \N{GRINNING FACE} & co"}, []),
        ({"cause": "unknown"}, [7]),
        ({"cause": "person"}, [5]),
        ({"policy": "old"}, [3, 4, 5, 6]),
        ({"intent": "i1"}, [1, 3, 4, 5, 6]),
        ({"intent": "i1", "type": "act.confirmed"}, [6]),
        ({"intent": "nothing"}, []),
        ({"since": "2026-03-02 09:00"}, [1, 2, 3, 4, 5, 6, 7, 8]),  # 08:00 UTC
        ({"since": "2026-03-02 09:01"}, []),
        ({"since": "2026-03-02 08:01", "zone": "UTC"}, []),
        ({"until": "2026-03-02T08:00:00Z"}, []),
        ({"after": "3", "before": "6"}, [4, 5]),
        ({"order": "desc", "limit": "2", "type": "act.intended,act.confirmed,act.warned"}, [6, 4]),
    ],
)
async def test_events_are_found_by_every_filter(caller: Caller, query: dict[str, str], expected: list[int]) -> None:
    assert await found(caller, **query) == expected


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("type=act.wanred", "act.warned"),
        ("status=scaled_to_zeros", "did you mean scaledToZero?"),
        ("status=paused,", "scaledToZero"),
        (f"status={'a' * 65}", "can be no status"),
        (f"status={'asleep,' * 32}asleep", "name 32 at most"),
        ("group=labs", "lab, gpu, nobody"),
        ("cause=me", "platform, person, request, unknown"),
        ("order=up", "asc, desc"),
        ("format=xml", "jsonl"),
        ("limit=0", "from 1 to 1000"),
        ("limit=1001", "from 1 to 1000"),
        ("after=-1", "whole number"),
        ("actor=", "letters that can be printed"),
        ("actor=a%00b", "letters that can be printed"),
        ("glob=%0a", "letters that can be printed"),
        (f"glob={'*' * 1001}", "1000 letters"),
        ("since=sometime", "yesterday 14:00"),
        ("since=2026-07-02T09:30:00+02:00", "%2B"),
        ("since=2026-10-25%2002:30", "twice"),
        ("zone=Europe/Atlantis", "Europe/Berlin"),
        ("endpoint=acme", "namespace/name"),
        ("endpoint=acme/tgi&namespace=beta", "leave one of them out"),
        ("count=true&format=csv", "in JSON alone"),
        ("format=cloudevents", "limit=1"),
        ("colour=red", "intent"),
    ],
)
async def test_what_cannot_be_asked_is_answered_with_what_can(caller: Caller, query: str, told: str) -> None:
    answer = await caller.json("GET", str(URL(f"{EVENTS}?{query}", encoded=True)), code=400)

    assert told in answer["error"]


async def test_a_count_tells_how_many_match_whatever_the_page_holds(caller: Caller) -> None:
    page = await caller.json("GET", f"{EVENTS}?namespace=acme&count=true&limit=1")

    assert (page["count"], len(page["items"])) == (7, 1)
    assert (await caller.json("GET", EVENTS))["count"] is None


@pytest.mark.parametrize(("order", "expected"), [("asc", [1, 2, 3, 4, 5, 6, 7]), ("desc", [7, 6, 5, 4, 3, 2, 1])])
async def test_the_link_to_the_next_page_leads_through_all_of_them(
    caller: Caller, order: str, expected: list[int]
) -> None:
    here: URL | None = (URL(f"http://{caller.parts.listen}") / "api/events").with_query(
        {"namespace": "acme", "glob": "*/[tw]*", "limit": "2", "order": order}
    )
    seen: list[int] = []
    while here is not None:
        async with caller.http.get(here) as response:
            seen += [item["position"] for item in (await response.json())["items"]]
            following = response.links.get("next")
        here = None if following is None else URL(str(following["url"]))

    assert seen == expected


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/*", "text/csv; charset=utf-8; header=present"),
        ("application/json;q=0.1, text/csv;q=0.5", "text/csv; charset=utf-8; header=present"),
        ("application/cloudevents-batch+json", "application/cloudevents-batch+json"),
    ],
)
async def test_the_format_is_what_the_caller_accepts(caller: Caller, accept: str, media: str) -> None:
    async with caller.http.get(EVENTS, headers={"Accept": accept}) as response:
        assert response.headers["Content-Type"] == media
        await response.read()


async def test_what_nobody_can_give_is_refused_with_what_there_is(caller: Caller) -> None:
    for accept in ("image/png", "application/json;q=0", "text/csv;q=much", ""):
        answer = await caller.json("GET", EVENTS, headers={"Accept": accept}, code=406)
        assert "application/x-ndjson" in answer["error"]


async def texts(caller: Caller, form: str, **query: Any) -> str:
    async with caller.http.get(EVENTS, params={"format": form, **query}) as response:
        assert response.status == 200
        return await response.text()


async def test_every_format_tells_the_same_events(caller: Caller) -> None:
    document = await caller.json("GET", EVENTS)
    lines = [json.loads(line) for line in (await texts(caller, "jsonl")).splitlines()]
    table = list(csv.DictReader(io.StringIO(await texts(caller, "csv"), newline="")))
    batch = json.loads(await texts(caller, "cloudevents-batch"))
    one = json.loads(await texts(caller, "cloudevents", after=7))

    assert lines == document["items"]
    assert [json.loads(row["data"]) for row in table] == [item["data"] for item in lines]
    assert [row["endpoint"] for row in table] == [item["endpoint"] or "" for item in lines]
    assert [event["data"] for event in batch] == [item["data"] for item in lines]
    assert [event["id"] for event in batch] == [item["id"] for item in lines]
    assert one == batch[-1]


async def test_the_stream_takes_every_filter_too(caller: Caller) -> None:
    known = {parameter.name for parameter in FILTERS}
    document = await caller.json("GET", "/openapi.json")
    told = {one["name"] for one in document["paths"]["/api/events/stream"]["get"]["parameters"]}
    content = document["paths"][EVENTS]["get"]["responses"]["200"]["content"]

    assert known < told
    assert list(content) == [
        "application/json",
        "application/x-ndjson",
        "text/csv",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
    ]
    await caller.json("GET", "/api/events/stream?status=pausd", code=400)


async def test_one_of_many_can_be_had_as_a_single_cloudevent(caller: Caller) -> None:
    first = json.loads(await texts(caller, "cloudevents", limit=1))
    newest = json.loads(await texts(caller, "cloudevents", limit=1, order="desc"))

    assert [int(one["sequence"]) for one in (first, newest)] == [1, 8]


async def test_the_next_page_is_of_the_same_time_however_late_it_is_asked_for(caller: Caller) -> None:
    query = {"limit": "1", "since": "2026-03-02", "until": "2026-03-02 09:01", "zone": "Europe/Berlin"}
    async with caller.http.get(EVENTS, params=query) as response:
        following = URL(str(response.links["next"]["url"])).query

    assert following["since"] == "2026-03-01T23:00:00.000000Z"
    assert following["until"] == "2026-03-02T08:01:00.000000Z"

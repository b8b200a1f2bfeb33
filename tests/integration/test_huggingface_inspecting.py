"""What else can be asked, against servers that say what they should, and what they should not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from service.huggingface import HuggingFace, Limits
from service.masking import MARK
from service.ports import Inspector, NotFound, Reader, Refused, Unavailable
from statemachine.model import Seen
from tests.integration.hostile import TGI, TOKEN, Stage, client, served
from tests.unit.huggingface.documents import document, encoded

pytestmark = pytest.mark.looptime

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with served() as one:
        yield one


async def asked_counts(hub: HuggingFace) -> Any:
    return await hub.request_counts(TGI, since=SINCE, until=SINCE + 2 * DAY, step=DAY)


# --- activity --------------------------------------------------------------------------------------------------------


async def test_request_counts_are_asked_for_in_unix_seconds_and_summed(stage: Stage) -> None:
    begin = int(SINCE.timestamp())
    bodies: list[Any] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        points = [[begin, "3"], [begin + 86400, 0]]
        return web.json_response([{"labels": {"status_code": "200"}, "values": points}, {"values": points}])

    stage.answer = answer

    async with client(stage.url) as hub:
        counts = await asked_counts(hub)

    assert bodies == [{"from": begin, "to": begin + 2 * 86400, "step": 86400}]
    assert [(asked.method, asked.path) for asked in stage.asked] == [
        ("POST", "/v2/endpoint/acme/tgi/metrics/request-count")
    ]
    assert stage.asked[0].headers["Content-Type"] == "application/json"
    assert counts.counts == ((SINCE, 6), (SINCE + DAY, 0))
    assert counts.covered


async def test_a_question_changes_nothing_and_is_asked_again_after_a_fault(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503) if len(stage.asked) < 3 else web.json_response([])

    stage.answer = answer

    async with client(stage.url) as hub:
        counts = await asked_counts(hub)

    assert counts.total is None
    assert len(stage.asked) == 3


async def test_a_reading_client_can_post_nowhere_but_to_metrics(stage: Stage) -> None:
    """Every public way of its transport, tried with what would be a write if it could be one."""
    stage.says("[]")

    async with client(stage.url) as hub:
        reading = hub._transport
        assert {name for name in dir(type(reading)) if not name.startswith("_")} == {
            "ask",
            "call",
            "close",
            "get",
            "middlewares",
            "open",
            "probe",
            "relay",
            "relay_question",
            "reuse",
            "stream",
        }
        for metric in ("../pause", "..", "../../tgi/pause", "a/../../pause", "pause?x", ""):
            with pytest.raises(NotFound):
                await hub.metric(TGI, metric, since=SINCE, until=SINCE, step=DAY)
            with pytest.raises(NotFound):
                await hub.relay_question(TGI, metric, b"{}")
        (await hub.relay_question(TGI, "pause", b"{}", "x=/../../pause#")).release()
        await hub.metric(TGI, "pause", since=SINCE, until=SINCE, step=DAY)
        (await hub.relay("/v2/endpoint/acme/tgi/pause", "")).release()

    assert [(asked.method, asked.path) for asked in stage.asked] == [
        ("POST", "/v2/endpoint/acme/tgi/metrics/pause"),
        ("POST", "/v2/endpoint/acme/tgi/metrics/pause"),
        ("GET", "/v2/endpoint/acme/tgi/pause"),
    ]


async def test_open_metrics_are_read(stage: Stage) -> None:
    stage.says('# TYPE http_requests gauge\nhttp_requests{replica_id="r-1",status_code="200"} 12\n# EOF\n')

    async with client(stage.url) as hub:
        (sample,) = await hub.open_metrics(TGI)

    assert (sample.name, sample.value, sample.labels["status_code"]) == ("http_requests", 12, "200")
    assert stage.asked[0].path == "/v2/endpoint/acme/tgi/open-metrics"


@pytest.mark.parametrize("body", ["<html>", b"\xff", "a 1"])
async def test_metrics_that_are_none_are_malformed(stage: Stage, body: bytes | str) -> None:
    stage.says(body)

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable, match="ask the OpenMetrics of acme/tgi") as raised:
            await hub.open_metrics(TGI)

    assert raised.value.word == "malformed"


# --- logs ------------------------------------------------------------------------------------------------------------


async def test_logs_are_the_last_lines_scrubbed_and_cut(stage: Stage) -> None:
    stage.says(f"old\nwith {TOKEN}\n\x1b[1mvery long line\x1b[0m\n")

    async with client(stage.url) as hub:
        lines = await hub.logs(TGI, replica="r-1", tail=2, line_max_length=13)

    assert lines == (f"with {MARK}", "very long lin …")
    assert dict(stage.asked[0].query) == {"replica": "r-1", "tail": "2", "line_max_length": "13"}


async def test_logs_beyond_all_bounds_are_refused(stage: Stage) -> None:
    stage.says("x" * 5000)

    async with client(stage.url, limits=Limits(text_bytes=4000)) as hub:
        with pytest.raises(Unavailable, match="longer than 4000 bytes"):
            await hub.logs(TGI)


async def test_logs_are_followed_for_hours_and_until_one_has_enough(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(1000):
            await response.write(f"line {number} {TOKEN[:9]}".encode())
            await asyncio.sleep(3600)
            await response.write(f"{TOKEN[9:]}\n".encode())
        return response

    stage.answer = answer
    seen: list[str] = []

    async with client(stage.url) as hub:
        async with aclosing(hub.follow_logs(TGI, tail=5)) as lines:
            async for line in lines:
                seen.append(line)
                if len(seen) == 3:
                    break
        connector = hub._transport.open().connector
        assert connector is not None
        assert not connector._acquired

    assert seen == [f"line {number} {MARK}" for number in range(3)]
    assert stage.asked[0].query["follow"] == "true"


async def test_a_followed_log_that_ends_ends_the_iteration(stage: Stage) -> None:
    stage.says("one\ntwo")

    async with client(stage.url) as hub:
        assert [line async for line in hub.follow_logs(TGI)] == ["one", "two"]


async def test_a_followed_log_that_breaks_off_says_so(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b"one\ntw")
        assert request.transport is not None
        request.transport.close()
        return response

    stage.answer = answer

    async with client(stage.url) as hub:
        lines = hub.follow_logs(TGI)
        assert await anext(lines) == "one"
        with pytest.raises(Unavailable, match="follow the logs of acme/tgi"):
            await anext(lines)


async def test_log_search_names_what_was_asked_and_a_501_is_an_answer(stage: Stage) -> None:
    stage.says('{"items": [{"timestamp": "2026-03-01T00:00:00Z", "message": "up", "pod": "zqplain"}]}')

    async with client(stage.url) as hub:
        (entry,) = await hub.search_logs(TGI, level="error", since=SINCE, limit=5)
        assert entry == {"timestamp": "2026-03-01T00:00:00Z", "message": "up", "pod": MARK}
        assert stage.asked[0].path == "/v3/endpoint/acme/tgi/logs"
        assert dict(stage.asked[0].query) == {"level": "error", "since": "2026-03-01T00:00:00Z", "limit": "5"}

        stage.says('{"error": "log search is off"}', status=501)
        with pytest.raises(Refused, match="the API does not offer this here") as raised:
            await hub.search_logs(TGI)

    assert raised.value.code == 501
    assert len(stage.asked) == 2


# --- people and places -----------------------------------------------------------------------------------------------


async def test_members_come_from_every_page(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if "cursor" in request.query:
            return web.json_response([{"user": "carol"}])
        link = f'<{stage.url}/api/organizations/acme/members?cursor=2>; rel="next"'
        return web.json_response([{"user": "alice"}, {"user": "bob"}], headers={"Link": link})

    stage.answer = answer

    async with client(stage.url) as hub:
        assert await hub.members("acme") == {"alice", "bob", "carol"}

    assert {asked.path for asked in stage.asked} == {"/api/organizations/acme/members"}


async def test_the_token_does_not_follow_a_link_to_another_server(stage: Stage) -> None:
    async with served() as other, client(stage.url) as hub:
        stage.says("[]", Link=f'<{other.url}/api>; rel="next"')
        with pytest.raises(Unavailable, match="another server, where the token must not go"):
            await hub.members("acme")

        assert other.asked == []


@pytest.mark.parametrize("call", [lambda hub: hub.members("acme"), lambda hub: hub.audit_log("acme")])
async def test_pages_without_end_are_given_up(stage: Stage, call: Callable[[HuggingFace], Any]) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        more = str(len(stage.asked))
        if "members" in request.path:
            return web.json_response([], headers={"Link": f"<?cursor={more}>; rel=next"})
        return web.json_response({"list": [], "next_cursor": more})

    stage.answer = answer

    async with client(stage.url, limits=Limits(pages=4)) as hub:
        with pytest.raises(Unavailable, match="its pages do not end"):
            await call(hub)

    assert len(stage.asked) == 4


async def test_the_audit_log_comes_from_every_page_masked(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        last = "cursor" in request.query
        entry = {"action": "pause" if last else "create", "user": {"name": "alice"}, "payload": {"key": "zqplain"}}
        return web.json_response({"list": [entry], "next_cursor": None if last else "2", "prev_cursor": None})

    stage.answer = answer

    async with client(stage.url) as hub:
        entries = await hub.audit_log("acme", endpoint="tgi", username="alice")

    assert [entry["action"] for entry in entries] == ["create", "pause"]
    assert "zqplain" not in repr(entries)
    assert dict(stage.asked[1].query) == {"endpoint": "tgi", "username": "alice", "limit": "100", "cursor": "2"}


async def test_replicas_are_told_masked(stage: Stage) -> None:
    stage.says('[{"id": "tgi-1", "state": "running", "node": "ip-10-0-0-1"}]')

    async with client(stage.url) as hub:
        assert await hub.replicas(TGI) == ({"id": "tgi-1", "state": "running", "node": MARK},)

    assert stage.asked[0].path == "/v2/endpoint/acme/tgi/replica"


async def test_finding_names_tags_and_search_and_is_no_sweep(stage: Stage) -> None:
    stage.says(b'{"items": [%s, 5]}' % encoded(document()))

    async with client(stage.url) as hub:
        await hub.sweep("acme")
        told = document()
        told["model"]["secrets"]["DB"] = "another"
        stage.says(b'{"items": [%s]}' % encoded(told))
        (found,) = await hub.find("acme", tags=("a", "b"), search="tg")
        item = (await hub.sweep("acme")).items[TGI]

    assert found.name == TGI
    assert list(stage.asked[1].query.items()) == [("limit", "100"), ("tags", "a"), ("tags", "b"), ("search", "tg")]
    # Whoever watches is still told what changed in secret: finding did not take it away.
    assert isinstance(item.observation, Seen)
    assert item.observation.changed_secrets == ("model.secrets.DB",)


def test_an_inspector_is_a_reader_and_the_client_is_both() -> None:
    def needs(inspector: Inspector) -> Reader:
        return inspector

    assert needs.__annotations__["return"] is Reader
    missing = [name for name in dir(Inspector) if not name.startswith("_") and not hasattr(HuggingFace, name)]
    assert missing == []


# --- asked again -----------------------------------------------------------------------------------------------------


async def test_what_did_not_change_is_not_sent_again_and_is_a_fresh_look(stage: Stage) -> None:
    pages = {None: '"one"', "2": 'W/"two"'}

    async def answer(request: web.Request) -> web.StreamResponse:
        cursor = request.query.get("cursor")
        if request.headers.get("If-None-Match") == pages[cursor]:
            return web.Response(status=304, headers={"ETag": pages[cursor]})
        name = "tgi" if cursor else "other"
        told = {"items": [document() | {"name": name}], "nextCursor": None if cursor else "2"}
        return web.json_response(told, headers={"ETag": pages[cursor]})

    stage.answer = answer

    async with client(stage.url) as hub:
        first = await hub.sweep("acme")
        await asyncio.sleep(60)
        second = await hub.sweep("acme")
        await asyncio.sleep(60)
        pages["2"] = '"three"'
        third = await hub.sweep("acme")

    asked = [request.headers.get("If-None-Match") for request in stage.asked]
    assert asked == [None, None, '"one"', 'W/"two"', '"one"', 'W/"two"']
    for sweep in (second, third):
        assert sweep.items.keys() == first.items.keys()
        assert sweep.items[TGI].document is first.items[TGI].document
    assert second.look.asked == pytest.approx(60, abs=1)
    assert second.items[TGI].observation.look.answered >= 60


async def test_a_304_that_was_not_asked_for_is_no_answer(stage: Stage) -> None:
    stage.says(status=304)

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable) as raised:
            await hub.sweep("acme")

    assert raised.value.word == "malformed"


async def test_what_is_kept_to_be_asked_for_again_holds_no_secret(stage: Stage) -> None:
    told = document()
    told["model"]["secrets"]["DB"] = "zqplain-secret"
    stage.says(b'{"items": [%s]}' % encoded(told), ETag='"1"')

    async with client(stage.url) as hub:
        await hub.sweep("acme")
        kept = repr(vars(hub._known))

    assert "tgi" in kept
    assert "zqplain" not in kept
    assert TOKEN not in kept


async def test_a_look_is_asked_for_again_too_and_an_end_is_still_seen(stage: Stage) -> None:
    stage.says(encoded(document()), ETag='"1"')

    async with client(stage.url) as hub:
        before = await hub.look(TGI)
        stage.says(status=304)
        assert (await hub.look(TGI)).observation.sighting is before.observation.sighting  # type: ignore[union-attr]
        stage.says('{"error": "Not Found"}', status=404)
        assert not hasattr(await hub.look(TGI), "document")
        stage.says(status=304)
        with pytest.raises(Unavailable):
            await hub.look(TGI)

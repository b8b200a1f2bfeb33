"""What can be asked of the daemon, and what it says when it is asked wrongly."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from events.errors import LogUnusable
from events.memory import MemoryLog
from service.masking import scrub_event
from statemachine.status import Status
from tests.unit.web.hands import OBSERVE, TOKEN, discover, make_parts, served

pytestmark = pytest.mark.looptime


async def test_endpoints_come_in_pages_by_name_and_none_is_missed_or_told_twice(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    for number in range(25):
        await discover(parts.log, f"acme/e-{number:02}")
    await discover(parts.log, "beta/other")
    await parts.live.catch_up()

    async with served(parts) as caller:
        names: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = await caller.json("GET", "/api/endpoints", params={"namespace": "acme", "limit": "7", **after})
            names += [item["endpoint"] for item in page["items"]]
            if page["next"] is None:
                break
            after = {"after": page["next"]}

    assert names == [f"acme/e-{number:02}" for number in range(25)]


async def test_a_page_that_holds_the_last_one_has_no_next(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    for number in range(5):
        await discover(parts.log, f"acme/e-{number}")
    await parts.live.catch_up()

    async with served(parts) as caller:
        for what in ("endpoints", "events"):
            page = await caller.json("GET", f"/api/{what}", params={"limit": "5"})
            assert (len(page["items"]), page["next"]) == (5, None)


async def test_whoever_writes_and_then_reads_sees_it_even_if_the_views_lag(tmp_path: Path) -> None:
    class Late(MemoryLog):
        async def beyond(self, position: int) -> None:
            await super().beyond(position)
            await asyncio.sleep(0.5)

    async with served(make_parts(tmp_path, log=Late())) as caller:
        placed = await caller.json("POST", "/api/hold", token=True, code=201, json={"for": "2h"})
        assert (await caller.json("GET", "/api/status"))["holds"] == [placed]
        assert (await caller.json("DELETE", "/api/hold", token=True)) == {"lifted": 1}
        assert (await caller.json("GET", "/api/status"))["holds"] == []


async def test_what_is_not_known_is_null_and_never_zero(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "acme/tgi")
    await parts.live.catch_up()

    async with served(parts) as caller:
        shown = await caller.json("GET", "/api/endpoints/acme/tgi")
        status = await caller.json("GET", "/api/status")

    unknown = ("ready_replicas", "target_replicas", "url", "updated_by", "seconds_since_seen", "hold", "document")
    assert {key: shown[key] for key in unknown} == dict.fromkeys(unknown)
    assert status["usd_per_hour"] is None
    assert status["endpoints"] == {"running": 1}
    (namespace,) = status["namespaces"]
    assert (namespace["reachable"], namespace["seconds_since_seen"], namespace["asked"]) == (None, None, False)


async def test_an_endpoint_of_a_namespace_that_is_not_watched_any_more_is_shown_as_such_and_not_counted(
    tmp_path: Path,
) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "formerly/tgi")
    await parts.live.catch_up()

    async with served(parts) as caller:
        page = await caller.json("GET", "/api/endpoints")
        status = await caller.json("GET", "/api/status")

    assert [(item["endpoint"], item["watched"]) for item in page["items"]] == [("formerly/tgi", False)]
    assert status["endpoints"] == {}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/endpoints?namepsace=acme", "namespace"),
        ("/api/endpoints?limit=0", "from 1 to 1000"),
        ("/api/endpoints?limit=1001", "from 1 to 1000"),
        ("/api/endpoints?after=acme", "namespace/name"),
        ("/api/endpoints?gone=yes", "true or false"),
        ("/api/events?type=endpoint.exploded", "endpoint.discovered"),
        ("/api/events?limit=many", "whole number"),
        ("/api/events?limit=%D9%A1", "whole number"),
        ("/api/events?limit=1&limit=2", "once"),
        ("/api/events?after=-1", "whole number"),
        ("/api/events?after=99999999999999999999", "whole number"),
        ("/api/events?since=lately", "2026-11-20T14:00:00Z"),
        ("/api/events?since=2026-03-02T08:00:00&zone=here", "zone"),
        ("/api/events?since=99999999999d", "2h"),
        ("/api/events?order=random", "asc, desc"),
        ("/api/events?endpoint=tgi", "namespace/name"),
        ("/api/events?endpoint=acme/tgi&namespace=beta", "leave one of them out"),
        ("/api/events/stream?limit=3", "no parameter 'limit'"),
        ("/api/endpoints/acme/tgi/wait?for=redy", "did you mean ready?"),
        ("/api/endpoints/acme/tgi/wait?timeout=301", "0 to 300"),
        ("/api/endpoints/acme/tgi/wait?timeout=nan", "0 to 300"),
    ],
)
async def test_a_bad_parameter_is_refused_with_what_would_be_a_good_one(tmp_path: Path, path: str, says: str) -> None:
    async with served(make_parts(tmp_path)) as caller:
        assert says in (await caller.json("GET", path, code=400))["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/nothing",
        "/api/endpoints/acme/nobody",
        "/api/endpoints/acme/nobody/explain",
        "/api/endpoints/acme/..%2f..",
        "/api/endpoints/ac%20me/x",
        "/api/endpoints/elsewhere/tgi/wait",
    ],
)
async def test_what_is_not_there_is_a_404_that_says_so_in_json(tmp_path: Path, path: str) -> None:
    async with served(make_parts(tmp_path)) as caller:
        await caller.json("GET", path, code=404)


async def test_an_endpoint_where_nobody_looks_is_answered_with_what_is_watched(tmp_path: Path) -> None:
    async with served(make_parts(tmp_path)) as caller:
        answer = await caller.json("GET", "/api/endpoints/elsewhere/tgi", code=404)

    assert answer["error"].startswith("namespace 'elsewhere' is not watched (watched: acme)")


async def test_a_method_that_an_address_does_not_take_is_answered_with_those_it_takes(tmp_path: Path) -> None:
    async with served(make_parts(tmp_path)) as caller:
        document = await caller.json("POST", "/api/status", token=True, code=405)

    assert "GET" in document["error"]


async def test_a_body_that_is_too_large_or_not_understood_is_refused(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        too_large = await caller.json("POST", "/api/hold", token=True, code=413, data=b"x" * 65_537)
        for body in (b"{", b"[]", b'{"for": 2}', b'{"reason": "x"}', b'{"for": "2h", "fro": 1}', b"\xff"):
            await caller.json("POST", "/api/hold", token=True, code=400, data=body)
        for span in ("soon", "0s", "", "9999d"):
            await caller.json("POST", "/api/hold", token=True, code=400, json={"for": span})

    assert "64 KB" in too_large["error"]
    assert await parts.log.head() == 0


async def test_a_token_in_the_address_opens_nothing(tmp_path: Path) -> None:
    async with served(make_parts(tmp_path)) as caller:
        for name in ("token", "access_token", "authorization"):
            await caller.json("POST", f"/api/hold?{name}={TOKEN}", code=401, json={"for": "2h"})


async def test_the_access_log_holds_no_token_wherever_it_was_sent(tmp_path: Path) -> None:
    secret = "hf_abcdefghijklmnopqrstuvwxyz123456"
    async with served(make_parts(tmp_path)) as caller:
        with capture_logs() as lines:
            await caller.json("POST", f"/api/hold?token={TOKEN}", code=401, json={"for": "2h"})
            await caller.json("GET", f"/{secret}", code=401, headers={"Authorization": f"Bearer {secret}"})
            await caller.json("DELETE", "/api/hold", token=True, headers={"X-Lamplighter-Actor": secret})

    assert [(line["event"], line["status"]) for line in lines] == [("request", code) for code in (401, 401, 200)]
    assert TOKEN not in str(lines)
    assert secret not in str(lines)


async def test_what_is_no_http_is_refused_and_its_words_do_not_reach_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = f"GET / HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\x01\r\n\r\n"
    async with served(make_parts(tmp_path)) as caller:
        host, _, port = caller.parts.listen.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        with capture_logs() as lines:
            writer.write(bad.encode())
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.0 400")
    assert [line["event"] for line in lines] == ["request_not_understood"]
    assert TOKEN not in str(lines)
    assert TOKEN not in "".join(capfd.readouterr())


async def test_a_reason_is_printable_and_short(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        odd = b'{"for": "2h", "reason": "a\\u001b[31m\\u0000 b\\n\\u202e' + b"x" * 1000 + b'"}'
        placed = await caller.json("POST", "/api/hold", token=True, code=201, data=odd)
        await caller.json("POST", "/api/hold", token=True, code=400, data=b'{"for": "2h", "reason": "\\ud800"}')

    assert placed["reason"].startswith("a [31m b xxx")
    assert placed["reason"].isprintable()
    assert len(placed["reason"]) == 500


async def test_an_error_nobody_expected_is_told_in_the_log_once_scrubbed_and_to_the_caller_not_at_all(
    tmp_path: Path,
) -> None:
    class Broken(MemoryLog):
        async def head(self) -> int:
            raise ZeroDivisionError("password=hunter2hunter2")

    async with served(make_parts(tmp_path, log=Broken())) as caller:
        with capture_logs(processors=[scrub_event]) as lines:
            document = await caller.json("GET", "/healthz", code=500)

    assert "ZeroDivision" not in document["error"]
    failures = [line for line in lines if line["event"] == "request_failed"]
    assert len(failures) == 1
    assert "ZeroDivisionError" in str(failures)
    assert "hunter2" not in str(lines)


async def test_a_log_that_cannot_be_used_is_a_503(tmp_path: Path) -> None:
    class Gone(MemoryLog):
        async def head(self) -> int:
            raise LogUnusable("disk full")

    class Silent(MemoryLog):
        async def head(self) -> int:
            await asyncio.sleep(3600)
            return 0

    for log in (Gone(), Silent()):
        async with served(make_parts(tmp_path, log=log)) as caller:
            await caller.json("GET", "/healthz", code=503)


async def test_readyz_names_what_is_awaited(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        waiting = await caller.json("GET", "/readyz", code=503)
        parts.watch.watchers["acme"].asked = True
        ready = await caller.json("GET", "/readyz")

    assert waiting["awaited"] == ["acme"]
    assert ready == {"ok": True}


async def test_a_new_configuration_is_in_force_for_the_next_request(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        await caller.json("GET", "/healthz", headers={"Host": "lamp.example"}, code=421)
        parts.configuration = make_parts(tmp_path, text=f'allowed_hosts = ["lamp.example"]\n{OBSERVE}').configuration
        await caller.json("GET", "/healthz", headers={"Host": "lamp.example"})


async def test_head_is_answered_where_get_ends_at_once(tmp_path: Path) -> None:
    async with served(make_parts(tmp_path)) as caller:
        async with caller.http.head("/healthz") as response:
            assert (response.status, await response.read()) == (200, b"")
        async with caller.http.head("/api/events/stream") as response:
            assert response.status == 405


async def test_events_come_in_pages_either_way_round(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    for number in range(10):
        await discover(parts.log, f"acme/e-{number}", status=Status.PAUSED)

    async def pages(order: str, key: str) -> list[int]:
        found: list[int] = []
        onward: dict[str, Any] = {}
        while True:
            page = await caller.json("GET", "/api/events", params={"order": order, "limit": 4, **onward})
            assert page["head"] == 10
            found += [item["position"] for item in page["items"]]
            if page["next"] is None:
                return found
            onward = {key: page["next"]}

    async with served(parts) as caller:
        assert await pages("asc", "after") == list(range(1, 11))
        assert await pages("desc", "before") == list(range(10, 0, -1))


async def test_an_event_is_told_whole_and_filters_combine(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "acme/one")
    await discover(parts.log, "acme/two")
    await discover(parts.log, "beta/one")

    async with served(parts) as caller:
        said = {"endpoint": "acme/two", "type": "endpoint.discovered,act.intended", "actor": "watcher", "since": "2h"}
        (event,) = (await caller.json("GET", "/api/events", params=said))["items"]
        none = await caller.json("GET", "/api/events", params={**said, "until": "1h"})

    assert none["items"] == []
    assert none["next"] is None
    assert (event["position"], event["version"], event["schema"]) == (2, 1, 2)
    assert (event["namespace"], event["endpoint"], event["actor"]) == ("acme", "acme/two", "watcher")
    assert event["stream"].startswith("endpoint/acme/two/")
    assert event["time"] == "2026-03-02T08:00:00Z"
    assert event["data"]["sighting"]["status"] == "running"
    assert len(event["id"]) == 32

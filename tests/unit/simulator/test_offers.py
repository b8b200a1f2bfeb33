"""What not every account has: open metrics, the audit log, conditional requests, compression."""

from collections.abc import Iterable
from typing import Any

import aiohttp
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.unit.simulator.hands import Served

METRICS = "/v2/endpoint/acme/tgi/open-metrics"
AUDIT = "/v2/audit-logs/acme"


async def _scraped(served: Served) -> dict[str, Metric]:
    async with served.http.get(METRICS) as response:
        assert response.content_type == "application/openmetrics-text"
        parsed: Iterable[Metric] = text_string_to_metric_families(await response.text())  # type: ignore[no-untyped-call]
        return {family.name: family for family in parsed}


async def test_open_metrics_are_what_a_prometheus_can_read(served: Served) -> None:
    served.simulator.durations.replica_seconds = (1.0, 1.0)
    served.simulator.create("acme", "tgi", state="running", type="public", min_replica=2, max_replica=2)
    served.clock.forward(60)
    for _ in range(5):
        await served.json("POST", "/serve/acme/tgi", json={"inputs": "x"})
    await served.json("POST", "/serve/acme/tgi", json={}, status=422)

    families = await _scraped(served)

    requests = families["http_requests"]
    by_code: dict[str, float] = {}
    for sample in requests.samples:
        assert sample.labels.keys() == {"replica_id", "status_code"}
        by_code[sample.labels["status_code"]] = by_code.get(sample.labels["status_code"], 0) + sample.value
    assert (requests.type, by_code) == ("counter", {"200": 5, "422": 1})
    assert len({sample.labels["replica_id"] for sample in requests.samples}) == 2
    assert families["ready_replicas"].samples[0].value == 2


async def test_what_is_down_has_metrics_without_replicas(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="paused")

    families = await _scraped(served)

    samples = {name: [sample.value for sample in family.samples] for name, family in families.items()}
    assert samples == {"http_requests": [], "ready_replicas": [0], "target_replicas": [0]}


async def test_without_the_plan_for_it_there_are_no_open_metrics_and_no_audit_log(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running")
    knobs = {"open_metrics": False, "audit_log": False}

    told = await served.json("POST", "/_simulator/faults", json=knobs)

    assert {name: told[name] for name in knobs} == knobs
    assert "plan" in (await served.json("GET", METRICS, status=403))["error"]
    assert "plan" in (await served.json("GET", AUDIT, status=403))["error"]


async def _acted(served: Served) -> None:
    served.simulator.create("acme", "tgi", actor="bob", state="running")
    served.simulator.create("other", "far", actor="bob")
    served.clock.forward(60)
    await served.json("POST", "/v2/endpoint/acme/tgi/resume", status=400)
    await served.json("POST", "/v2/endpoint/acme/tgi/scale-to-zero")
    served.clock.forward(60)
    await served.json("PUT", "/v2/endpoint/acme/tgi", json={"tags": ["x"]})
    served.simulator.act("acme", "tgi", "suspend")


async def test_the_audit_log_holds_the_actions_that_were_done_the_newest_first(served: Served) -> None:
    await _acted(served)

    told = await served.json("GET", AUDIT)

    assert [(entry["action"], entry["endpoint"], entry["user"]["name"]) for entry in told["list"]] == [
        ("endpoint.update", "tgi", "alice"),
        ("endpoint.scale-to-zero", "tgi", "alice"),
        ("endpoint.create", "tgi", "bob"),
    ]
    assert (told["next_cursor"], told["prev_cursor"]) == (None, None)
    assert len({entry["id"] for entry in told["list"]}) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [("username=bob", 1), ("endpoint=tgi&username=alice", 2), ("endpoint=far", 0), ("username=nobody", 0)],
)
async def test_the_audit_log_is_filtered(served: Served, query: str, found: int) -> None:
    await _acted(served)

    assert len((await served.json("GET", f"{AUDIT}?{query}"))["list"]) == found


async def test_pages_of_the_audit_log_do_not_shift_when_something_is_done_meanwhile(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running")
    for _ in range(25):
        served.simulator.act("acme", "tgi", "pause")
        served.simulator.act("acme", "tgi", "resume")
        served.clock.forward(600)

    first = await served.json("GET", AUDIT)
    served.simulator.act("acme", "tgi", "pause")
    seen = [entry["id"] for entry in first["list"]]
    page: Any = first
    while page["next_cursor"] is not None:
        page = await served.json("GET", AUDIT, params={"cursor": page["next_cursor"]})
        seen += [entry["id"] for entry in page["list"]]

    assert len(first["list"]) == 20
    assert len(seen) == len(set(seen)) == 51
    back = await served.json("GET", AUDIT, params={"cursor": page["prev_cursor"]})
    assert [entry["id"] for entry in back["list"]] == seen[-31:-11]


async def test_what_a_sown_endpoint_had_behind_it_is_in_the_audit_log(served: Served) -> None:
    served.simulator.create("acme", "tgi", actor="bob", created_days_ago=9, edited_days_ago=3, edited_by="carol")

    told = await served.json("GET", AUDIT)

    assert [(entry["action"], entry["username"]) for entry in told["list"]] == [
        ("endpoint.update", "carol"),
        ("endpoint.create", "bob"),
    ]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=x", "cursor=99"])
async def test_a_bad_page_of_the_audit_log_is_refused(served: Served, query: str) -> None:
    await served.json("GET", f"{AUDIT}?{query}", status=400)


async def test_the_audit_log_is_for_those_with_access(served: Served) -> None:
    served.simulator.revoke("hf_alice", "acme")

    await served.json("GET", AUDIT, status=403)


@pytest.mark.parametrize("path", ["/v2/endpoint/acme", "/v2/endpoint/acme/tgi"])
async def test_with_etags_what_is_unchanged_is_not_sent_again(served: Served, path: str) -> None:
    served.simulator.create("acme", "tgi", state="running")
    served.simulator.faults.etags = True

    async def ask(etag: str) -> tuple[int, str, bytes]:
        async with served.http.get(path, headers={"If-None-Match": etag}) as response:
            return response.status, response.headers["ETag"], await response.read()

    status, etag, body = await ask('"other"')
    same = await ask(f'W/{etag}, "another"')
    served.simulator.act("acme", "tgi", "pause")
    changed, new_etag, _ = await ask(etag)

    assert (status, bool(body)) == (200, True)
    assert same == (304, etag, b"")
    assert changed == 200
    assert new_etag != etag


async def test_without_etags_nothing_is_conditional(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running")

    async with served.http.get("/v2/endpoint/acme", headers={"If-None-Match": "*"}) as response:
        assert response.status == 200
        assert "ETag" not in response.headers


@pytest.mark.parametrize(
    ("gzip", "accepted", "encoding"), [(True, "gzip", "gzip"), (True, "", None), (False, "gzip", None)]
)
async def test_answers_are_compressed_for_who_asks_where_that_is_on(
    served: Served, gzip: bool, accepted: str, encoding: str | None
) -> None:
    served.simulator.create("acme", "tgi", state="running")
    served.simulator.faults.gzip = gzip

    headers = {"Accept-Encoding": accepted, "Authorization": "Bearer hf_alice"}
    async with (
        aiohttp.ClientSession(served.simulator.base_url, auto_decompress=False) as http,
        http.get("/v2/endpoint/acme", headers=headers) as response,
    ):
        assert response.headers.get("Content-Encoding") == encoding
        assert (await response.read()).startswith(b"\x1f\x8b") is (encoding == "gzip")


@pytest.mark.parametrize("path", ["/api/catalog", "/api/catalog/repo-list", "/api/v1/catalog/model/gpt2/deploy"])
async def test_the_catalogue_is_refused_plainly(served: Served, path: str) -> None:
    assert "catalogue is not simulated" in (await served.json("GET", path, status=404))["error"]
    assert "catalogue is not simulated" in (await served.json("POST", path, json={}, status=404))["error"]
